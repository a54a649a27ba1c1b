// Several objectives at once, weighed: value, a steady hand, and spending by the plan.
//
//   slot    value / reference  −  steadiness × change  −  plan × |spend − planned| / budget
//   end     −  plan × unspent share of the budget

import type { EpisodeFacts, Reward, SlotOutcome } from './reward.js';

export interface StableWeights {
  /** What a change of the action by 1 (a multiplier by e) costs. */
  readonly steadiness: number;
  /** What a budget spent against the plan costs. */
  readonly plan: number;
}

const WEIGHTS: StableWeights = { steadiness: 0.01, plan: 0.25 };

export class StableReward implements Reward {
  readonly name = 'stable';
  readonly #weights: StableWeights;
  #budget = 1;
  #reference = 1;
  #spent = 0;

  constructor(weights: StableWeights = WEIGHTS) {
    this.#weights = weights;
  }

  reset({ budget, reference }: EpisodeFacts): void {
    this.#budget = budget;
    this.#reference = reference();
    this.#spent = 0;
  }

  reward({ value, change, spend, plannedSpend }: SlotOutcome): number {
    const { steadiness, plan } = this.#weights;
    this.#spent += spend;
    return value / this.#reference - steadiness * change - (plan * Math.abs(spend - plannedSpend)) / this.#budget;
  }

  final(): number {
    return -this.#weights.plan * (1 - this.#spent / this.#budget);
  }
}
