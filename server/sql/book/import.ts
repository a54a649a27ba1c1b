// A campaign file into the tables, all of it or nothing. Rows that are there with the same id are changed, others made,
// in the order of the file. With `replace`, what the file does not have is archived: then the database says what the
// file says and nothing else.

import { type Insertable, sql } from 'kysely';
import type { CampaignFile } from '../../../bidcore/campaign_file.js';
import { type Db, inTransaction, type Tx } from '../database.js';
import { type RowError, rowErrorOf } from '../errors.js';
import type { Schema } from '../schema/index.js';
import {
  accountRow,
  adGroupRow,
  adRows,
  audienceCampaignRows,
  audienceRow,
  campaignRow,
  creativeRow,
  exchangeRow,
  exchangeSeatRows,
  settingsRow,
} from './rows_of_file.js';

export interface ImportOptions {
  /** Archive what the file does not have. */
  readonly replace: boolean;
}

/** What an import has written. */
export interface Imported {
  readonly accounts: number;
  readonly campaigns: number;
  readonly ad_groups: number;
  readonly creatives: number;
  readonly exchanges: number;
  /** Rows that were archived because the file does not have them. */
  readonly archived: number;
}

/** Rows of one statement: far below the 65,535 parameters that PostgreSQL's protocol takes. */
const ROWS_AT_ONCE = 500;
/** U+0000, and halves of surrogate pairs, as `JSON.stringify` escapes them: PostgreSQL keeps neither. */
const NOT_KEPT = /(?<!\\)(\\\\)*\\u(0000|d[89a-f])/;

/**
 * Imports a file that `parseCampaignFile` has read.
 * @returns what was written, or why nothing was
 */
export async function importCampaignFile(
  db: Db,
  file: CampaignFile,
  { replace }: ImportOptions,
): Promise<Imported | RowError> {
  if (NOT_KEPT.test(JSON.stringify(file))) {
    return { code: 'invalid_value', problem: '(file): a text has U+0000 or half of a surrogate pair' };
  }
  try {
    return await inTransaction(db, (tx) => importWith(tx, file, replace));
  } catch (error) {
    return error instanceof Refused ? error.reason : rowErrorOf(error);
  }
}

/** Thrown inside the transaction, so that it is rolled back. */
class Refused extends Error {
  constructor(readonly reason: RowError) {
    super(reason.problem);
  }
}

async function importWith(tx: Tx, file: CampaignFile, replace: boolean): Promise<Imported> {
  const { accounts, exchanges } = file;
  const campaigns = accounts.flatMap((account) => account.campaigns.map((campaign) => ({ account, campaign })));
  const groups = campaigns.flatMap(({ account, campaign }) =>
    campaign.ad_groups.map((group) => ({ account, campaign, group })),
  );
  const audiences = accounts.flatMap((account) => account.audiences.map((audience) => ({ account, audience })));
  const creatives = accounts.flatMap((account) => account.creatives.map((creative) => creativeRow(account, creative)));
  if (!replace) await refuseOtherCurrency(tx, file.currency);
  await refuseOtherOwners(tx, new Map(campaigns.map(({ account, campaign }) => [campaign.id, account.id])));

  // Everything first; the file then brings back what it has.
  if (replace) await archiveAll(tx);
  const groupRows = groups.map(({ account, campaign, group }) => adGroupRow(account, campaign, group));
  const segmentRows = audiences.map(({ account, audience }) => audienceRow(account, audience));
  await upsert(tx, 'settings', ['id'], [{ id: 1, ...settingsRow(file) }]);
  await upsert(tx, 'accounts', ['id'], accounts.map(accountRow));
  await upsert(tx, 'exchanges', ['id'], exchanges.map(exchangeRow));
  await upsert(tx, 'creatives', ['account_id', 'id'], creatives);
  const campaignRows = campaigns.map(({ account, campaign }) => campaignRow(account, campaign));
  await upsert(tx, 'campaigns', ['id'], campaignRows);
  await upsert(tx, 'ad_groups', ['campaign_id', 'id'], groupRows);
  await upsert(tx, 'segments', ['account_id', 'id'], segmentRows);

  await deleteLinks(
    tx,
    'exchange_seats',
    ['exchange_id'],
    exchanges.map(({ id }) => [id]),
  );
  await insert(tx, 'exchange_seats', exchanges.flatMap(exchangeSeatRows));
  const groupKeys = groupRows.map(({ campaign_id, id }) => [campaign_id, id]);
  await deleteLinks(tx, 'ad_group_creatives', ['campaign_id', 'ad_group_id'], groupKeys);
  // An exported file has the domains of lists in its targeting: a link that stayed would only say them again.
  await deleteLinks(tx, 'ad_group_lists', ['campaign_id', 'ad_group_id'], groupKeys);
  await insert(
    tx,
    'ad_group_creatives',
    groups.flatMap(({ account, campaign, group }) => adRows(account, campaign, group)),
  );
  const segmentKeys = segmentRows.map(({ account_id, id }) => [account_id, id]);
  await deleteLinks(tx, 'segment_campaigns', ['account_id', 'segment_id'], segmentKeys);
  const members = audiences.flatMap(({ account, audience }) => audienceCampaignRows(account, audience));
  await insert(tx, 'segment_campaigns', members);
  return {
    accounts: accounts.length,
    campaigns: campaigns.length,
    ad_groups: groups.length,
    creatives: creatives.length,
    exchanges: exchanges.length,
    archived: replace ? await archivedCount(tx) : 0,
  };
}

