// Accounts: whose campaigns they are. Only operators make them; each one's admins change it.

import type { Selectable } from 'kysely';
import type { z } from 'zod';
import { account as accountInFile } from '../../../bidcore/campaign_file.js';
import { toJson } from '../../sql/database.js';
import type { AccountsTable } from '../../sql/schema/accounts.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { inAccount } from './who.js';

const accountBody = accountInFile.pick({ id: true, name: true, seat: true, time_zone: true, policy: true });
type Account = z.output<typeof accountBody>;

const store: Store<Account, Account> = {
  async list(db, _path, { after, limit, accounts }) {
    const rows = await db
      .selectFrom('accounts')
      .selectAll()
      .where('status', '=', 'active')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .$if(accounts !== undefined, (query) => query.where('id', 'in', [...(accounts ?? []), '']))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(shownOf);
  },
  async get(db, path) {
    const row = await db
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', parameter(path, 'account'))
      .where('status', '=', 'active')
      .executeTakeFirst();
    return row && shownOf(row);
  },
  async insert(db, _path, { policy, ...columns }) {
    await db
      .insertInto('accounts')
      .values({ ...columns, policy: toJson(policy) })
      .execute();
  },
  async update(db, path, { id: _, name = null, policy, ...columns }) {
    await db
      .updateTable('accounts')
      .set({ ...columns, name, policy: toJson(policy), ...changedRow })
      .where('id', '=', parameter(path, 'account'))
      .execute();
  },
  async remove(db, path) {
    await db
      .updateTable('accounts')
      .set({ status: 'closed', ...changedRow })
      .where('id', '=', parameter(path, 'account'))
      .execute();
  },
};

function shownOf(row: Selectable<AccountsTable>): Stored<Account> {
  const { id, seat, time_zone, policy, version } = row;
  return { version, account: id, shown: { id, ...present('name', row.name), seat, time_zone, policy } };
}

export const accounts = crud({
  names: ['Account', 'Accounts'],
  noun: 'account',
  tag: 'accounts',
  path: '/accounts',
  parameter: 'account',
  body: accountBody,
  shown: accountBody,
  who: {
    list: { kind: 'caller' },
    read: inAccount('viewer'),
    create: { kind: 'operator' },
    change: inAccount('admin'),
  },
  changesBook: true,
  store,
  example: {
    body: { id: 'acme', name: 'Acme', seat: 'acme-seat', time_zone: 'Europe/Berlin' },
    patch: { name: 'Acme Shoes' },
  },
});
