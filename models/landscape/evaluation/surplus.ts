// What bidding by a model earns in first price: the sum of value − bid of what it wins, as a share of the oracle's, who
// knows the price and pays just above it whenever that is below the value. A bid wins if it is above the log's price,
// which is taken for fixed: fair for one bidder that does not move the market.

import type { Auction } from './price_log.js';
import { type PriceModel, TICK } from './price_model.js';

/** An auction's value is this many times the log's own bid. */
export const LEVELS = [1, 2, 3, 4] as const;

export interface Surplus {
  readonly level: number;
  readonly bidder: string;
  /** Of the oracle's surplus. */
  readonly share: number;
  readonly winRate: number;
  /** Of a constant: bid over value. */
  readonly factor?: number;
}

type Bid = (auction: Auction, value: number) => number;

/** All bidders at one level. @param train the constant factor is tuned on it, with all its prices known */
export function surplusTable(
  models: readonly PriceModel[],
  train: readonly Auction[],
  test: readonly Auction[],
  level: number,
): Surplus[] {
  const constant = (bidder: string, factor: number): Surplus => ({
    ...surplusOf(bidder, (_, value) => value * factor, test, level),
    factor,
  });
  return [
    surplusOf('no_shading', (_, value) => value, test, level),
    constant('constant_train', bestFactor(train, level)),
    constant('constant_hindsight', bestFactor(test, level)),
    ...models.map((model) => surplusOf(model.name, (auction, value) => model.bid(auction, value), test, level)),
  ];
}

function surplusOf(bidder: string, bidOf: Bid, auctions: readonly Auction[], level: number): Surplus {
  let surplus = 0;
  let oracle = 0;
  let won = 0;
  for (const auction of auctions) {
    const value = level * auction.ownBid;
    const bid = bidOf(auction, value);
    oracle += Math.max(0, value - auction.price - TICK);
    if (bid > auction.price) {
      surplus += value - bid;
      won++;
    }
  }
  return { level, bidder, share: oracle > 0 ? surplus / oracle : 0, winRate: won / auctions.length };
}

const FACTORS = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);

/** The constant share of the value that would have earned most, to a hundredth. */
function bestFactor(auctions: readonly Auction[], level: number): number {
  let best = { factor: 1, share: Number.NEGATIVE_INFINITY };
  for (const factor of FACTORS) {
    const { share } = surplusOf('constant', (_, value) => value * factor, auctions, level);
    if (share > best.share) best = { factor, share };
  }
  return best.factor;
}
