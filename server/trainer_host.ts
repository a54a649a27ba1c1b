// Keeps a trainer running beside the bidder: a child process of low priority with the same environment, started again
// when it dies, ended with the bidder. It is found by its path; server/ does not import models/.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { TRAINER_SCRIPT } from './files.js';
import type { Log } from './log.js';

/** Pause before a start after a death: doubled each time, until it has lived for a while. */
const AGAIN_MS_MIN = 500;
const AGAIN_MS_MAX = 60_000;
const HEALTHY_MS = 60_000;

export class TrainerHost {
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #restarts = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Starts since the first one. */
  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    this.#keeping = this.#keep();
  }

  /** Asks it to end, and makes it when it does not in time: its checkpoint is whole at any moment. */
  async close(withinMs: number): Promise<void> {
    this.#stopping.abort();
    this.#child?.kill('SIGTERM');
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), withinMs);
    await this.#keeping;
    clearTimeout(late);
  }

  async #keep(): Promise<void> {
    let pauseMs = AGAIN_MS_MIN;
    for (;;) {
      const startedMs = performance.now();
      const end = await this.#run();
      if (this.#stopping.signal.aborted) return;
      pauseMs = performance.now() - startedMs > HEALTHY_MS ? AGAIN_MS_MIN : Math.min(pauseMs * 2, AGAIN_MS_MAX);
      this.#log.error({ end, again_in_ms: pauseMs }, 'the trainer has ended; bidding goes on with the model it has');
      const { signal } = this.#stopping;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // cut short by the stop
      if (this.#stopping.signal.aborted) return;
      this.#restarts += 1;
    }
  }

  /** Resolves with how it ended. */
  #run(): Promise<string> {
    // The channel of messages carries none: its end tells the trainer that the bidder has died.
    const child = spawn(process.execPath, ['--enable-source-maps', TRAINER_SCRIPT], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
    });
  }
}
