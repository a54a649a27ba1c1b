// Experiments of an account: drafts, which may be changed, and what has been started, which may not.

import { z } from 'zod';
import { experiment } from '../../../bidcore/experiments/experiment_schema.js';
import * as lifecycle from '../../experiments/lifecycle.js';
import { decision } from '../../experiments/results_told.js';
import { findExperiment, pageOfExperiments, type StoredExperiment, writeDraft } from '../../experiments/stored.js';
import type { Db } from '../../sql/database.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { fail, isFailure, notFound } from '../errors.js';
import { mergePatch } from '../merge_patch.js';
import { operation, type PathValues } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { changedRow, parameter, present, timeText } from './rows.js';
import { inAccount } from './who.js';

const PROBLEMS_SHOWN = 20;

const shown = experiment.safeExtend({
  status: z.enum(['draft', 'running', 'stopped']),
  shares: z.array(z.number()).describe('Of the arms, now; those of a bandit move'),
  started_at: z.iso.datetime().optional(),
  stopped_at: z.iso.datetime().optional(),
  decision: decision.optional().describe('The first that was reached; it does not stop the experiment by itself'),
});

const tag = 'experiments';
const path = '/accounts/{account}/experiments';
const one = `${path}/{experiment}`;
const example = { path: { account: 'acme', experiment: 'new-copy' } };

function shownOf({ row, definition, shares }: StoredExperiment): z.output<typeof shown> {
  return {
    ...definition,
    status: row.status,
    shares: [...shares],
    ...present('started_at', row.started_at && timeText(row.started_at)),
    ...present('stopped_at', row.stopped_at && timeText(row.stopped_at)),
    ...present('decision', row.decision as z.output<typeof decision> | null),
  };
}

/** The experiment that the path names. */
export function experimentAt(db: Db, at: PathValues, lock = false): Promise<StoredExperiment | undefined> {
  return findExperiment(db, parameter(at, 'account'), parameter(at, 'experiment'), lock);
}

async function told(db: Db, account: string, id: string) {
  const stored = await findExperiment(db, account, id);
  if (stored === undefined) throw new Error('an experiment that was just written is not there');
  return { body: shownOf(stored), version: stored.row.version };
}

export const createExperiment = operation({
  id: 'createExperiment',
  kind: 'change',
  method: 'POST',
  path,
  tag,
  summary: 'Create an experiment: a draft, until it is started',
  who: inAccount('trader'),
  body: experiment,
  response: shown,
  status: 201,
  example: {
    path: { account: 'acme' },
    body: {
      id: 'new-copy',
      name: 'New copy on the landing page',
      arms: [{ name: 'now' }, { name: 'new' }],
      metric: { name: 'ordered', kind: 'rate', baseline: 0.05 },
      minimum_effect: 0.1,
    },
  },
  handle: async ({ db, path: at, body, audit }) => {
    const account = parameter(at, 'account');
    const there = await db.selectFrom('experiments').select('id').where('id', '=', body.id).executeTakeFirst();
    if (there !== undefined) return fail('conflict', 'there is one with this id');
    await writeDraft(db, account, body);
    await audit({ account, action: 'create', entity: 'experiment', id: body.id, after: body });
    return told(db, account, body.id);
  },
});

export const listExperiments = operation({
  id: 'listExperiments',
  kind: 'read',
  method: 'GET',
  path,
  tag,
  summary: 'List experiments, a page at a time',
  who: inAccount('viewer'),
  query: pageQuery,
  response: pageOf(shown),
  example: { path: { account: 'acme' } },
  handle: async ({ db, path: at, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    const rows = await pageOfExperiments(db, parameter(at, 'account'), after, query.limit + 1);
    const items = rows.slice(0, query.limit).map(shownOf);
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > query.limit && last ? cursorAfter(last.id) : null } };
  },
});

export const readExperiment = operation({
  id: 'getExperiment',
  kind: 'read',
  method: 'GET',
  path: one,
  tag,
  summary: 'Read an experiment',
  who: inAccount('viewer'),
  response: shown,
  example,
  handle: async ({ db, path: at }) => {
    const stored = await experimentAt(db, at);
    return stored === undefined ? notFound('experiment') : { body: shownOf(stored), version: stored.row.version };
  },
});

