// The allocation plan of an account: how its daily budgets are split anew, within which guard rails, and how often.

import { z } from 'zod';
import { allocationMethod, guardRails } from '../../bidcore/allocation/allocation_schema.js';
import { id } from '../../bidcore/creative_file.js';
import { toJson } from '../sql/database.js';
import type { Row } from '../sql/repositories/rows.js';

const MINUTE_MS = 60_000;
const share = z.number().min(0).max(1);

const planCampaign = z
  .strictObject({
    id,
    share_min: share.default(0).describe('Least share of the total'),
    share_max: share.default(1),
  })
  .refine(({ share_min, share_max }) => share_min <= share_max, 'least share above the most');

export const allocationPlan = z.strictObject({
  method: allocationMethod,
  total_micros: z.int().min(1).max(1e15).optional().describe('Micros a day; absent: what the campaigns have now'),
  guard_rails: guardRails.prefault({}),
  campaigns: z
    .array(planCampaign)
    .min(1)
    .max(10_000)
    .refine((all) => new Set(all.map((one) => one.id)).size === all.length, 'a campaign is named twice')
    .optional()
    .describe('Absent: all campaigns that are active and have a daily budget'),
  window_days: z.int().min(1).max(30).default(7).describe('Days that are learned from'),
  every_minutes: z.int().min(1).max(43_200).optional().describe('Period of the schedule; absent: only when asked to'),
  seed: z.int().min(0).default(1),
});
export type AllocationPlan = z.output<typeof allocationPlan>;

/** The plan of a row. Throws if the row holds none: only checked ones are written. */
export function planOf({ method, settings, every_minutes }: Row<'allocation_plans'>): AllocationPlan {
  const schedule = every_minutes === null ? {} : { every_minutes };
  return allocationPlan.parse({ method: { type: method }, ...settings, ...schedule });
}

/** The columns of a plan. */
export function planColumns({ every_minutes, ...settings }: AllocationPlan) {
  return { method: settings.method.type, settings: toJson(settings), every_minutes: every_minutes ?? null };
}

/** When a plan has its first turn: a period from now; null if it has no schedule. */
export function firstRun({ every_minutes }: AllocationPlan, nowMs: number): Date | null {
  return every_minutes === undefined ? null : new Date(nowMs + every_minutes * MINUTE_MS);
}

/** The first turn after now in step with the one that was due: turns that were missed are not made up for. */
export function nextRun(due: Date, every_minutes: number, nowMs: number): Date {
  const period = every_minutes * MINUTE_MS;
  const periods = Math.floor(Math.max(0, nowMs - due.getTime()) / period) + 1;
  return new Date(due.getTime() + periods * period);
}
