// Trainings and the checkpoints that came of them, for operators: what the database has taken from the registry of
// models.

import { z } from 'zod';
import { isRefusal } from '../../model_registry.js';
import { syncModels } from '../../sql/learning/sync_models.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { fail, isFailure, notFound } from '../errors.js';
import { operation } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, timeText } from './rows.js';

const operators = { kind: 'operator' } as const;
const time = z.iso.datetime().nullable();
const document = z.record(z.string(), z.unknown());

const run = z.strictObject({
  id: z.string().describe('`model-VERSION`, or `policy-NODE-NUMBER` of a retraining of the policy'),
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
  seed: z.int().nullable(),
  settings: document,
  metrics: document,
  problem: z.string().nullable(),
  started_at: time,
  finished_at: time,
});

const checkpoint = z.strictObject({
  model_version: z.int(),
  training_run: z.string().nullable(),
  kind: z.string().describe('What of it is new: whole, or of clicks, conversions, prices, policy'),
  status: z.enum(['candidate', 'trial', 'live', 'retired', 'refused']),
  metrics: document,
  created_at: time,
  promoted_at: time,
});

export const refreshTrainingRuns = operation({
  id: 'refreshTrainingRuns',
  kind: 'change',
  method: 'POST',
  path: '/training-runs/refresh',
  tag: 'models',
  summary: 'Take in what the registry of models says now; a job does so every two minutes',
  who: operators,
  response: z.strictObject({ models: z.int(), policy_runs: z.int(), drift_alerts: z.int() }),
  handle: async ({ db, host, nowMs }) => {
    const entries = await host.models.list();
    if (isRefusal(entries)) return fail('registry_refused', entries.problem);
    const runs = await host.models.runs();
    if (isRefusal(runs)) return fail('registry_refused', runs.problem);
    const drift_alerts = await syncModels(db, entries, runs, host.node, nowMs);
    return { body: { models: entries.length, policy_runs: runs.length, drift_alerts } };
  },
});

export const listTrainingRuns = operation({
  id: 'listTrainingRuns',
  kind: 'read',
  method: 'GET',
  path: '/training-runs',
  tag: 'models',
  summary: 'List trainings of the model and of its policy',
  who: operators,
  query: pageQuery.extend({ status: run.shape.status.optional() }),
  response: pageOf(run),
  handle: async ({ db, query: { cursor, limit, status } }) => {
    const after = readCursor(cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('training_runs')
      .selectAll()
      .$if(status !== undefined, (rest) => rest.where('status', '=', status as 'queued'))
      .$if(after !== undefined, (rest) => rest.where('id', '>', after as string))
      .orderBy('id')
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(shownRun);
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > limit && last ? cursorAfter(last.id) : null } };
  },
});

export const getTrainingRun = operation({
  id: 'getTrainingRun',
  kind: 'read',
  method: 'GET',
  path: '/training-runs/{run}',
  tag: 'models',
  summary: 'Read a training, with what it was told and how it came out',
  who: operators,
  response: run,
  example: { path: { run: 'policy-0-1' } },
  handle: async ({ db, path }) => {
    const id = parameter(path, 'run');
    const row = await db.selectFrom('training_runs').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? notFound('training run') : { body: shownRun(row) };
  },
});

export const listCheckpoints = operation({
  id: 'listCheckpoints',
  kind: 'read',
  method: 'GET',
  path: '/model-checkpoints',
  tag: 'models',
  summary: 'List the checkpoints of the model, the latest first, with how they were judged',
  who: operators,
  query: pageQuery.extend({ status: checkpoint.shape.status.optional() }),
  response: pageOf(checkpoint),
  handle: async ({ db, query: { cursor, limit, status } }) => {
    const after = readCursor(cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('model_checkpoints')
      .selectAll()
      .$if(status !== undefined, (rest) => rest.where('status', '=', status as 'live'))
      .$if(after !== undefined, (rest) => rest.where('model_version', '<', Number(after) || 0))
      .orderBy('model_version', 'desc')
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(({ model_version, training_run_id, kind, metrics, ...row }) => ({
      ...{ model_version, training_run: training_run_id, kind, status: row.status, metrics },
      ...{ created_at: timeText(row.created_at), promoted_at: row.promoted_at && timeText(row.promoted_at) },
    }));
    const last = items.at(-1);
    const next_cursor = rows.length > limit && last ? cursorAfter(String(last.model_version)) : null;
    return { body: { items, next_cursor } };
  },
});

interface RunRow {
  readonly id: string;
  readonly status: z.output<typeof run>['status'];
  readonly seed: number | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly problem: string | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

function shownRun({ id, status, seed, settings, metrics, problem, started_at, finished_at }: RunRow) {
  return {
    ...{ id, status, seed, settings, metrics, problem },
    ...{ started_at: started_at && timeText(started_at), finished_at: finished_at && timeText(finished_at) },
  };
}
