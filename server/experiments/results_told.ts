// The results of an experiment as people and programs are told them, with their schema.

import { z } from 'zod';
import type { Db } from '../sql/database.js';
import { seenOf } from './look.js';
import type { StoredExperiment } from './stored.js';

/** Why an experiment may be stopped, or goes on. */
export const decision = z.looseObject({ stop: z.boolean(), why: z.string(), reason: z.string().optional() });

/** JSON has no infinity: null is no bound, or nothing that can be told yet. */
const number = z.number().nullable();
const interval = z.strictObject({ estimate: number, lower: number, upper: number });
export const experimentTold = z.strictObject({
  status: z.enum(['draft', 'running', 'stopped']),
  days: z.number(),
  required_units: number.describe('Units an arm that one look needs to find the minimum effect'),
  power: number.describe('Chance that one look at the smallest arm, as it is, finds the minimum effect'),
  sample_ratio_p: number,
  arms: z.array(
    z.strictObject({
      arm: z.string(),
      share: z.number(),
      units: z.int(),
      value: interval,
      difference: interval.optional(),
      lift: interval.optional(),
      p: number.optional().describe('For one final reading, adjusted for the number of arms'),
      always_valid: z
        .strictObject({ p: number, lower: number, upper: number })
        .optional()
        .describe('May be watched all the time'),
    }),
  ),
  guards_failed: z.array(z.strictObject({ guard: z.string(), arm: z.string() })),
  now: decision.describe('What there is to say now'),
  decision: decision.nullable().describe('The first decision that was reached'),
  looked_at: z.iso.datetime().nullable(),
});

export type ExperimentTold = z.output<typeof experimentTold>;

/** Results as the API tells them. */
export async function resultsAt(db: Db, stored: StoredExperiment, nowMs: number): Promise<ExperimentTold> {
  const { results: seen, power, days } = await seenOf(db, stored, nowMs);
  const { row, shares } = stored;
  return {
    status: row.status,
    days,
    required_units: finite(seen.required_units),
    power: finite(power),
    sample_ratio_p: seen.sample_ratio_p,
    arms: seen.arms.map(({ arm, units, value, difference, lift, p, always_valid }, i) => ({
      ...{ arm, share: shares[i] ?? 0, units, value: told(value) },
      ...(difference && { difference: told(difference) }),
      ...(lift && { lift: told(lift) }),
      ...(p !== undefined && { p: finite(p) }),
      ...(always_valid && { always_valid: { ...always_valid } }),
    })),
    guards_failed: [...seen.guards_failed],
    now: { ...seen.decision },
    decision: row.decision as z.output<typeof decision> | null,
    looked_at: row.looked_at?.toISOString() ?? null,
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function told({ estimate, lower, upper }: { estimate: number; lower: number; upper: number }) {
  return { estimate: finite(estimate), lower: finite(lower), upper: finite(upper) };
}
