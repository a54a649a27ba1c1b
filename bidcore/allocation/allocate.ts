// New daily budgets for the campaigns of a portfolio. The same function serves a dry run and a real one: it changes
// nothing. A method says how much each campaign should have; guard rails say how far a run may go there; projection.ts
// makes whole micros of it that sum to the total.

import { drawGamma } from '../bandits/draws.js';
import { Random } from '../fuzz/random.js';
import { metricText, type Sums } from '../metrics/metrics.js';
import { SplitTuner } from '../tuning/split.js';
import type { AllocationConfig, AllocationMethod } from './allocation_schema.js';
import { type Bounds, withinBounds } from './projection.js';
import { posteriors, trialsOf } from './shrinkage.js';

/** What is known of the campaigns, in the order of the configuration. */
export interface AllocationInput {
  readonly daily_budgets_micros: readonly number[];
  /** Sums of the time that is learned from, say 7 days. */
  readonly sums: readonly Sums[];
  /** For `bayesian`: the sums of each earlier period (day) of each campaign, oldest first. */
  readonly periods?: readonly (readonly Sums[])[];
}

export interface Allocation {
  readonly id: string;
  readonly before_micros: number;
  readonly after_micros: number;
  /** Of the total, 0 to 1. */
  readonly share: number;
  readonly reason: string;
}

export interface AllocationPlan {
  readonly total_micros: number;
  /** The sum of `after_micros` is `total_micros`. */
  readonly allocations: readonly Allocation[];
  /** What of the guard rails had to give way, and why nothing was changed, if so. */
  readonly notes: readonly string[];
}

/** Shares, floors and ceilings that no split of the total can keep, or nothing to split. */
export interface AllocationError {
  readonly code: 'infeasible_bounds' | 'no_budget';
  readonly problem: string;
}

export function isAllocationError(plan: AllocationPlan | AllocationError): plan is AllocationError {
  return 'code' in plan;
}

/** What a method wants for each campaign: a weight, and why. Undefined: it keeps its share. */
type Wish = { readonly weight: number; readonly why: string } | undefined;

/** Draws of Thompson sampling that shares are counted from. */
const DRAWS = 2000;

/** Throws if the input is not of as many campaigns as the configuration. */
export function allocate(config: AllocationConfig, input: AllocationInput): AllocationPlan | AllocationError {
  const { campaigns, guard_rails: rails } = config;
  const before = input.daily_budgets_micros;
  if (before.length !== campaigns.length || input.sums.length !== campaigns.length) {
    throw new RangeError(`${before.length} budgets and ${input.sums.length} sums of ${campaigns.length} campaigns`);
  }
  const had = before.reduce((sum, micros) => sum + micros, 0);
  const total = config.total_micros ?? had;
  if (total === 0) return { code: 'no_budget', problem: 'no total is given, and the campaigns have no daily budgets' };
  const hard: Bounds[] = campaigns.map(({ share_min, share_max }) => ({
    lower: Math.max(rails.floor_micros, Math.ceil(share_min * total)),
    upper: Math.min(rails.ceiling_micros, Math.floor(share_max * total)),
  }));
  const narrow = campaigns.find((_, i) => (hard[i] as Bounds).lower > (hard[i] as Bounds).upper);
  if (narrow !== undefined) {
    return { code: 'infeasible_bounds', problem: `${narrow.id}: its least is above its most` };
  }
  const even = total / campaigns.length;
  // What each has of the total now. A campaign that has nothing yet may grow from an even share's part.
  const reference = before.map((micros) => (had > 0 ? (micros / had) * total : even));
  const notes: string[] = [];
  const impressions = input.sums.reduce((sum, one) => sum + one.impressions, 0);
  const enough = config.method.type === 'proportional' || impressions >= rails.minimum_impressions;
  if (!enough)
    notes.push(`nothing is changed: ${count(impressions)} impressions, ${count(rails.minimum_impressions)} wanted`);
  const wishes = enough ? wishesOf(config, input, reference, total) : campaigns.map((): Wish => undefined);
  const soft = hard.map((bounds, i): Bounds => {
    const has = reference[i] as number;
    if (wishes[i] === undefined) return clamped(bounds, has, has);
    const room = rails.change_max * (has > 0 ? has : even);
    return clamped(bounds, has - room, has + room);
  });
  const weights = wishes.map((wish, i) => wish?.weight ?? (reference[i] as number));
  let amounts = withinBounds(weights, soft, total);
  if (amounts === undefined) {
    notes.push('least and most shares need more change than a run may make: they come first');
    amounts = withinBounds(weights, hard, total);
  }
  if (amounts === undefined) {
    return { code: 'infeasible_bounds', problem: `no split of ${total} micros keeps all least and most amounts` };
  }
  const allocations = campaigns.map(({ id }, i): Allocation => {
    const after_micros = (amounts as number[])[i] as number;
    const why = wishes[i]?.why ?? 'too few data: it keeps its share';
    const reason = `${why}${limitText(after_micros, soft[i] as Bounds, hard[i] as Bounds, wishes[i])}`;
    return { id, before_micros: before[i] as number, after_micros, share: after_micros / total, reason };
  });
  return { total_micros: total, allocations, notes };
}

