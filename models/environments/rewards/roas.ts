// Return on ad spend: revenue, less what the spend should have brought at the least.
//
//   slot    (revenue − target × spend) / budget
//
// The sum is positive where the episode's revenue / spend is above the target, and grows with both the return and how
// much is bought at it. The ratio itself is no reward of a slot: it is best when next to nothing is bought. (For the
// ratio that an optimal policy reaches as target, the two have the same optimum: Dinkelbach 1967.)

import type { EpisodeFacts, Reward, SlotOutcome } from './reward.js';

export class RoasReward implements Reward {
  readonly name = 'roas';
  readonly #target: number;
  #budget = 1;

  /** @param target revenue for a unit of spend; 1 is profit */
  constructor(target = 1) {
    this.#target = target;
  }

  reset({ budget }: EpisodeFacts): void {
    this.#budget = budget;
  }

  reward({ revenue, spend }: SlotOutcome): number {
    return (revenue - this.#target * spend) / this.#budget;
  }

  final(): number {
    return 0;
  }
}
