// What a bidder of the race is made of: what it tunes on days of before, and how it then enters a day. Everything tuned
// is tuned here, on the training log; nothing sees the day that is raced before it is lived.

import type { RaceBidder } from './bidder.js';
import { type Day, liveThrough } from './day.js';
import type { Market } from './market.js';

/** A day with the money for it. */
export interface FundedDay {
  readonly day: Day;
  readonly budget: number;
}

/** What there is to tune on, for one price rule and one budget. */
export interface Training {
  readonly market: Market;
  /** The whole training log as a day, with the same share of its cost as budget. */
  readonly past: FundedDay;
  /** Days as long as the one raced, drawn from the training log: one of each stress. */
  readonly rehearsals: readonly FundedDay[];
  /** Deviations a start may have. */
  readonly deviations: readonly number[];
  /** The constant multiplier that was best on `past`, CPM units a predicted click. */
  readonly perClick: number;
}

/** Parameters, by name: numbers, so that threads can be told them. */
export type Tuned = Readonly<Record<string, number>>;

export interface Start<T extends Tuned> {
  readonly market: Market;
  readonly tuned: T;
  /** −0.8: what the bidder starts from is a fifth of what was tuned. */
  readonly deviation: number;
  /** Of the world: which of several trainings of the same kind races. */
  readonly seed: number;
}

export interface Entrant<T extends Tuned = Tuned> {
  /** One line, with the source. */
  readonly about: string;
  tune(training: Training): T;
  enter(start: Start<T>): RaceBidder;
}

/** Whatever an entrant's parameters are called, who runs the race only hands them on. */
export function entrant<T extends Tuned>(made: Entrant<T>): Entrant {
  return made as unknown as Entrant;
}

/** After so many days, only the better half of what is left is tried further. */
const HALVED_AFTER = [4, 8, 16];

/**
 * The parameters that are best in the mean over all rehearsals and starts, each day's goal relative to the best of it.
 * Halving on the way saves two thirds of the time (Jamieson and Talwalkar, AISTATS 2016: successive halving).
 */
export function bestOf<T extends Tuned>(
  choices: readonly T[],
  { market, rehearsals, deviations }: Training,
  enter: (start: Start<T>) => RaceBidder,
): T {
  // Days in an order in which all kinds of worlds and starts come early.
  const days = deviations.flatMap((_, n) =>
    rehearsals.map((funded, m) => ({ ...funded, deviation: deviations[(3 * n + m) % deviations.length] as number })),
  );
  let left = choices.map((tuned) => ({ tuned, sum: 0 }));
  days.forEach(({ day, budget, deviation }, lived) => {
    const goals = left.map(({ tuned }) =>
      market.goal(liveThrough(day, budget, market.rule, enter({ market, tuned, deviation, seed: 0 }))),
    );
    const most = Math.max(...goals.map(Math.abs));
    left = left.map(({ tuned, sum }, n) => ({ tuned, sum: sum + (goals[n] as number) / (most || 1) }));
    if (!HALVED_AFTER.includes(lived + 1)) return;
    left = left.toSorted((a, b) => b.sum - a.sum).slice(0, Math.ceil(left.length / 2));
  });
  return left.reduce((best, each) => (each.sum > best.sum ? each : best)).tuned;
}
