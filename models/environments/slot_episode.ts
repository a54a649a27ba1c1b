// The books of an episode that is a day in slots under one budget, common to budget, campaign and exchanges: what is
// left, what the plan has for a slot, and when it ends.
//
// It ends, terminated, after the last slot of the day, or before it when less than a thousandth of the budget is left.
// Neither is a truncation: money lapses at midnight, and observations say how much time is left, so what comes after is
// known to be worth nothing.

import type { Info, Step } from './environment.js';
import { type Clock, usualTraffic } from './market/market.js';
import type { EpisodeFacts, Reward, SlotOutcome } from './rewards/reward.js';

const GONE = 0.001;

/** What the plan does not know, of a slot. */
export type Bought = Omit<SlotOutcome, 'plannedSpend'>;

export class SlotEpisode {
  readonly clock: Clock;
  readonly #reward: Reward;
  /** Usual traffic of each slot and all after it; one more for the end. */
  readonly #trafficLeft: Float64Array;
  #facts: Omit<EpisodeFacts, 'reference'> = { budget: 1, targetCpa: 1 };
  #slot: number;
  #spent = 0;
  #value = 0;
  #clicks = 0;
  #conversions = 0;
  #revenue = 0;

  constructor(clock: Clock, reward: Reward) {
    this.clock = clock;
    this.#reward = reward;
    this.#trafficLeft = new Float64Array(clock.slots + 1);
    for (let slot = clock.slots - 1; slot >= 0; slot--) {
      this.#trafficLeft[slot] = (this.#trafficLeft[slot + 1] as number) + usualTraffic(clock, slot);
    }
    this.#slot = clock.slots;
  }

  begin(facts: EpisodeFacts): void {
    this.#facts = facts;
    this.#slot = 0;
    this.#spent = 0;
    this.#value = 0;
    this.#clicks = 0;
    this.#conversions = 0;
    this.#revenue = 0;
    this.#reward.reset(facts);
  }

  /** The slot that comes next. */
  get slot(): number {
    return this.#slot;
  }

  get isOver(): boolean {
    return this.#slot >= this.clock.slots;
  }

  /** Money left. */
  get left(): number {
    return this.#facts.budget - this.#spent;
  }

  get budgetLeft(): number {
    return this.left / this.#facts.budget;
  }

  /** Share of the day. */
  get timeLeft(): number {
    return 1 - this.#slot / this.clock.slots;
  }

  /** Share of the day's usual traffic. */
  get trafficLeft(): number {
    return (this.#trafficLeft[this.#slot] as number) / (this.#trafficLeft[0] as number);
  }

  /** Usual traffic of the slot that comes next, relative to the day's; the first slot's after the last. */
  get traffic(): number {
    return usualTraffic(this.clock, this.#slot % this.clock.slots) / this.clock.auctions;
  }

  /** Cost of a conversion so far relative to the target, with one conversion at the target before there is any. */
  get cost(): number {
    const { targetCpa } = this.#facts;
    return (this.#spent + targetCpa) / (this.#conversions + 1) / targetCpa;
  }

  /** What the plan has for the next slot: what is left, by the usual traffic of the slots that are left. */
  get plannedSpend(): number {
    const traffic = this.#trafficLeft[this.#slot] as number;
    return this.isOver ? 0 : (this.left * (traffic - (this.#trafficLeft[this.#slot + 1] as number))) / traffic;
  }

  /** Whether a slot that spends this is the last. */
  endsWith(spend: number): boolean {
    return this.#slot + 1 >= this.clock.slots || this.left - spend < GONE * this.#facts.budget;
  }

  /** Books a slot. The observation is asked for when that is done. */
  book(bought: Bought, observe: () => Float32Array): Step {
    const outcome: SlotOutcome = { ...bought, plannedSpend: this.plannedSpend };
    const terminated = this.endsWith(bought.spend);
    const reward = this.#reward.reward(outcome) + (terminated ? this.#reward.final() : 0);
    this.#spent += bought.spend;
    this.#value += bought.value;
    this.#clicks += bought.clicks;
    this.#conversions += bought.conversions;
    this.#revenue += bought.revenue;
    this.#slot = terminated ? this.clock.slots : this.#slot + 1;
    return { observation: observe(), reward, terminated, truncated: false, info: this.#info(outcome) };
  }

  /** The slot's figures, and the episode's so far behind `total`. */
  #info(slot: SlotOutcome): Info {
    return {
      ...slot,
      budget: this.#facts.budget,
      totalSpend: this.#spent,
      totalValue: this.#value,
      totalClicks: this.#clicks,
      totalConversions: this.#conversions,
      totalRevenue: this.#revenue,
    };
  }
}
