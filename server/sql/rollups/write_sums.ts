// Adds sums to the tables, in the transaction of what says that they are new.

import { sql } from 'kysely';
import type { Tx } from '../database.js';
import { MEASURES } from '../schema/metrics.js';
import { GRANULARITIES, type MetricsTable, type SumRow, type Sums } from './sums.js';

const ROWS_AT_ONCE = 500;

/** Adds rows to those there are. Conversions and bids that are known already are left. */
export async function writeSums(tx: Tx, sums: Sums): Promise<void> {
  for (const table of Object.keys(GRANULARITIES) as MetricsTable[]) {
    for (const rows of chunks(sums.rows(table))) await addRows(tx, table, rows);
  }
  for (const rows of chunks(sums.conversions)) {
    await tx
      .insertInto('conversions')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  for (const rows of chunks(sums.doubtful)) {
    await tx
      .insertInto('doubtful_notices')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  for (const rows of chunks(sums.bids)) {
    await tx
      .insertInto('bid_history')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('bid_id').doUpdateSet({
          outcome: sql<'won' | 'lost'>`greatest(bid_history.outcome, excluded.outcome)`, // won after lost
          clearing_micros: sql<number>`coalesce(excluded.clearing_micros, bid_history.clearing_micros)`,
          to_win_micros: sql<number>`coalesce(excluded.to_win_micros, bid_history.to_win_micros)`,
          loss_reason: sql<number>`coalesce(excluded.loss_reason, bid_history.loss_reason)`,
        }),
      )
      .execute();
  }
}

function chunks<R>(rows: readonly R[]): R[][] {
  const count = Math.ceil(rows.length / ROWS_AT_ONCE);
  return Array.from({ length: count }, (_, n) => rows.slice(n * ROWS_AT_ONCE, (n + 1) * ROWS_AT_ONCE));
}

/** As arrays, a column each: PGlite takes several times as long for a parameter of every value. */
async function addRows(tx: Tx, table: MetricsTable, rows: readonly SumRow[]): Promise<void> {
  const texts = (['account_id', 'campaign_id', 'dimension', 'key'] as const).map(
    (name) => sql`${rows.map((row) => row[name])}::text[]`,
  );
  const buckets = sql`${rows.map(({ bucket }) => bucket.toISOString())}::timestamptz[]`;
  const measures = MEASURES.map((name) => sql`${rows.map((row) => row[name])}::bigint[]`);
  const names = ['account_id', 'campaign_id', 'dimension', 'key', 'bucket', ...MEASURES].map((name) => sql.ref(name));
  const added = MEASURES.map((name) => {
    return sql`${sql.ref(name)} = ${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`;
  });
  await sql`
    insert into ${sql.table(table)} (${sql.join(names)})
    select * from unnest(${sql.join([...texts, buckets, ...measures])})
    on conflict (campaign_id, dimension, bucket, key) do update set ${sql.join(added)}`.execute(tx);
}
