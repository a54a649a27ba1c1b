// The dictionary of a book: each value of each dimension, and where its ads stand, as a bitmap or as postings.

import * as map from '../assembly/memory_map.js';
import type { BookIndex } from './book_index.js';
import { hashValue } from './book_index.js';
import type { BookMemory } from './book_memory.js';
import { hashText, mix } from './hash.js';

/** What a slot of the dictionary says: an address and a count, or any 64 bits. */
export interface Entry {
  readonly key: bigint;
  readonly address: number;
  readonly count: number;
}

/** An entry of a hash in a dimension. */
export function entry(dimension: number, hash: bigint, address: number, count: number): Entry {
  return { key: mix(hash, dimension), address, count };
}

/** An entry whose address and count are a set of seats. */
export function seatsEntry(dimension: number, hash: bigint, seats: bigint): Entry {
  return entry(dimension, hash, Number(seats & 0xffffffffn), Number(BigInt.asIntN(32, seats >> 32n)));
}

/** Key of a deal on an exchange. */
export function exchangeDealHash(deal: string, exchange: number): bigint {
  return mix(hashText(deal), exchange);
}

/** Writes the dictionary over all entries: open addressing with linear probing. */
export function writeDictionary(memory: BookMemory, entries: readonly Entry[]): void {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(16, entries.length * 1.33))); // at most three quarters full
  const dictionary = memory.takeZeroed(slots * map.SLOT_BYTES);
  memory.header(map.BOOK_DICTIONARY, dictionary);
  memory.header(map.BOOK_DICTIONARY_MASK, slots - 1);
  for (const { key, address, count } of entries) {
    let i = Number(key & 0xffffffffn) & (slots - 1);
    while (memory.view.getBigUint64(dictionary + i * map.SLOT_BYTES, true) !== 0n) i = (i + 1) & (slots - 1);
    const slot = dictionary + i * map.SLOT_BYTES;
    memory.u64(slot + map.SLOT_KEY, key);
    memory.u32(slot + map.SLOT_ADDRESS, address);
    memory.view.setInt32(slot + map.SLOT_COUNT, count, true);
  }
}

/** Values whose slot says something else than where their ads are: a size or duration has a record of its own. */
export type Records = ReadonlyMap<number, ReadonlyMap<string | number, number>>;

/** Writes the ads of every value of the index. */
export function valueEntries(
  memory: BookMemory,
  index: BookIndex,
  any: ReadonlyMap<number, number>,
  records: Records,
  adCount: number,
): Entry[] {
  const entries: Entry[] = [];
  for (const [dimension, values] of index.values) {
    const its = records.get(dimension);
    for (const [value, ads] of values) {
      const record = its?.get(value);
      const { address, count } =
        record === undefined
          ? writeValue(memory, dimension, ads, any.get(dimension), adCount)
          : { address: record, count: map.BITMAP };
      entries.push(entry(dimension, hashValue(dimension, value), address, count));
    }
  }
  return entries;
}

interface Written {
  readonly address: number;
  readonly count: number;
}

/** A bitmap costs its whole length to read, postings each of them: up to one ad in 64 they are the shorter walk. */
function writeValue(
  memory: BookMemory,
  dimension: number,
  ads: readonly number[],
  any: number | undefined,
  adCount: number,
): Written {
  if (dimension === map.DIM_DEAL) return { address: dealAds(memory, ads), count: ads.length };
  const dense = ads.length > 8 && ads.length * 64 > adCount;
  return dense ? { address: memory.valueBitmap(ads, any), count: map.BITMAP } : postings(memory, ads);
}

/** Ads of a deal, one u32 each. */
function dealAds(memory: BookMemory, ads: readonly number[]): number {
  const at = memory.take(ads.length * 4);
  ads.forEach((ad, i) => {
    memory.u32(at + i * 4, ad);
  });
  return at;
}

/** Ads, in ascending order, as the words of a bitmap that hold them. */
function postings(memory: BookMemory, ads: readonly number[]): Written {
  let count = 0;
  let word = -1;
  for (const ad of ads) {
    if (ad >> 6 !== word) count++;
    word = ad >> 6;
  }
  const address = memory.takeZeroed(count * map.POSTING_STRIDE);
  let posting = address - map.POSTING_STRIDE;
  word = -1;
  for (const ad of ads) {
    if (ad >> 6 !== word) posting += map.POSTING_STRIDE;
    word = ad >> 6;
    memory.u32(posting, word * 8);
    memory.setBit(posting + map.POSTING_BITS, ad & 63);
  }
  return { address, count };
}
