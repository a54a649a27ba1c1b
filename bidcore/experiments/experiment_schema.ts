// An experiment as a trader defines it: arms, what they are compared by, how sure one wants to be. docs/experiments.md.

import { z } from 'zod';
import { id } from '../creative_file.js';

const alphaOf = z.number().min(0.001).max(0.2);

const experimentArm = z
  .strictObject({
    name: id,
    /** Relative to the others'. */
    weight: z.number().gt(0).max(1e6).default(1),
  })
  .meta({ id: 'ExperimentArm' });

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
  .refine(({ baseline }) => baseline !== 0, 'a lift over a baseline of 0 is none')
  .meta({ id: 'ExperimentMetric' });
export type ExperimentMetric = z.output<typeof experimentMetric>;

/** Something that must not get worse. */
const guardMetric = z
  .strictObject({
    name: z.string().min(1).max(64),
    better: z.enum(['higher', 'lower']).default('higher'),
    /** Relative loss that is tolerated: 0.02 is 2%. */
    margin: z.number().min(0).max(1).default(0.02),
    /** Its value in the first arm, about: fixes the scale of the sequential test. */
    baseline: z.number().refine((value) => value !== 0, 'a loss relative to 0 is none'),
  })
  .meta({ id: 'ExperimentGuard' });
export type GuardMetric = z.output<typeof guardMetric>;

export const experiment = z
  .strictObject({
    id,
    name: z.string().min(1).max(256),
    /** Whom an arm is drawn for: a user (requests without one count each for itself), or each request. */
    unit: z.enum(['user', 'request']).default('user'),
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
  .meta({ id: 'Experiment' });
export type Experiment = z.output<typeof experiment>;
export type ExperimentInput = z.input<typeof experiment>;

/** Sums over the units of an arm, of one metric: all that a comparison needs. */
export const armSums = z
  .strictObject({
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
  })
  .meta({ id: 'ExperimentArmSums' });
export type ArmSums = z.output<typeof armSums>;
