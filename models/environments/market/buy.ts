// Bidding through the auctions of a slot: linear bids (Perlich et al. 2012), bid per click × predicted click rate, up
// to the highest price of the logs.

import type { SlotAuctions } from './auctions.js';
import { PRICE_MAX } from './profile.js';

export interface Terms {
  /** First price pays the bid, second price the price to win. */
  readonly isFirstPrice: boolean;
  /** The exchange's, on top of the price: 0.1 is a tenth. */
  readonly fee: number;
}

/** What came of a slot. Money in CPM units: an impression of price 70 costs 70. */
export interface Purchase {
  /** With fees. */
  spend: number;
  /** Sum of the predicted click rates of what was won. */
  value: number;
  wins: number;
  clicks: number;
  /** What would have been spent with money enough. */
  demand: number;
}

export const noPurchase = (): Purchase => ({ spend: 0, value: 0, wins: 0, clicks: 0, demand: 0 });

/**
 * Bids in each auction whose bid can be paid from what is left of `allowance`, and wins where it is not below the
 * price. What a bid costs at most, with the fee, is held against the allowance before it is made, in second price too:
 * who bids does not know the price.
 */
export function buy(
  auctions: SlotAuctions,
  bidPerClick: number,
  terms: Terms,
  allowance: number,
  purchase: Purchase,
): void {
  const { count, price, rate, chance, truth } = auctions;
  const { isFirstPrice } = terms;
  const withFee = 1 + terms.fee;
  let spend = 0;
  let value = 0;
  let wins = 0;
  let clicks = 0;
  let demand = 0;
  for (let i = 0; i < count; i++) {
    const rated = rate[i] as number;
    const bid = Math.min(bidPerClick * rated, PRICE_MAX);
    const lowest = price[i] as number;
    if (bid < lowest) continue;
    const cost = withFee * (isFirstPrice ? bid : lowest);
    demand += cost;
    if (spend + withFee * bid > allowance) continue;
    spend += cost;
    value += rated;
    wins++;
    if ((chance[i] as number) < rated * truth) clicks++;
  }
  purchase.spend = spend;
  purchase.value = value;
  purchase.wins = wins;
  purchase.clicks = clicks;
  purchase.demand = demand;
}
