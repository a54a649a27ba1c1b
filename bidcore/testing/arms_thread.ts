// A thread that answers requests while another one flips books and models: every answer must be one that some book and
// some model give together.

import { workerData } from 'node:worker_threads';
import { HotPath } from '../hotpath.js';
import { SAMPLE_NOW_US } from './sample_book.js';

export interface ArmsTask {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly bodies: readonly Uint8Array[];
  /** All answers that are right: of any of the bodies. */
  readonly answers: readonly string[];
  /** Word 0: to stop; word 1: rounds done; word 2: answers that are none of them; then how often each was given. */
  readonly state: Int32Array;
}

const { memory, module, bodies, answers, state } = workerData as ArmsTask;
const hotPath = new HotPath(memory, module, 1);
const numbers = new Map(answers.map((text, i) => [text, i]));

while (Atomics.load(state, 0) === 0) {
  for (const body of bodies) {
    hotPath.input.set(body);
    hotPath.setNextBidId(1n);
    const length = hotPath.bid(body.length, SAMPLE_NOW_US, 0);
    const text = Buffer.from(hotPath.output.subarray(0, Math.max(length, 0))).toString('latin1');
    const number = numbers.get(text);
    Atomics.add(state, number === undefined ? 2 : 3 + number, 1);
  }
  Atomics.add(state, 1, 1);
}
