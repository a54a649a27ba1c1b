// What the client processes of the admin benchmark are told, and a clock that keeps intended times.

import { seededRandom } from '../bidcore/testing/random.js';

export interface AdminTask {
  readonly port: number;
  readonly seed: number;
  /** Calls a second, as a Poisson process. */
  readonly perSecond: number;
  readonly connections: number;
  /** Of the admin port. */
  readonly key: string;
  readonly campaigns: readonly string[];
}

/** Begin, or end and tell. */
export type AdminOrder = 'start' | 'stop';

export interface AdminResult {
  /** From the intended time to the whole answer, microseconds. */
  readonly latencies: readonly number[];
  /** Answers that are none, or none of those expected. */
  readonly problems: number;
}

/** Timers are late by up to a millisecond: the rest is waited for in turns of the event loop. */
const TIMER_MS = 1.2;

/** Calls `send` with the intended times of a Poisson process, open loop, until it says false. */
export function poisson(perSecond: number, seed: number, send: (intendedMs: number) => boolean): void {
  const random = seededRandom(seed);
  const gap = (): number => (-1000 * Math.log(1 - random())) / perSecond;
  let due = performance.now() + gap();
  const turn = (): void => {
    for (; due <= performance.now(); due += gap()) if (!send(due)) return;
    const wait = due - performance.now();
    if (wait > TIMER_MS) setTimeout(turn, wait - TIMER_MS);
    else setImmediate(turn);
  };
  turn();
}
