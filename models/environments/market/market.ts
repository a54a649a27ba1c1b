// A market for one campaign's impressions: a day of auctions, slot by slot, settled by its seed alone. What is bid does
// not move it, so two bidders on the same seed meet the same auctions, and their difference is theirs.
//
//   seed ─▶ weather of the day ─▶ slot: how many, what level ─▶ supply draws ─▶ auctions {price, rate, chance}

import { Random } from '../../random.js';
import { roomFor, type SlotAuctions } from './auctions.js';
import { type Climate, trafficAt, Weather } from './climate.js';
import { RANK_BITS, RANK_Z } from './ranks.js';
import type { Supply } from './supply.js';

/** A day in slots. */
export interface Clock {
  /** Slots of a day, all as long. */
  readonly slots: number;
  /** Auctions of a slot, on average over the day. */
  readonly auctions: number;
}

/** A slot has no more than this many times what is usual in it. */
const CROWD_MAX = 3;
/** A rival's bid has the market's mean price for its median, and this deviation of the logarithm. */
const RIVAL_DEVIATION = 0.5;
const RIVAL_BID = RANK_Z.map((z) => Math.exp(RIVAL_DEVIATION * z));

/** The most auctions a slot can have. */
export function capacityOf(clock: Clock): number {
  return Math.ceil(
    CROWD_MAX * Math.max(...Array.from({ length: clock.slots }, (_, slot) => usualTraffic(clock, slot))),
  );
}

/** Auctions that are usual in a slot, as known from other days. */
export function usualTraffic({ slots, auctions }: Clock, slot: number): number {
  return auctions * trafficAt(hourOf(slot, slots));
}

/** The middle of a slot. */
function hourOf(slot: number, slots: number): number {
  return ((slot + 0.5) * 24) / slots;
}

export class Market {
  readonly supply: Supply;
  /** Of the slot `next` was called for last. */
  readonly auctions: SlotAuctions;
  readonly #clock: Clock;
  readonly #weather: Weather;
  readonly #random = new Random(0);
  #slot = 0;

  /** @param room at least `capacityOf(clock)` long, of this market's own; without it, it makes its own */
  constructor(supply: Supply, climate: Climate, clock: Clock, room: SlotAuctions = roomFor(capacityOf(clock))) {
    this.supply = supply;
    this.auctions = room;
    this.#clock = clock;
    this.#weather = new Weather(climate, clock.slots);
  }

  /** Another day. */
  reset(seed: number): void {
    this.#random.seed(seed);
    this.#weather.reset(this.#random);
    this.supply.reset?.(this.#random);
    this.#slot = 0;
    this.auctions.count = 0;
  }

  /** Fills in the auctions of the next slot. After the last of the day it throws. */
  next(): void {
    const { auctions } = this;
    if (this.#slot === this.#clock.slots) throw new Error('the day is over: reset');
    const weather = this.#weather;
    const slot = this.#slot++;
    weather.next(this.#random);
    const usual = usualTraffic(this.#clock, slot);
    const expected = usual * weather.traffic;
    // Poisson's variance; at some hundred auctions its shape is the normal's.
    const count = Math.round(this.#random.normal(expected, Math.sqrt(expected)));
    auctions.count = Math.max(0, Math.min(Math.floor(CROWD_MAX * usual), count));
    auctions.truth = weather.truth;
    this.supply.draw(auctions, this.#random);
    scale(auctions, weather.priceAt(hourOf(slot, this.#clock.slots)), weather.rate);
    if (weather.hasRival) this.#outbid();
  }

  #outbid(): void {
    const { price, count, words } = this.auctions;
    const median = this.supply.meanPrice;
    this.#random.fill(words, count);
    for (let i = 0; i < count; i++) {
      const word = words[i] as number;
      if ((word & 1) === 0) continue;
      const bid = median * (RIVAL_BID[word >>> (32 - RANK_BITS)] as number);
      if (bid > (price[i] as number)) price[i] = bid;
    }
  }
}

function scale({ price, rate, count }: SlotAuctions, byPrice: number, byRate: number): void {
  for (let i = 0; i < count; i++) {
    price[i] = (price[i] as number) * byPrice;
    rate[i] = (rate[i] as number) * byRate;
  }
}
