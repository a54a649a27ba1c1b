// A thread that counts impressions for users of one set: two of one user, then hundreds of each of the others, so that
// all of them lose their places again and again.

import { workerData } from 'node:worker_threads';
import { FrequencyTable } from '../frequency_table.js';

interface Task {
  readonly buffer: SharedArrayBuffer;
  /** Word 0: to stop; word 1: rounds done. */
  readonly state: Int32Array;
  readonly rare: bigint;
  readonly often: readonly bigint[];
  readonly cap: bigint;
  readonly nowS: number;
}

const { buffer, state, rare, often, cap, nowS } = workerData as Task;
const table = new FrequencyTable(buffer);
/** All times are in one bucket. */
const BUCKET_S = 43_200;

let touched = nowS - (nowS % BUCKET_S);
while (Atomics.load(state, 0) === 0) {
  for (const [user, times] of [[rare, 2], ...often.map((other) => [other, 20] as const)] as const) {
    touched = nowS - (nowS % BUCKET_S) + ((touched + 1) % BUCKET_S);
    for (let n = 0; n < times; n++) table.count(user, cap, BUCKET_S, touched);
  }
  Atomics.add(state, 1, 1);
}
