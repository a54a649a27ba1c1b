// From the sums of the database to the columns that rules are evaluated on. Each condition is answered from the
// coarsest sums that are fine enough for it, and of each table no more is read than the windows reach back:
//
//   window under 6 h               metrics_minute
//   under a day, or within 8 days  metrics_hour
//   longer                         metrics_day

import { DAY_MS, HOUR_MS, type SumSeries } from '../../bidcore/metrics/series.js';
import { type Condition, durationMs, type Rule } from '../../bidcore/rules/rule_schema.js';
import type { Db } from '../sql/database.js';
import { conditionsOf } from './stored_rules.js';
import { BUCKET_MS, type Span, type SumsCache, type SumsTable } from './sums_cache.js';

const MINUTES_BELOW_MS = 6 * HOUR_MS;
const HOURS_SPAN_MS = 8 * DAY_MS;
/** Campaigns times buckets of one table, at most, some 350 MB: more is read from the next coarser one. */
const CELLS_MAX = 3_000_000;
const COARSER: Readonly<Partial<Record<SumsTable, SumsTable>>> = {
  metrics_minute: 'metrics_hour',
  metrics_hour: 'metrics_day',
};

/** What rules have to be evaluated on. */
export async function historyFor(
  db: Db,
  account: string,
  campaigns: readonly string[],
  rules: readonly Rule[],
  nowMs: number,
  cache: SumsCache,
): Promise<readonly SumSeries[]> {
  const history: SumSeries[] = [];
  for (const { table, sinceMs } of needsOf(rules, campaigns.length, nowMs)) {
    history.push(await cache.series(db, account, campaigns, { table, sinceMs, untilMs: nowMs }));
  }
  return history;
}

/** How far back the longest condition of rules reaches, milliseconds. */
export function reachOf(rules: readonly Rule[]): number {
  return Math.max(0, ...rules.flatMap(({ when }) => conditionsOf(when)).map(spanOf));
}

function needsOf(rules: readonly Rule[], campaigns: number, nowMs: number): readonly Pick<Span, 'table' | 'sinceMs'>[] {
  const spans = new Map<SumsTable, number>();
  for (const condition of rules.flatMap(({ when }) => conditionsOf(when))) {
    const table = tableOf(condition, campaigns);
    spans.set(table, Math.max(spans.get(table) ?? 0, spanOf(condition)));
  }
  return [...spans].map(([table, span]) => ({ table, sinceMs: nowMs - span }));
}

function tableOf(condition: Condition, campaigns: number): SumsTable {
  let table = finestOf(condition);
  for (let coarser = COARSER[table]; coarser !== undefined; coarser = COARSER[table]) {
    if ((campaigns * spanOf(condition)) / BUCKET_MS[table] <= CELLS_MAX) break;
    table = coarser;
  }
  return table;
}

function finestOf(condition: Condition): SumsTable {
  const window = durationMs(condition.window);
  if (window < MINUTES_BELOW_MS) return 'metrics_minute';
  return window < DAY_MS || spanOf(condition) <= HOURS_SPAN_MS ? 'metrics_hour' : 'metrics_day';
}

function spanOf({ window, consecutive }: Condition): number {
  return durationMs(window) * consecutive;
}
