// What the training log tells of a market before the day that is raced: what a click is worth, how high a bid may be,
// and what to bid for a value.
//
// In second price the value is bid. In first price it is shaded: the bid b of most (value − b) W(b), with W the share of
// training prices that b wins. Of a value times m < 1 it is the best bid of who has to save money as well (maximise
// surplus under a budget: its Lagrangian is (v − (1 + μ) b) W(b), and m = 1 / (1 + μ)), which is why m is what paces.

import { type Auctions, costOf, type DayResult, type PriceRule } from './day.js';

/** In first price, the mean value of an auction is so many times the mean price. */
export const VALUE_OVER_PRICE = 2;
/** Bids that are tried for a value, and values whose bid is kept, up to so many times the highest price. */
const BIDS = 512;
const VALUES = 8192;
const VALUE_MAX = 4;
/** The least bid: a price of 0 wants one above 0. */
const BID_MIN = 1e-6;

export class Market {
  readonly rule: PriceRule;
  /** Of a predicted click, CPM units. */
  readonly clickValue: number;
  /** The highest multiplier, CPM units a click: in first price there is no surplus above the click's value. */
  readonly perClickMax: number;
  /** The highest price of the training log; higher bids are not made. */
  readonly bidMax: number;
  /** From value to bid. */
  readonly bidOf: (value: number) => number;

  constructor(train: Auctions, rule: PriceRule) {
    this.rule = rule;
    const rates = train.rate.reduce((sum, each) => sum + each, 0);
    this.clickValue = (VALUE_OVER_PRICE * costOf(train)) / rates;
    this.perClickMax = rule === 'first' ? this.clickValue : Infinity;
    const sorted = train.price.slice().sort();
    const bidMax = sorted.at(-1) as number;
    this.bidMax = bidMax;
    if (rule === 'second') {
      this.bidOf = (value) => Math.min(value, bidMax);
    } else {
      const bids = bidsByValue(sorted);
      const perValue = VALUES / (VALUE_MAX * bidMax);
      this.bidOf = (value) => bids[Math.min(VALUES, Math.floor(value * perValue))] as number;
    }
  }

  surplus({ value, spent }: { readonly value: number; readonly spent: number }): number {
    return this.clickValue * value - spent;
  }

  /** What bidders are tuned for: predicted clicks in second price, surplus in first. */
  goal(result: DayResult): number {
    return this.rule === 'second' ? result.value : this.surplus(result);
  }
}

/** The best bid of VALUES + 1 values, from 0 to VALUE_MAX times the highest price. @param prices from low to high */
function bidsByValue(prices: Float64Array): Float64Array {
  const count = prices.length;
  const bids = new Float64Array(BIDS);
  const wins = new Float64Array(BIDS);
  // Prices to bid at: evenly over all of them, and the share that each wins with those equal to it.
  const distinct = [...new Set(prices)];
  const kept = Math.min(BIDS, distinct.length);
  for (let n = 0, at = 0; n < kept; n++) {
    const bid = distinct[Math.floor((n * (distinct.length - 1)) / Math.max(1, kept - 1))] as number;
    while (at < count && (prices[at] as number) <= bid) at++;
    bids[n] = Math.max(bid, BID_MIN);
    wins[n] = at / count;
  }
  const step = (VALUE_MAX * (prices[count - 1] as number)) / VALUES;
  let best = 0;
  return Float64Array.from({ length: VALUES + 1 }, (_, n) => {
    const value = n * step;
    // The best bid never falls as the value grows, so the search goes on from the last one.
    for (let m = best + 1; m < kept; m++) if (gain(value, m) > gain(value, best)) best = m;
    return gain(value, best) > 0 ? (bids[best] as number) : 0;
  });

  function gain(value: number, n: number): number {
    return (value - (bids[n] as number)) * (wins[n] as number);
  }
}
