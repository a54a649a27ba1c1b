// What the evaluation compares: anything that gives the probability that a bid wins an auction, and a bid for a value.

import type { Auction } from './price_log.js';

export interface PriceModel {
  readonly name: string;
  /** Probability that the price is below the bid. It may look at the auction's context, never at its price. */
  winProbability(auction: Auction, bid: number): number;
  /** The bid for a value in a first-price auction without a floor. */
  bid(auction: Auction, value: number): number;
}

/** The least by which one outbids a whole price. */
export const TICK = 0.01;

/** The bid of most expected surplus among those just above a whole price: exact for distributions on whole prices. */
export function bestBid(value: number, winProbability: (bid: number) => number): number {
  let best = 0;
  let bestGain = 0;
  for (let bid = TICK; bid < value; bid++) {
    const gain = (value - bid) * winProbability(bid);
    if (gain > bestGain) {
      bestGain = gain;
      best = bid;
    }
  }
  return best;
}

/** A model without context on whole prices. @param mass probability of each price */
export function wholePriceModel(name: string, massOf: (auction: Auction) => Float64Array): PriceModel {
  const cumulated = new Map<Float64Array, Float64Array>();
  const belowOf = (auction: Auction): Float64Array => {
    const mass = massOf(auction);
    const known = cumulated.get(mass);
    if (known !== undefined) return known;
    const below = new Float64Array(mass.length + 1);
    mass.forEach((share, price) => {
      below[price + 1] = (below[price] as number) + share;
    });
    cumulated.set(mass, below);
    return below;
  };
  // Prices below a bid are 0 to ceil(bid) − 1.
  const at = (below: Float64Array, bid: number): number =>
    below[Math.min(Math.max(Math.ceil(bid), 0), below.length - 1)] as number;
  return {
    name,
    winProbability: (auction, bid) => at(belowOf(auction), bid),
    bid: (auction, value) => {
      const below = belowOf(auction);
      return bestBid(value, (bid) => at(below, bid));
    },
  };
}
