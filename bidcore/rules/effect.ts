// What a rule has changed, measured after the fact: difference in differences. A campaign on which a rule acted is
// compared with itself before, and that with the same change in campaigns like it on which no rule acted: what the
// market did to all of them is taken off (Card and Krueger, American Economic Review 84, 1994).
//
// Rules act on what is extreme, and what was extreme by chance comes back by itself. So the campaigns compared with are
// those that were nearest *before* in the metric itself, which come back as well.

import { differenceInterval, type Interval, unknown } from '../statistics/intervals.js';
import { type Moments, momentsOf } from '../statistics/moments.js';
import { studentQuantile } from '../statistics/student.js';

/** A campaign's metric before and after, over windows of the same length; left out of it what was undefined. */
export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
  /** Spend before, micros: campaigns of like size are compared. */
  readonly spend_micros: number;
}

export interface TreatedCampaign extends BeforeAfter {
  /** Campaigns of the same windows on which no rule acted in them. */
  readonly others: readonly BeforeAfter[];
}

export interface RuleEffect {
  readonly executions: number;
  /** Campaigns compared with, of all executions. */
  readonly compared: number;
  /** Change of the treated beyond that of the others, in the metric's own unit. */
  readonly effect: Interval;
  /** Mean changes on both sides. */
  readonly treated_change: number;
  readonly others_change: number;
}

/** Others that each campaign is compared with. */
const NEAREST = 10;

/**
 * The effect over a rule's executions. Executions without others to compare with are left out. Of a single execution
 * the interval is from how much the others' changes differ among themselves.
 * @param level of the interval, as 0.95
 */
export function effectOf(executions: readonly TreatedCampaign[], level: number): RuleEffect {
  const matched = executions
    .map((treated) => ({ treated, others: nearest(treated) }))
    .filter(({ others }) => others.length > 0);
  const change = ({ before, after }: BeforeAfter): number => after - before;
  const others = matched.map((one) => momentsOf(one.others.map(change)));
  const effects = matched.map(({ treated }, i) => change(treated) - (others[i] as Moments).mean);
  const mean = (values: readonly number[]): number => momentsOf(values).mean;
  return {
    executions: matched.length,
    compared: matched.reduce((sum, one) => sum + one.others.length, 0),
    effect: intervalOf(effects, others, level),
    treated_change: mean(matched.map(({ treated }) => change(treated))),
    others_change: mean(others.map((one) => one.mean)),
  };
}

function intervalOf(effects: readonly number[], others: readonly Moments[], level: number): Interval {
  const [only] = others;
  if (effects.length !== 1 || only === undefined) {
    return differenceInterval({ n: effects.length, mean: 0, variance: 0 }, momentsOf(effects), level);
  }
  const estimate = effects[0] as number;
  if (only.n < 2) return unknown(estimate);
  const half = studentQuantile((1 + level) / 2, only.n - 1) * Math.sqrt(only.variance * (1 + 1 / only.n));
  return { estimate, lower: estimate - half, upper: estimate + half };
}

/** Of the others the ten most like it before: by the metric in its spread over them, and by spend in logarithms. */
export function nearest(treated: TreatedCampaign): readonly BeforeAfter[] {
  const deviation = Math.sqrt(momentsOf(treated.others.map(({ before }) => before)).variance) || 1;
  const size = (one: BeforeAfter): number => Math.log1p(one.spend_micros / 1e6);
  const distance = (one: BeforeAfter): number =>
    Math.hypot((one.before - treated.before) / deviation, size(one) - size(treated));
  return [...treated.others].sort((a, b) => distance(a) - distance(b)).slice(0, NEAREST);
}
