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
  const winProbability = (auction: Auction, bid: number): number => {
    const mass = massOf(auction);
    let below = cumulated.get(mass);
    if (below === undefined) {
      below = new Float64Array(mass.length + 1);
      for (let price = 0; price < mass.length; price++) {
        below[price + 1] = (below[price] as number) + (mass[price] as number);
      }
      cumulated.set(mass, below);
    }
    // Prices below the bid are 0 to ceil(bid) − 1.
    return below[Math.min(Math.max(Math.ceil(bid), 0), mass.length)] as number;
  };
  return {
    name,
    winProbability,
    bid: (auction, value) => bestBid(value, (bid) => winProbability(auction, bid)),
  };
}
