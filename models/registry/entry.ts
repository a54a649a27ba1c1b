// What the registry keeps of a version: where it comes from, what it learned from, how it was judged, and what became
// of it. One JSON text a version.

import { z } from 'zod';

/**
 * candidate: made, and not live; trial: takes a share of traffic; active: bids; retired: was active, another followed;
 * refused: the gate let it not through; rolled_back: was active, and was taken back.
 */
export const STATES = ['candidate', 'trial', 'active', 'retired', 'refused', 'rolled_back'] as const;

const figures = z.record(z.string(), z.number());
/** Of one arm of a trial, by what its bids' tokens predicted. */
const armFigures = z.object({
  impressions: z.number(),
  clicks: z.number(),
  conversions: z.number(),
  /** Billed, micros of the campaign file's currency. */
  spend_micros: z.number(),
  /** Clicks, and what conversions are worth in clicks (docs/training.md). */
  value: z.number(),
  log_loss: z.number(),
  /** Clicks predicted for each that came. */
  calibration: z.number(),
});
export type ArmFigures = z.infer<typeof armFigures>;

const entrySchema = z.object({
  version: z.number().int().min(1),
  /** The version that was live when it was made, and which a rollback goes back to; 0: none. */
  parent: z.number().int().min(0),
  created: z.iso.datetime(),
  state: z.enum(STATES),
  /** Why it is in this state, in words and numbers. */
  reason: z.string(),
  /** `trained` by a sidecar, `imported` by a command, `found` live when the registry began. */
  origin: z.enum(['trained', 'imported', 'found']),
  /** What it learned from, all in all: times of the first and the last event, positions, numbers of examples. */
  data: z
    .object({
      first: z.iso.datetime(),
      last: z.iso.datetime(),
      positions: z.string(),
      impressions: z.number(),
      clicks: z.number(),
      conversions: z.number(),
      prices: z.number(),
    })
    .optional(),
  /**
   * What of it is new, of what is judged apart: `clicks`, `conversions`, `prices`, `policy`; the rest is its parent's.
   */
  parts: z.array(z.string()).optional(),
  /** On traffic that was held back, of this version and of the one that was live. */
  metrics: z.object({ candidate: figures, incumbent: figures }).optional(),
  /** Of a version with a policy of its own (`parts` has `policy`): the hash of its file, and how it was judged. */
  policy: z.object({ sha256: z.string(), metrics: figures.optional() }).optional(),
  /** How it was trained: the keys that had a say. */
  training: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  trial: z.object({ share: z.number(), salt: z.number(), since: z.iso.datetime() }).optional(),
  arms: z.object({ candidate: armFigures, control: armFigures }).optional(),
  alerts: z.array(z.object({ at: z.iso.datetime(), test: z.string(), text: z.string() })).default([]),
  sha256: z.string(),
  layout: z.number().int(),
  /**
   * Nothing: the bytes are on the bus. coming: they are being written. gone: they are not kept; who prunes says so
   * before it deletes them, so that nobody makes such a version live meanwhile.
   */
  bytes: z.enum(['coming', 'gone']).optional(),
});
export type ModelEntry = z.infer<typeof entrySchema>;

export function writeEntry(entry: ModelEntry): string {
  return JSON.stringify(entry);
}

/**
 * The entry of a version in its text, or why it is none this program understands. Fields that a later program has
 * written are kept, and written again with the rest.
 */
export function readEntry(text: string, version: number): ModelEntry | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  const read = entrySchema.safeParse(value);
  if (!read.success) {
    const { path, message } = read.error.issues[0] as z.core.$ZodIssue;
    return { problem: path.length === 0 ? message : `${path.join('.')}: ${message}` };
  }
  if (read.data.version !== version) return { problem: `it is that of version ${read.data.version}` };
  return { ...(value as object), ...read.data };
}
