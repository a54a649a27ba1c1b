// Sums of many campaigns, read once and kept up to date: of ten thousand campaigns a week of hours is 1.7 million rows,
// of which a minute later only those of the present hour have changed. So each time what came since the last reading
// is read, and what may have come a little late; all of it again once an hour, for a log that was long behind.
//
//   startMs                              readMs − LATE        now
//      │ ──────────── kept ─────────────── │ ── read again ── │
//
// What is read comes in pieces, so that neither memory nor the thread is taken for long.
//
// Bids are those whose outcome is known: what was won and what was lost. Others are not counted anywhere in SQL.

import { sql } from 'kysely';
import { SUMS } from '../../bidcore/metrics/metrics.js';
import { type BucketColumns, columnsOf, DAY_MS, HOUR_MS, MINUTE_MS, SumSeries } from '../../bidcore/metrics/series.js';
import type { Db } from '../sql/database.js';
import { wonAndBid } from '../sql/reports/measures.js';

/** Length of a bucket of each table. */
export const BUCKET_MS = { metrics_minute: MINUTE_MS, metrics_hour: HOUR_MS, metrics_day: DAY_MS } as const;
export type SumsTable = keyof typeof BUCKET_MS;

/** Notices are booked well within this time; those that are not, with the next whole reading. */
const LATE_MS = 15 * MINUTE_MS;
const WHOLE_EVERY_MS = HOUR_MS;
const ROWS_AT_ONCE = 20_000;

/** Which sums, from when to when. */
export interface Span {
  readonly table: SumsTable;
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Kept {
  readonly campaigns: readonly string[];
  readonly startMs: number;
  readonly columns: readonly BucketColumns[];
  readonly readMs: number;
  /** When all of it was read. */
  readonly wholeMs: number;
}

export class SumsCache {
  readonly #kept = new Map<string, Kept>();

  /** Sums of campaigns; those of others are left out. */
  async series(db: Db, account: string, campaigns: readonly string[], span: Span): Promise<SumSeries> {
    const { table, sinceMs, untilMs } = span;
    const bucketMs = BUCKET_MS[table];
    const startMs = Math.floor(sinceMs / bucketMs) * bucketMs;
    const buckets = Math.ceil((untilMs - startMs) / bucketMs);
    const key = `${table} ${account}`;
    const before = this.#usable(this.#kept.get(key), startMs, untilMs);
    const freshMs = before === undefined ? startMs : Math.floor((before.readMs - LATE_MS) / bucketMs) * bucketMs;
    const fromMs = Math.max(startMs, freshMs);
    const columns = before === undefined ? [] : keptColumns(before, campaigns, startMs, fromMs, bucketMs);
    const indexes = new Map(campaigns.map((campaign, index) => [campaign, index]));
    const atOnce = Math.max(1, Math.floor(ROWS_AT_ONCE / Math.max(1, campaigns.length)));
    while (columns.length < buckets) {
      const count = Math.min(atOnce, buckets - columns.length);
      columns.push(...(await readColumns(db, account, indexes, table, startMs + columns.length * bucketMs, count)));
    }
    const wholeMs = before?.wholeMs ?? untilMs;
    this.#kept.set(key, { campaigns, startMs, columns, readMs: untilMs, wholeMs });
    const series = new SumSeries({ campaigns, startMs, bucketMs, buckets });
    for (const bucket of columns) series.append(bucket);
    return series;
  }

  /** Drops what nobody has asked for in the last hour. */
  forget(nowMs: number): void {
    for (const [key, { readMs }] of this.#kept) if (nowMs - readMs > WHOLE_EVERY_MS) this.#kept.delete(key);
  }

  #usable(kept: Kept | undefined, startMs: number, untilMs: number): Kept | undefined {
    if (kept === undefined || kept.startMs > startMs || kept.readMs > untilMs) return undefined;
    return untilMs - kept.wholeMs < WHOLE_EVERY_MS ? kept : undefined;
  }
}

/** What is kept from one time to another, for these campaigns: those that are new have had nothing. */
function keptColumns(
  { campaigns: had, startMs: keptMs, columns }: Kept,
  campaigns: readonly string[],
  startMs: number,
  fromMs: number,
  bucketMs: number,
): BucketColumns[] {
  const kept = columns.slice((startMs - keptMs) / bucketMs, (fromMs - keptMs) / bucketMs);
  if (campaigns.length === had.length && campaigns.every((campaign, index) => campaign === had[index])) return kept;
  const places = new Map(had.map((campaign, index) => [campaign, index]));
  const sources = campaigns.map((campaign) => places.get(campaign));
  return kept.map((bucket) => {
    const moved = columnsOf(campaigns.length);
    for (const name of SUMS) {
      for (const [index, source] of sources.entries()) {
        if (source !== undefined) moved[name][index] = bucket[name][source] as number;
      }
    }
    return moved;
  });
}

/** So many buckets from one on. */
async function readColumns(
  db: Db,
  account: string,
  indexes: ReadonlyMap<string, number>,
  table: SumsTable,
  fromMs: number,
  count: number,
): Promise<BucketColumns[]> {
  const bucketMs = BUCKET_MS[table];
  const rows = await db
    .selectFrom(table)
    .select(['campaign_id', 'spend_micros', 'impressions', 'clicks', 'conversions', 'revenue_micros'])
    .select([...wonAndBid, sql<number>`(extract(epoch from bucket) * 1000)::bigint`.as('at')])
    .where('account_id', '=', account)
    .where('dimension', '=', 'campaign')
    .where('bucket', '>=', new Date(fromMs))
    .where('bucket', '<', new Date(fromMs + count * bucketMs))
    .execute();
  const columns = Array.from({ length: count }, () => columnsOf(indexes.size));
  for (const row of rows) {
    const index = indexes.get(row.campaign_id);
    const bucket = columns[Math.floor((row.at - fromMs) / bucketMs)];
    if (index === undefined || bucket === undefined) continue;
    for (const name of SUMS) bucket[name][index] = row[name];
  }
  return columns;
}
