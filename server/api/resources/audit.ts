// The audit log: who changed what, and when, with what was before and after.

import { z } from 'zod';
import type { Db } from '../../sql/database.js';
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

const LISTED = { kind: 'read', method: 'GET', tag: 'audit', query: pageQuery } as const;

export const listChanges = operation({
  ...LISTED,
  id: 'listChanges',
  path: '/accounts/{account}/audit',
  summary: 'List the changes of an account, the latest first',
  who: inAccount('admin'),
  response: pageOf(entry),
  example: { path: { account: 'acme' }, query: { limit: '10' } },
  handle: async ({ db, path, query }) => {
    const page = await changesOf(db, query, parameter(path, 'account'));
    if (isFailure(page)) return page;
    return { body: { ...page, items: page.items.map(({ account: _, ...change }) => change) } };
  },
});

export const listAllChanges = operation({
  ...LISTED,
  id: 'listAllChanges',
  path: '/audit',
  summary: 'List the changes of all accounts and of the installation, the latest first',
  who: { kind: 'operator' },
  response: pageOf(entry.extend({ account: z.string().nullable().describe('Null: of the installation') })),
  example: { query: { limit: '10' } },
  handle: async ({ db, query }) => {
    const page = await changesOf(db, query, undefined);
    return isFailure(page) ? page : { body: page };
  },
});

/** A page of the log. @param account undefined: of all, and of the installation */
async function changesOf(db: Db, query: z.output<typeof pageQuery>, account: string | undefined) {
  const after = readCursor(query.cursor);
  if (isFailure(after)) return after;
  const rows = await db
    .selectFrom('audit_log')
    .selectAll()
    .$if(account !== undefined, (rest) => rest.where('account_id', '=', account ?? ''))
    .$if(after !== undefined, (rest) => rest.where('id', '<', Number(after) || 0))
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const items = rows.slice(0, query.limit).map(({ id, at, actor_kind, actor_id, action, entity, ...row }) => {
    const { account_id, entity_id, before, after: then, request_id } = row;
    const actor = `${actor_kind}:${actor_id}`;
    const change = { id, at: timeText(at), actor, action, entity, entity_id, before, after: then, request_id };
    return { ...change, account: account_id };
  });
  const last = items.at(-1);
  return { items, next_cursor: rows.length > query.limit && last ? cursorAfter(String(last.id)) : null };
}
