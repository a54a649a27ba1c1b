// What an experiment has shown, and whether it is over. It may be looked at as often as one likes: what it is decided
// by are always-valid p-values and bounds (statistics/always_valid.ts), kept from look to look. The fixed intervals and
// p-values beside them are for reading one final result.

import { type AlwaysValid, effectOfMeans, look, NOT_LOOKED } from '../statistics/always_valid.js';
import { countsTest } from '../statistics/chi_square.js';
import {
  differenceInterval,
  type Interval,
  liftInterval,
  meanInterval,
  wilsonInterval,
} from '../statistics/intervals.js';
import { type Moments, momentsOfSums } from '../statistics/moments.js';
import { holm } from '../statistics/multiple.js';
import { powerOfMeans, powerOfProportions, sampleSizeOfMeans, sampleSizeOfProportions } from '../statistics/power.js';
import { welch } from '../statistics/two_arms.js';
import type { ArmSums, Experiment, ExperimentMetric, GuardMetric } from './experiment_schema.js';

/** Below this the split of units is not what was asked for (Fabijan et al., KDD 2019): something loses some of them. */
const RATIO_MISMATCH_P = 0.001;
/** Units of an arm from which on a look counts: variances are estimated. */
const UNITS_MIN = 100;

export interface ExperimentInput {
  /** Of each arm, in order. */
  readonly sums: readonly ArmSums[];
  /** Of each arm, in order, by the name of each guard. */
  readonly guards: Readonly<Record<string, readonly ArmSums[]>>;
  /** Units that each arm should have had, where weights have moved; left out, by the weights of the definition. */
  readonly expected_units?: readonly number[];
  readonly days: number;
  /** What the look before answered as `state`; left out at the first. */
  readonly state?: ExperimentState;
}

/** To be kept between looks: plain JSON. */
export interface ExperimentState {
  /** Of each arm after the first. */
  readonly arms: readonly AlwaysValid[];
  readonly guards: Readonly<Record<string, readonly AlwaysValid[]>>;
}

export interface ArmResult {
  readonly arm: string;
  readonly units: number;
  readonly value: Interval;
  /** Compared with the first arm; absent of that one. */
  readonly difference?: Interval;
  /** Relative: 0.05 is 5% more. */
  readonly lift?: Interval;
  /** Of a test looked at once, adjusted for the number of arms (Holm). */
  readonly p?: number;
  /** May be looked at any time; of the difference, adjusted for the number of arms. */
  readonly always_valid?: AlwaysValid;
}

export type StopReason =
  | 'sample_ratio_mismatch'
  | 'guard_failed'
  | 'winner'
  | 'all_worse'
  | 'no_effect'
  | 'sample_reached'
  | 'time_over';

export interface ExperimentResults {
  readonly arms: readonly ArmResult[];
  /** Units an arm that one look needs to find the minimum effect with the power wanted. */
  readonly required_units: number;
  readonly sample_ratio_p: number;
  /** Guards that have got worse by more than their margin, and in which arms. */
  readonly guards_failed: readonly { readonly guard: string; readonly arm: string }[];
  readonly decision:
    | { readonly stop: false; readonly why: string }
    | { readonly stop: true; readonly reason: StopReason; readonly arm?: string; readonly why: string };
  readonly state: ExperimentState;
}

/** Units each arm needs, arms being alike large; with several arms, alpha is shared among them (Bonferroni). */
export function requiredUnits(definition: Experiment): number {
  const { metric, alpha, power, arms } = definition;
  const shared = alpha / (arms.length - 1);
  if (metric.kind === 'rate') {
    return sampleSizeOfProportions({ first: metric.baseline, second: secondRate(definition), alpha: shared }, power);
  }
  const effect = metric.baseline * definition.minimum_effect;
  return sampleSizeOfMeans({ effect, deviation: metric.deviation as number, alpha: shared }, power);
}

