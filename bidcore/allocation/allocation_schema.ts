// How a budget is split over campaigns: what a trader says, checked by one schema. docs/allocation.md.

import { z } from 'zod';
import { id } from '../creative_file.js';

const micros = z.int().nonnegative().max(1e15);
const share = z.number().min(0).max(1);

/** What is to come out of the money: its ratio is learned for each campaign. */
const allocationGoal = z.enum(['roi', 'ctr', 'conversions']);
export type AllocationGoal = z.infer<typeof allocationGoal>;

export const allocationMethod = z.discriminatedUnion('type', [
  /** By priority × daily budget. */
  z.strictObject({ type: z.literal('proportional') }),
  z.strictObject({
    type: z.literal('performance'),
    goal: allocationGoal,
    /** Power of a campaign's performance over the mean one's: 0 moves nothing, 2 twice as much in logarithms. */
    strength: z.number().min(0).max(4).default(1),
  }),
  z.strictObject({
    type: z.literal('thompson'),
    goal: allocationGoal,
    /** Share of the budget that is split evenly, whatever is known. */
    exploration: share.default(0.1),
  }),
  /** Gaussian processes of what each campaign brings for its spend (docs/tuning.md); at most 100 campaigns. */
  z.strictObject({ type: z.literal('bayesian'), goal: z.enum(['roi', 'clicks', 'conversions']) }),
]);
export type AllocationMethod = z.output<typeof allocationMethod>;

/** What no run may do. */
export const guardRails = z
  .strictObject({
    /** Most change of a campaign's share in one run: 0.3 is from 70% to 130% of what it had. */
    change_max: z.number().gt(0).max(10).default(0.3),
    /** Least and most of a campaign a day. */
    floor_micros: micros.default(0),
    ceiling_micros: micros.default(1e15),
    /** With fewer impressions in all, nothing is changed; a campaign with fewer keeps its share. */
    minimum_impressions: z.int().min(0).default(1000),
  })
  .refine(({ floor_micros, ceiling_micros }) => floor_micros <= ceiling_micros, 'floor above ceiling');

const allocationCampaign = z
  .strictObject({
    id,
    /** How much a unit of its daily budget weighs when split by proportion. */
    priority: z.int().min(1).max(100).default(1),
    /** Least and most share of the total. */
    share_min: share.default(0),
    share_max: share.default(1),
  })
  .refine(({ share_min, share_max }) => share_min <= share_max, 'least share above the most');

export const allocationConfig = z
  .strictObject({
    /** Micros a day for all campaigns together; left out, what they have now. */
    total_micros: micros.min(1).optional(),
    method: allocationMethod,
    guard_rails: guardRails.prefault({}),
    campaigns: z
      .array(allocationCampaign)
      .min(1)
      .max(10_000)
      .refine((all) => new Set(all.map((one) => one.id)).size === all.length, 'a campaign is named twice'),
    /** Chance comes from it: the same seed and data give the same split. */
    seed: z.int().min(0).default(1),
  })
  .refine(({ method, campaigns }) => method.type !== 'bayesian' || campaigns.length <= 100, {
    error: 'bayesian splits over at most 100 campaigns',
    path: ['campaigns'],
  });
export type AllocationConfig = z.output<typeof allocationConfig>;
export type AllocationConfigInput = z.input<typeof allocationConfig>;
