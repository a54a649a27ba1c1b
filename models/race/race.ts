// The race itself: tuning for a budget, and one world lived through by everyone. Both are plain work on plain data, so
// that threads can share it.

import { Random } from '../random.js';
import { bestMultiplier, linear, StaticBidder } from './bidders/static.js';
import { bestFactor, knapsack } from './bounds.js';
import { type Auctions, costOf, type Day, type DayResult, evenDay, liveThrough, type PriceRule, SLOTS } from './day.js';
import type { Entrant, FundedDay, Training, Tuned } from './entrant.js';
import { Market } from './market.js';
import { STRESS_NAMES, type StressName, worldOf } from './worlds.js';

/** What is raced on, and by whom. */
export interface Course {
  readonly train: Auctions;
  readonly test: Auctions;
  /** Budgets as shares of what all auctions cost. */
  readonly shares: readonly number[];
  readonly deviations: readonly number[];
  /** Names of the field or of the bounds. */
  readonly policies: readonly string[];
}

/** One day of one policy, or what could have been had on it. */
export interface Row {
  readonly policy: string;
  readonly budget: number;
  readonly price: PriceRule;
  /** Null for bounds: they start from nothing. */
  readonly start_deviation: number | null;
  readonly stress: StressName;
  readonly seed: number;
  /** Predicted clicks over those of the hindsight knapsack. */
  readonly r_over_r_star: number;
  /** Of the budget. */
  readonly spent_share: number;
  readonly clicks: number;
  readonly pctr_sum: number;
  /** Of the oracle's surplus. */
  readonly surplus_share: number;
  /** The largest share of the budget that went in one slot; null for the knapsack. */
  readonly largest_slot_share: number | null;
  /** Shares of the budget by quarters of the day. */
  readonly quarter_shares: readonly number[] | null;
}

/** What is known in hindsight, as rows of the race. `factor_best` is there in first price only. */
export const BOUNDS = {
  knapsack: 'what the best choice of auctions would have had in hindsight: R*, or the oracle surplus in first price',
  static_best: 'the constant multiplier that was best on the very day',
  factor_best: 'first price: the constant share of the value, unshaded, that was best on the very day',
} as const;

/** Tuned parameters by price rule, budget and policy. */
export type TunedField = Readonly<Record<string, Tuned>>;
const tuningKey = (rule: PriceRule, share: number, policy: string): string => `${rule} ${share} ${policy}`;

/** Seed of the days that are rehearsed; no race has it. */
const REHEARSAL_SEED = 2 ** 40;

export class Race {
  readonly #course: Course;
  readonly #field: Readonly<Record<string, Entrant>>;
  readonly #markets = new Map<PriceRule, Market>();
  #rehearsals: readonly Day[] | undefined;

  constructor(course: Course, field: Readonly<Record<string, Entrant>>) {
    this.#course = course;
    this.#field = field;
  }

  /** Tunes everyone for one price rule and budget. */
  tune(rule: PriceRule, share: number): TunedField {
    const { train, deviations, policies } = this.#course;
    const market = this.#market(rule);
    const past: FundedDay = { day: evenDay(train), budget: share * costOf(train) };
    const training: Training = {
      ...{ market, past, deviations, perClick: bestMultiplier(market, past) },
      rehearsals: this.#rehearsed().map((day) => ({ day, budget: share * costOf(this.#rehearsed()[0] as Day) })),
    };
    const tuned: Record<string, Tuned> = {};
    for (const policy of policies) {
      const entrant = this.#field[policy];
      if (entrant !== undefined) tuned[tuningKey(rule, share, policy)] = entrant.tune(training);
    }
    return tuned;
  }

