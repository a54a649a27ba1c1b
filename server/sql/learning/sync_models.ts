// Takes what the registry of models says into the database: checkpoints, the trainings they came from, and alerts of
// drift, each once. The registry is what is true; here is what people look for it by.

import { type Insertable, sql } from 'kysely';
import { raiseAlert } from '../../alerts/raise_alert.js';
import type { ModelEntry, PolicyRun } from '../../model_registry.js';
import { type Db, toJson } from '../database.js';
import type { TrainingRunsTable } from '../schema/learning.js';

const STATUS = {
  candidate: 'candidate',
  trial: 'trial',
  active: 'live',
  retired: 'retired',
  rolled_back: 'retired',
  refused: 'refused',
} as const;
const RUN_STATUS = {
  running: 'running',
  passed: 'succeeded',
  refused: 'succeeded',
  nothing: 'cancelled',
  failed: 'failed',
} as const;
/** Drift of before is told by nobody any more. */
const DRIFT_MS_MAX = 24 * 3_600_000;
const SUBJECT_MAX = 512;

/**
 * In a transaction of the caller's.
 * @param node whose retrainings of the policy they are
 * @returns how many alerts of drift are new
 */
export async function syncModels(
  db: Db,
  entries: readonly ModelEntry[],
  runs: readonly PolicyRun[],
  node: number,
  nowMs: number,
): Promise<number> {
  const trained = entries.filter(({ origin }) => origin === 'trained');
  await keepRuns(db, [...trained.map(runOfModel), ...runs.map((run) => runOfPolicy(run, node))]);
  await keepCheckpoints(db, entries, runs, node, nowMs);
  let raised = 0;
  for (const { version, alerts } of entries) {
    for (const alert of alerts.filter(({ at }) => nowMs - Date.parse(at) < DRIFT_MS_MAX)) {
      if (await raiseDrift(db, version, alert)) raised += 1;
    }
  }
  return raised;
}

/** The training that a version of the model came of, by the sidecar. */
function runOfModel({ version, created, training, data, metrics }: ModelEntry): Insertable<TrainingRunsTable> {
  return {
    id: `model-${version}`,
    status: 'succeeded',
    settings: toJson(training ?? {}),
    metrics: toJson({ ...metrics, ...(data && { data }) }),
    finished_at: created ?? null,
  };
}

function runOfPolicy(run: PolicyRun, node: number): Insertable<TrainingRunsTable> {
  const { number, state, reason, created, ended, config, metrics, wall_s, cpu_s } = run;
  return {
    id: policyRunId(number, node),
    status: RUN_STATUS[state],
    seed: typeof config['seed'] === 'number' ? config['seed'] : null,
    settings: toJson(config),
    metrics: toJson({ ...metrics, outcome: reason, wall_s, cpu_s }),
    problem: state === 'failed' ? reason : null,
    started_at: created,
    finished_at: ended ?? null,
  };
}

const policyRunId = (number: number, node: number): string => `policy-${node}-${number}`;

async function keepRuns(db: Db, rows: readonly Insertable<TrainingRunsTable>[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto('training_runs')
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((is) => ({
          status: is.ref('excluded.status'),
          metrics: is.ref('excluded.metrics'),
          problem: is.ref('excluded.problem'),
          finished_at: is.ref('excluded.finished_at'),
          version: sql<number>`training_runs.version + 1`,
          updated_at: sql<Date>`now()`,
        }))
        .where(sql<boolean>`(training_runs.status, training_runs.metrics) is distinct from
          (excluded.status, excluded.metrics)`),
    )
    .execute();
}

async function keepCheckpoints(
  db: Db,
  entries: readonly ModelEntry[],
  runs: readonly PolicyRun[],
  node: number,
  nowMs: number,
): Promise<void> {
  const ofPolicy = new Map(runs.map(({ version, number }) => [version, policyRunId(number, node)]));
  const rows = entries.flatMap(({ version, state, origin, parts, metrics, created }) => {
    if (state === 'broken') return [];
    const run = ofPolicy.get(version) ?? (origin === 'trained' ? `model-${version}` : null);
    return {
      model_version: version,
      training_run_id: run,
      kind: parts === undefined ? 'whole' : parts.join('+'),
      status: STATUS[state],
      metrics: toJson(metrics ?? {}),
      promoted_at: state === 'active' ? new Date(nowMs) : null,
      ...(created !== undefined && { created_at: created }),
    };
  });
  if (rows.length === 0) return;
  await db
    .insertInto('model_checkpoints')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('model_version')
        .doUpdateSet((is) => ({
          status: is.ref('excluded.status'),
          metrics: is.ref('excluded.metrics'),
          promoted_at: sql<Date | null>`coalesce(excluded.promoted_at, model_checkpoints.promoted_at)`,
          version: sql<number>`model_checkpoints.version + 1`,
          updated_at: sql<Date>`now()`,
        }))
        .where(sql<boolean>`(model_checkpoints.status, model_checkpoints.metrics) is distinct from
          (excluded.status, excluded.metrics)`),
    )
    .execute();
}

async function raiseDrift(db: Db, version: number, { at, test, text }: ModelEntry['alerts'][number]): Promise<boolean> {
  const known = await db
    .selectFrom('alerts')
    .select('id')
    .where('kind', '=', 'drift')
    .where(sql<boolean>`detail ->> 'model_version' = ${String(version)} and detail ->> 'at' = ${at}
      and detail ->> 'test' = ${test} and detail ->> 'text' = ${text}`)
    .executeTakeFirst();
  if (known !== undefined) return false;
  await raiseAlert(db, {
    ...{ account: undefined, kind: 'drift', severity: 'warning' },
    subject: `model ${version} drifts: ${text}`.slice(0, SUBJECT_MAX),
    detail: { model_version: version, at, test, text },
  });
  return true;
}
