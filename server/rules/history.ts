// From the sums of the database to the columns that rules are evaluated on. Each condition is answered from the
// coarsest sums that are fine enough for it, and of each table no more is read than the windows reach back:
//
//   window under 6 h               metrics_minute
//   under a day, or within 8 days  metrics_hour
//   longer                         metrics_day
//
// Bids are those whose outcome is known: what was won and what was lost. Others are not counted anywhere in SQL.

import { sql } from 'kysely';
import { DAY_MS, HOUR_MS, MINUTE_MS, type SumRow, SumSeries } from '../../bidcore/metrics/series.js';
import { type Condition, durationMs, type Rule } from '../../bidcore/rules/rule_schema.js';
import type { Db } from '../sql/database.js';
import { conditionsOf } from './stored_rules.js';

const TABLES = { metrics_minute: MINUTE_MS, metrics_hour: HOUR_MS, metrics_day: DAY_MS } as const;
type Table = keyof typeof TABLES;

const MINUTES_BELOW_MS = 6 * HOUR_MS;
const HOURS_SPAN_MS = 8 * DAY_MS;

/** A table, and since when it is read. */
interface Need {
  readonly table: Table;
  readonly sinceMs: number;
}

/** What rules have to be evaluated on. */
export async function historyFor(
  db: Db,
  account: string,
  campaigns: readonly string[],
  rules: readonly Rule[],
  nowMs: number,
): Promise<readonly SumSeries[]> {
  const history: SumSeries[] = [];
  for (const { table, sinceMs } of needsOf(rules, nowMs)) {
    history.push(await readSeries(db, account, campaigns, { table, sinceMs, untilMs: nowMs }));
  }
  return history;
}

/** How far back the longest condition of rules reaches, milliseconds. */
export function reachOf(rules: readonly Rule[]): number {
  return Math.max(0, ...rules.flatMap(({ when }) => conditionsOf(when)).map(spanOf));
}

/** Sums of campaigns, those that are not named left out. */
export async function readSeries(
  db: Db,
  account: string,
  campaigns: readonly string[],
  { table, sinceMs, untilMs }: Need & { readonly untilMs: number },
): Promise<SumSeries> {
  const bucketMs = TABLES[table];
  const startMs = Math.floor(sinceMs / bucketMs) * bucketMs;
  const buckets = Math.ceil((untilMs - startMs) / bucketMs);
  const rows = await db
    .selectFrom(table)
    .select(['campaign_id as campaign', 'spend_micros', 'impressions', 'clicks', 'conversions', 'revenue_micros'])
    .select([
      'wins',
      sql<number>`wins + losses`.as('bids'),
      sql<number>`(extract(epoch from bucket) * 1000)::bigint`.as('start_ms'),
    ])
    .where('account_id', '=', account)
    .where('dimension', '=', 'campaign')
    .where('bucket', '>=', new Date(startMs))
    .where('bucket', '<', new Date(startMs + buckets * bucketMs))
    .execute();
  return SumSeries.of({ campaigns, startMs, bucketMs, buckets }, rows satisfies readonly SumRow[]);
}

function needsOf(rules: readonly Rule[], nowMs: number): readonly Need[] {
  const spans = new Map<Table, number>();
  for (const condition of rules.flatMap(({ when }) => conditionsOf(when))) {
    const table = tableOf(condition);
    spans.set(table, Math.max(spans.get(table) ?? 0, spanOf(condition)));
  }
  return [...spans].map(([table, span]) => ({ table, sinceMs: nowMs - span }));
}

function tableOf(condition: Condition): Table {
  const window = durationMs(condition.window);
  if (window < MINUTES_BELOW_MS) return 'metrics_minute';
  return window < DAY_MS || spanOf(condition) <= HOURS_SPAN_MS ? 'metrics_hour' : 'metrics_day';
}

function spanOf({ window, consecutive }: Condition): number {
  return durationMs(window) * consecutive;
}
