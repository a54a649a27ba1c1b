// Auctions of a market whose truth is known: contexts of 20 fields of which six move the price, errors in two humps
// whose shares differ from exchange to exchange (nothing a log-normal or a logistic could fit), own bids that know
// nothing of the context. For tests, and for benchmarks where there is no real log.

import { Draws } from '../../../bidcore/testing/draws.js';
import { normalDistribution } from '../evaluation/normal.js';
import type { PriceObservation } from '../observation.js';

const FIELDS = 20;
const VALUES = 24;
/** Fields that move the price, and by how much: deviation of the logarithm. */
const MOVING_FIELDS = 6;
const MOVE = 0.35;
const EXCHANGES = 3;
const LEVEL = Math.log(2e6);
const HUMPS = [
  { mean: -0.7, deviation: 0.15 },
  { mean: 0.4, deviation: 0.3 },
] as const;

export interface MarketOptions {
  /** Of what moves the price. */
  readonly seed: number;
  /** Of the auctions; another gives other auctions of the same market. */
  readonly traffic?: number;
  /** Share of the traffic of the first two exchanges; the third has the rest. */
  readonly shares?: readonly [number, number];
  /** Own bids: mean and deviation of the logarithm, from the market's level. */
  readonly bidMean: number;
  readonly bidDeviation?: number;
}

/** How an exchange tells prices: the price if won; nothing but won or lost; the price to win also if lost. */
export type Telling = 'won' | 'nothing' | 'always';

export class SyntheticMarket {
  readonly #draws: Draws;
  readonly #options: MarketOptions;
  readonly #weights: number[];

  constructor(options: MarketOptions) {
    this.#options = options;
    const draws = new Draws(options.seed);
    this.#weights = Array.from({ length: MOVING_FIELDS * VALUES }, () => draws.normal() * MOVE);
    this.#draws = options.traffic === undefined ? draws : new Draws(options.traffic);
  }

  /** A context of the market's traffic; the first feature is the exchange. */
  context(): Uint32Array {
    const [first, second] = this.#options.shares ?? [1 / EXCHANGES, 1 / EXCHANGES];
    const at = this.#draws.float();
    return Uint32Array.from({ length: FIELDS }, (_, field) => {
      if (field === 0) return at < first ? 0 : at < first + second ? 1 : 2;
      return field * 10_000 + Math.floor(this.#draws.float() ** 2 * VALUES);
    });
  }

  /** One auction as a bidder sees it. @param level added to the logarithm of the price */
  observation(telling: Telling, level = 0): PriceObservation {
    const features = this.context();
    const { bidMean, bidDeviation = 0.6 } = this.#options;
    const bidMicros = Math.exp(LEVEL + bidMean + bidDeviation * this.#draws.normal());
    const hump = HUMPS[this.#draws.float() < lowShare(features) ? 0 : 1] as (typeof HUMPS)[number];
    const price = Math.exp(this.#location(features) + level + hump.mean + hump.deviation * this.#draws.normal());
    const won = bidMicros >= price;
    const exact = telling === 'always' || (telling === 'won' && won);
    return {
      features,
      bidMicros,
      outcome: exact ? 'exact' : won ? 'below' : 'above',
      priceMicros: exact ? price : 0,
      exchangeFeature: features[0] as number,
    };
  }

  /** The true probability that a bid wins. */
  winProbability(features: Uint32Array, bidMicros: number): number {
    const error = Math.log(bidMicros) - this.#location(features);
    const [low, high] = HUMPS.map(({ mean, deviation }) => normalDistribution((error - mean) / deviation));
    const share = lowShare(features);
    return share * (low as number) + (1 - share) * (high as number);
  }

  /** A price at which bids may be judged: around what wins in the context. @param error of the logarithm */
  priceAt(features: Uint32Array, error: number): number {
    return Math.exp(this.#location(features) + error);
  }

  #location(features: Uint32Array): number {
    let sum = LEVEL;
    for (let field = 1; field <= MOVING_FIELDS; field++) {
      sum += this.#weights[(field - 1) * VALUES + ((features[field] as number) % 10_000)] as number;
    }
    return sum;
  }
}

/** Share of the lower hump, by exchange. */
const lowShare = (features: Uint32Array): number => [0.2, 0.4, 0.7][features[0] as number] as number;
