// Bitmaps over the ads of a book, one bit an ad, the dictionary that finds those of a value, and the lists of what is
// matched. A value has either a bitmap or, if few ads name it, postings: the words of a bitmap that hold them.
//
// Nothing is combined over a whole bitmap. Matching walks the book a chunk (one cache line of each bitmap) at a time
// and stops as soon as no later ad can win, so a request first lists what it will match:
//
//   bitmaps to AND │ groups: (any | value | value …), AND-ed │ bitmaps to take out │ postings to take out
//
// A group is its any-bitmap (u32, 0 for none) and its number of values (u32), then the values. A value is (u32, u32):
// the address of a bitmap and 0, or of the first posting not used yet and the end of the postings.

import { bitmapsOut, chunk, context, groups, postingsOut } from './arena';
import { mix } from './hash';
import * as m from './memory_map';

/** Scratch bitmaps: the ads a request leaves, those of them that fit an impression, the sizes it takes. */
export const BASE: i32 = 0;
export const CANDIDATES: i32 = 1;
export const SIZES: i32 = 2;

export let book: usize = 0;
/** Bytes of a bitmap of this book. */
export let bytes: usize = 0;
let mask: u32 = 0;
let slots: usize = 0;
/** Bitmaps to AND. */
let ands: i32 = 0;
/** Ends of the lists. */
export let groupsEnd: usize = 0;
export let bitmapsOutEnd: usize = 0;
export let postingsOutEnd: usize = 0;
/** The group under construction. */
let group: usize = 0;

/** Takes the book that the next calls are about. */
export function setBook(address: usize): void {
  book = address;
  bytes = <usize>load<u32>(book, m.BOOK_CHUNKS) * m.CHUNK_BYTES;
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

// ---- lists

/** Empties the lists. */
export function startLists(): void {
  ands = 0;
  groupsEnd = groups;
  bitmapsOutEnd = bitmapsOut;
  postingsOutEnd = postingsOut;
}

// @ts-ignore: decorator
@inline
export function pushAnd(address: usize): void {
  store<u32>(context + (<usize>ands << 2), <u32>address, m.CONTEXT_AND);
  ands++;
}

/** Starts a group on the bitmap of those that do not care, or 0. */
export function startGroup(any: usize): void {
  group = groupsEnd;
  store<u32>(group, <u32>any);
  groupsEnd += m.TERM_BYTES;
}

// @ts-ignore: decorator
@inline
function isBitmap(slot: usize): bool {
  return load<i32>(slot, m.SLOT_COUNT) == m.BITMAP;
}

// @ts-ignore: decorator
@inline
function writeTerm(to: usize, slot: usize): void {
  const address = load<u32>(slot, m.SLOT_ADDRESS);
  store<u32>(to, address);
  store<u32>(to, isBitmap(slot) ? 0 : address + load<u32>(slot, m.SLOT_COUNT) * <u32>m.POSTING_STRIDE, 4);
}

/** Adds a value to the group. */
export function addToGroup(slot: usize): void {
  writeTerm(groupsEnd, slot);
  groupsEnd += m.TERM_BYTES;
}

/** Adds the ads of a bitmap to the group. */
export function addBitmapToGroup(address: usize): void {
  store<u64>(groupsEnd, <u64>(<u32>address));
  groupsEnd += m.TERM_BYTES;
}

/** Ends the group. One that is a single bitmap becomes that. */
export function endGroup(): void {
  const count = (groupsEnd - group) / m.TERM_BYTES - 1;
  const any = <usize>load<u32>(group);
  store<u32>(group, <u32>count, 4);
  if (count == 0 && any != 0) {
    groupsEnd = group;
    pushAnd(any);
  } else if (count == 1 && any != 0 && load<u32>(group, 12) == 0) {
    // In the bitmap of a value, those that do not care are set too.
    groupsEnd = group;
    pushAnd(<usize>load<u32>(group, 8));
  }
}

/** Ends a group of an impression, which stays one: bitmaps to AND are those of the whole request. */
export function endGroupHere(): void {
  store<u32>(group, <u32>((groupsEnd - group) / m.TERM_BYTES - 1), 4);
}

/** Takes the ads of a value out. */
export function takeOut(slot: usize): void {
  if (isBitmap(slot)) takeBitmapOut(load<u32>(slot, m.SLOT_ADDRESS));
  else {
    writeTerm(postingsOutEnd, slot);
    postingsOutEnd += m.TERM_BYTES;
  }
}

/** Takes the ads of a bitmap out; 0 is none. */
export function takeBitmapOut(address: u32): void {
  if (address == 0) return;
  store<u32>(bitmapsOutEnd, address);
  bitmapsOutEnd += 4;
}

/** Drops what was listed behind some ends. */
export function cutLists(groupsTo: usize, bitmapsOutTo: usize): void {
  groupsEnd = groupsTo;
  bitmapsOutEnd = bitmapsOutTo;
}

// ---- a chunk of the book, `o` bytes into its bitmaps

/** Writes the AND of the listed bitmaps; there is at least one. Returns false if it is empty. */
export function andChunk(o: usize, to: usize): bool {
  let p = context + m.CONTEXT_AND;
  const end = p + (<usize>ands << 2);
  let at = <usize>load<u32>(p) + o;
  let a = v128.load(at);
  let b = v128.load(at, 16);
  let c = v128.load(at, 32);
  let d = v128.load(at, 48);
  for (p += 4; p < end; p += 4) {
    at = <usize>load<u32>(p) + o;
    a = v128.and(a, v128.load(at));
    b = v128.and(b, v128.load(at, 16));
    c = v128.and(c, v128.load(at, 32));
    d = v128.and(d, v128.load(at, 48));
  }
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
  return v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)));
}

