// Threads that race: each holds the course, and takes work as it gets free. Logs are in shared memory.

import { Worker } from 'node:worker_threads';
import type { PriceRule } from './day.js';
import type { Course, Row, TunedField } from './race.js';
import type { StressName } from './worlds.js';

export type Task =
  | { readonly kind: 'tune'; readonly rule: PriceRule; readonly share: number }
  | {
      readonly kind: 'run';
      readonly rule: PriceRule;
      readonly stress: StressName;
      readonly seed: number;
      readonly tuned: TunedField;
    };

/** What comes of a task: parameters of `tune`, rows of `run`. */
export interface Done {
  readonly tuned?: TunedField;
  readonly rows?: readonly Row[];
}

export class Crew {
  readonly #workers: readonly Worker[];

  constructor(course: Course, threads: number) {
    const script = new URL('./race_thread.js', import.meta.url);
    this.#workers = Array.from({ length: threads }, () => new Worker(script, { workerData: course }));
  }

  /**
   * Does all tasks. @returns what came of them, in their order
   * @param told is called after each, with how many are done
   */
  async all(tasks: readonly Task[], told: (done: number) => void): Promise<Done[]> {
    const results = new Array<Done>(tasks.length);
    let next = 0;
    let done = 0;
    await Promise.all(
      this.#workers.map(async (worker) => {
        while (next < tasks.length) {
          const number = next++;
          results[number] = await asked(worker, tasks[number] as Task);
          told(++done);
        }
      }),
    );
    return results;
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** A thread that throws ends the race: its error is ours. */
function asked(worker: Worker, task: Task): Promise<Done> {
  return new Promise((resolve, reject) => {
    const answered = (done: Done): void => {
      worker.off('error', reject);
      resolve(done);
    };
    worker.once('error', reject);
    worker.once('message', answered);
    worker.postMessage(task);
  });
}
