// `npm run loadtest -- overload`: half of what a server can do, twice as much, half again. While it is too much, a
// server that sheds answers the rest in time; afterwards it is soon as well as before.

import type { Options } from './options.js';
import type { Piece } from './profile.js';
import type { Phase, Slice } from './recorder.js';
import type { Run } from './report.js';
import { type Address, measure } from './run.js';

const AROUND = 0.5;
const ABOVE = 2;
/** Seconds at half the capacity before it, and after it, when its recovery is watched. */
const BEFORE_S = 3;
const AFTER_S = 4;
/** What is asked (issue 8): the answered requests' p99, no errors, well again within a second. */
const P99_US_MAX = 10_000;
const RECOVERY_S_MAX = 1;

export interface OverloadResult {
  readonly run: Run;
  readonly phases: readonly [before: Phase, above: Phase, after: Phase];
  /** Seconds after the load fell until nothing was late, shed or failed; Infinity: not within what was seen. */
  readonly recovery_s: number;
  readonly missed: readonly string[];
}

export async function measureOverload(options: Options, target: Address, capacity: number): Promise<OverloadResult> {
  const startS = options.warmupSeconds;
  const ends = [BEFORE_S, BEFORE_S + options.seconds, BEFORE_S + options.seconds + AFTER_S];
  const rates = [AROUND, ABOVE, AROUND].map((share) => share * capacity) as [number, number, number];
  const pieces: Piece[] = [
    ...(startS > 0 ? [{ untilMs: startS * 1000, rate: rates[0] }] : []),
    ...ends.map((end, n) => ({ untilMs: (startS + end) * 1000, rate: rates[n] as number })),
  ];
  const name = `overload, twice ${Math.round(capacity)}/s`;
  const run = await measure(options, target, name, { rate: capacity, pieces });
  const phases = run.result.phases as unknown as OverloadResult['phases'];
  const recovery_s = recoverySeconds(run.result.slices, ends[1] as number, P99_US_MAX);
  return { run, phases, recovery_s, missed: missedTargets(phases[1], recovery_s) };
}

/**
 * Seconds from the moment the load falls until no slice of what was meant to be sent later is late, shed or failed.
 * @param lateUs p99 from which on a slice is late
 */
export function recoverySeconds(slices: readonly Slice[], fallsAtS: number, lateUs: number): number {
  const after = slices.filter(({ from_s }) => from_s >= fallsAtS - 1e-9);
  const isBad = (slice: Slice): boolean => slice.p99_us > lateUs || slice.shed_per_s > 0 || slice.errors_per_s > 0;
  const last = after.findLast(isBad);
  if (last === undefined) return 0;
  if (last === after.at(-1)) return Number.POSITIVE_INFINITY;
  return last.from_s + last.seconds - fallsAtS;
}

function missedTargets(above: Phase, recoveryS: number): string[] {
  const missed: string[] = [];
  const ms = (above.latency.p99_us / 1000).toFixed(1);
  if (above.latency.p99_us >= P99_US_MAX) missed.push(`p99 of what was answered is ${ms} ms, not below 10`);
  if (above.errors > 0) missed.push(`${above.errors} requests failed`);
  if (recoveryS > RECOVERY_S_MAX) missed.push(`well again after ${recoveryS} s, not within 1`);
  return missed;
}
