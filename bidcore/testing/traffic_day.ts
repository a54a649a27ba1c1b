// A seeded day of traffic, second by second, for pacing: requests with a daily curve, hours at ±40%, prices that drift
// and wander, wins by a steep or flat curve or in fixed-price deals, and bills that come late.
//
//   requests ─▶ bids ─▶ wins (money is committed) ─▶ …delay… ─▶ charges (the pacer sees them)
//
// Counts are Poisson; prices are lognormal, so the chance to win with a bid has a closed form.

import type { PaceObservation } from '../money/pacer.js';
import type { PacingPlan, Period } from '../money/pacing_plan.js';
import { TrafficShape } from '../money/traffic_shape.js';
import { Draws } from './draws.js';

export const DAY_S = 86_400;
/** A Monday, at midnight UTC. */
export const DAY_START_MS = Date.UTC(2026, 0, 5);
export const DAY_PERIOD: Period = { startMs: DAY_START_MS, endMs: DAY_START_MS + DAY_S * 1000 };

export interface World {
  readonly name: string;
  /** Mean rate of requests a campaign may bid on at pace 1. */
  readonly requestsPerS: number;
  /** Log-scale spread of the prices to win by; undefined: a fixed-price deal, of whose bids one in three is won. */
  readonly priceSpread: number | undefined;
  /** The bid at pace 1, in median prices. */
  readonly bid: number;
  readonly delay: { readonly kind: 'fixed' | 'exponential'; readonly meanS: number };
  /** The budget, as a share of what pace 1 would spend in a usual day. */
  readonly budgetShare: number;
  /** Hours in which nothing comes. */
  readonly outage?: readonly [fromH: number, toH: number];
  /** Hours of ±40%, prices that drift and wander. */
  readonly isUnsteady: boolean;
}

/** Whatever sets a pace: the pacer or a baseline. */
export interface PaceSetter {
  step(nowMs: number, seen: PaceObservation): number;
}

export interface PacedDay {
  /** Won within the day, as a share of the budget. */
  readonly spentShare: number;
  /** Largest distance from the plan's cumulative curve, as a share of the budget, and when. */
  readonly deviation: number;
  readonly deviationAtS: number;
  /** Largest 15 minutes, as a share of the budget. */
  readonly largestSlot: number;
  /** Cumulative shares of the budget, each minute. */
  readonly curve: readonly number[];
  readonly paces: readonly number[];
}

export interface DayOptions {
  readonly plan: PacingPlan;
  readonly setter: (budgetMicros: number) => PaceSetter;
  /** Ends early. */
  readonly untilS?: number;
  /** Called before each second: to restart the setter, say. Returns the one to go on with. */
  readonly eachS?: (second: number, setter: PaceSetter) => PaceSetter;
}

const PRICE_MICROS = 1000;
const DEAL_WIN_SHARE = 1 / 3;
const FLOOR = 0.1;
const DELAYS_MAX_S = 3600;
/** Charges of one second are spread over at most so many times of billing. */
const PACKETS = 8;

/** The usual curve of a day: least at 4, most at 20 o'clock. */
export function dailyCurve(second: number): number {
  const hour = second / 3600;
  const wave = Math.sin(((hour - 10) / 24) * 2 * Math.PI) + 0.35 * Math.sin(((hour - 4) / 12) * 2 * Math.PI);
  return Math.max(0.2, 1 + 0.65 * wave);
}

/** A traffic shape that has seen usual days. */
export function learntShape(): TrafficShape {
  const shape = new TrafficShape('UTC');
  const fromMs = DAY_START_MS - 3 * DAY_S * 1000;
  let requests = 0;
  for (let second = 0; second < 3 * DAY_S; second += 30) {
    shape.observe(fromMs + second * 1000, requests);
    requests += Math.round(1000 * dailyCurve(second % DAY_S));
  }
  shape.observe(DAY_START_MS, requests);
  return shape;
}

/** What a bid wins and pays at a pace and a price level. */
function winChance({ priceSpread, bid }: World, pace: number, priceLevel: number): number {
  if (priceSpread === undefined) return DEAL_WIN_SHARE;
  return normalBelow(Math.log((bid * pace) / priceLevel) / priceSpread);
}

/** What a campaign would spend in a usual day at pace 1. */
export function supplyMicros(world: World): number {
  let requests = 0;
  for (let second = 0; second < DAY_S; second += 60) requests += dailyCurve(second) * world.requestsPerS * 60;
  return requests * winChance(world, 1, 1) * priceOf(world, 1);
}

