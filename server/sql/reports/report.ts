// A report: the sums of an account in a span of time, by the minute, hour, day or all at once, by campaign, by one
// dimension, or both. It is sorted and cut into pages by the database.

import { sql } from 'kysely';
import type { MetricName, Sums } from '../../../bidcore/metrics/metrics.js';
import { NO_SUMS } from '../../../bidcore/metrics/metrics.js';
import type { Db } from '../database.js';
import { GRANULARITIES, type MetricsTable } from '../rollups/sums.js';
import type { Dimension } from '../schema/metrics.js';
import { sortValue, summed, sumsOf } from './measures.js';

export const REPORT_GRANULARITIES = ['minute', 'hour', 'day', 'total'] as const;
export type ReportGranularity = (typeof REPORT_GRANULARITIES)[number];
/** What a report may be sorted by. */
export type SortName = Exclude<MetricName, 'utilisation'> | 'time';

export interface ReportSpec {
  readonly account: string;
  /** Milliseconds since the epoch; buckets that begin in it count. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly granularity: ReportGranularity;
  readonly byCampaign: boolean;
  /** Whose rows are read; they add up to the same whichever it is. */
  readonly dimension: Dimension;
  readonly byKey: boolean;
  /** Undefined: all. */
  readonly campaigns: readonly string[] | undefined;
  readonly keys: readonly string[] | undefined;
}

/** By what a row stands where it does. */
export interface RowPlace {
  readonly sort: number;
  readonly time: Date;
  readonly campaign: string;
  readonly key: string;
}

export interface ReportRow extends RowPlace {
  readonly sums: Sums;
}

export interface ReportOrder {
  readonly by: SortName;
  readonly descending: boolean;
}

/** The table that a report is of. A total is read from the coarsest table whose buckets fit its span. */
function tableOf({ granularity, fromMs, toMs }: ReportSpec): MetricsTable {
  if (granularity !== 'total') return `metrics_${granularity}`;
  const fits = (table: MetricsTable): boolean =>
    fromMs % GRANULARITIES[table] === 0 && toMs % GRANULARITIES[table] === 0;
  if (fits('metrics_day')) return 'metrics_day';
  return fits('metrics_hour') ? 'metrics_hour' : 'metrics_minute';
}

/** All of a report in one row. */
export async function reportTotals(db: Db, spec: ReportSpec): Promise<Sums> {
  const row = await rowsOf(db, spec).select(summed).executeTakeFirst();
  return row === undefined ? NO_SUMS : sumsOf(row);
}

/** Rows behind a place, in their order. */
export async function reportRows(
  db: Db,
  spec: ReportSpec,
  { by, descending }: ReportOrder,
  after: RowPlace | undefined,
  limit: number,
): Promise<readonly ReportRow[]> {
  const time = spec.granularity === 'total' ? sql<Date>`${new Date(spec.fromMs)}::timestamptz` : sql<Date>`bucket`;
  const campaign = spec.byCampaign ? sql<string>`campaign_id` : sql<string>`''`;
  const key = spec.byKey ? sql<string>`key` : sql<string>`''`;
  const groups = [
    ...(spec.granularity === 'total' ? [] : ['bucket' as const]),
    ...(spec.byCampaign ? ['campaign_id' as const] : []),
    ...(spec.byKey ? ['key' as const] : []),
  ];
  const grouped = rowsOf(db, spec)
    .select([time.as('time'), campaign.as('campaign'), key.as('key')])
    .select(summed)
    .$if(groups.length > 0, (query) => query.groupBy(groups))
    // Without groups there is a row of zeros even where nothing is.
    .having(sql<boolean>`count(*) > 0`);
  const sort = by === 'time' ? sql<number>`extract(epoch from ${sql.ref('time')})::float8` : sortValue(by);
  const rows = await db
    .with('grouped', () => grouped)
    .with('sorted', (within) => within.selectFrom('grouped').selectAll().select(sort.as('sort')))
    .selectFrom('sorted')
    .selectAll()
    .$if(after !== undefined, (query) => query.where(isBehind(after as RowPlace, descending)))
    .orderBy('sort', descending ? 'desc' : 'asc')
    .orderBy('time')
    .orderBy('campaign')
    .orderBy('key')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    sort: Number(row.sort),
    time: row.time,
    campaign: row.campaign,
    key: row.key,
    sums: sumsOf(row),
  }));
}

function rowsOf(db: Db, spec: ReportSpec) {
  const { account, dimension, fromMs, toMs, campaigns, keys } = spec;
  return db
    .selectFrom(tableOf(spec) as 'metrics_day')
    .where('account_id', '=', account)
    .where('dimension', '=', dimension)
    .where('bucket', '>=', new Date(fromMs))
    .where('bucket', '<', new Date(toMs))
    .$if(campaigns !== undefined, (query) => query.where('campaign_id', 'in', campaigns as readonly string[]))
    .$if(keys !== undefined, (query) => query.where('key', 'in', keys as readonly string[]));
}

function isBehind({ sort, time, campaign, key }: RowPlace, descending: boolean) {
  const value = sql`${String(sort)}::float8`;
  const next = sql`(${sql.ref('time')}, campaign, key) > (${time}::timestamptz, ${campaign}::text, ${key}::text)`;
  const beyond = descending ? sql`sort < ${value}` : sql`sort > ${value}`;
  return sql<boolean>`(${beyond} or (sort = ${value} and ${next}))`;
}
