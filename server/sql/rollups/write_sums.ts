// Adds sums to the tables, in the transaction of what says that they are new.

import { sql } from 'kysely';
import type { Tx } from '../database.js';
import { MEASURES } from '../schema/metrics.js';
import { GRANULARITIES, type MetricsTable, type Sums } from './sums.js';

const ROWS_AT_ONCE = 500;

/** Adds rows to those there are. Conversions and bids that are known already are left. */
export async function writeSums(tx: Tx, sums: Sums): Promise<void> {
  for (const table of Object.keys(GRANULARITIES) as MetricsTable[]) {
    const added = Object.fromEntries(
      MEASURES.map((measure) => [
        measure,
        sql<number>`${sql.ref(`${table}.${measure}`)} + ${sql.ref(`excluded.${measure}`)}`,
      ]),
    );
    for (const rows of chunks(sums.rows(table))) {
      await tx
        .insertInto(table)
        .values(rows)
        .onConflict((conflict) => conflict.columns(['campaign_id', 'dimension', 'bucket', 'key']).doUpdateSet(added))
        .execute();
    }
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