/** Chance that one look at arms of this many units, at least, finds the minimum effect. */
export function powerWith(definition: Experiment, units: number): number {
  const { metric, alpha, arms } = definition;
  const shared = alpha / (arms.length - 1);
  if (metric.kind === 'rate') {
    return powerOfProportions({ first: metric.baseline, second: secondRate(definition), alpha: shared }, units, units);
  }
  const effect = metric.baseline * definition.minimum_effect;
  return powerOfMeans({ effect, deviation: metric.deviation as number, alpha: shared }, units, units);
}

/** A rate cannot rise above 1: where the lift would take it there, the same effect downwards. */
function secondRate({ metric, minimum_effect }: Experiment): number {
  const effect = metric.baseline * minimum_effect;
  return Math.max(0, metric.baseline + effect < 1 ? metric.baseline + effect : metric.baseline - effect);
}

/** Throws if the sums are not of as many arms as the definition. */
export function resultsOf(experiment: Experiment, input: ExperimentInput): ExperimentResults {
  const { arms, alpha, metric } = experiment;
  if (input.sums.length !== arms.length) throw new RangeError(`sums of ${input.sums.length} arms, not ${arms.length}`);
  const moments = input.sums.map((sums) => momentsOfArm(metric.kind, sums));
  const control = moments[0] as Moments;
  const others = moments.slice(1);
  const shared = alpha / others.length;
  const plan = { effectDeviation: Math.abs(metric.baseline) * experiment.minimum_effect, alpha: shared };
  const state: ExperimentState = {
    arms: others.map((other, i) => looked(input.state?.arms[i], control, other, plan)),
    guards: Object.fromEntries(
      experiment.guards.map((guard) => [guard.name, guardLooks(guard, input, shared)] as const),
    ),
  };
  const adjusted = holm(others.map((other) => welch(control, other).p));
  const results = arms.map(({ name }, i): ArmResult => {
    const own = moments[i] as Moments;
    const value = metric.kind === 'rate' ? rateInterval(input.sums[i] as ArmSums, alpha) : meanInterval(own, 1 - alpha);
    if (i === 0) return { arm: name, units: own.n, value };
    return {
      ...{ arm: name, units: own.n, value },
      difference: differenceInterval(control, own, 1 - shared),
      lift: liftInterval(control, own, 1 - shared),
      p: adjusted[i - 1] as number,
      always_valid: state.arms[i - 1] as AlwaysValid,
    };
  });
  const wanted = input.expected_units ?? arms.map(({ weight }) => weight);
  const judged: Judged = {
    required_units: requiredUnits(experiment),
    sample_ratio_p: countsTest(
      moments.map(({ n }) => n),
      wanted,
    ).p,
    guards_failed: experiment.guards.flatMap((guard) => failures(guard, state, experiment)),
  };
  return { arms: results, ...judged, decision: decide(experiment, input, state, moments, judged), state };
}

type Judged = Pick<ExperimentResults, 'required_units' | 'sample_ratio_p' | 'guards_failed'>;

function rateInterval({ sum, units }: ArmSums, alpha: number): Interval {
  return wilsonInterval(sum, units, 1 - alpha);
}

/**
 * Size, value and variance of an arm's metric. A ratio is linearised: its variance is that of (x − R y) / mean y
 * (delta method: Deng, Knoblich and Lu, KDD 2018).
 */
function momentsOfArm(kind: ExperimentMetric['kind'], sums: ArmSums): Moments {
  const { units: n, sum, squares, lower, lower_squares, products } = sums;
  if (kind !== 'ratio') return momentsOfSums(n, sum, squares);
  if (n === 0 || lower === 0) return { n: 0, mean: 0, variance: 0 };
  const ratio = sum / lower;
  const rest = squares - 2 * ratio * products + ratio * ratio * lower_squares;
  return { n, mean: ratio, variance: n > 1 ? Math.max(0, rest) / (n - 1) / (lower / n) ** 2 : 0 };
}

