// Which of the ads that a request leaves have a creative that fits an impression: size, https, banner type, attributes,
// API frameworks, MIME type. Rules: docs/decisions.md section 3.

import { bitmap, context, formats } from './arena';
import {
  BASE, CANDIDATES, SIZES, addToGroup, andGroups, andInto, bitmapsOutEnd, book, bytes, cutLists, endGroup, groupsEnd,
  isEmpty, lookup, orInto, startGroup, takeBitmapOut, takeBitmapsOut,
} from './bitmaps';
import { listAddress, listCount } from './fields';
import { hashNumber } from './hash';
import { baseEnd, baseReason, extendBase, requestBitmaps, requestGroups } from './match';
import * as m from './memory_map';
import { NO_DEAL } from './reasons';

// @ts-ignore: decorator
@inline
function isSide(n: i32): bool {
  return <u32>n - 1 < 65535;
}

/** Sizes that are kept apart; more are or-ed into a bitmap. */
const SIZES_APART: i32 = 8;
/** Sizes collected of an impression. */
let sizeCount: i32 = 0;
/** The most that an ad of one of them can be willing to pay, CPM micros. */
export let sizesMost: f64 = 0;
/** The impression they are of. */
let sizesOf: usize = 0;

// @ts-ignore: decorator
@inline
function sizeEntry(i: i32): usize {
  return context + m.CONTEXT_SIZES + (<usize>i << 2);
}

function addExactSize(width: i32, height: i32): void {
  const slot = lookup(m.DIM_AD_SIZE, hashNumber((<u64>width << 16) | <u64>height));
  if (slot != 0) addSize(<usize>load<u32>(slot, m.SLOT_ADDRESS));
}

function addSize(size: usize): void {
  const ads = <usize>load<u32>(size, m.SIZE_BITMAP);
  sizesMost = max(sizesMost, load<f64>(size, m.SIZE_MOST));
  if (sizeCount < SIZES_APART) {
    store<u32>(sizeEntry(sizeCount++), <u32>ads);
    return;
  }
  // The last of those kept apart becomes the sum of all that are too many.
  const sum = bitmap(SIZES);
  const last = <usize>load<u32>(sizeEntry(SIZES_APART - 1));
  if (last != sum) memory.copy(sum, last, bytes);
  for (let o: usize = 0; o < bytes; o += m.CHUNK_BYTES) orInto(sum + o, ads + o);
  store<u32>(sizeEntry(SIZES_APART - 1), <u32>sum);
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
  sizeCount = 0;
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
  return sizeCount > 0;
}

/** Bytes of the candidates that are known. */
export let candidatesEnd: usize = 0;
/** The furthest gate an ad of the known part was let go at; NO_DEAL if some are candidates. */
export let candidatesReason: i32 = 0;
let secureOnly: bool = false;

/** Lists what an impression that has a size asks of creatives. Nothing of the candidates is known yet. */
export function startCreatives(imp: usize): void {
  candidatesEnd = 0;
  candidatesReason = baseReason;
  if (sizesOf != imp) collectSizes(imp); // of several impressions, only the last one's are still there
  cutLists(requestGroups, requestBitmaps);
  secureOnly = (load<i32>(imp, m.IMP_FLAGS) & m.IMP_SECURE) != 0;
  restrictToMimes(imp);
  for (let set = load<u64>(imp, m.IMP_BLOCKED_ATTRIBUTES); set != 0; set &= set - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_ATTRIBUTES));
  }
  for (let set = load<u64>(imp, m.IMP_BLOCKED_TYPES) & 0xffff; set != 0; set &= set - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_TYPES));
  }
  const missing = load<u32>(book, m.BOOK_APIS) & ~<u32>load<u64>(imp, m.IMP_APIS);
  for (let set = missing; set != 0; set &= set - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_API_NEEDED));
  }
}

function restrictToMimes(imp: usize): void {
  const list = listAddress(imp + m.IMP_MIMES);
  const count = listCount(imp + m.IMP_MIMES);
  if (count == 0) return;
  startGroup(0);
  for (let i = 0; i < count; i++) {
    const slot = lookup(m.DIM_MIME, load<u64>(list + (<usize>i << 3)));
    if (slot != 0) addToGroup(slot);
  }
  endGroup();
}

/** Finds one more chunk of the candidates. */
export function extendCandidates(): void {
  const o = candidatesEnd;
  if (o == baseEnd) extendBase();
  candidatesEnd += m.CHUNK_BYTES;
  candidatesReason = max(candidatesReason, baseReason);
  const at = bitmap(CANDIDATES) + o;
  andSizes(bitmap(BASE) + o, o, at);
  if (isEmpty(at)) return;
  if (secureOnly) andInto(at, <usize>load<u32>(book, m.BOOK_SECURE) + o);
  andGroups(requestGroups, groupsEnd, o, at);
  takeBitmapsOut(requestBitmaps, bitmapsOutEnd, o, at);
  if (!isEmpty(at)) candidatesReason = NO_DEAL;
}

/** Writes those of a chunk that have one of the sizes. */
function andSizes(base: usize, o: usize, to: usize): void {
  let size = <usize>load<u32>(sizeEntry(0)) + o;
  let a = v128.load(size);
  let b = v128.load(size, 16);
  let c = v128.load(size, 32);
  let d = v128.load(size, 48);
  for (let i = 1; i < sizeCount; i++) {
    size = <usize>load<u32>(sizeEntry(i)) + o;
    a = v128.or(a, v128.load(size));
    b = v128.or(b, v128.load(size, 16));
    c = v128.or(c, v128.load(size, 32));
    d = v128.or(d, v128.load(size, 48));
  }
  v128.store(to, v128.and(a, v128.load(base)));
  v128.store(to, v128.and(b, v128.load(base, 16)), 16);
  v128.store(to, v128.and(c, v128.load(base, 32)), 32);
  v128.store(to, v128.and(d, v128.load(base, 48)), 48);
}