/** A range of whole micros as near to the one wanted as hard bounds allow. */
function clamped({ lower, upper }: Bounds, from: number, to: number): Bounds {
  const within = (micros: number): number => Math.min(upper, Math.max(lower, micros));
  return { lower: within(Math.floor(from)), upper: within(Math.ceil(to)) };
}

function limitText(after: number, soft: Bounds, hard: Bounds, wish: Wish): string {
  if (wish === undefined || soft.lower === soft.upper) return '';
  if (after === hard.lower || after === hard.upper) return `, at its ${after === hard.lower ? 'least' : 'most'}`;
  return after === soft.lower || after === soft.upper ? ', as far as one run may go' : '';
}

function wishesOf(
  config: AllocationConfig,
  input: AllocationInput,
  reference: readonly number[],
  total: number,
): Wish[] {
  const { method, campaigns, guard_rails } = config;
  const known = input.sums.map(({ impressions }) => impressions >= guard_rails.minimum_impressions);
  switch (method.type) {
    case 'proportional':
      return campaigns.map(({ priority }, i) => {
        const budget = input.daily_budgets_micros[i] as number;
        return { weight: priority * budget, why: `priority ${priority} × a budget of ${money(budget)}` };
      });
    case 'performance':
      return performance(method, input, reference, known);
    case 'thompson':
      return thompson(method, input, config.seed);
    case 'bayesian':
      return bayesian(method, config, input, total);
  }
}

type Of<T extends AllocationMethod['type']> = Extract<AllocationMethod, { readonly type: T }>;
const GOALS = { roi: 'ROAS', ctr: 'CTR', conversions: 'conversions a unit of money', clicks: 'clicks' } as const;

/**
 * What a campaign has, times its performance over the mean one's: repeated runs move money on to what is better, by
 * multiplicative weights (Arora, Hazan and Kale, Theory of Computing 8, 2012), until a bound or saturation stops them.
 */
function performance(
  { goal, strength }: Of<'performance'>,
  { sums }: AllocationInput,
  reference: readonly number[],
  known: readonly boolean[],
): Wish[] {
  const trials = trialsOf(goal, sums);
  const learned = posteriors(trials);
  if (learned === undefined) return sums.map(() => undefined);
  const mean = trials.reduce((sum, { events }) => sum + events, 0) / trials.reduce((sum, { size }) => sum + size, 0);
  const worst = Math.min(...reference.filter((micros) => micros > 0));
  return learned.map(({ shape, rate }, i) => {
    if (!known[i]) return undefined;
    const relative = shape / rate / mean;
    const why = `${GOALS[goal]} ${relative.toFixed(2)} times that of all`;
    return { weight: Math.max(reference[i] as number, worst) * relative ** strength, why };
  });
}

/** Each campaign's share is the probability that it is the best one, by draws from what is known. */
function thompson({ goal, exploration }: Of<'thompson'>, { sums }: AllocationInput, seed: number): Wish[] {
  const learned = posteriors(trialsOf(goal, sums));
  if (learned === undefined) return sums.map(() => undefined);
  const random = new Random(seed);
  const uniform = (): number => random.float();
  const wins = new Float64Array(learned.length);
  for (let draw = 0; draw < DRAWS; draw++) {
    let [best, highest] = [0, -1];
    for (const [i, { shape, rate }] of learned.entries()) {
      const value = drawGamma(shape, uniform) / rate;
      if (value > highest) [best, highest] = [i, value];
    }
    (wins[best] as number) += 1 / DRAWS;
  }
  return learned.map((_, i) => ({
    weight: (1 - exploration) * (wins[i] as number) + exploration / learned.length,
    why: `${metricText('ctr', wins[i] as number)} likely to have the best ${GOALS[goal]}`,
  }));
}

/** The next split to try, by what each campaign brought for its spend in the periods before. */
function bayesian({ goal }: Of<'bayesian'>, config: AllocationConfig, input: AllocationInput, total: number): Wish[] {
  const periods = input.periods ?? [];
  if (periods.length === 0) return config.campaigns.map(() => undefined);
  const tuner = new SplitTuner({
    parts: config.campaigns.map(({ id, share_min, share_max }) => ({ name: id, lower: share_min, upper: share_max })),
    budget: total / 1e6,
    seed: config.seed,
  });
  const value = (sums: Sums): number =>
    goal === 'roi'
      ? (sums.revenue_micros - sums.spend_micros) / 1e6
      : sums[goal === 'clicks' ? 'clicks' : 'conversions'];
  for (const period of periods)
    tuner.observe(
      period.map(({ spend_micros }) => spend_micros / 1e6),
      period.map(value),
    );
  const brought = goal === 'roi' ? 'of profit' : GOALS[goal];
  return tuner.suggest().map((spend, i) => ({
    weight: spend,
    why: `${tuner.expected(i, spend).toFixed(2)} ${brought} expected for ${money(spend * 1e6)}`,
  }));
}

const money = (micros: number): string => metricText('spend_micros', micros);
const count = (value: number): string => metricText('impressions', value);