/** Lives through a day. */
export function paceDay(world: World, seed: number, options: DayOptions): PacedDay {
  const draws = new Draws(seed);
  const budget = Math.round(supplyMicros(world) * world.budgetShare);
  const traffic = trafficOf(world, draws);
  const prices = pricesOf(world, draws);
  const bills = new Float64Array(DELAYS_MAX_S);
  const billCharges = new Float64Array(DELAYS_MAX_S);
  const billDelays = new Float64Array(DELAYS_MAX_S);
  const seen = { spentMicros: 0, leftMicros: budget, leftTodayMicros: budget, reservedMicros: 0, bids: 0 };
  const counters = { ...seen, requests: 0, charges: 0, chargeDelayMs: 0 };
  const score = new DayScore(options.plan, DAY_PERIOD);
  let setter = options.setter(budget);
  let won = 0;
  for (let second = 0; second < (options.untilS ?? DAY_S); second++) {
    const nowMs = DAY_START_MS + second * 1000;
    const at = second % DELAYS_MAX_S;
    counters.spentMicros += bills[at] as number;
    counters.charges += billCharges[at] as number;
    counters.chargeDelayMs += billDelays[at] as number;
    counters.leftMicros = budget - counters.spentMicros;
    counters.leftTodayMicros = counters.leftMicros;
    bills[at] = billCharges[at] = billDelays[at] = 0;
    setter = options.eachS?.(second, setter) ?? setter;
    const pace = setter.step(nowMs, { ...counters });

    const requests = draws.poisson(traffic(second));
    counters.requests += requests;
    const isDeal = world.priceSpread === undefined;
    const isBid = isDeal || world.bid * pace > FLOOR;
    const bids = !isBid || won >= budget ? 0 : isDeal ? draws.binomial(requests, pace) : requests;
    const price = priceOf(world, pace);
    const wins = draws.binomial(bids, winChance(world, pace, prices(second)));
    const charge = wins === 0 ? 0 : Math.min(budget - won, draws.spread(wins * price, 0.4 / Math.sqrt(wins)));
    counters.bids += bids;
    counters.reservedMicros += Math.round(bids * price);
    won += charge;
    for (let packet = Math.min(wins, PACKETS); packet > 0; packet--) {
      const { kind, meanS } = world.delay;
      const drawn = kind === 'fixed' ? meanS : -Math.log(1 - draws.float()) * meanS;
      const delayS = Math.min(Math.max(1, Math.round(drawn)), DELAYS_MAX_S - 1);
      const then = (second + delayS) % DELAYS_MAX_S;
      const share = 1 / Math.min(wins, PACKETS);
      bills[then] = (bills[then] as number) + charge * share;
      billCharges[then] = (billCharges[then] as number) + wins * share;
      billDelays[then] = (billDelays[then] as number) + wins * share * delayS * 1000;
    }
    if (second % 60 === 59) score.minute(nowMs + 1000, won / budget, pace);
  }
  return score.result();
}

/** Takes down a day minute by minute and measures it. */
export class DayScore {
  readonly #curve: number[] = [];
  readonly #paces: number[] = [];
  #deviation = 0;
  #deviationAtS = 0;

  constructor(
    readonly plan: PacingPlan,
    readonly period: Period,
  ) {}

  minute(nowMs: number, spentShare: number, pace: number): void {
    this.#curve.push(spentShare);
    this.#paces.push(pace);
    const distance = Math.abs(spentShare - this.plan.shareBy(nowMs, this.period));
    if (distance <= this.#deviation) return;
    this.#deviation = distance;
    this.#deviationAtS = (nowMs - this.period.startMs) / 1000;
  }

  result(): PacedDay {
    const curve = this.#curve;
    const slots = curve.map((share, i) => share - (i < 15 ? 0 : (curve[i - 15] as number)));
    const [deviation, deviationAtS, paces] = [this.#deviation, this.#deviationAtS, this.#paces];
    return { spentShare: curve.at(-1) ?? 0, deviation, deviationAtS, largestSlot: Math.max(...slots), curve, paces };
  }
}

/** First price: the bid; a deal: its price. */
function priceOf({ priceSpread, bid }: World, pace: number): number {
  return priceSpread === undefined ? PRICE_MICROS : PRICE_MICROS * bid * pace;
}

function trafficOf({ requestsPerS, isUnsteady, outage }: World, draws: Draws): (second: number) => number {
  const jumps = Array.from({ length: isUnsteady ? 4 : 0 }, (_, i) => {
    const fromS = (i * 6 + 1 + 3 * draws.float()) * 3600;
    return { fromS, toS: fromS + (0.5 + 1.5 * draws.float()) * 3600, factor: i % 2 === 0 ? 1.4 : 0.6 };
  });
  return (second) => {
    if (outage !== undefined && second >= outage[0] * 3600 && second < outage[1] * 3600) return 0;
    const jump = jumps.find(({ fromS, toS }) => second >= fromS && second < toS);
    return requestsPerS * dailyCurve(second) * (jump?.factor ?? 1);
  };
}

/** Price level: up or down by 30% over the day, and a wandering of 5% with a memory of ten minutes. */
function pricesOf({ isUnsteady }: World, draws: Draws): (second: number) => number {
  if (!isUnsteady) return () => 1;
  const drift = (draws.float() < 0.5 ? -1 : 1) * Math.log(1.3);
  const kept = Math.exp(-1 / 600);
  let wander = 0;
  return (second) => {
    wander = wander * kept + 0.05 * Math.sqrt(1 - kept * kept) * draws.normal();
    return Math.exp(drift * (second / DAY_S - 0.5) + wander);
  };
}

/** The normal distribution function (Abramowitz and Stegun 26.2.17, error below 7.5e-8). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z < 0 ? above : 1 - above;
}
