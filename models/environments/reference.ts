// What the plainest policy buys: the value that counts as 1 where no bound is known.

import type { Environment } from './environment.js';

const SEEDS = 4;

/** Mean of `totalValue` over a few episodes with all actions 0. */
export function referenceOf(environment: Environment<Float32Array>): number {
  const action = new Float32Array(environment.actionSpace.kind === 'box' ? environment.actionSpace.size : 1);
  let sum = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    environment.reset(seed);
    let step = environment.step(action);
    while (!step.terminated) step = environment.step(action);
    sum += step.info['totalValue'] as number;
  }
  return sum / SEEDS;
}
