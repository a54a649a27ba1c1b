// What the training log tells of a market before the day that is raced: what a click is worth, how high a bid may be,
// and what to bid for a value.
//
// In second price the value is bid. In first price it is shaded (shading.ts). Of a value times m < 1 that is the best
// bid of who has to save money as well (most surplus under a budget: its Lagrangian is (v − (1 + μ) b) W(b), so
// m = 1 / (1 + μ)), which is why m is what paces.

import { type Auctions, costOf, type DayResult, type PriceRule } from './day.js';
import { shadingOf } from './shading.js';

/** The mean value of an auction is so many times the mean price. */
const VALUE_OVER_PRICE = 2;

export class Market {
  readonly rule: PriceRule;
  /** Of a predicted click, CPM units. */
  readonly clickValue: number;
  /** The highest multiplier, CPM units a click: in first price there is no surplus above the click's value. */
  readonly perClickMax: number;
  /** The highest price of the training log; higher bids are not made. */
  readonly bidMax: number;
  /** The bid for an impression of a predicted rate at so much a click, CPM units. */
  readonly bidOf: (rate: number, perClick: number) => number;

  constructor(train: Auctions, rule: PriceRule) {
    this.rule = rule;
    const rates = train.rate.reduce((sum, each) => sum + each, 0);
    this.clickValue = (VALUE_OVER_PRICE * costOf(train)) / rates;
    this.perClickMax = rule === 'first' ? this.clickValue : Infinity;
    const bidMax = train.price.reduce((highest, each) => Math.max(highest, each), 0);
    this.bidMax = bidMax;
    if (rule === 'first') {
      const shaded = shadingOf(train);
      this.bidOf = (rate, perClick) => shaded(rate, perClick * rate);
    } else {
      this.bidOf = (rate, perClick) => Math.min(perClick * rate, bidMax);
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
