// Bid optimization for agents that choose among a few actions: multipliers about 1, closer together where they are
// close to it.

import type { Environment, Start, Step } from '../environment.js';
import type { Reward } from '../rewards/reward.js';
import { type Box, Discrete } from '../spaces.js';
import { BidEnvironment, type DrawTask } from './bid_environment.js';

export const DISCRETE_MULTIPLIERS: readonly number[] = [0.7, 0.85, 0.94, 1, 1.06, 1.18, 1.4];

export class DiscreteBidEnvironment implements Environment<number> {
  readonly actionSpace = new Discrete(DISCRETE_MULTIPLIERS.length);
  readonly observationSpace: Box;
  readonly #inner: BidEnvironment;
  readonly #action = new Float32Array(1);

  constructor(draw: DrawTask, reward?: Reward) {
    this.#inner = new BidEnvironment(draw, reward);
    this.observationSpace = this.#inner.observationSpace;
  }

  reset(seed?: number): Start {
    return this.#inner.reset(seed);
  }

  step(action: number): Step {
    const multiplier = DISCRETE_MULTIPLIERS[action];
    if (multiplier === undefined) throw new RangeError(`no action ${action}`);
    this.#action[0] = multiplier - 1;
    return this.#inner.step(this.#action);
  }
}
