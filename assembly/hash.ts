// Hashes of values: of texts (as they are, or in lower case), of numbers, and what mixes a use into one: a dimension
// of the book's dictionary, a field of the model. `docs/decisions.md` section 4 defines them; `bidcore/hash.ts` is the
// twin. Multiply and xor-shift on whole words, after the finalisers of SplitMix64 (Steele, Lea, Flood 2014).

import { FEATURE_BITS } from './model_layout';

const K1: u64 = 0x9e3779b97f4a7c15;
const K2: u64 = 0xbf58476d1ce4e5b9;
const K3: u64 = 0x94d049bb133111eb;

/** The first `length` bytes (0 to 8) at an address, the rest zero. Reads 8 bytes. */
// @ts-ignore: decorator
@inline
export function head(address: usize, length: usize): u64 {
  return length >= 8 ? load<u64>(address) : load<u64>(address) & (((<u64>1) << (<u64>length << 3)) - 1);
}

/** Eight bytes with the letters A to Z in lower case, and no others. */
// @ts-ignore: decorator
@inline
export function lower8(word: u64): u64 {
  const low = word & 0x7f7f7f7f7f7f7f7f;
  const fromA = low + 0x3f3f3f3f3f3f3f3f; // high bit: the letter is A or above
  const pastZ = low + 0x2525252525252525; // high bit: above Z
  return word | (((fromA ^ pastZ) & ~word & 0x8080808080808080) >> 2);
}

// @ts-ignore: decorator
@inline
function finish(h: u64): u64 {
  h *= K3;
  h ^= h >> 29;
  return h == 0 ? 1 : h;
}

// @ts-ignore: decorator
@inline
function step(h: u64, word: u64): u64 {
  h = (h ^ word) * K2;
  return h ^ (h >> 32);
}

/** Hash of bytes as they are; never 0. May read 7 bytes past them. */
export function hashBytes(address: usize, length: usize): u64 {
  let h = <u64>length * K1;
  const end = address + length;
  for (; address + 8 <= end; address += 8) h = step(h, load<u64>(address));
  if (address < end) h = step(h, head(address, end - address));
  return finish(h);
}

/** Hash of bytes in lower case (ASCII letters only); never 0. May read 7 bytes past them. */
export function hashLower(address: usize, length: usize): u64 {
  let h = <u64>length * K1;
  const end = address + length;
  for (; address + 8 <= end; address += 8) h = step(h, lower8(load<u64>(address)));
  if (address < end) h = step(h, lower8(head(address, end - address)));
  return finish(h);
}

/** The hash of a value for one use of it. */
// @ts-ignore: decorator
@inline
export function mix(h: u64, use: u64): u64 {
  return finishMix(step(h, (use + 1) * K1));
}

// @ts-ignore: decorator
@inline
function finishMix(h: u64): u64 {
  h *= K3;
  return h ^ (h >> 29);
}

/** Hash of a number; never 0, which means absent. */
// @ts-ignore: decorator
@inline
export function hashNumber(n: u64): u64 {
  const h = mix(n, 0xff);
  return h == 0 ? 1 : h;
}

/** Hash of a category of a taxonomy. */
// @ts-ignore: decorator
@inline
export function hashCategory(category: u64, taxonomy: i32): u64 {
  return mix(category, 0x100 + <u64>taxonomy);
}

/** Index of a value's feature in the model. */
// @ts-ignore: decorator
@inline
export function featureIndex(field: i32, h: u64): u32 {
  return <u32>(mix(h, <u64>field) >> (64 - FEATURE_BITS));
}
