// Banner sizes: which of the book's an impression takes. Rules: docs/decisions.md section 3, no_creative.

import { bitmap, context, formats } from './arena';
import { SIZES, book, bytes, lookup, orInto } from './bitmaps';
import { hashNumber } from './hash';
import * as m from './memory_map';

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

/** Writes those of a chunk that have one of the sizes. */
export function andSizes(base: usize, o: usize, to: usize): void {
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
