// Bitmaps over the ads of a book, one bit an ad, and the dictionary that finds those of a value. A value has either a
// bitmap or, if few ads name it, a sorted list of them (postings); both are laid onto a bitmap or removed from one.

import { context } from './arena';
import { mix } from './hash';
import * as m from './memory_map';

/** Scratch bitmaps with a purpose; those from FIRST_FREE on are laid out for one request. */
export const BASE: i32 = 0;
export const CANDIDATES: i32 = 1;
export const SIZES: i32 = 2;
export const MIMES: i32 = 3;
export const FIRST_FREE: i32 = 4;

export let book: usize = 0;
/** Bytes of a bitmap of this book. */
export let bytes: usize = 0;
let mask: u32 = 0;
let slots: usize = 0;
/** Bitmaps to AND and to AND NOT. */
export let ands: i32 = 0;
export let nots: i32 = 0;

/** Takes the book that the next calls are about. */
export function setBook(address: usize): void {
  book = address;
  bytes = <usize>load<u32>(book, m.BOOK_BLOCKS) << 4;
  slots = load<u32>(book, m.BOOK_DICTIONARY);
  mask = load<u32>(book, m.BOOK_DICTIONARY_MASK);
}

/** The dictionary slot of a value in a dimension; 0 if no ad names it. */
export function lookup(dimension: i32, hash: u64): usize {
  const key = mix(hash, <u64>dimension);
  let i = <u32>key & mask;
  while (true) {
    const slot = slots + (<usize>i << 4);
    const found = load<u64>(slot, m.SLOT_KEY);
    if (found == key) return slot;
    if (found == 0) return 0;
    i = (i + 1) & mask;
  }
}

/** Starts a list of bitmaps to AND, and one to AND NOT. */
export function startAnd(): void {
  ands = nots = 0;
}

// @ts-ignore: decorator
@inline
export function pushAnd(address: usize): void {
  store<u32>(context + (<usize>ands << 2), <u32>address, m.CONTEXT_AND);
  ands++;
}

// @ts-ignore: decorator
@inline
export function pushNot(address: u32): void {
  if (address == 0) return;
  store<u32>(context + (<usize>nots << 2), address, m.CONTEXT_AND_NOT);
  nots++;
}

/** ORs the ads of a dictionary slot into a bitmap. */
export function lay(slot: usize, onto: usize): void {
  const address = <usize>load<u32>(slot, m.SLOT_ADDRESS);
  const count = load<i32>(slot, m.SLOT_COUNT);
  if (count == m.BITMAP) {
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(onto + o, v128.or(v128.load(onto + o), v128.load(address + o)));
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const posting = address + <usize>i * m.POSTING_STRIDE;
    const word = onto + <usize>load<u32>(posting);
    store<u64>(word, load<u64>(word) | load<u64>(posting, m.POSTING_BITS));
  }
}

/** Removes the ads of a dictionary slot from a bitmap. */
export function remove(slot: usize, from: usize): void {
  const address = <usize>load<u32>(slot, m.SLOT_ADDRESS);
  const count = load<i32>(slot, m.SLOT_COUNT);
  if (count == m.BITMAP) {
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(from + o, v128.andnot(v128.load(from + o), v128.load(address + o)));
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const posting = address + <usize>i * m.POSTING_STRIDE;
    const word = from + <usize>load<u32>(posting);
    store<u64>(word, load<u64>(word) & ~load<u64>(posting, m.POSTING_BITS));
  }
}

export function isEmpty(at: usize): bool {
  let any = i64x2.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) any = v128.or(any, v128.load(at + o));
  return !v128.any_true(any);
}
