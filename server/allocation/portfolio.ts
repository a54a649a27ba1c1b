// What the database knows of an account's campaigns: their budgets and the sums of a window. Sums are those of the
// event log (docs/storage.md), in hours; days, which end with UTC's, are for what looks at periods.

import type { MetricsRow } from '../../bidcore/metrics/csv.js';
import { addSums, metricsOf, NO_SUMS, type Sums } from '../../bidcore/metrics/metrics.js';
import { DAY_MS, HOUR_MS } from '../../bidcore/metrics/series.js';
import type { Db } from '../sql/database.js';
import { wonAndBid } from '../sql/reports/measures.js';
import type { Row } from '../sql/repositories/rows.js';

export type CampaignRow = Row<'campaigns'>;

/** Campaigns of an account that are not archived, in the order of their ids. */
export function campaignsOfAccount(db: Db, account: string): Promise<CampaignRow[]> {
  return db
    .selectFrom('campaigns')
    .selectAll()
    .where('account_id', '=', account)
    .where('status', '!=', 'archived')
    .orderBy('id')
    .execute();
}

/** Whether it may spend now. */
export function isRunning({ status, starts_at, ends_at }: CampaignRow, nowMs: number): boolean {
  const begun = starts_at === null || starts_at.getTime() <= nowMs;
  return status === 'active' && begun && (ends_at === null || ends_at.getTime() > nowMs);
}

/**
 * Sums of each campaign over whole days up to now, by its id. Bids are those whose outcome is known.
 * @param days at most what hours are kept for
 */
export function sumsOfWindow(db: Db, account: string, nowMs: number, days: number): Promise<ReadonlyMap<string, Sums>> {
  return sumsBetween(db, account, Math.floor((nowMs - days * DAY_MS) / HOUR_MS) * HOUR_MS, nowMs);
}

/** Sums of each campaign over the hours that begin in a time, by its id. */
export async function sumsBetween(
  db: Db,
  account: string,
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, Sums>> {
  const sums = new Map<string, Sums>();
  for (const { campaign_id, bucket: _, ...row } of await rowsOf(db, 'metrics_hour', account, fromMs, toMs)) {
    sums.set(campaign_id, addSums(sums.get(campaign_id) ?? NO_SUMS, row));
  }
  return sums;
}

/** What each campaign of an account has brought over the last days; utilisation is of its daily budget as it is now. */
export async function portfolioMetrics(db: Db, account: string, nowMs: number, days: number): Promise<MetricsRow[]> {
  const sums = await sumsOfWindow(db, account, nowMs, days);
  const rows = await campaignsOfAccount(db, account);
  return rows.map(({ id, name, daily_budget_micros }) => ({
    id,
    name: name ?? '',
    metrics: metricsOf(sums.get(id) ?? NO_SUMS, days * (daily_budget_micros ?? 0)),
  }));
}

/** Sums of campaigns in each of the days before today (UTC), oldest first, in the order of the ids. */
export async function sumsOfDays(
  db: Db,
  account: string,
  nowMs: number,
  days: number,
  campaigns: readonly string[],
): Promise<Sums[][]> {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const rows = await rowsOf(db, 'metrics_day', account, today - days * DAY_MS, today);
  const byDay = new Map<number, Map<string, Sums>>();
  for (const { campaign_id, bucket, ...row } of rows) {
    const day = byDay.get(bucket.getTime()) ?? new Map<string, Sums>();
    byDay.set(bucket.getTime(), day.set(campaign_id, row));
  }
  const inOrder = [...byDay].sort(([a], [b]) => a - b);
  return inOrder.map(([, day]) => campaigns.map((campaign) => day.get(campaign) ?? NO_SUMS));
}

type SumsRow = Sums & { readonly campaign_id: string; readonly bucket: Date };

async function rowsOf(
  db: Db,
  table: 'metrics_hour' | 'metrics_day',
  account: string,
  fromMs: number,
  toMs: number,
): Promise<SumsRow[]> {
  return db
    .selectFrom(table)
    .select(['campaign_id', 'bucket', 'spend_micros', 'impressions', 'clicks', 'conversions', 'revenue_micros'])
    .select(wonAndBid)
    .where('account_id', '=', account)
    .where('dimension', '=', 'campaign')
    .where('bucket', '>=', new Date(fromMs))
    .where('bucket', '<', new Date(toMs))
    .execute();
}
