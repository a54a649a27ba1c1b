// The models that were trained, and which is live: what `gavel models` tells and does, for operators. A version with a
// policy of its own is promoted and taken back like any other. Rules: docs/training.md.

import { z } from 'zod';
import { isRefusal, modelEntry, promoted, pruned, type RegistryRefusal, rolledBack } from '../../model_registry.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { type Failure, fail, isFailure, notFound } from '../errors.js';
import { operation } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter } from './rows.js';

const KEEP_DEFAULT = 5;
const VERSION = /^([1-9]\d{0,9}|live)$/;
const operators = { kind: 'operator' } as const;
const reason = z.string().min(1).max(400).default('by the admin API');

export const listModels = operation({
  id: 'listModels',
  kind: 'read',
  method: 'GET',
  path: '/models',
  tag: 'models',
  summary: 'List the versions of the model, the latest first',
  who: operators,
  query: pageQuery.extend({ state: modelEntry.shape.state.optional() }),
  response: pageOf(modelEntry),
  handle: async ({ query: { cursor, limit, state }, host }) => {
    const after = readCursor(cursor);
    if (isFailure(after)) return after;
    const entries = await host.models.list();
    if (isRefusal(entries)) return refused(entries);
    const behind = after === undefined ? Number.POSITIVE_INFINITY : Number(after);
    const wanted = entries
      .filter((entry) => entry.version < behind && (state === undefined || entry.state === state))
      .sort((a, b) => b.version - a.version);
    const items = wanted.slice(0, limit);
    const last = items.at(-1);
    return { body: { items, next_cursor: wanted.length > limit && last ? cursorAfter(String(last.version)) : null } };
  },
});

export const getModel = operation({
  id: 'getModel',
  kind: 'read',
  method: 'GET',
  path: '/models/{model}',
  tag: 'models',
  summary: 'Read all that is known of a version; `live` is the one that bids',
  who: operators,
  response: modelEntry,
  example: { path: { model: 'live' } },
  handle: async ({ path, host }) => {
    const version = parameter(path, 'model');
    const entry = VERSION.test(version) ? await host.models.show(version) : undefined;
    if (entry === undefined) return notFound('model');
    return isRefusal(entry) ? refused(entry) : { body: entry };
  },
});

export const promoteModel = operation({
  id: 'promoteModel',
  kind: 'change',
  method: 'POST',
  path: '/models/{model}/promote',
  tag: 'models',
  summary: 'Make a version the one that bids, in every bidder on the bus, within a second',
  who: operators,
  body: z.strictObject({ reason }),
  response: promoted,
  example: { path: { model: '2' }, body: { reason: 'better on held-out traffic' } },
  handle: async ({ path, body, host, audit }) => {
    const version = parameter(path, 'model');
    if (!/^[1-9]\d{0,9}$/.test(version)) return notFound('model');
    // Before the step: if it is refused, this is taken back.
    await audit({ action: 'start', entity: 'model', id: version, after: { reason: body.reason } });
    const done = await host.models.promote(version, body.reason);
    return isRefusal(done) ? refused(done) : { body: done };
  },
});

export const rollBackModel = operation({
  id: 'rollBackModel',
  kind: 'change',
  method: 'POST',
  path: '/models/rollback',
  tag: 'models',
  summary: 'Take the live model back: to its parent, or to a version',
  who: operators,
  body: z.strictObject({ to: z.int().min(1).optional(), reason }),
  response: rolledBack,
  example: { body: { to: 1, reason: 'spends too early' } },
  handle: async ({ body: { to, reason: why }, host, audit }) => {
    await audit({ action: 'stop', entity: 'model', id: 'live', after: { to: to ?? 'parent', reason: why } });
    const done = await host.models.rollBack(to, why);
    return isRefusal(done) ? refused(done) : { body: done };
  },
});

export const pruneModels = operation({
  id: 'pruneModels',
  kind: 'change',
  method: 'POST',
  path: '/models/prune',
  tag: 'models',
  summary: 'Delete the bytes of old versions: all but the live ones, their parent and the newest',
  who: operators,
  body: z.strictObject({ keep: z.int().min(0).max(1000).default(KEEP_DEFAULT).describe('Of the newest') }),
  response: pruned,
  example: { body: { keep: 5 } },
  handle: async ({ body: { keep }, host, audit }) => {
    await audit({ action: 'delete', entity: 'models', id: 'bytes', after: { keep } });
    const done = await host.models.prune(keep);
    return isRefusal(done) ? refused(done) : { body: done };
  },
});

function refused({ problem }: RegistryRefusal): Failure {
  return problem.startsWith('no version') ? fail('not_found', problem) : fail('registry_refused', problem);
}
