// What the rows of a race say: means with intervals, differences that are paired, and a verdict.
//
// Days of one seed are alike (the same draws under several budgets and starts), so a seed counts as one observation:
// the interval is that of Student's t over the means of the seeds.

import { studentQuantile } from '../../bidcore/statistics/student.js';
import type { PriceRule } from './day.js';
import type { Row } from './race.js';
import type { StressName } from './worlds.js';

/** A mean with half the width of its 95% interval; NaN of a single seed. */
export interface Estimate {
  readonly mean: number;
  readonly half: number;
}

/** Starts by deviation, as DRLB reports them (Wu et al., CIKM 2018). */
export const START_GROUPS: Readonly<Record<string, (deviation: number) => boolean>> = {
  'to -30%': (deviation) => deviation <= -0.3,
  '-30..0%': (deviation) => deviation > -0.3 && deviation < 0,
  '0..30%': (deviation) => deviation >= 0 && deviation <= 0.3,
  'over 30%': (deviation) => deviation > 0.3,
};

/** What a row is judged by: predicted clicks over R* in second price, the share of the oracle's surplus in first. */
export function figureOf({ price, r_over_r_star, surplus_share }: Row): number {
  return price === 'second' ? r_over_r_star : surplus_share;
}

/** @param values one for each day, with its seed */
export function estimate(values: readonly { readonly seed: number; readonly value: number }[]): Estimate {
  const bySeed = new Map<number, { sum: number; count: number }>();
  for (const { seed, value } of values) {
    const sums = bySeed.get(seed) ?? { sum: 0, count: 0 };
    bySeed.set(seed, { sum: sums.sum + value, count: sums.count + 1 });
  }
  const means = [...bySeed.values()].map(({ sum, count }) => sum / count);
  const count = means.length;
  const mean = means.reduce((sum, each) => sum + each, 0) / count;
  if (count < 2) return { mean, half: Number.NaN };
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1);
  return { mean, half: studentQuantile(0.975, count - 1) * Math.sqrt(variance / count) };
}

/** One policy's days, in short. */
export interface PolicySummary {
  readonly policy: string;
  readonly all: Estimate;
  /** Means; NaN where there are none. */
  readonly byStart: Readonly<Record<string, number>>;
  readonly byStress: Readonly<Record<string, number>>;
  readonly spentMin: number;
  readonly spentMean: number;
  readonly slotMax: number;
  /** How far a quarter of a day was from a quarter of the budget, at most. */
  readonly quarterOff: number;
}

export interface Difference {
  readonly policy: string;
  /** The champion's figure less this policy's, on the same days. */
  readonly all: Estimate;
  readonly byStress: Readonly<Record<string, Estimate>>;
}

/** All of one price rule. */
export interface Summary {
  readonly price: PriceRule;
  readonly stresses: readonly StressName[];
  readonly policies: readonly PolicySummary[];
  readonly champion: string;
  readonly differences: readonly Difference[];
}

/** @param champion is compared with the others */
export function summaryOf(all: readonly Row[], price: PriceRule, champion: string): Summary {
  const rows = all.filter((row) => row.price === price);
  const stresses = [...new Set(rows.map(({ stress }) => stress))];
  const names = [...new Set(rows.map(({ policy }) => policy))];
  const theirs = new Map(names.map((name) => [name, rows.filter(({ policy }) => policy === name)]));
  const differences = names
    .filter((name) => name !== champion && theirs.has(champion))
    .map((policy) => differenceOf(theirs.get(champion) as Row[], theirs.get(policy) as Row[], policy, stresses));
  const policies = names.map((policy) => policySummary(policy, theirs.get(policy) as Row[], stresses));
  return { price, stresses, policies, champion, differences };
}

function policySummary(policy: string, rows: readonly Row[], stresses: readonly StressName[]): PolicySummary {
  const mean = (of: readonly Row[]): number => of.reduce((sum, row) => sum + figureOf(row), 0) / of.length;
  const isIn = (row: Row, group: string): boolean =>
    row.start_deviation !== null && START_GROUPS[group]?.(row.start_deviation) === true;
  return {
    policy,
    all: estimate(rows.map((row) => ({ seed: row.seed, value: figureOf(row) }))),
    byStart: Object.fromEntries(
      Object.keys(START_GROUPS).map((group) => [group, mean(rows.filter((row) => isIn(row, group)))]),
    ),
    byStress: Object.fromEntries(stresses.map((stress) => [stress, mean(rows.filter((row) => row.stress === stress))])),
    spentMin: Math.min(...rows.map((row) => row.spent_share)),
    spentMean: rows.reduce((sum, row) => sum + row.spent_share, 0) / rows.length,
    slotMax: Math.max(...rows.map((row) => row.largest_slot_share ?? Number.NaN)),
    quarterOff: Math.max(
      ...rows.map(({ quarter_shares }) =>
        quarter_shares === null ? Number.NaN : Math.max(...quarter_shares.map((share) => Math.abs(share - 1 / 4))),
      ),
    ),
  };
}

/** Days are paired by budget, start and world; bounds, which have no start, with every start. */
function differenceOf(
  ours: readonly Row[],
  theirs: readonly Row[],
  policy: string,
  stresses: readonly StressName[],
): Difference {
  const key = (row: Row, start: number | null): string => `${row.budget} ${row.stress} ${row.seed} ${start}`;
  const found = new Map(theirs.map((row) => [key(row, row.start_deviation), figureOf(row)]));
  const pairs = ours.flatMap((row) => {
    const other = found.get(key(row, row.start_deviation)) ?? found.get(key(row, null));
    return other === undefined ? [] : [{ seed: row.seed, stress: row.stress, value: figureOf(row) - other }];
  });
  return {
    policy,
    all: estimate(pairs),
    byStress: Object.fromEntries(
      stresses.map((stress) => [stress, estimate(pairs.filter((pair) => pair.stress === stress))]),
    ),
  };
}

/** Pacers of the literature that a champion has to beat. */
const RIVALS: readonly string[] = ['pid', 'dual'];

/** What the differences come to, a sentence a line. */
export function verdictsOf({ price, champion, differences, stresses }: Summary): string[] {
  const said = (difference: Estimate): string => `${signed(difference.mean)} +-${difference.half.toFixed(4)}`;
  const rivals = differences.filter(({ policy }) => RIVALS.includes(policy));
  const lines: string[] = [];
  if (price === 'second' && rivals.length > 0) {
    for (const stress of stresses) {
      // The better rival is the one that the champion is less ahead of: days are the same.
      const better = rivals.reduce((best, each) => (meanIn(each, stress) < meanIn(best, stress) ? each : best));
      const difference = better.byStress[stress] as Estimate;
      const word = difference.mean + (difference.half || 0) >= 0 ? 'no worse' : 'WORSE';
      lines.push(
        `${stress}: ${champion} is ${word} than ${better.policy}, the better of its rivals: ${said(difference)}`,
      );
    }
    for (const { policy, all } of rivals) {
      const word = all.mean - all.half > 0 ? 'better' : 'not shown to be better';
      lines.push(`over all: ${champion} is ${word} than ${policy}: ${said(all)}`);
    }
  }
  const factor = differences.find(({ policy }) => policy === 'factor_best');
  if (factor !== undefined) {
    const { all } = factor;
    const word = all.mean - all.half > 0 ? 'above' : 'not shown to be above';
    lines.push(`${champion} is ${word} the best constant factor of the very day: ${said(all)}`);
  }
  return lines;
}

const meanIn = ({ byStress }: Difference, stress: StressName): number => (byStress[stress] as Estimate).mean;

/** A difference to four digits, with its sign. */
export function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;
}
