// Creatives of an account, in the form they have in the campaign file.

import type { Selectable } from 'kysely';
import { type Creative, creative } from '../../../bidcore/creative_file.js';
import { toJson } from '../../sql/database.js';
import type { CreativesTable } from '../../sql/schema/campaigns.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { inAccount } from './who.js';

const store: Store<Creative, Creative> = {
  async list(db, path, { after, limit }) {
    const rows = await db
      .selectFrom('creatives')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('status', '=', 'active')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(shownOf);
  },
  async get(db, path) {
    const row = await db
      .selectFrom('creatives')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'creative'))
      .where('status', '=', 'active')
      .executeTakeFirst();
    return row && shownOf(row);
  },
  async insert(db, path, value) {
    await db
      .insertInto('creatives')
      .values({ account_id: parameter(path, 'account'), id: value.id, ...columnsOf(value) })
      .execute();
  },
  async update(db, path, value) {
    await db
      .updateTable('creatives')
      .set({ ...columnsOf(value), ...changedRow })
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', value.id)
      .execute();
  },
  async remove(db, path) {
    await db
      .updateTable('creatives')
      .set({ status: 'archived', ...changedRow })
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'creative'))
      .execute();
  },
};

function columnsOf({ id: _, name, type: format, ...content }: Creative) {
  return { name: name ?? null, format, content: toJson(content) };
}

function shownOf(row: Selectable<CreativesTable>): Stored<Creative> {
  const { account_id: account, id, format: type, content, version } = row;
  // It was checked as a whole before its parts were kept.
  const shown = { id, ...present('name', row.name), type, ...content } as Creative;
  return { version, account, shown };
}

export const creatives = crud({
  names: ['Creative', 'Creatives'],
  noun: 'creative',
  tag: 'creatives',
  path: '/accounts/{account}/creatives',
  parameter: 'creative',
  body: creative,
  shown: creative,
  fixed: ['type'],
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
    body: {
      id: 'banner-300x250',
      type: 'banner',
      w: 300,
      h: 250,
      advertiser_domains: ['acme.example'],
      landing_url: 'https://acme.example/sale',
      image_url: 'https://cdn.acme.example/300x250.png',
    },
    patch: { name: 'Spring banner' },
  },
});
