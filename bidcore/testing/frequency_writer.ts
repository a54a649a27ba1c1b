// Starts the thread of frequency_thread.ts, for tests that read while it writes.

import { Worker } from 'node:worker_threads';
import { FREQUENCY_WAYS } from '../../assembly/memory_map.js';
import { entryKey, setOf } from '../frequency_table.js';

export interface Counting {
  /** Once all its users have been counted. */
  readonly started: Promise<void>;
  stop(): Promise<unknown>;
}

/**
 * Counts two impressions of a user, then many of each of others, so that all lose their places again and again.
 * @param nowS impressions are counted in the bucket of this second, of 16,560 minutes
 */
export function startCounting(buffer: SharedArrayBuffer, rare: bigint, cap: bigint, nowS: number): Counting {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const often = usersOfOneSet(rare, cap, FREQUENCY_WAYS);
  const script = new URL('frequency_thread.js', import.meta.url);
  const worker = new Worker(script, { workerData: { buffer, state, rare, often, cap, nowS } });
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  const ready = async (): Promise<void> => {
    while (Atomics.load(state, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    started: Promise.race([ready(), ended.then(() => undefined)]),
    stop: () => {
      Atomics.store(state, 0, 1);
      return ended;
    },
  };
}

/** Users whose counts under a cap stand in the same set as that of another one. */
export function usersOfOneSet(other: bigint, cap: bigint, count: number): bigint[] {
  const set = setOf(entryKey(other, cap));
  const users: bigint[] = [];
  for (let user = other + 1n; users.length < count; user++) if (setOf(entryKey(user, cap)) === set) users.push(user);
  return users;
}
