// API keys of an account: made, listed, rotated, revoked. The key itself is told in the answer that makes it and never
// again; what is kept is its SHA-256.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import { type Db, toJson } from '../../sql/database.js';
import type { ApiKeysTable } from '../../sql/schema/accounts.js';
import { makeKey, type NewKey } from '../api_key.js';
import { ROLES } from '../caller.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { fail, isFailure, notFound } from '../errors.js';
import { type Operation, operation, type PathValues } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, present, timeText } from './rows.js';
import { inAccount } from './who.js';

/** How long the old key still counts after a rotation, at most. */
const GRACE_S_MAX = 7 * 86_400;

const keyBody = z.strictObject({
  name: z.string().min(1).max(256),
  role: z.enum(ROLES),
  scopes: z.array(z.string().min(1).max(64)).max(50).default([]).describe('Tags of operations; none: all'),
  expires_at: z.iso.datetime().optional(),
});
const keyShown = keyBody.extend({
  id,
  prefix: z.string(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().optional(),
  revoked_at: z.iso.datetime().optional(),
  replaced_by: id.optional(),
});
type Key = z.output<typeof keyShown>;
const keyTold = keyShown.extend({ key: z.string().optional().describe('Told once') });

const rotation = z.strictObject({
  grace_s: z.int().min(0).max(GRACE_S_MAX).default(0).describe('Seconds that the old key counts for still'),
});

const tag = 'keys';
const path = '/accounts/{account}/keys';
const one = `${path}/{key}`;

const list = operation({
  id: 'listKeys',
  kind: 'read',
  method: 'GET',
  path,
  tag,
  summary: 'List API keys, without the keys themselves',
  who: inAccount('admin'),
  query: pageQuery,
  response: pageOf(keyShown),
  example: { path: { account: 'acme' } },
  handle: async ({ db, path: at, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('api_keys')
      .selectAll()
      .where('account_id', '=', parameter(at, 'account'))
      .$if(after !== undefined, (rest) => rest.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(query.limit + 1)
      .execute();
    const items = rows.slice(0, query.limit).map(shownOf);
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > query.limit && last ? cursorAfter(last.id) : null } };
  },
});

const create = operation({
  id: 'createKey',
  kind: 'change',
  method: 'POST',
  path,
  tag,
  summary: 'Make an API key',
  who: inAccount('admin'),
  body: keyBody,
  response: keyTold,
  status: 201,
  example: { path: { account: 'acme' }, body: { name: 'reporting', role: 'viewer', scopes: ['campaigns', 'reports'] } },
  handle: async ({ db, path: at, body, audit, caller }) => {
    const { scopes } = caller;
    if (scopes !== undefined && (body.scopes.length === 0 || !body.scopes.every((scope) => scopes.includes(scope)))) {
      return fail('forbidden', `a key that is kept to ${scopes.join(', ')} makes none that may more`);
    }
    const account = parameter(at, 'account');
    const made = makeKey();
    const shown = await insertKey(db, account, made, body);
    await audit({ account, action: 'create', entity: 'key', id: made.id, after: shown });
    return { body: shown, once: { key: made.key } };
  },
});

const rotate = operation({
  id: 'rotateKey',
  kind: 'change',
  method: 'POST',
  path: `${one}/rotate`,
  tag,
  summary: 'Replace an API key by a new one with the same rights',
  who: inAccount('admin'),
  body: rotation,
  response: keyTold,
  status: 201,
  example: { path: { account: 'acme', key: 'KEY' }, body: { grace_s: 3600 } },
  handle: async ({ db, path: at, body, audit, nowMs }) => {
    const old = await keyOf(db, at);
    if (old === undefined) return notFound('key');
    if (old.revoked_at !== null) return fail('conflict', 'this key is revoked already');
    const account = parameter(at, 'account');
    const made = makeKey();
    const { name, role, scopes, expires_at } = shownOf(old);
    const shown = await insertKey(db, account, made, { name, role, scopes, expires_at });
    await db
      .updateTable('api_keys')
      .set({ revoked_at: new Date(nowMs + body.grace_s * 1000), replaced_by: made.id })
      .where('id', '=', old.id)
      .execute();
    await audit({ account, action: 'rotate', entity: 'key', id: old.id, before: shownOf(old), after: shown });
    return { body: shown, once: { key: made.key } };
  },
});

const revoke = operation({
  id: 'revokeKey',
  kind: 'change',
  method: 'DELETE',
  path: one,
  tag,
  summary: 'Revoke an API key at once',
  who: inAccount('admin'),
  status: 204,
  example: { path: { account: 'acme', key: 'KEY' } },
  handle: async ({ db, path: at, audit, nowMs }) => {
    const old = await keyOf(db, at);
    if (old === undefined) return notFound('key');
    await db
      .updateTable('api_keys')
      .set({ revoked_at: new Date(nowMs) })
      .where('id', '=', old.id)
      .execute();
    await audit({
      account: parameter(at, 'account'),
      action: 'delete',
      entity: 'key',
      id: old.id,
      before: shownOf(old),
    });
    return {};
  },
});

export const keyOperations: readonly Operation[] = [create, list, rotate, revoke];

function keyOf(db: Db, at: PathValues): Promise<Selectable<ApiKeysTable> | undefined> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('account_id', '=', parameter(at, 'account'))
    .where('id', '=', parameter(at, 'key'))
    .executeTakeFirst();
}

type KeyRights = Pick<Key, 'name' | 'role' | 'scopes'> & { readonly expires_at?: string | undefined };

async function insertKey(db: Db, account_id: string, made: NewKey, rights: KeyRights): Promise<Key> {
  const { name, role, scopes, expires_at = null } = rights;
  const row = await db
    .insertInto('api_keys')
    .values({
      id: made.id,
      account_id,
      name,
      role,
      scopes: toJson(scopes),
      key_prefix: made.prefix,
      key_sha256: made.digest,
      expires_at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return shownOf(row);
}

function shownOf(row: Selectable<ApiKeysTable>): Key {
  const { id: key, role, scopes, key_prefix: prefix, replaced_by } = row;
  const time = <K extends string>(name: K, at: Date | null) => present(name, at && timeText(at));
  return {
    id: key,
    name: row.name ?? key,
    role,
    scopes: [...scopes],
    prefix,
    created_at: timeText(row.created_at),
    ...time('expires_at', row.expires_at),
    ...time('last_used_at', row.last_used_at),
    ...time('revoked_at', row.revoked_at),
    ...present('replaced_by', replaced_by),
  };
}
