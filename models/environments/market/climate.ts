// What changes in a market over a day: how busy it is, what prices and click rates do, and who comes in.
//
//   traffic = curve of the day × level of this day × noise of the slot      (noise: autoregressive)
//   price   = price drawn × exp(level + walk) × (busy hours cost more), or a rival's bid if that is higher
//   rate    = rate drawn × exp(level + walk)                                 (predicted: everybody sees it)
//   click   : true over predicted rate, exp(walk)                            (nobody sees it but by its clicks)
//
// All of it is drawn from the market's generator alone, and so is the same whatever anybody bids.

import type { Random } from '../../random.js';

/** Deviations are of logarithms. */
export interface Climate {
  /** Of a day's traffic from what is usual, known to nobody beforehand. */
  readonly trafficLevel: number;
  /** Of a slot's traffic from the day's, correlated 0.8 from slot to slot. */
  readonly trafficNoise: number;
  /** Of a day's prices and of its rates from the profile's. */
  readonly priceLevel: number;
  readonly rateLevel: number;
  /** Of the walks of price, rate, and of true over predicted rate: from midnight to midnight. */
  readonly priceDrift: number;
  readonly rateDrift: number;
  readonly truthDrift: number;
  /** Probability that a rival comes in during the day. It then bids in half of the auctions, about their mean price. */
  readonly rival: number;
}

/** A market that does not change but by the hour. */
export const CALM: Climate = {
  trafficLevel: 0,
  trafficNoise: 0,
  priceLevel: 0,
  rateLevel: 0,
  priceDrift: 0,
  rateDrift: 0,
  truthDrift: 0,
  rival: 0,
};

/** Days that differ, and change while they last. */
export const LIVELY: Climate = {
  trafficLevel: 0.2,
  trafficNoise: 0.1,
  priceLevel: 0.2,
  rateLevel: 0.4,
  priceDrift: 0.25,
  rateDrift: 0.4,
  truthDrift: 0.2,
  rival: 0.25,
};

/** Price level by traffic: hours with twice the traffic cost 11% more (logs of 1458, 2259 and 2261: 0.10 to 0.24). */
const PRICE_BY_TRAFFIC = 0.15;
const NOISE_MEMORY = 0.8;

/**
 * Logarithm of traffic over the day: two harmonics, fitted to hours 0 to 18 of the three logs, which have no others;
 * the hours after are taken to lead back to midnight's.
 */
const CURVE = { cos1: -0.2, sin1: -0.72, cos2: 0.35, sin2: -0.16 };

/** Traffic at an hour (0 to 24) relative to what it is on average. */
export function trafficAt(hour: number): number {
  return Math.exp(logTraffic(hour)) / MEAN_TRAFFIC;
}

function logTraffic(hour: number): number {
  const angle = (2 * Math.PI * hour) / 24;
  const { cos1, sin1, cos2, sin2 } = CURVE;
  return cos1 * Math.cos(angle) + sin1 * Math.sin(angle) + cos2 * Math.cos(2 * angle) + sin2 * Math.sin(2 * angle);
}

const MEAN_TRAFFIC = Array.from({ length: 240 }, (_, i) => Math.exp(logTraffic((i + 0.5) / 10))).reduce(
  (sum, each) => sum + each / 240,
  0,
);

/** The climate of one day, slot by slot. */
export class Weather {
  readonly #climate: Climate;
  readonly #slots: number;
  #trafficLevel = 0;
  #noise = 0;
  #price = 0;
  #rate = 0;
  #truth = 0;
  #rivalFrom = Infinity;
  #slot = -1;

  constructor(climate: Climate, slots: number) {
    this.#climate = climate;
    this.#slots = slots;
  }

  reset(random: Random): void {
    const climate = this.#climate;
    this.#trafficLevel = random.normal(0, climate.trafficLevel);
    this.#noise = random.normal(0, climate.trafficNoise);
    this.#price = random.normal(0, climate.priceLevel);
    this.#rate = random.normal(0, climate.rateLevel);
    this.#truth = random.normal(0, climate.truthDrift / Math.sqrt(this.#slots));
    const comes = random.uniform() < climate.rival;
    const slot = random.integer(this.#slots);
    this.#rivalFrom = comes ? slot : Infinity;
    this.#slot = -1;
  }

  next(random: Random): void {
    const { trafficNoise, priceDrift, rateDrift, truthDrift } = this.#climate;
    const step = 1 / Math.sqrt(this.#slots);
    this.#slot++;
    this.#noise = NOISE_MEMORY * this.#noise + random.normal(0, trafficNoise * Math.sqrt(1 - NOISE_MEMORY ** 2));
    this.#price += random.normal(0, priceDrift * step);
    this.#rate += random.normal(0, rateDrift * step);
    this.#truth += random.normal(0, truthDrift * step);
  }

  /** Traffic relative to the slot's usual. */
  get traffic(): number {
    return Math.exp(this.#trafficLevel + this.#noise);
  }

  /** Price relative to the supply's, at an hour. */
  priceAt(hour: number): number {
    return Math.exp(this.#price) * trafficAt(hour) ** PRICE_BY_TRAFFIC;
  }

  /** Predicted rate relative to the supply's. */
  get rate(): number {
    return Math.exp(this.#rate);
  }

  /** True over predicted rate. */
  get truth(): number {
    return Math.exp(this.#truth);
  }

  get hasRival(): boolean {
    return this.#slot >= this.#rivalFrom;
  }
}
