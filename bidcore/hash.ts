// The hash of `docs/decisions.md` section 4, over BigInt as unsigned 64-bit numbers: the slow twin of the module's.
//
// Everything that has to agree between the book, the hot path and the trainer goes through it: dictionary keys, ad
// keys and the features of the factorization machine. BigInt is slow, so the hashes of texts are remembered: a book and
// its traffic name the same few thousand texts again and again.

import { FEATURE_BITS } from '../assembly/model_layout.js';

const K1 = 0x9e3779b97f4a7c15n;
const K2 = 0xbf58476d1ce4e5b9n;
const K3 = 0x94d049bb133111ebn;

/** Texts whose hash is remembered; past it the memory starts over, which bounds it whatever the traffic holds. */
const REMEMBERED_TEXTS_MAX = 65_536;

const remembered = new Map<string, bigint>();
const encoder = new TextEncoder();

const u64 = (n: bigint): bigint => BigInt.asUintN(64, n);

/** Hash of bytes; never 0, which stands for an absent value. */
export function hashBytes(bytes: Uint8Array): bigint {
  let h = u64(BigInt(bytes.length) * K1);
  for (let at = 0; at < bytes.length; at += 8) {
    h = u64((h ^ littleEndianWord(bytes, at)) * K2);
    h ^= h >> 32n;
  }
  h = u64(h * K3);
  h ^= h >> 29n;
  return h === 0n ? 1n : h;
}

/** Hash of a text as UTF-8; a lone surrogate counts as U+FFFD, which is what TextEncoder writes for it. */
export function hashText(text: string): bigint {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  if (remembered.size >= REMEMBERED_TEXTS_MAX) remembered.clear();
  const h = hashBytes(encoder.encode(text));
  remembered.set(text, h);
  return h;
}

/**
 * Mixes a number, or another hash, into a hash.
 * @param h unsigned 64 bits
 * @param n an integer; a negative one counts as its two's complement
 */
export function mix(h: bigint, n: number | bigint): bigint {
  let m = u64((h ^ u64((BigInt(n) + 1n) * K1)) * K2);
  m ^= m >> 32n;
  m = u64(m * K3);
  m ^= m >> 29n;
  return m;
}

/**
 * Hash of an integer fact such as a device type or a size (w × 65536 + h, which is above 2³¹ for a wide one); never 0.
 * A negative number is hashed as its 64-bit two's complement.
 */
export function hashNumber(n: number): bigint {
  const h = mix(u64(BigInt(n)), 0xff);
  return h === 0n ? 1n : h;
}

/** Index of a feature's record in the model: the top `FEATURE_BITS` bits of the hash with its field mixed in. */
export function featureIndex(field: number, h: bigint): number {
  return Number(mix(h, field) >> BigInt(64 - FEATURE_BITS));
}

/** Eight bytes as a little-endian number; bytes past the end are 0. */
function littleEndianWord(bytes: Uint8Array, at: number): bigint {
  let word = 0n;
  for (let i = Math.min(8, bytes.length - at) - 1; i >= 0; i--) {
    word = (word << 8n) | BigInt(bytes[at + i] as number);
  }
  return word;
}
