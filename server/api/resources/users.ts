// Users: people who log in. What one may is a role in each account he belongs to; operators may everything. Operators
// see all of them here; the admins of an account have those of their own in members.ts.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import type { Db } from '../../sql/database.js';
import type { UsersTable } from '../../sql/schema/accounts.js';
import { ROLES } from '../caller.js';
import { operation } from '../operation.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { hashedIn, password, rolesGuarded } from './user_rules.js';

const userShown = z.strictObject({
  id,
  email: z.email().max(320),
  name: z.string().max(256).optional(),
  operator: z.boolean().default(false).describe('Sees and changes everything'),
  status: z.enum(['active', 'disabled']).default('active'),
  roles: z.record(id, z.enum(ROLES)).default({}).describe('Role by account'),
});
const userBody = userShown.extend({ password: password.optional().describe('Never told again; without it, no login') });
type User = z.output<typeof userShown>;
type UserBody = z.output<typeof userBody>;

/** Passwords have become their hashes before a store sees them (`hashedIn`). */
const store: Store<UserBody, User> = {
  async list(db, _path, { after, limit }) {
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return withRoles(db, rows);
  },
  async get(db, path) {
    const rows = await db.selectFrom('users').selectAll().where('id', '=', parameter(path, 'user')).execute();
    return (await withRoles(db, rows))[0];
  },
  async insert(db, _path, { id: user, password: password_hash = null, roles, email, name = null, operator, status }) {
    await db.insertInto('users').values({ id: user, email, name, operator, status, password_hash }).execute();
    await insertRoles(db, user, roles);
  },
  async update(db, path, { password: given, roles, email, name = null, operator, status }) {
    const user = parameter(path, 'user');
    // A new password ends what the old one has opened.
    const hashed = given === undefined ? {} : { password_hash: given, tokens_valid_from: new Date() };
    await db
      .updateTable('users')
      .set({ email, name, operator, status, ...hashed, ...changedRow })
      .where('id', '=', user)
      .execute();
    await db.deleteFrom('account_users').where('user_id', '=', user).execute();
    await insertRoles(db, user, roles);
  },
  async remove(db, path) {
    await db.deleteFrom('users').where('id', '=', parameter(path, 'user')).execute();
  },
};

async function insertRoles(db: Db, user_id: string, roles: User['roles']): Promise<void> {
  const rows = Object.entries(roles).map(([account_id, role]) => ({ account_id, user_id, role }));
  if (rows.length > 0) await db.insertInto('account_users').values(rows).execute();
}

async function withRoles(db: Db, rows: readonly Selectable<UsersTable>[]): Promise<Stored<User>[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const all = await db.selectFrom('account_users').selectAll().where('user_id', 'in', ids).execute();
  return rows.map(({ id: user, email, operator, status, version, ...row }) => {
    const roles = Object.fromEntries(
      all.filter((one) => one.user_id === user).map((one) => [one.account_id, one.role] as const),
    );
    const shown = { id: user, email, ...present('name', row.name), operator, status, roles };
    return { version, account: undefined, shown };
  });
}

const all = crud({
  names: ['User', 'Users'],
  noun: 'user',
  tag: 'users',
  path: '/users',
  parameter: 'user',
  body: userBody,
  shown: userShown,
  who: {
    list: { kind: 'operator' },
    read: { kind: 'operator' },
    create: { kind: 'operator' },
    change: { kind: 'operator' },
  },
  changesBook: false,
  store,
  example: {
    body: {
      id: 'ada',
      email: 'ada@acme.example',
      password: 'correct horse battery',
      roles: { acme: 'trader' },
    },
    patch: { roles: { acme: 'admin' } },
  },
});

export const users = {
  ...all,
  create: rolesGuarded(hashedIn(all.create)),
  change: rolesGuarded(hashedIn(all.change)),
};

export const whoAmI = operation({
  id: 'whoAmI',
  kind: 'read',
  method: 'GET',
  path: '/me',
  tag: 'access',
  summary: 'What these credentials stand for',
  who: { kind: 'caller' },
  response: z.strictObject({
    actor: z.string(),
    operator: z.boolean(),
    roles: z.record(z.string(), z.enum(ROLES)),
    scopes: z.array(z.string()).nullable(),
  }),
  handle: async ({ caller: { actor, operator, roles, scopes } }) => ({
    body: { actor, operator, roles: Object.fromEntries(roles), scopes: scopes ?? null },
  }),
});