type Plan = Parameters<typeof look>[2];

function looked(before: AlwaysValid = NOT_LOOKED, control: Moments, other: Moments, plan: Plan): AlwaysValid {
  if (control.n < UNITS_MIN || other.n < UNITS_MIN) return before;
  return look(before, effectOfMeans(control, other), plan);
}

function guardLooks(guard: GuardMetric, { guards, state }: ExperimentInput, alpha: number): AlwaysValid[] {
  const moments = (guards[guard.name] ?? []).map((sums) => momentsOfArm(sums.lower === 0 ? 'mean' : 'ratio', sums));
  const effectDeviation = Math.abs(guard.baseline) * Math.max(guard.margin, 0.01);
  const [control, ...others] = moments;
  if (control === undefined) return [];
  return others.map((other, i) => looked(state?.guards[guard.name]?.[i], control, other, { effectDeviation, alpha }));
}

function failures(
  guard: GuardMetric,
  { guards }: ExperimentState,
  { arms }: Experiment,
): { guard: string; arm: string }[] {
  const loss = Math.abs(guard.baseline) * guard.margin;
  return (guards[guard.name] ?? []).flatMap(({ lower, upper }, i) => {
    const worse = guard.better === 'higher' ? upper !== null && upper < -loss : lower !== null && lower > loss;
    return worse ? [{ guard: guard.name, arm: (arms[i + 1] as (typeof arms)[number]).name }] : [];
  });
}

function decide(
  { arms, metric, alpha, minimum_effect, days_max, mode }: Experiment,
  { days }: ExperimentInput,
  state: ExperimentState,
  moments: readonly Moments[],
  { required_units, sample_ratio_p, guards_failed }: Judged,
): ExperimentResults['decision'] {
  const stop = (reason: StopReason, why: string, arm?: string): ExperimentResults['decision'] => ({
    ...{ stop: true, reason, why },
    ...(arm === undefined ? {} : { arm }),
  });
  if (sample_ratio_p < RATIO_MISMATCH_P) {
    return stop('sample_ratio_mismatch', `units are not split by the weights (p = ${sample_ratio_p.toPrecision(2)})`);
  }
  const [failed] = guards_failed;
  if (failed !== undefined) return stop('guard_failed', `${failed.guard} is worse in ${failed.arm}`, failed.arm);
  const sign = metric.better === 'higher' ? 1 : -1;
  const sure = (side: number): number[] =>
    state.arms.flatMap(({ lower, upper }, i) =>
      (side > 0 ? lower !== null && lower > 0 : upper !== null && upper < 0) ? [i + 1] : [],
    );
  const value = (arm: number): number => sign * (moments[arm] as Moments).mean;
  const better = sure(sign).sort((a, b) => value(b) - value(a));
  const nameOf = (arm: number): string => (arms[arm] as (typeof arms)[number]).name;
  // A bandit goes on with what it has found until its time is over.
  if (mode === 'fixed' && better[0] !== undefined) {
    return stop('winner', `${nameOf(better[0])} is better, with ${percent(1 - alpha)} at any look`, nameOf(better[0]));
  }
  if (sure(-sign).length === arms.length - 1) return stop('all_worse', 'every arm is worse than the control');
  const small = Math.abs(metric.baseline) * minimum_effect;
  if (state.arms.every(({ lower, upper }) => lower !== null && upper !== null && lower > -small && upper < small)) {
    return stop('no_effect', `every effect is smaller than ${percent(minimum_effect)}`);
  }
  const fewest = Math.min(...moments.map(({ n }) => n));
  if (mode === 'fixed' && fewest >= required_units) {
    return stop('sample_reached', `${required_units} units an arm, and no difference that is sure`);
  }
  if (days >= days_max) return stop('time_over', `${days_max} days are over`);
  return { stop: false, why: `${fewest} of ${required_units} units in the smallest arm` };
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;
