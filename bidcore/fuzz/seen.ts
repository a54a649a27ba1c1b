// What users have seen before a case, in the table of the hot path: written when the twin asks for it, from the number
// of the case, so that one case can be replayed by itself. The hot path answers after the twin and has to find the
// same.

import * as map from '../../assembly/memory_map.js';
import type { Cap } from '../frequency_caps.js';
import { entryKey, FrequencyTable, setOf } from '../frequency_table.js';
import type { Situation } from '../reference/situation.js';
import { mixSeeds, Random } from './random.js';

/** More are not counted one by one. */
const TIMES_MAX = 8;

export class Seen {
  readonly #table: FrequencyTable;
  readonly #bytes: Uint8Array;
  readonly #keys: BigUint64Array;
  /** Sets that were written for the case. */
  readonly #sets = new Set<number>();
  readonly #asked = new Set<bigint>();
  #seed: number | undefined;

  constructor(buffer: SharedArrayBuffer) {
    const bytes = map.FREQUENCY_SETS * map.FREQUENCY_SET_BYTES;
    this.#table = new FrequencyTable(buffer);
    this.#bytes = new Uint8Array(buffer, map.FREQUENCY, bytes);
    this.#keys = new BigUint64Array(buffer, map.FREQUENCY, bytes / 8);
  }

  /** Forgets what was seen before the last case. */
  enter(seed: number): void {
    for (const set of this.#sets) this.#bytes.fill(0, set, set + map.FREQUENCY_SET_BYTES);
    this.#sets.clear();
    this.#asked.clear();
    this.#seed = seed;
  }

  until(nowUs: number): Situation['seen'] {
    const read = this.#table.until(nowUs);
    return (user, cap) => {
      if (this.#seed !== undefined) this.#write(user, cap, Math.floor(nowUs / 1e6), this.#seed);
      return read(user, cap);
    };
  }

  #write(user: bigint, cap: Cap, nowS: number, seed: number): void {
    const key = entryKey(user, cap.key);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    const set = setOf(key);
    const random = new Random(mixSeeds(seed, Number(key & 0xffffffn)));
    if (!this.#sets.has(set)) this.#crowd(set, random);
    this.#sets.add(set);
    const times = random.pick([0, cap.impressions - 1, cap.impressions, cap.impressions + random.int(-2, 2)]);
    const around = (seconds: number): number => seconds + random.int(-1, 1);
    const ago = Array.from({ length: Math.min(times, TIMES_MAX) }, () =>
      random.weighted([
        [8, random.int(0, cap.minutes * 60)],
        [2, around(cap.minutes * 60)],
        [2, around(cap.bucketSeconds * (map.FREQUENCY_BUCKETS - 1))],
        [2, around(cap.bucketSeconds * map.FREQUENCY_BUCKETS)],
        [1, random.int(0, cap.bucketSeconds * 60)],
        [1, -random.int(0, cap.bucketSeconds * 30)],
      ]),
    );
    for (const seconds of ago) this.#table.count(user, cap.key, cap.bucketSeconds, nowS - seconds);
  }

  /** Fills places of a set with counts of nobody, which must not be taken for those of somebody. */
  #crowd(set: number, random: Random): void {
    const counts = set + map.FREQUENCY_COUNTS;
    const others = random.pick([0, 0, 1, 4, map.FREQUENCY_WAYS]);
    for (let way = 0; way < others; way++) {
      this.#keys[set / 8 + way] = random.u64() | 1n;
      const at = counts + way * map.FREQUENCY_COUNT_BYTES;
      for (let n = 0; n < map.FREQUENCY_COUNT_BYTES; n++) this.#bytes[at + n] = random.int(0, 255);
    }
  }
}