export const changeExperiment = operation({
  id: 'changeExperiment',
  kind: 'change',
  method: 'PATCH',
  path: one,
  tag,
  summary: 'Change a draft: a JSON merge patch',
  who: inAccount('trader'),
  body: z.record(z.string(), z.unknown()),
  response: shown,
  conditional: true,
  example: { ...example, body: { minimum_effect: 0.2 } },
  handle: async ({ db, path: at, body, audit, unchanged }) => {
    const before = await experimentAt(db, at, true);
    if (before === undefined) return notFound('experiment');
    const barred = unchanged(before.row.version);
    if (barred !== undefined) return barred;
    if (before.row.status !== 'draft') return fail('conflict', 'what has been started stays as it was defined');
    const parsed = experiment.safeParse(mergePatch(before.definition, body));
    if (!parsed.success) {
      const issues = parsed.error.issues.slice(0, PROBLEMS_SHOWN);
      const details = issues.map((issue) => `${issue.path.map(String).join('.') || '(all)'}: ${issue.message}`);
      return fail('invalid_body', 'the experiment would not fit', { details });
    }
    const { id } = before.definition;
    if (parsed.data.id !== id) return fail('invalid_body', 'id is for good');
    const account = parameter(at, 'account');
    await writeDraft(db, account, parsed.data);
    await db.updateTable('experiments').set(changedRow).where('id', '=', id).execute();
    const change = { before: before.definition, after: parsed.data };
    await audit({ account, action: 'update', entity: 'experiment', id, ...change });
    return told(db, account, id);
  },
});

export const startExperiment = operation({
  id: 'startExperiment',
  kind: 'change',
  method: 'POST',
  path: `${one}/start`,
  tag,
  summary: 'Start a draft: from now on units are told; campaigns are dealt to the arms and have their settings',
  who: inAccount('trader'),
  response: shown,
  changesBook: true,
  example,
  handle: async ({ db, path: at, nowMs, audit }) => {
    const stored = await experimentAt(db, at, true);
    if (stored === undefined) return notFound('experiment');
    const problem = await lifecycle.startExperiment(db, audit, stored, nowMs);
    if (problem !== undefined) return fail('conflict', problem);
    return told(db, parameter(at, 'account'), stored.row.id);
  },
});

export const stopExperiment = operation({
  id: 'stopExperiment',
  kind: 'change',
  method: 'POST',
  path: `${one}/stop`,
  tag,
  summary: 'Stop an experiment, at any time: campaigns get back what they had before it',
  who: inAccount('trader'),
  response: z.strictObject({
    experiment: shown,
    left: z.array(z.string()).describe('Settings that somebody has changed meanwhile, and that stay as they are'),
  }),
  changesBook: true,
  example,
  handle: async ({ db, path: at, nowMs, audit }) => {
    const stored = await experimentAt(db, at, true);
    if (stored === undefined) return notFound('experiment');
    const left = await lifecycle.stopExperiment(db, audit, stored, nowMs);
    if (typeof left === 'string') return fail('conflict', left);
    const { body, version } = await told(db, parameter(at, 'account'), stored.row.id);
    return { body: { experiment: body, left }, version };
  },
});

export const deleteExperiment = operation({
  id: 'deleteExperiment',
  kind: 'change',
  method: 'DELETE',
  path: one,
  tag,
  summary: 'Delete an experiment that does not run, with all that was told of it',
  who: inAccount('trader'),
  status: 204,
  conditional: true,
  example,
  handle: async ({ db, path: at, audit, unchanged }) => {
    const stored = await experimentAt(db, at, true);
    if (stored === undefined) return notFound('experiment');
    const barred = unchanged(stored.row.version);
    if (barred !== undefined) return barred;
    if (stored.row.status === 'running') return fail('conflict', 'it runs: stop it first');
    const { id } = stored.definition;
    await db.deleteFrom('experiments').where('id', '=', id).execute();
    const account = parameter(at, 'account');
    await audit({ account, action: 'delete', entity: 'experiment', id, before: stored.definition });
    return {};
  },
});
