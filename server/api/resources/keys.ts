// API keys, of an account or of the installation (an operator's): made, listed, rotated, revoked. The key itself is
// told in the answer that makes it and never again; what is kept is its SHA-256. No key makes one that may more than
// itself.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import { type Db, toJson } from '../../sql/database.js';
import type { ApiKeysTable } from '../../sql/schema/accounts.js';
import { makeKey, type NewKey } from '../api_key.js';
import { excessOf, ROLES } from '../caller.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { fail, isFailure, notFound } from '../errors.js';
import { type Operation, operation, type PathValues, type Who } from '../operation.js';
import { TAGS } from '../tags.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, present, timeText } from './rows.js';
import { inAccount } from './who.js';

/** How long the old key still counts after a rotation, at most. */
const GRACE_S_MAX = 7 * 86_400;

const keyBody = z.strictObject({
  name: z.string().min(1).max(256),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(TAGS)).max(50).default([]).describe('Tags of operations; none: all'),
  expires_at: z.iso.datetime().optional(),
});
const installationKeyBody = keyBody.extend({ role: z.literal('admin').default('admin') });
const keyShown = keyBody.extend({
  scopes: z.array(z.string()),
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

/** Whose keys they are. */
interface Owner {
  /** Before `Key` in ids of operations. */
  readonly prefix: '' | 'Installation';
  readonly path: string;
  readonly who: Who;
  readonly body: typeof keyBody | typeof installationKeyBody;
  /** Null: of the installation. */
  readonly account: (at: PathValues) => string | null;
  /** Of its path. */
  readonly example: PathValues;
  readonly made: { readonly name: string } & Readonly<Record<string, unknown>>;
}

function keysOf({ prefix, path, who, body: keyFields, account: accountIn, example, made: exampleKey }: Owner) {
  const one = `${path}/{key}`;
  const whose = prefix === '' ? 'an API key' : 'an API key of the installation, an operator’s';
  const exampleOne = { ...example, key: `create${prefix}Key.id` };

  const list = operation({
    id: `list${prefix}Keys`,
    kind: 'read',
    method: 'GET',
    path,
    tag,
    summary: `List ${prefix === '' ? 'API keys' : 'API keys of the installation'}, without the keys themselves`,
    who,
    query: pageQuery,
    response: pageOf(keyShown),
    example: { path: example },
    handle: async ({ db, path: at, query }) => {
      const after = readCursor(query.cursor);
      if (isFailure(after)) return after;
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('account_id', 'is not distinct from', accountIn(at))
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
    id: `create${prefix}Key`,
    kind: 'change',
    method: 'POST',
    path,
    tag,
    summary: `Make ${whose}`,
    who,
    body: keyFields,
    response: keyTold,
    status: 201,
    example: { path: example, body: exampleKey },
    handle: async ({ db, path: at, body, audit, caller, nowMs }) => {
      const untilMs = body.expires_at === undefined ? undefined : Date.parse(body.expires_at);
      if (untilMs !== undefined && untilMs <= nowMs) {
        return fail('invalid_body', 'the body does not fit', { details: ['expires_at: is over already'] });
      }
      const excess = excessOf(caller, { scopes: body.scopes, untilMs });
      if (excess !== undefined) return fail('forbidden', excess);
      const account = accountIn(at);
      const made = makeKey();
      const shown = await insertKey(db, account, made, body);
      await audit({ account: account ?? undefined, action: 'create', entity: 'key', id: made.id, after: shown });
      return { body: shown, once: { key: made.key } };
    },
  });

  const rotate = operation({
    id: `rotate${prefix}Key`,
    kind: 'change',
    method: 'POST',
    path: `${one}/rotate`,
    tag,
    summary: `Replace ${whose} by a new one with the same rights`,
    who,
    body: rotation,
    response: keyTold,
    status: 201,
    example: { path: exampleOne, body: { grace_s: 3600 } },
    handle: async ({ db, path: at, body, audit, caller, nowMs }) => {
      const account = accountIn(at);
      const old = await keyOf(db, account, at);
      if (old === undefined) return notFound('key');
      // Who rotates a key holds it afterwards.
      const excess = excessOf(caller, { scopes: old.scopes, untilMs: old.expires_at?.getTime() });
      if (excess !== undefined) return fail('forbidden', excess);
      if (old.revoked_at !== null) return fail('conflict', 'this key is revoked already');
      if (old.expires_at !== null && old.expires_at.getTime() <= nowMs) return fail('conflict', 'this key has expired');
      const made = makeKey();
      const { name, role, scopes, expires_at } = shownOf(old);
      const shown = await insertKey(db, account, made, { name, role, scopes, expires_at });
      await db
        .updateTable('api_keys')
        .set({ revoked_at: new Date(nowMs + body.grace_s * 1000), replaced_by: made.id })
        .where('id', '=', old.id)
        .execute();
      const change = { entity: 'key', id: old.id, before: shownOf(old), after: shown };
      await audit({ account: account ?? undefined, action: 'rotate', ...change });
      return { body: shown, once: { key: made.key } };
    },
  });

  const revoke = operation({
    id: `revoke${prefix}Key`,
    kind: 'change',
    method: 'DELETE',
    path: one,
    tag,
    summary: `Revoke ${whose} at once`,
    who,
    status: 204,
    example: { path: exampleOne },
    handle: async ({ db, path: at, audit, nowMs }) => {
      const account = accountIn(at);
      const old = await keyOf(db, account, at);
      if (old === undefined) return notFound('key');
      if (old.revoked_at !== null && old.revoked_at.getTime() <= nowMs) return {};
      await db
        .updateTable('api_keys')
        .set({ revoked_at: new Date(nowMs) })
        .where('id', '=', old.id)
        .execute();
      const change = { entity: 'key', id: old.id, before: shownOf(old) };
      await audit({ account: account ?? undefined, action: 'delete', ...change });
      return {};
    },
  });

  return [create, list, rotate, revoke];
}

export const keyOperations: readonly Operation[] = [
  ...keysOf({
    prefix: '',
    path: '/accounts/{account}/keys',
    who: inAccount('admin'),
    body: keyBody,
    account: (at) => parameter(at, 'account'),
    example: { account: 'acme' },
    made: { name: 'reporting', role: 'viewer', scopes: ['campaigns', 'reports'] },
  }),
  ...keysOf({
    prefix: 'Installation',
    path: '/keys',
    who: { kind: 'operator' },
    body: installationKeyBody,
    account: () => null,
    example: {},
    made: { name: 'monitoring', scopes: ['live'] },
  }),
];

function keyOf(db: Db, account: string | null, at: PathValues): Promise<Selectable<ApiKeysTable> | undefined> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('account_id', 'is not distinct from', account)
    .where('id', '=', parameter(at, 'key'))
    .executeTakeFirst();
}

type KeyRights = Pick<Key, 'name' | 'role' | 'scopes'> & { readonly expires_at?: string | undefined };

async function insertKey(db: Db, account_id: string | null, made: NewKey, rights: KeyRights): Promise<Key> {
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
