// Bidders whose bid depends on the predicted rate alone, the same all day.

import type { RaceBidder } from '../bidder.js';
import { bestFactor } from '../bounds.js';
import { type Auctions, costOf } from '../day.js';
import { entrant, type FundedDay, type Training } from '../entrant.js';
import type { Market } from '../market.js';

export class StaticBidder implements RaceBidder {
  /** @param bid of a predicted rate, CPM units */
  constructor(readonly bid: (rate: number) => number) {}
}

/** Where multipliers are searched, around what an auction's predicted click costs in the mean. */
const AROUND = [1 / 64, 64] as const;

/** Mean price of a predicted click: what all auctions cost, over all they are predicted to bring. */
function costPerClick(auctions: Auctions): number {
  return costOf(auctions) / auctions.rate.reduce((sum, each) => sum + each, 0);
}

/** The bidder of a constant multiplier: shaded in first price. */
export function linear({ bidOf, perClickMax }: Market, perClick: number): StaticBidder {
  const worth = Math.min(perClick, perClickMax);
  return new StaticBidder((rate) => bidOf(rate, worth));
}

/** The constant multiplier that has most of the market's goal on a day: in hindsight, so for training days. */
export function bestMultiplier(market: Market, { day, budget }: FundedDay): number {
  const middle = costPerClick(day);
  return bestFactor(
    { day, budget, rule: market.rule },
    [middle * AROUND[0], middle * AROUND[1]],
    (perClick) => linear(market, perClick),
    (result) => market.goal(result),
  );
}

export const LIN = entrant({
  about: 'bid = best multiplier of the training log x rate (Perlich et al., KDD 2012)',
  tune: ({ perClick }) => ({ perClick }),
  enter: ({ market, tuned: { perClick }, deviation }) => linear(market, perClick * (1 + deviation)),
});

export const CONST = entrant({
  about: 'the same bid for every auction, best on the training log',
  tune: ({ market, past }: Training) => ({
    bid: bestFactor(
      { ...past, rule: market.rule },
      [market.bidMax / 1000, market.bidMax],
      (bid) => new StaticBidder(() => bid),
      (result) => market.goal(result),
    ),
  }),
  enter: ({ market: { bidMax }, tuned: { bid }, deviation }) => {
    const held = Math.min(bidMax, bid * (1 + deviation));
    return new StaticBidder(() => held);
  },
});

export const MCPC = entrant({
  about: "bid = training log's cost per click x rate, whatever the budget (max eCPC: Zhang et al., KDD 2014)",
  tune: ({ past: { day } }: Training) => ({ perClick: costPerClick(day) }),
  enter: ({ market: { bidMax }, tuned: { perClick }, deviation }) =>
    new StaticBidder((rate) => Math.min(bidMax, perClick * (1 + deviation) * rate)),
});
