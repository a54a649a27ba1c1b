// An experiment as a trader defines it: arms, what they are compared by, how sure one wants to be. docs/experiments.md.

import { z } from 'zod';
import { campaign } from '../campaign_file.js';
import { id } from '../creative_file.js';
import { RATIOS, SUMS } from '../metrics/metrics.js';

const alphaOf = z.number().min(0.001).max(0.2);

const times = z.number().min(0.1).max(10);

/** What the campaigns of an arm have while the experiment runs. */
const armSettings = z.strictObject({
  /** Of the bids of their ad groups. */
  bid_multiplier: times.optional(),
  /** Of their daily budgets, if they have one. */
  daily_budget_multiplier: times.optional(),
  /** `value` is steered by the policy, the others by the pacer alone. */
  pacing: campaign.shape.pacing.unwrap().optional(),
});
export type ArmSettings = z.output<typeof armSettings>;

const experimentArm = z.strictObject({
  name: id,
  /** Relative to the others'. */
  weight: z.number().gt(0).max(1e6).default(1),
  settings: armSettings.default({}),
});

/**
 * What is measured of each unit:
 * - `rate`: whether something happened to it (users who clicked, of users);
 * - `mean`: a value (revenue a user, in units of money);
 * - `ratio`: one of its sums over another (clicks over impressions, by user).
 */
const experimentMetric = z
  .strictObject({
    name: z.string().min(1).max(64),
    kind: z.enum(['rate', 'mean', 'ratio']),
    better: z.enum(['higher', 'lower']).default('higher'),
    /** What is expected of the first arm: its rate, mean or ratio. */
    baseline: z.number(),
    /** Standard deviation of a unit's value; needed unless it is a rate. Of a ratio, that of its linearised value. */
    deviation: z.number().positive().optional(),
  })
  .refine(
    ({ kind, baseline }) => kind !== 'rate' || (baseline > 0 && baseline < 1),
    'the baseline of a rate is from 0 to 1',
  )
  .refine(({ kind, deviation }) => kind === 'rate' || deviation !== undefined, 'needs the deviation of a unit’s values')
  .refine(({ baseline }) => baseline !== 0, 'a lift over a baseline of 0 is none');
export type ExperimentMetric = z.output<typeof experimentMetric>;

/** Something that must not get worse. */
const guardMetric = z.strictObject({
  name: z.string().min(1).max(64),
  better: z.enum(['higher', 'lower']).default('higher'),
  /** Relative loss that is tolerated: 0.02 is 2%. */
  margin: z.number().min(0).max(1).default(0.02),
  /** Its value in the first arm, about: fixes the scale of the sequential test. */
  baseline: z.number().refine((value) => value !== 0, 'a loss relative to 0 is none'),
});
export type GuardMetric = z.output<typeof guardMetric>;

/** Ratios of the sums of campaigns: all but that of a budget. */
const CAMPAIGN_RATIOS = Object.keys(RATIOS).filter((name) => name !== 'utilisation');

/** A guard has no kind: its name says what it is. */
function isOfCampaigns({ name, kind }: { readonly name: string; readonly kind?: string }): boolean {
  const isSum = SUMS.some((sum) => sum === name);
  return (
    (isSum && kind !== 'ratio' && kind !== 'rate') || (CAMPAIGN_RATIOS.includes(name) && (kind ?? 'ratio') === 'ratio')
  );
}

export const experiment = z
  .strictObject({
    id,
    name: z.string().min(1).max(256),
    /** Whom an arm is drawn for: a user (requests without one count each for itself), each request, or a campaign. */
    unit: z.enum(['user', 'request', 'campaign']).default('user'),
    /** Of unit `campaign`: those that take part; left out, all of the account that run. */
    campaigns: z.array(id).min(2).max(10_000).optional(),
    /** Unsigned 32 bits; the same salt draws the same units. Left out, from the id. */
    salt: z.int().min(0).max(0xffffffff).optional(),
    /** Share of units that take part. */
    traffic: z.number().gt(0).max(1).default(1),
    /** The first is the control. */
    arms: z
      .array(experimentArm)
      .min(2)
      .max(10)
      .refine((arms) => new Set(arms.map(({ name }) => name)).size === arms.length, 'two arms of one name'),
    metric: experimentMetric,
    guards: z
      .array(guardMetric)
      .max(5)
      .default([])
      .refine((guards) => new Set(guards.map(({ name }) => name)).size === guards.length, 'two guards of one name'),
    /** Chance of a false positive among all arms, two-sided. */
    alpha: alphaOf.default(0.05),
    /** Chance of finding the minimum effect. */
    power: z.number().min(0.5).max(0.99).default(0.8),
    /** Relative lift worth finding: 0.05 is 5%. */
    minimum_effect: z.number().gt(0).max(10).default(0.05),
    /** Days after which it ends, whatever was found. */
    days_max: z.int().min(1).max(365).default(28),
    /** `fixed` keeps the weights; `bandit` moves them to the arms that earn most (Thompson sampling). */
    mode: z.enum(['fixed', 'bandit']).default('fixed'),
    /** Least share of each arm of a bandit. */
    exploration: z.number().min(0).max(0.5).default(0.05),
  })
  .refine(({ mode, exploration, arms }) => mode === 'fixed' || exploration * arms.length <= 1, {
    error: 'least shares above 1 together',
    path: ['exploration'],
  })
  .refine(({ mode, metric }) => mode === 'fixed' || metric.kind !== 'ratio', {
    error: 'a bandit learns from a rate or a mean',
    path: ['metric', 'kind'],
  })
  .refine(({ unit, arms }) => unit === 'campaign' || arms.every(({ settings }) => Object.keys(settings).length === 0), {
    error: 'settings are of arms of campaigns',
    path: ['arms'],
  })
  .refine(({ unit, campaigns }) => unit === 'campaign' || campaigns === undefined, {
    error: 'campaigns are named where they are the unit',
    path: ['campaigns'],
  })
  .refine(({ unit, mode }) => unit !== 'campaign' || mode === 'fixed', {
    error: 'campaigns keep their arm: no bandit',
    path: ['mode'],
  })
  .refine(({ unit, metric, guards }) => unit !== 'campaign' || [metric, ...guards].every(isOfCampaigns), {
    error: `of campaigns are measured: means of ${SUMS.join(', ')} a day, ratios ${CAMPAIGN_RATIOS.join(', ')}`,
    path: ['metric'],
  });
export type Experiment = z.output<typeof experiment>;
export type ExperimentInput = z.input<typeof experiment>;

/** Sums over the units of an arm, of one metric: all that a comparison needs. */
export const armSums = z.strictObject({
  /** Units that were assigned. */
  units: z.int().min(0),
  /** Sum of values, or of a ratio's upper part. Of a rate, units it happened to. */
  sum: z.number(),
  /** Sum of their squares. Of a rate, the same as `sum`. */
  squares: z.number().min(0),
  /** Of a ratio: sum of the lower part, of its squares, and of the products of both. */
  lower: z.number().default(0),
  lower_squares: z.number().min(0).default(0),
  products: z.number().default(0),
});
export type ArmSums = z.output<typeof armSums>;
