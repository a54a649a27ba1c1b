// The audit log: who changed what, and when, with what was before and after.

import { z } from 'zod';
import { cursorAfter, readCursor } from '../cursor.js';
import { isFailure } from '../errors.js';
import { operation } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

const entry = z.strictObject({
  id: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  entity: z.string(),
  entity_id: z.string(),
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  request_id: z.string().nullable(),
});

export const listChanges = operation({
  id: 'listChanges',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/audit',
  tag: 'audit',
  summary: 'List the changes of an account, the latest first',
  who: inAccount('admin'),
  query: pageQuery,
  response: pageOf(entry),
  example: { path: { account: 'acme' }, query: { limit: '10' } },
  handle: async ({ db, path, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('audit_log')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .$if(after !== undefined, (rest) => rest.where('id', '<', Number(after) || 0))
      .orderBy('id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const items = rows.slice(0, query.limit).map(({ id, at, actor_kind, actor_id, action, entity, ...row }) => {
      const { entity_id, before, after: then, request_id } = row;
      const actor = `${actor_kind}:${actor_id}`;
      return { id, at: timeText(at), actor, action, entity, entity_id, before, after: then, request_id };
    });
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > query.limit && last ? cursorAfter(String(last.id)) : null } };
  },
});