/** All money of a database is in one currency. */
async function refuseOtherCurrency(tx: Tx, currency: string): Promise<void> {
  const settings = await tx.selectFrom('settings').select('currency').executeTakeFirst();
  if (settings === undefined || settings.currency === currency) return;
  const problem = `currency: the database is in ${settings.currency}; only --replace changes it`;
  throw new Refused({ code: 'invalid_value', problem });
}

/** A campaign's id is known to the exchanges and to the books of its money: it does not change hands. */
async function refuseOtherOwners(tx: Tx, owners: ReadonlyMap<string, string>): Promise<void> {
  for (const ids of chunks([...owners.keys()])) {
    const found = await tx.selectFrom('campaigns').select(['id', 'account_id']).where('id', 'in', ids).execute();
    const other = found.find(({ id, account_id }) => owners.get(id) !== account_id);
    if (other === undefined) continue;
    throw new Refused({ code: 'already_exists', problem: `campaign ${other.id} is of account ${other.account_id}` });
  }
}

const ARCHIVED: readonly (readonly [table: keyof Schema, status: string])[] = [
  ['accounts', 'closed'],
  ['exchanges', 'archived'],
  ['creatives', 'archived'],
  ['campaigns', 'archived'],
  ['ad_groups', 'archived'],
  ['segments', 'archived'],
];

async function archiveAll(tx: Tx): Promise<void> {
  for (const [table, status] of ARCHIVED) {
    await sql`
      update ${sql.table(table)} set status = ${status}, version = version + 1, updated_at = now()
      where status <> ${status} ${ofFile(table)}`.execute(tx);
  }
}

/** Those this transaction has archived and not brought back: `now()` is when it began. */
async function archivedCount(tx: Tx): Promise<number> {
  let count = 0;
  for (const [table, status] of ARCHIVED) {
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from ${sql.table(table)}
      where status = ${status} and updated_at = now() ${ofFile(table)}`.execute(tx);
    count += rows[0]?.n ?? 0;
  }
  return count;
}

/** A campaign file knows of no segments but audiences. */
function ofFile(table: keyof Schema) {
  return table === 'segments' ? sql`and kind = 'audience'` : sql``;
}

type Rows<T extends keyof Schema> = readonly Insertable<Schema[T]>[];

/** Makes rows, or changes those of the same key to what they now are, and puts them behind all others. */
async function upsert<T extends keyof Schema>(tx: Tx, table: T, key: readonly string[], rows: Rows<T>): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const changed = [...columns.filter((column) => !key.includes(column)), ...(table === 'settings' ? [] : ['position'])];
  const set = sql.join(changed.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`));
  for (const chunk of chunks(rows)) {
    await sql`
      insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
      values ${valuesOf(chunk, columns)}
      on conflict (${sql.join(key.map((column) => sql.ref(column)))}) do update
      set ${set}, version = ${sql.ref(`${table}.version`)} + 1, updated_at = now()`.execute(tx);
  }
}

async function insert<T extends keyof Schema>(tx: Tx, table: T, rows: Rows<T>): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  for (const chunk of chunks(rows)) {
    await sql`
      insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
      values ${valuesOf(chunk, columns)}`.execute(tx);
  }
}

function valuesOf(rows: readonly object[], columns: readonly string[]) {
  return sql.join(
    rows.map((row) => sql`(${sql.join(columns.map((column) => (row as Record<string, unknown>)[column]))})`),
  );
}

/** Deletes the rows whose columns have one of these values together. */
async function deleteLinks(
  tx: Tx,
  table: keyof Schema,
  columns: readonly string[],
  keys: readonly (readonly string[])[],
): Promise<void> {
  // As arrays: of a list of hundreds of tuples PostgreSQL makes an expression too deep for PGlite's stack.
  const lists = sql.join(columns.map((_, i) => sql`${keys.map((key) => key[i] as string)}::text[]`));
  const key = sql.join(columns.map((column) => sql.ref(column)));
  await sql`delete from ${sql.table(table)} where (${key}) in (select * from unnest(${lists}))`.execute(tx);
}

function chunks<R>(rows: readonly R[]): R[][] {
  const count = Math.ceil(rows.length / ROWS_AT_ONCE);
  return Array.from({ length: count }, (_, n) => rows.slice(n * ROWS_AT_ONCE, (n + 1) * ROWS_AT_ONCE));
}
