// Exchanges, in the form they have in the campaign file: their profile concerns all accounts, so only operators
// change it.

import type { Selectable } from 'kysely';
import { type ExchangeProfile, exchangeProfile } from '../../../bidcore/exchange_file.js';
import { type Db, toJson } from '../../sql/database.js';
import type { ExchangesTable } from '../../sql/schema/campaigns.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';

const store: Store<ExchangeProfile, ExchangeProfile> = {
  async list(db, _path, { after, limit }) {
    const rows = await db
      .selectFrom('exchanges')
      .selectAll()
      .where('status', '=', 'active')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return withSeats(db, rows);
  },
  async get(db, path) {
    const rows = await db
      .selectFrom('exchanges')
      .selectAll()
      .where('id', '=', parameter(path, 'exchange'))
      .where('status', '=', 'active')
      .execute();
    return (await withSeats(db, rows))[0];
  },
  async insert(db, _path, value) {
    await db
      .insertInto('exchanges')
      .values({ id: value.id, ...columnsOf(value) })
      .execute();
    await insertSeats(db, value);
  },
  async update(db, _path, value) {
    await db
      .updateTable('exchanges')
      .set({ ...columnsOf(value), ...changedRow })
      .where('id', '=', value.id)
      .execute();
    await db.deleteFrom('exchange_seats').where('exchange_id', '=', value.id).execute();
    await insertSeats(db, value);
  },
  async remove(db, path) {
    await db
      .updateTable('exchanges')
      .set({ status: 'archived', ...changedRow })
      .where('id', '=', parameter(path, 'exchange'))
      .execute();
  },
};

function columnsOf({ id: _, name, seats: __, ...profile }: ExchangeProfile) {
  return { name: name ?? null, profile: toJson(profile) };
}

async function insertSeats(db: Db, { id: exchange_id, seats }: ExchangeProfile): Promise<void> {
  const rows = Object.entries(seats).map(([account_id, seat]) => ({ exchange_id, account_id, seat }));
  if (rows.length > 0) await db.insertInto('exchange_seats').values(rows).execute();
}

async function withSeats(db: Db, rows: readonly Selectable<ExchangesTable>[]): Promise<Stored<ExchangeProfile>[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const seats = await db.selectFrom('exchange_seats').selectAll().where('exchange_id', 'in', ids).execute();
  return rows.map(({ id, profile, version, ...row }) => {
    const own = seats.filter((one) => one.exchange_id === id).map((one) => [one.account_id, one.seat] as const);
    const shown = { id, ...present('name', row.name), seats: Object.fromEntries(own), ...profile };
    return { version, account: undefined, shown };
  });
}

export const exchanges = crud({
  names: ['Exchange', 'Exchanges'],
  noun: 'exchange',
  tag: 'exchanges',
  path: '/exchanges',
  parameter: 'exchange',
  body: exchangeProfile,
  shown: exchangeProfile,
  who: {
    // Whom accounts bid under and how exchanges know us is nobody's business but the operator's.
    list: { kind: 'operator' },
    read: { kind: 'operator' },
    create: { kind: 'operator' },
    change: { kind: 'operator' },
  },
  changesBook: true,
  store,
  example: { body: { id: 'meadow', name: 'Meadow Exchange', qps: 5000 }, patch: { qps: 8000 } },
});
