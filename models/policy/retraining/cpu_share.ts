// Keeps a process within a share of one core: it is asked for a rest between pieces of work, and sleeps until what it
// has used since it started is no more than that share of the time that has passed.
//
//   work ██     ██     ██        share 0.25: three times as long asleep as at work
//   rest   ░░░░░  ░░░░░  ░░░░░

import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** What is saved up while it waited for something else, as a disk, is used up in at most so long, milliseconds. */
const SAVED_UP_MS = 5000;

/** Time as a process has it, milliseconds. */
export interface ProcessClock {
  /** Since it started, and of a CPU in all. */
  nowMs(): number;
  cpuMs(): number;
  sleep(ms: number): Promise<unknown>;
}

const ownClock: ProcessClock = {
  nowMs: () => performance.now(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  sleep: (ms) => (ms > 1 ? sleep(ms) : setImmediate()),
};

export class CpuShare {
  readonly #share: number;
  readonly #clock: ProcessClock;
  /** Until when it has to rest for what it has used so far. */
  #dueMs = 0;
  #usedMs = 0;

  /** @param share of one core, above 0 to 1 */
  constructor(share: number, clock: ProcessClock = ownClock) {
    this.#share = share;
    this.#clock = clock;
  }

  /** CPU time of the process since it started, seconds. */
  get cpuS(): number {
    return this.#clock.cpuMs() / 1000;
  }

  /** Seconds since the process started. */
  get wallS(): number {
    return this.#clock.nowMs() / 1000;
  }

  /** Waits as long as is due; gives the event loop a turn in any case. */
  async rest(): Promise<void> {
    const usedMs = this.#clock.cpuMs();
    const nowMs = this.#clock.nowMs();
    this.#dueMs = Math.max(this.#dueMs, nowMs - SAVED_UP_MS) + (usedMs - this.#usedMs) / this.#share;
    this.#usedMs = usedMs;
    await this.#clock.sleep(Math.max(0, this.#dueMs - nowMs));
  }
}
