// Bid optimization for agents that choose among a few actions: multipliers about 1, closer together where they are
// close to it.

import type { Environment, Start, Step } from '../environment.js';
import { type Box, Discrete } from '../spaces.js';
import { BidEnvironment, type DrawTask } from './bid_environment.js';

export const DISCRETE_MULTIPLIERS: readonly number[] = [0.5, 0.75, 0.9, 0.96, 1, 1.04, 1.1, 1.3, 1.8];

export class DiscreteBidEnvironment implements Environment<number> {
  readonly actionSpace = new Discrete(DISCRETE_MULTIPLIERS.length);
  readonly observationSpace: Box;
  readonly #inner: BidEnvironment;
  readonly #action = new Float32Array(1);

  constructor(draw: DrawTask) {
    this.#inner = new BidEnvironment(draw);
    this.observationSpace = this.#inner.observationSpace;
  }

  reset(seed?: number): Start {
    return this.#inner.reset(seed);
  }

  step(action: number): Step {
    this.#action[0] = (DISCRETE_MULTIPLIERS[action] as number) - 1;
    return this.#inner.step(this.#action);
  }
}
