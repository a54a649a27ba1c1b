// The value an episode buys, relative to its reference R*, credited so that a slot is not paid for money it took from
// later ones.
//
//   slot    value / R*  −  spend / B
//   end     spent / B                        sum: value of the episode / R*
//
// Paid for its value alone, a slot is the better the more it spends, and an agent that discounts, or whose estimate of
// later slots is still poor, learns to spend early (Wu et al. 2018, "Budget Constrained Bidding by Model-free
// Reinforcement Learning in Display Advertising", DRLB, section 3.3; its answer is a network that predicts the best
// return of episodes with that step). Here money has its price: what it brings on average at the bound, R* / B. A slot
// earns what it bought above that, and loses what it overpaid; what was taken for money is given back at the end, for
// all that was spent, so unspent money is worth nothing. It is shaping by a potential, the share of the budget that was
// not spent, which leaves the best policy the best (Ng, Harada and Russell 1999).

import type { EpisodeFacts, Reward, SlotOutcome } from './reward.js';

export class ValueReward implements Reward {
  readonly name = 'value';
  #budget = 1;
  #reference = 1;
  #spent = 0;

  reset({ budget, reference }: EpisodeFacts): void {
    this.#budget = budget;
    this.#reference = reference();
    this.#spent = 0;
  }

  reward({ value, spend }: SlotOutcome): number {
    this.#spent += spend;
    return value / this.#reference - spend / this.#budget;
  }

  final(): number {
    return this.#spent / this.#budget;
  }
}
