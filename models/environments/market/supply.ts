// Where auctions come from before the climate of the day (climate.ts) changes them: drawn from distributions, or taken
// from a log.
//
// Drawing is by tables, one generator word for price and rate and one for the click, without logarithms:
//
//   word:  │ 12 bits: rank of the price │ 12 bits: rank of the rest of the rate │ 8 not used │
//   price = PRICE[rank]            rate = FROM_PRICE[rank] × REST[rank of the rest]
//
// The rate's logarithm is deviation × (correlation × z of the price's rank + √(1 − correlation²) × z of the rest).

import type { Auctions } from '../../race/day.js';
import type { Random } from '../../random.js';
import type { SlotAuctions } from './auctions.js';
import { histogramOf, type Profile, type Rates } from './profile.js';
import { RANK_BITS, RANK_Z, RANKS } from './ranks.js';

/** Auctions in an unchanging market. */
export interface Supply {
  /** Mean price and predicted rate of an auction. */
  readonly meanPrice: number;
  readonly meanRate: number;
  /** An episode begins. */
  reset?(random: Random): void;
  /** Fills in the next `into.count` auctions. */
  draw(into: SlotAuctions, random: Random): void;
}

/** Auctions drawn independently of each other. */
export class DrawnSupply implements Supply {
  readonly meanPrice: number;
  readonly meanRate: number;
  readonly #price = new Float32Array(RANKS);
  readonly #fromPrice = new Float32Array(RANKS);
  readonly #rest = new Float32Array(RANKS);

  /** @param histogram auctions by price 0, 1, 2, …; shares or counts. Price 0 is left out: nothing could be bought */
  constructor(histogram: ArrayLike<number>, rates: Rates) {
    const { mean, deviation, correlation } = rates;
    const counts = Array.from(histogram, (count, price) => (price === 0 ? 0 : count));
    const total = counts.reduce((sum, count) => sum + count, 0);
    let price = 0;
    let below = 0;
    for (let rank = 0; rank < RANKS; rank++) {
      for (const wanted = ((rank + 0.5) / RANKS) * total; below + (counts[price] as number) < wanted; price++) {
        below += counts[price] as number;
      }
      this.#price[rank] = price;
      const z = RANK_Z[rank] as number;
      this.#fromPrice[rank] = Math.exp(deviation * correlation * z);
      this.#rest[rank] = Math.exp(deviation * Math.sqrt(1 - correlation * correlation) * z);
    }
    // The two parts are independent, so the mean of the product is the product of the means.
    const scale = mean / (meanOf(this.#fromPrice) * meanOf(this.#rest));
    this.#rest.forEach((each, rank) => {
      this.#rest[rank] = each * scale;
    });
    this.meanPrice = meanOf(this.#price);
    this.meanRate = mean;
  }

  draw({ count, price, rate, chance, words }: SlotAuctions, random: Random): void {
    const prices = this.#price;
    const fromPrice = this.#fromPrice;
    const rest = this.#rest;
    random.fill(words, 2 * count);
    for (let i = 0; i < count; i++) {
      const word = words[2 * i] as number;
      const rank = word >>> (32 - RANK_BITS);
      price[i] = prices[rank] as number;
      rate[i] = (fromPrice[rank] as number) * (rest[(word >>> (32 - 2 * RANK_BITS)) & (RANKS - 1)] as number);
      chance[i] = (words[2 * i + 1] as number) / 2 ** 32;
    }
  }
}

/**
 * The auctions of a log in their order, from a random place on for each episode, and from its start again after its
 * end. Its clicks are those that happened: `truth` does not change them.
 */
export class LogSupply implements Supply {
  readonly meanPrice: number;
  readonly meanRate: number;
  readonly #log: Auctions;
  #next = 0;

  /** @param log at least one auction; prices in CPM */
  constructor(log: Auctions) {
    if (log.price.length === 0) throw new RangeError('a log without auctions');
    this.#log = log;
    this.meanPrice = meanOf(log.price);
    this.meanRate = meanOf(log.rate);
  }

  reset(random: Random): void {
    this.#next = random.integer(this.#log.price.length);
  }

  draw({ count, price, rate, chance }: SlotAuctions): void {
    const log = this.#log;
    for (let i = 0; i < count; i++) {
      const at = this.#next;
      price[i] = log.price[at] as number;
      rate[i] = log.rate[at] as number;
      chance[i] = log.click[at] === 1 ? 0 : Infinity;
      this.#next = at + 1 === log.price.length ? 0 : at + 1;
    }
  }
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Auctions of a profile. */
export function drawn({ prices, rates }: Profile): DrawnSupply {
  return new DrawnSupply(histogramOf(prices), rates);
}