// @ts-ignore: decorator
@inline
export function isEmpty(at: usize): bool {
  const any = v128.or(v128.or(v128.load(at), v128.load(at, 16)), v128.or(v128.load(at, 32), v128.load(at, 48)));
  return !v128.any_true(any);
}

// A call into memory.fill or memory.copy costs more than these.

// @ts-ignore: decorator
@inline
export function clearChunk(at: usize): void {
  v128.store(at, i64x2.splat(0));
  v128.store(at, i64x2.splat(0), 16);
  v128.store(at, i64x2.splat(0), 32);
  v128.store(at, i64x2.splat(0), 48);
}

// @ts-ignore: decorator
@inline
export function copyChunk(at: usize, from: usize): void {
  v128.store(at, v128.load(from));
  v128.store(at, v128.load(from, 16), 16);
  v128.store(at, v128.load(from, 32), 32);
  v128.store(at, v128.load(from, 48), 48);
}

// @ts-ignore: decorator
@inline
export function orInto(at: usize, more: usize): void {
  v128.store(at, v128.or(v128.load(at), v128.load(more)));
  v128.store(at, v128.or(v128.load(at, 16), v128.load(more, 16)), 16);
  v128.store(at, v128.or(v128.load(at, 32), v128.load(more, 32)), 32);
  v128.store(at, v128.or(v128.load(at, 48), v128.load(more, 48)), 48);
}

// @ts-ignore: decorator
@inline
export function andInto(at: usize, other: usize): void {
  v128.store(at, v128.and(v128.load(at), v128.load(other)));
  v128.store(at, v128.and(v128.load(at, 16), v128.load(other, 16)), 16);
  v128.store(at, v128.and(v128.load(at, 32), v128.load(other, 32)), 32);
  v128.store(at, v128.and(v128.load(at, 48), v128.load(other, 48)), 48);
}

/** Restricts a chunk to the groups between two addresses; stops when nothing is left. */
export function andGroups(from: usize, to: usize, o: usize, at: usize): void {
  while (from < to) {
    const any = <usize>load<u32>(from);
    const end = from + (<usize>load<u32>(from, 4) + 1) * m.TERM_BYTES;
    if (any == 0) clearChunk(chunk);
    else copyChunk(chunk, any + o);
    for (from += m.TERM_BYTES; from < end; from += m.TERM_BYTES) {
      const stop = <usize>load<u32>(from, 4);
      if (stop == 0) {
        orInto(chunk, <usize>load<u32>(from) + o);
        continue;
      }
      let p = postingFrom(from, stop, o);
      for (; p < stop && <usize>load<u32>(p) - o < m.CHUNK_BYTES; p += m.POSTING_STRIDE) {
        const word = chunk + <usize>load<u32>(p) - o;
        store<u64>(word, load<u64>(word) | load<u64>(p, m.POSTING_BITS));
      }
      store<u32>(from, <u32>p);
    }
    andInto(at, chunk);
    if (isEmpty(at)) return;
  }
}

/** The first posting of a value that is not before a chunk. */
// @ts-ignore: decorator
@inline
function postingFrom(term: usize, stop: usize, o: usize): usize {
  let p = <usize>load<u32>(term);
  while (p < stop && <usize>load<u32>(p) < o) p += m.POSTING_STRIDE;
  return p;
}

/** Takes the listed postings between two addresses out of a chunk. */
export function takePostingsOut(from: usize, to: usize, o: usize, at: usize): void {
  for (; from < to; from += m.TERM_BYTES) {
    const stop = <usize>load<u32>(from, 4);
    let p = postingFrom(from, stop, o);
    for (; p < stop && <usize>load<u32>(p) - o < m.CHUNK_BYTES; p += m.POSTING_STRIDE) {
      const word = at + <usize>load<u32>(p) - o;
      store<u64>(word, load<u64>(word) & ~load<u64>(p, m.POSTING_BITS));
    }
    store<u32>(from, <u32>p);
  }
}

/** Takes the listed bitmaps between two addresses out of a chunk. */
export function takeBitmapsOut(from: usize, to: usize, o: usize, at: usize): void {
  let a = v128.load(at);
  let b = v128.load(at, 16);
  let c = v128.load(at, 32);
  let d = v128.load(at, 48);
  for (; from < to; from += 4) {
    const out = <usize>load<u32>(from) + o;
    a = v128.andnot(a, v128.load(out));
    b = v128.andnot(b, v128.load(out, 16));
    c = v128.andnot(c, v128.load(out, 32));
    d = v128.andnot(d, v128.load(out, 48));
  }
  v128.store(at, a);
  v128.store(at, b, 16);
  v128.store(at, c, 32);
  v128.store(at, d, 48);
}
