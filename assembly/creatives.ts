// Which of the ads that a request leaves have a creative that fits an impression: size, https, banner type, attributes,
// API frameworks, MIME type. Rules: docs/decisions.md section 3.

import { bitmap, context, formats } from './arena';
import {
  BASE, CANDIDATES, MIMES, SIZES, ands, book, bytes, lay, lookup, nots, pushAnd, pushNot, startAnd,
} from './bitmaps';
import { listAddress, listCount } from './fields';
import { hashNumber } from './hash';
import * as m from './memory_map';

// @ts-ignore: decorator
@inline
function isSide(n: i32): bool {
  return <u32>n - 1 < 65535;
}

/** The sizes collected of an impression: none, one bitmap of the book, or several in scratch. */
let sizes: usize = 0;
/** The most that an ad of one of them can be willing to pay, CPM micros. */
export let sizesMost: f64 = 0;
/** The impression they are of. */
let sizesOf: usize = 0;

function addExactSize(width: i32, height: i32): void {
  const slot = lookup(m.DIM_AD_SIZE, hashNumber((<u64>width << 16) | <u64>height));
  if (slot != 0) addSize(<usize>load<u32>(slot, m.SLOT_ADDRESS));
}

function addSize(size: usize): void {
  const ads = <usize>load<u32>(size, m.SIZE_BITMAP);
  sizesMost = max(sizesMost, load<f64>(size, m.SIZE_MOST));
  if (sizes == 0) {
    sizes = ads;
    return;
  }
  const to = bitmap(SIZES);
  for (let o: usize = 0; o < bytes; o += 16) v128.store(to + o, v128.or(v128.load(sizes + o), v128.load(ads + o)));
  sizes = to;
}

function addFlexible(format: usize): void {
  const count = load<i32>(book, m.BOOK_SIZE_COUNT);
  const widthRatio = load<i32>(format, m.FORMAT_WIDTH_RATIO);
  const heightRatio = load<i32>(format, m.FORMAT_HEIGHT_RATIO);
  const widthMin = load<i32>(format, m.FORMAT_WIDTH_MIN);
  for (let i = 0; i < count; i++) {
    const size = <usize>load<u32>(book, m.BOOK_SIZES) + <usize>i * m.SIZE_STRIDE;
    const width = load<i32>(size);
    if (width < widthMin || <i64>width * heightRatio != <i64>load<i32>(size, 4) * widthRatio) continue;
    addSize(size);
  }
}

/**
 * Collects the creative sizes of the book that an impression takes.
 * @returns false if there is none
 */
export function collectSizes(imp: usize): bool {
  sizesOf = imp;
  sizes = 0;
  sizesMost = 0;
  let usable = false;
  const first = formats + <usize>load<i32>(imp, m.IMP_FORMATS) * m.FORMAT_STRIDE;
  const count = load<i32>(imp, m.IMP_FORMATS + 4);
  for (let i = 0; i < count; i++) {
    const format = first + <usize>i * m.FORMAT_STRIDE;
    const width = load<i32>(format, m.FORMAT_WIDTH);
    const height = load<i32>(format, m.FORMAT_HEIGHT);
    if (isSide(width) && isSide(height)) {
      usable = true;
      addExactSize(width, height);
    } else if (isSide(load<i32>(format, m.FORMAT_WIDTH_RATIO)) && isSide(load<i32>(format, m.FORMAT_HEIGHT_RATIO))) {
      usable = true;
      addFlexible(format);
    }
  }
  if (!usable) {
    const width = load<i32>(imp, m.IMP_WIDTH);
    const height = load<i32>(imp, m.IMP_HEIGHT);
    if (isSide(width) && isSide(height)) addExactSize(width, height);
  }
  return sizes != 0;
}

/**
 * The ads of BASE whose creative fits an impression that has a size, into CANDIDATES.
 * @returns false if there is none
 */
export function matchCreatives(imp: usize): bool {
  if (sizesOf != imp) collectSizes(imp); // of several impressions, only the last one's are still there
  startAnd();
  pushAnd(bitmap(BASE));
  pushAnd(sizes);
  if ((load<i32>(imp, m.IMP_FLAGS) & m.IMP_SECURE) != 0) pushAnd(<usize>load<u32>(book, m.BOOK_SECURE));
  restrictToMimes(imp);
  for (let set = load<u64>(imp, m.IMP_BLOCKED_ATTRIBUTES); set != 0; set &= set - 1) {
    pushNot(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_ATTRIBUTES));
  }
  for (let set = load<u64>(imp, m.IMP_BLOCKED_TYPES) & 0xffff; set != 0; set &= set - 1) {
    pushNot(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_TYPES));
  }
  const missing = load<u32>(book, m.BOOK_APIS) & ~<u32>load<u64>(imp, m.IMP_APIS);
  for (let set = missing; set != 0; set &= set - 1) {
    pushNot(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_API_NEEDED));
  }

  const to = bitmap(CANDIDATES);
  const with_ = context + m.CONTEXT_AND;
  const without = context + m.CONTEXT_AND_NOT;
  let any = i64x2.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) {
    let v = v128.and(v128.load(<usize>load<u32>(with_) + o), v128.load(<usize>load<u32>(with_, 4) + o));
    if (v128.any_true(v)) {
      for (let i = 2; i < ands; i++) v = v128.and(v, v128.load(<usize>load<u32>(with_ + (<usize>i << 2)) + o));
      for (let i = 0; i < nots; i++) v = v128.andnot(v, v128.load(<usize>load<u32>(without + (<usize>i << 2)) + o));
      any = v128.or(any, v);
    }
    v128.store(to + o, v);
  }
  return v128.any_true(any);
}

function restrictToMimes(imp: usize): void {
  const list = listAddress(imp + m.IMP_MIMES);
  const count = listCount(imp + m.IMP_MIMES);
  if (count == 0) return;
  const to = bitmap(MIMES);
  memory.fill(to, 0, bytes);
  for (let i = 0; i < count; i++) {
    const slot = lookup(m.DIM_MIME, load<u64>(list + (<usize>i << 3)));
    if (slot != 0) lay(slot, to);
  }
  pushAnd(to);
}
