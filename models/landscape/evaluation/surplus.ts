// What bidding by a model earns in first price: the sum of value − bid of what it wins, as a share of the oracle's, who
// knows the price and pays just above it whenever that is below the value. A bid wins if it is above the log's price,
// which is taken for fixed: fair for one bidder that does not move the market.

import type { Auction } from './price_log.js';
import { TICK } from './price_model.js';

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

/** The bid of a bidder for a value. */
export type Bid = (auction: Auction, value: number) => number;

/** Adds up what a bidder earns, over parts of a log and its bids in each part. */
export class SurplusSums {
  #surplus = 0;
  #oracle = 0;
  #won = 0;
  #auctions = 0;

  constructor(
    private readonly bidder: string,
    private readonly level: number,
  ) {}

  add(bidOf: Bid, auctions: readonly Auction[]): this {
    for (const auction of auctions) {
      const value = this.level * auction.ownBid;
      const bid = lowered(bidOf(auction, value));
      this.#oracle += Math.max(0, value - auction.price - TICK);
      if (bid > auction.price) {
        this.#surplus += value - bid;
        this.#won++;
      }
    }
    this.#auctions += auctions.length;
    return this;
  }

  result(): Surplus {
    const { bidder, level } = this;
    const share = this.#oracle > 0 ? this.#surplus / this.#oracle : 0;
    return { level, bidder, share, winRate: this.#won / this.#auctions };
  }
}

/**
 * What one can do without a landscape: bid the value, or a constant share of it.
 * @param train the constant is tuned on it with all its prices known, and once more on the test log itself: hindsight
 */
export function simpleBidders(train: readonly Auction[], test: readonly Auction[], level: number): Surplus[] {
  const constant = (bidder: string, factor: number): Surplus => ({
    ...new SurplusSums(bidder, level).add((_, value) => value * factor, test).result(),
    factor,
  });
  return [
    new SurplusSums('no_shading', level).add((_, value) => value, test).result(),
    constant('constant_train', bestFactor(train, level)),
    constant('constant_hindsight', bestFactor(test, level)),
  ];
}

/** Prices are whole: a tick above the whole price below a bid wins what the bid wins. The same for every bidder. */
const lowered = (bid: number): number => (bid > 0 ? Math.min(bid, Math.ceil(bid) - 1 + TICK) : 0);

const FACTORS = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);

/** The constant share of the value that would have earned most, to a hundredth. */
function bestFactor(auctions: readonly Auction[], level: number): number {
  let best = { factor: 1, share: Number.NEGATIVE_INFINITY };
  for (const factor of FACTORS) {
    const { share } = new SurplusSums('', level).add((_, value) => value * factor, auctions).result();
    if (share > best.share) best = { factor, share };
  }
  return best.factor;
}
