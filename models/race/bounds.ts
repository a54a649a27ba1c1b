// What could have been had on a day by who knew it: bounds, not bidders.

import type { RaceBidder } from './bidder.js';
import { type Auctions, type Day, type DayResult, liveThrough, type PriceRule } from './day.js';

/** What the best choice of auctions has. */
export interface Choice {
  /** Sum of what was to be maximised. */
  readonly sum: number;
  /** Sum of predicted click rates, and what they cost. */
  readonly value: number;
  readonly spent: number;
  /** Real clicks of what was taken whole. */
  readonly clicks: number;
}

/**
 * The most of `gain` that money buys at the prices of a day: auctions by gain a unit of price, from the best, and of
 * the last one the part that is affordable (Dantzig 1957). The part makes it an upper bound of what whole auctions can
 * have, by less than one auction's gain.
 * @param gainOf what an auction is worth; what is not above 0 is left
 * @returns the choice for a budget
 */
export function knapsack(
  { price, rate, click }: Auctions,
  gainOf: (rate: number, price: number) => number,
): (budget: number) => Choice {
  const gain = price.map((each, n) => gainOf(rate[n] as number, each));
  const ratio = gain.map((each, n) => each / Math.max(price[n] as number, Number.MIN_VALUE));
  const order = Uint32Array.from(price.keys()).filter((n) => (gain[n] as number) > 0);
  order.sort((a, b) => (ratio[b] as number) - (ratio[a] as number));
  return (budget) => {
    const total = { sum: 0, value: 0, spent: 0, clicks: 0 };
    for (const n of order) {
      const cost = price[n] as number;
      const part = cost <= budget - total.spent ? 1 : (budget - total.spent) / cost;
      total.sum += part * (gain[n] as number);
      total.value += part * (rate[n] as number);
      total.spent += part * cost;
      if (part < 1) break;
      total.clicks += click[n] as number;
    }
    return total;
  };
}

/** What is searched among, from low to high and evenly in the logarithm, and then more closely around the best. */
const STEPS = 16;
const ZOOMS = [STEPS, 8, 8] as const;

/**
 * The factor of most `goal`: a day is lived through with each of a grid, three times more closely.
 * @param bidder of a factor
 */
export function bestFactor(
  { day, budget, rule }: { readonly day: Day; readonly budget: number; readonly rule: PriceRule },
  [low, high]: readonly [low: number, high: number],
  bidder: (factor: number) => RaceBidder,
  goal: (result: DayResult) => number,
): number {
  let best = { factor: low, goal: Number.NEGATIVE_INFINITY };
  let [from, to] = [Math.log(low), Math.log(high)];
  for (const steps of ZOOMS) {
    const step = (to - from) / steps;
    for (let n = 0; n <= steps; n++) {
      const factor = Math.exp(from + n * step);
      const reached = goal(liveThrough(day, budget, rule, bidder(factor)));
      if (reached > best.goal) best = { factor, goal: reached };
    }
    const around = Math.log(best.factor);
    [from, to] = [Math.max(Math.log(low), around - step), Math.min(Math.log(high), around + step)];
  }
  return best.factor;
}
