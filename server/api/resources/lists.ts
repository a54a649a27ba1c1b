// Lists of an account, domains or keywords under one name. Ad groups refer to lists of domains.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import type { Db } from '../../sql/database.js';
import type { ListsTable } from '../../sql/schema/campaigns.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { inAccount } from './who.js';

const ENTRIES_MAX = 10_000;
/** Below the parameters that one statement of PostgreSQL takes, 65,535. */
const ROWS_AT_ONCE = 10_000;

const listBody = z.strictObject({
  id,
  kind: z.enum(['domain', 'keyword']),
  name: z.string().max(256).optional(),
  description: z.string().max(2000).optional(),
  entries: z
    .array(z.string().min(1).max(256))
    .max(ENTRIES_MAX)
    .refine((entries) => new Set(entries).size === entries.length, 'each entry once'),
});
type List = z.output<typeof listBody>;

const store: Store<List, List> = {
  async list(db, path, { after, limit }) {
    const rows = await db
      .selectFrom('lists')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return withEntries(db, rows);
  },
  async get(db, path) {
    const rows = await db
      .selectFrom('lists')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'list'))
      .execute();
    return (await withEntries(db, rows))[0];
  },
  async insert(db, path, { entries, ...columns }) {
    const account_id = parameter(path, 'account');
    await db
      .insertInto('lists')
      .values({ account_id, ...columns })
      .execute();
    await insertEntries(db, account_id, columns.id, entries);
  },
  async update(db, path, { id: list, kind: _, entries, name = null, description = null }) {
    const account_id = parameter(path, 'account');
    await db
      .updateTable('lists')
      .set({ name, description, ...changedRow })
      .where('account_id', '=', account_id)
      .where('id', '=', list)
      .execute();
    await db.deleteFrom('list_entries').where('account_id', '=', account_id).where('list_id', '=', list).execute();
    await insertEntries(db, account_id, list, entries);
  },
  async remove(db, path) {
    await db
      .deleteFrom('lists')
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'list'))
      .execute();
  },
};

async function insertEntries(db: Db, account_id: string, list_id: string, entries: readonly string[]): Promise<void> {
  for (let from = 0; from < entries.length; from += ROWS_AT_ONCE) {
    const rows = entries.slice(from, from + ROWS_AT_ONCE).map((entry) => ({ account_id, list_id, entry }));
    await db.insertInto('list_entries').values(rows).execute();
  }
}

async function withEntries(db: Db, rows: readonly Selectable<ListsTable>[]): Promise<Stored<List>[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const entries = await db
    .selectFrom('list_entries')
    .select(['list_id', 'entry'])
    .where('account_id', '=', first.account_id)
    .where(
      'list_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('entry')
    .execute();
  const byList = new Map<string, string[]>(rows.map((row) => [row.id, []]));
  for (const { list_id: list, entry } of entries) byList.get(list)?.push(entry);
  return rows.map(({ id: list, kind, account_id: account, version, ...row }) => {
    const texts = { ...present('name', row.name), ...present('description', row.description) };
    return { version, account, shown: { id: list, kind, ...texts, entries: byList.get(list) ?? [] } };
  });
}

export const lists = crud({
  names: ['List', 'Lists'],
  noun: 'list',
  tag: 'lists',
  path: '/accounts/{account}/lists',
  parameter: 'list',
  body: listBody,
  shown: listBody,
  fixed: ['kind'],
  who: {
    list: inAccount('viewer'),
    read: inAccount('viewer'),
    create: inAccount('trader'),
    change: inAccount('trader'),
  },
  changesBook: true,
  store,
  example: {
    path: { account: 'acme' },
    body: { id: 'unsafe', kind: 'domain', name: 'Not beside our ads', entries: ['rumours.example'] },
    patch: { entries: ['gossip.example', 'rumours.example'] },
  },
});
