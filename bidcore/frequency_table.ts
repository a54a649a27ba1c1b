// How often users have seen what is capped: a table of counts in shared memory. One thread, the ledger's, counts;
// bidding workers read (assembly/frequency.ts), and so does whoever explains a decision.
//
//   set (576 bytes)   ┌──────────────┬─────────┬─────────┬───┬─────────┐
//                     │ 8 keys (u64) │ count 0 │ count 1 │ … │ count 7 │
//                     └──────────────┴─────────┴─────────┴───┴─────────┘
//   count (64 bytes)  newest bucket u32, touched u32, 24 buckets u16, 8 bytes free
//
// The key of a count is that of its user mixed with that of the cap; its high 16 bits choose the set. Bucket n, the
// seconds from n × s on where a bucket has s, stands at n mod 24. A key is taken away before its count is written for
// another one and put back after it, and readers look at it again when they have read: none takes one count for
// another. Every store is atomic, so that other processors see them in this order.

import * as map from '../assembly/memory_map.js';
import type { Cap } from './frequency_caps.js';
import { mix } from './hash.js';

const BUCKETS = map.FREQUENCY_BUCKETS;
const COUNT_MAX = 0xffff;
/** High bits of a key that choose its set. */
const SET_SHIFT = BigInt(64 - Math.log2(map.FREQUENCY_SETS));

export class FrequencyReader {
  protected readonly keys: BigUint64Array;
  protected readonly words: Uint32Array;
  protected readonly counts: Uint16Array;
  protected readonly totals: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    const bytes = map.FREQUENCY_SETS * map.FREQUENCY_SET_BYTES;
    this.keys = new BigUint64Array(buffer, map.FREQUENCY, bytes / 8);
    this.words = new Uint32Array(buffer, map.FREQUENCY, bytes / 4);
    this.counts = new Uint16Array(buffer, map.FREQUENCY, bytes / 2);
    this.totals = new Float64Array(buffer, map.CONTROL, map.CONTROL_FREED / 8);
  }

  /** Counts in use. */
  get entries(): number {
    return this.totals[map.CONTROL_FREQUENCY_ENTRIES / 8] as number;
  }

  /** Counts that had to go for others since the start. */
  get evictions(): number {
    return this.totals[map.CONTROL_FREQUENCY_EVICTIONS / 8] as number;
  }

  /**
   * Impressions counted in the last 24 buckets, the one under way included. What was counted later than that, by a
   * clock that is ahead, is among them.
   * @param userKey not 0
   */
  seen(userKey: bigint, capKey: bigint, bucketSeconds: number, nowS: number): number {
    const key = entryKey(userKey, capKey);
    const oldest = Math.floor(nowS / bucketSeconds) - BUCKETS + 1;
    for (;;) {
      const at = this.find(key);
      if (at === undefined) return 0;
      const newest = this.newestOf(at);
      let sum = 0;
      for (let bucket = Math.max(oldest, newest - BUCKETS + 1, 0); bucket <= newest; bucket++) {
        sum += Atomics.load(this.counts, countIndex(at, bucket));
      }
      if (Atomics.load(this.keys, at.key) === key && this.newestOf(at) === newest) return sum;
    }
  }

  /** The same up to the time of a request, for deciding it. */
  until(nowUs: number): (userKey: bigint, cap: Cap) => number {
    return (userKey, { key, bucketSeconds }) => this.seen(userKey, key, bucketSeconds, Math.floor(nowUs / 1e6));
  }

  protected find(key: bigint): Place | undefined {
    for (let way = 0; way < map.FREQUENCY_WAYS; way++) {
      const at = placeOf(key, way);
      if (Atomics.load(this.keys, at.key) === key) return at;
    }
    return undefined;
  }

  protected newestOf({ count }: Place): number {
    return Atomics.load(this.words, (count + map.FREQUENCY_NEWEST) / 4);
  }

  protected touchedOf({ count }: Place): number {
    return Atomics.load(this.words, (count + map.FREQUENCY_TOUCHED_S) / 4);
  }
}

/** The counts of a table as plain data: keys of 8 bytes, little-endian, and what each counts. */
export interface FrequencyDump {
  readonly keys: Uint8Array;
  readonly counts: Uint8Array;
}

