// A thread of the race (crew.ts): answers each task with what came of it.

import { parentPort, workerData } from 'node:worker_threads';
import type { Done, Task } from './crew.js';
import { FIELD } from './field.js';
import { type Course, Race } from './race.js';

const race = new Race(workerData as Course, FIELD);

parentPort?.on('message', (task: Task) => {
  const done: Done =
    task.kind === 'tune'
      ? { tuned: race.tune(task.rule, task.share) }
      : { rows: race.run(task.rule, task.stress, task.seed, task.tuned) };
  parentPort?.postMessage(done);
});
