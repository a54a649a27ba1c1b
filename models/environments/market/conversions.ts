// Conversions after clicks: some clicks have one, hours later, and it brings money. They are booked when they come in.
//
// None of the logs has conversions with times, so these numbers are assumed, not calibrated: log-normal delays and
// revenues.

import type { Random } from '../../random.js';

/** Median of the delay, in hours, and deviation of its logarithm. */
const DELAY_H = 1.5;
const DELAY_DEVIATION = 1;
/** Of the logarithm of a conversion's revenue, around its mean. */
const REVENUE_DEVIATION = 0.5;

/** What clicks of one group are worth. */
export interface Conversion {
  /** Conversions a click. */
  readonly rate: number;
  /** Mean of one. */
  readonly revenue: number;
}

export class Conversions {
  readonly #groups: number;
  readonly #slots: number;
  /** Slots and groups; the last row is for what comes after the day. */
  readonly #counts: Float64Array;
  readonly #revenue: Float64Array;

  constructor(groups: number, slots: number) {
    this.#groups = groups;
    this.#slots = slots;
    this.#counts = new Float64Array((slots + 1) * groups);
    this.#revenue = new Float64Array((slots + 1) * groups);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#revenue.fill(0);
  }

  /** Draws what becomes of clicks of a slot. */
  add(slot: number, group: number, clicks: number, { rate, revenue }: Conversion, random: Random): void {
    for (let click = 0; click < clicks; click++) {
      if (random.uniform() >= rate) continue;
      const hours = DELAY_H * Math.exp(random.normal(0, DELAY_DEVIATION));
      const due = Math.min(slot + Math.floor((hours * this.#slots) / 24), this.#slots);
      const at = due * this.#groups + group;
      (this.#counts[at] as number) += 1;
      (this.#revenue[at] as number) +=
        revenue * Math.exp(random.normal(-(REVENUE_DEVIATION ** 2) / 2, REVENUE_DEVIATION));
    }
  }

  /** How many of a group come in during a slot. */
  count(slot: number, group: number): number {
    return this.#counts[slot * this.#groups + group] as number;
  }

  /** Conversions and revenue of all groups from a slot up to, but not, `to`; up to the end of time without it. */
  between(slot: number, to = this.#slots + 1): { count: number; revenue: number } {
    const sum = (all: Float64Array): number =>
      all.subarray(slot * this.#groups, to * this.#groups).reduce((total, each) => total + each, 0);
    return { count: sum(this.#counts), revenue: sum(this.#revenue) };
  }
}