/** There must be one only. */
export class FrequencyTable extends FrequencyReader {
  /**
   * Counts one impression.
   * @param userKey not 0
   * @param nowS seconds since the epoch; what is older than all buckets of its count changes nothing
   */
  count(userKey: bigint, capKey: bigint, bucketSeconds: number, nowS: number): void {
    if (userKey === 0n) throw new Error('an impression of nobody is not counted');
    const key = entryKey(userKey, capKey);
    const bucket = Math.floor(nowS / bucketSeconds);
    const at = this.find(key) ?? this.#open(key, bucket);
    const newest = this.newestOf(at);
    if (bucket <= newest - BUCKETS) return;
    if (bucket > newest) {
      for (let n = Math.max(newest + 1, bucket - BUCKETS + 1); n <= bucket; n++) {
        Atomics.store(this.counts, countIndex(at, n), 0);
      }
      Atomics.store(this.words, (at.count + map.FREQUENCY_NEWEST) / 4, bucket);
    }
    const index = countIndex(at, bucket);
    if (Atomics.load(this.counts, index) < COUNT_MAX) Atomics.add(this.counts, index, 1);
    const touched = (at.count + map.FREQUENCY_TOUCHED_S) / 4;
    Atomics.store(this.words, touched, Math.max(this.touchedOf(at), Math.floor(nowS)));
  }

  /** All counts in use, to be kept and given to `restore`. */
  dump(): FrequencyDump {
    const keys: bigint[] = [];
    const counts: Uint8Array[] = [];
    const bytes = new Uint8Array(this.keys.buffer, this.keys.byteOffset, this.keys.byteLength);
    for (let set = 0; set < bytes.length; set += map.FREQUENCY_SET_BYTES) {
      for (let way = 0; way < map.FREQUENCY_WAYS; way++) {
        const key = Atomics.load(this.keys, set / 8 + way);
        if (key === 0n) continue;
        const from = set + map.FREQUENCY_COUNTS + way * map.FREQUENCY_COUNT_BYTES;
        keys.push(key);
        counts.push(bytes.slice(from, from + map.FREQUENCY_COUNT_BYTES));
      }
    }
    return { keys: new Uint8Array(BigUint64Array.from(keys).buffer), counts: Buffer.concat(counts) };
  }

  /** Forgets all counts: a ledger before in the same process has left them. Memory that nobody used stays untouched. */
  clear(): void {
    if (this.entries === 0) return;
    for (let set = 0; set < map.FREQUENCY_SETS; set++) {
      for (let way = 0; way < map.FREQUENCY_WAYS; way++) {
        Atomics.store(this.keys, (set * map.FREQUENCY_SET_BYTES) / 8 + way, 0n);
      }
    }
    this.totals[map.CONTROL_FREQUENCY_ENTRIES / 8] = 0;
  }

  /** Takes the counts of a dump into an empty table. */
  restore({ keys, counts }: FrequencyDump): void {
    const bytes = new Uint8Array(this.keys.buffer, this.keys.byteOffset, this.keys.byteLength);
    const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
    for (let n = 0; n * 8 < keys.length; n++) {
      const key = view.getBigUint64(n * 8, true);
      const { count } = this.#open(key, 0);
      bytes.set(counts.subarray(n * map.FREQUENCY_COUNT_BYTES, (n + 1) * map.FREQUENCY_COUNT_BYTES), count);
    }
  }

  /** Takes a free place of a key's set, or that of the count touched longest ago. */
  #open(key: bigint, bucket: number): Place {
    const places = Array.from({ length: map.FREQUENCY_WAYS }, (_, way) => placeOf(key, way));
    const free = places.find((place) => Atomics.load(this.keys, place.key) === 0n);
    const at = free ?? places.reduce((oldest, one) => (this.touchedOf(one) < this.touchedOf(oldest) ? one : oldest));
    const total = free ? map.CONTROL_FREQUENCY_ENTRIES : map.CONTROL_FREQUENCY_EVICTIONS;
    this.totals[total / 8] = (this.totals[total / 8] as number) + 1;
    Atomics.store(this.keys, at.key, 0n);
    for (let n = 0; n < BUCKETS; n++) Atomics.store(this.counts, countIndex(at, n), 0);
    Atomics.store(this.words, (at.count + map.FREQUENCY_NEWEST) / 4, bucket);
    Atomics.store(this.words, (at.count + map.FREQUENCY_TOUCHED_S) / 4, 0);
    Atomics.store(this.keys, at.key, key);
    return at;
  }
}

/** Where a count stands: index of its key, and offset of the count in the table. */
interface Place {
  readonly key: number;
  readonly count: number;
}

function placeOf(key: bigint, way: number): Place {
  const set = setOf(key);
  return { key: set / 8 + way, count: set + map.FREQUENCY_COUNTS + way * map.FREQUENCY_COUNT_BYTES };
}

/** Offset of the set of a count in the table. */
export function setOf(key: bigint): number {
  return Number(key >> SET_SHIFT) * map.FREQUENCY_SET_BYTES;
}

function countIndex({ count }: Place, bucket: number): number {
  return (count + map.FREQUENCY_BUCKETS_AT) / 2 + (bucket % BUCKETS);
}

/** Key of the count of a user under a cap; never 0, which is a free place. */
export function entryKey(userKey: bigint, capKey: bigint): bigint {
  return mix(userKey, capKey) || 1n;
}
