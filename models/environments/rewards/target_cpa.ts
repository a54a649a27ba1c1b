// Conversions at a target cost (target CPA): each is worth the target, and spending while they cost more is punished.
//
//   slot    C × T / B  −  weight × (S / B) × max(0, cost / T − 1)
//   end              −  weight × (S_all / B) × max(0, cost / T − 1)
//
//   C, S: conversions and spend of the slot; T: target; B: budget; cost = (S_all + T) / (C_all + 1), all so far: one
//   conversion at the target is counted before there is any, since the cost of the first few says little.

import type { EpisodeFacts, Reward, SlotOutcome } from './reward.js';

export class TargetCpaReward implements Reward {
  readonly name = 'target-cpa';
  readonly #weight: number;
  #episode: Omit<EpisodeFacts, 'reference'> = { budget: 1, targetCpa: 1 };
  #spent = 0;
  #conversions = 0;

  /** @param weight of what is above the target */
  constructor(weight = 1) {
    this.#weight = weight;
  }

  reset(episode: EpisodeFacts): void {
    this.#episode = episode;
    this.#spent = 0;
    this.#conversions = 0;
  }

  reward({ spend, conversions }: SlotOutcome): number {
    const { budget, targetCpa } = this.#episode;
    this.#spent += spend;
    this.#conversions += conversions;
    return (conversions * targetCpa) / budget - this.#punished(spend);
  }

  final(): number {
    return -this.#punished(this.#spent);
  }

  #punished(spend: number): number {
    const { budget, targetCpa } = this.#episode;
    const cost = (this.#spent + targetCpa) / (this.#conversions + 1);
    return ((this.#weight * spend) / budget) * Math.max(0, cost / targetCpa - 1);
  }
}
