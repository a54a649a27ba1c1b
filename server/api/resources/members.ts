// The users of an account, as its admins have them: they make new ones in it, and give and take roles in it and nowhere
// else. A user's password and his other accounts are the operators' business; nobody changes his own role.

import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import type { Db } from '../../sql/database.js';
import { ROLES } from '../caller.js';
import type { Call, PathValues } from '../operation.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { hashedIn, password, rolesGuarded } from './user_rules.js';
import { inAccount } from './who.js';

const memberShown = z.strictObject({
  id,
  email: z.email().max(320),
  name: z.string().max(256).optional(),
  role: z.enum(ROLES).describe('In this account'),
});
const memberBody = memberShown.extend({
  password: password.optional().describe('Never told again; without it, no login'),
});
type Member = z.output<typeof memberShown>;
type MemberBody = z.output<typeof memberBody>;

const store: Store<MemberBody, Member> = {
  async list(db, path, { after, limit }) {
    const rows = await membersOf(db, path)
      .$if(after !== undefined, (query) => query.where('u.id', '>', after ?? ''))
      .orderBy('u.id')
      .limit(limit)
      .execute();
    return rows.map((row) => shownOf(row, path));
  },
  async get(db, path) {
    const row = await membersOf(db, path).where('u.id', '=', parameter(path, 'user')).executeTakeFirst();
    return row && shownOf(row, path);
  },
  async insert(db, path, { id: user, email, name = null, role, password: password_hash = null }) {
    await db.insertInto('users').values({ id: user, email, name, password_hash }).execute();
    await db
      .insertInto('account_users')
      .values({ account_id: parameter(path, 'account'), user_id: user, role })
      .execute();
  },
  async update(db, path, { role }) {
    await roleOf(db, path).set({ role }).execute();
    await raised(db, path);
  },
  async remove(db, path) {
    await db
      .deleteFrom('account_users')
      .where('account_id', '=', parameter(path, 'account'))
      .where('user_id', '=', parameter(path, 'user'))
      .execute();
    await raised(db, path);
  },
};

function membersOf(db: Db, path: PathValues) {
  return db
    .selectFrom('account_users as a')
    .innerJoin('users as u', 'u.id', 'a.user_id')
    .select(['u.id', 'u.email', 'u.name', 'u.version', 'a.role'])
    .where('a.account_id', '=', parameter(path, 'account'));
}

function roleOf(db: Db, path: PathValues) {
  return db
    .updateTable('account_users')
    .where('account_id', '=', parameter(path, 'account'))
    .where('user_id', '=', parameter(path, 'user'));
}

async function raised(db: Db, path: PathValues): Promise<void> {
  await db.updateTable('users').set(changedRow).where('id', '=', parameter(path, 'user')).execute();
}

interface Row extends Omit<Member, 'name'> {
  readonly name: string | null;
  readonly version: number;
}

function shownOf({ id: user, email, name, role, version }: Row, path: PathValues): Stored<Member> {
  return { version, account: parameter(path, 'account'), shown: { id: user, email, ...present('name', name), role } };
}

const all = crud({
  names: ['Member', 'Members'],
  noun: 'member',
  tag: 'users',
  path: '/accounts/{account}/users',
  parameter: 'user',
  body: memberBody,
  shown: memberShown,
  fixed: ['email', 'name', 'password'],
  who: {
    list: inAccount('admin'),
    read: inAccount('admin'),
    create: inAccount('admin'),
    change: inAccount('admin'),
  },
  changesBook: false,
  store,
  example: {
    path: { account: 'acme' },
    body: { id: 'grace', email: 'grace@acme.example', password: 'staple horse battery', role: 'viewer' },
    patch: { role: 'trader' },
  },
});

const notHimself = ({ caller, path }: Call): string | undefined =>
  caller.actor === `user:${parameter(path, 'user')}` ? 'nobody changes his own role' : undefined;

export const members = {
  ...all,
  create: rolesGuarded(hashedIn(all.create)),
  change: rolesGuarded(all.change, notHimself),
  remove: rolesGuarded(all.remove, notHimself),
};
