// A look at a running experiment: sums, results, decision. The state of the sequential tests is kept from look to look
// in the row of the experiment; a decision is kept with the first look that has one, and somebody is told of it.

import type { ArmSums } from '../../bidcore/experiments/experiment_schema.js';
import {
  type ExperimentResults,
  type ExperimentState,
  powerWith,
  resultsOf,
} from '../../bidcore/experiments/results.js';
import { DAY_MS } from '../../bidcore/metrics/series.js';
import { raiseAlert } from '../alerts/raise_alert.js';
import { changedRow } from '../api/resources/rows.js';
import { type Db, toJson } from '../sql/database.js';
import { campaignSums } from './campaigns.js';
import { NO_UNITS, type StoredExperiment } from './stored.js';

/** Kinds of decisions that somebody should see today. */
const CRITICAL = new Set(['guard_failed', 'sample_ratio_mismatch']);

interface Seen {
  readonly results: ExperimentResults;
  /** Chance that one look at the smallest arm as it is would find the minimum effect. */
  readonly power: number;
  readonly days: number;
}

/** What there is to see now, by the state of the looks before; keeps nothing. */
export async function seenOf(db: Db, experiment: StoredExperiment, nowMs: number): Promise<Seen> {
  const { row, definition } = experiment;
  const endMs = row.stopped_at?.getTime() ?? nowMs;
  const days = row.started_at === null ? 0 : Math.max(0, endMs - row.started_at.getTime()) / DAY_MS;
  const byMetric =
    definition.unit === 'campaign' ? await campaignSums(db, experiment, endMs) : await toldSums(db, experiment);
  const sumsOf = (metric: string): ArmSums[] =>
    definition.arms.map(({ name }) => byMetric.get(`${metric}\n${name}`) ?? NO_UNITS);
  const sums = sumsOf(definition.metric.name);
  const results = resultsOf(definition, {
    sums,
    guards: Object.fromEntries(definition.guards.map(({ name }) => [name, sumsOf(name)])),
    // Weights of a bandit have moved: what each arm should have is not known, and not tested.
    ...(definition.mode === 'bandit' ? { expected_units: sums.map(({ units }) => Math.max(units, 1e-9)) } : {}),
    days,
    ...(row.state === null ? {} : { state: row.state as unknown as ExperimentState }),
  });
  return { results, days, power: powerWith(definition, Math.min(...sums.map(({ units }) => units))) };
}

/** Looks, and keeps what was seen. Belongs into a transaction. @returns the decision, if this look has made one */
export async function look(tx: Db, experiment: StoredExperiment, nowMs: number): Promise<string | undefined> {
  const { row, definition } = experiment;
  const { results } = await seenOf(tx, experiment, nowMs);
  const decided = row.decision === null && results.decision.stop;
  const decision = { ...results.decision, at: new Date(nowMs).toISOString() };
  await tx
    .updateTable('experiments')
    .set({
      state: toJson(results.state),
      looked_at: new Date(nowMs),
      ...(decided ? { decision: toJson(decision), ...changedRow } : {}),
    })
    .where('id', '=', row.id)
    .execute();
  if (!decided || !results.decision.stop) return undefined;
  const { reason, why } = results.decision;
  await raiseAlert(tx, {
    account: row.account_id ?? undefined,
    kind: 'experiment_decided',
    severity: CRITICAL.has(reason) ? 'critical' : 'info',
    subject: `experiment ${definition.name}: ${why}`,
    detail: { experiment: row.id, ...decision },
  });
  return reason;
}

/** Sums of what was told of units, by metric and arm. */
export async function toldSums(db: Db, { row }: StoredExperiment): Promise<Map<string, ArmSums>> {
  const rows = await db
    .selectFrom('experiment_results')
    .select(['metric', 'arm_id'])
    .select(({ fn, cast }) => [
      cast<number>(fn.sum('n'), 'bigint').as('units'),
      fn.sum<number>('total').as('sum'),
      fn.sum<number>('total_squares').as('squares'),
      fn.sum<number>('lower').as('lower'),
      fn.sum<number>('lower_squares').as('lower_squares'),
      fn.sum<number>('products').as('products'),
    ])
    .where('experiment_id', '=', row.id)
    .groupBy(['metric', 'arm_id'])
    .execute();
  return new Map(
    rows.map(({ metric, arm_id, ...sums }) => [
      `${metric}\n${arm_id}`,
      // Differences of sums may leave a little less than nothing.
      { ...sums, squares: Math.max(0, sums.squares), lower_squares: Math.max(0, sums.lower_squares) },
    ]),
  );
}