  /** Everyone lives through a world, with each budget and from each start. */
  run(rule: PriceRule, stress: StressName, seed: number, tuned: TunedField): Row[] {
    const { test, shares, deviations, policies } = this.#course;
    const market = this.#market(rule);
    const day = worldOf(test, stress, seed);
    const cost = costOf(test);
    const bestFor = knapsack(day, (rate) => rate);
    const oracleFor = knapsack(day, (rate, price) => market.clickValue * rate - price);
    return shares.flatMap((share) => {
      const budget = share * cost;
      const best = bestFor(budget);
      const oracle = oracleFor(budget);
      const row = (policy: string, deviation: number | null, result: Outcome): Row => ({
        ...{ policy, budget: share, price: rule, start_deviation: deviation, stress, seed },
        r_over_r_star: result.value / best.value,
        spent_share: result.spent / budget,
        clicks: result.clicks,
        pctr_sum: result.value,
        surplus_share: oracle.sum > 0 ? market.surplus(result) / oracle.sum : 0,
        ...misspending(result, budget),
      });
      const funded = { day, budget, rule };
      return policies.flatMap((policy) => {
        const entrant = this.#field[policy];
        if (entrant !== undefined) {
          const parameters = tuned[tuningKey(rule, share, policy)] as Tuned;
          return deviations.map((deviation) => {
            const bidder = entrant.enter({ market, tuned: parameters, deviation, seed });
            return row(policy, deviation, liveThrough(day, budget, rule, bidder));
          });
        }
        if (policy === 'knapsack') return [row(policy, null, rule === 'first' ? oracle : best)];
        if (policy === 'static_best') {
          return [row(policy, null, liveThrough(day, budget, rule, linear(market, bestMultiplier(market, funded))))];
        }
        if (rule === 'second') return [];
        const { clickValue } = market;
        const shared = (factor: number): StaticBidder => new StaticBidder((rate) => factor * clickValue * rate);
        const factor = bestFactor(funded, FACTORS, shared, (result) => market.surplus(result));
        return [row(policy, null, liveThrough(day, budget, rule, shared(factor)))];
      });
    });
  }

  #market(rule: PriceRule): Market {
    const known = this.#markets.get(rule) ?? new Market(this.#course.train, rule);
    this.#markets.set(rule, known);
    return known;
  }

  /** The training log as days of the length of the test log, one of each stress. */
  #rehearsed(): readonly Day[] {
    this.#rehearsals ??= STRESS_NAMES.map((stress) =>
      worldOf(
        thinned(this.#course.train, this.#course.test.price.length),
        stress,
        stress === 'none' ? 0 : REHEARSAL_SEED,
      ),
    );
    return this.#rehearsals;
  }
}

type Outcome = Pick<DayResult, 'value' | 'spent' | 'clicks'> & { readonly spentBySlot?: Float64Array };

const FACTORS = [0.01, 1] as const;
const QUARTERS = 4;

function misspending(
  { spentBySlot }: Outcome,
  budget: number,
): { largest_slot_share: number | null; quarter_shares: number[] | null } {
  if (spentBySlot === undefined) return { largest_slot_share: null, quarter_shares: null };
  const slots = SLOTS / QUARTERS;
  const quarter_shares = Array.from({ length: QUARTERS }, (_, n) =>
    spentBySlot.subarray(n * slots, (n + 1) * slots).reduce((sum, each) => sum + each / budget, 0),
  );
  return { largest_slot_share: Math.max(...spentBySlot) / budget, quarter_shares };
}

/** So many auctions of a log, drawn without replacement and left in their order; all of them if it has no more. */
function thinned(log: Auctions, count: number): Auctions {
  const all = log.price.length;
  if (all <= count) return log;
  const random = new Random(REHEARSAL_SEED);
  let wanted = count;
  const kept = Uint32Array.from(log.price.keys()).filter((n) => {
    const isKept = random.uniform() * (all - n) < wanted; // Knuth, TAOCP 2, 3.4.2, algorithm S
    if (isKept) wanted--;
    return isKept;
  });
  return {
    price: Float64Array.from(kept, (n) => log.price[n] as number),
    rate: Float64Array.from(kept, (n) => log.rate[n] as number),
    click: Uint8Array.from(kept, (n) => log.click[n] as number),
  };
}
