// The deciding thread of the flip benchmark: decides bodies in turn without a pause, times each decision and checks
// the length of each answer, until the other thread says it is done.

import { workerData } from 'node:worker_threads';
import { HotPath } from '../bidcore/hotpath.js';
import { BUCKETS, bucketOf, type FlipTask, PHASES, WORD_DONE, WORD_PHASE, WORD_WRONG } from './flip_shared.js';
import { decide } from './rig.js';

/** Decisions between two looks at the phase. */
const BURST = 64;

const { memory, module, words, counts, bodies, lengths } = workerData as FlipTask;
const hotpath = new HotPath(memory, module, 1);
let at = 0;

while (Atomics.load(words, WORD_DONE) === 0) {
  const phase = Atomics.load(words, WORD_PHASE);
  if (phase === 0) Atomics.wait(words, WORD_PHASE, 0, 1);
  else burst((phase - 1) * BUCKETS, phase - 1 !== PHASES.indexOf('model'));
}

/** With a new model the policy acts anew, and prices may change: answers are checked while the model stays. */
function burst(histogram: number, check: boolean): void {
  for (let n = 0; n < BURST; n++) {
    const start = performance.now();
    const result = decide(hotpath, bodies[at] as Uint8Array);
    const bucket = histogram + bucketOf((performance.now() - start) * 1000);
    counts[bucket] = (counts[bucket] as number) + 1;
    if (check && Math.max(0, result) !== lengths[at]) Atomics.add(words, WORD_WRONG, 1);
    at = at + 1 === bodies.length ? 0 : at + 1;
  }
}
