// What lies ahead of a campaign: when its budgets will be gone, and what the next day will bring, each with an interval
// (bidcore/anomalies).

import {
  type ExhaustionForecast,
  forecastExhaustion,
  type TooLittleData,
} from '../../../bidcore/anomalies/exhaustion.js';
import { type Prediction, predictNextDay } from '../../../bidcore/anomalies/predict.js';
import { type MetricName, metricName, metricOf } from '../../../bidcore/metrics/metrics.js';
import { DAY_MS, HOUR_MS } from '../../../bidcore/metrics/series.js';
import { Days } from '../../../bidcore/money/days.js';
import type { Db } from '../database.js';
import { summed } from '../reports/measures.js';
import { type CampaignSeries, seriesOf } from './hours.js';

/** History of the forecasts: weeks of hours for budgets, of days for metrics. */
const BUDGET_DAYS = 28;
const METRIC_DAYS = 56;
export const PREDICTED: readonly MetricName[] = metricName.options.filter((name) => name !== 'utilisation');

export interface BudgetOutlook {
  readonly remaining_micros: number;
  /** When the money is meant to be gone; null: no such time. */
  readonly end_ms: number | null;
  readonly exhaustion: ExhaustionForecast | TooLittleData;
}

export interface CampaignOutlook {
  readonly campaign: string;
  readonly account: string;
  readonly total: BudgetOutlook;
  /** Of today, in the time zone of the account; undefined without a daily budget. */
  readonly daily: BudgetOutlook | undefined;
}

export function isForecast(value: ExhaustionForecast | TooLittleData): value is ExhaustionForecast {
  return !('code' in value);
}

/**
 * How long budgets last, of campaigns that are active and have not ended.
 * @param level of the intervals, as 0.9
 */
export async function budgetOutlooks(
  db: Db,
  campaigns: readonly string[],
  nowMs: number,
  level: number,
): Promise<readonly CampaignOutlook[]> {
  if (campaigns.length === 0) return [];
  const rows = await db
    .selectFrom('campaigns as c')
    .innerJoin('accounts as a', 'a.id', 'c.account_id')
    .select(['c.id', 'c.account_id', 'c.budget_micros', 'c.daily_budget_micros', 'c.ends_at', 'a.time_zone'])
    .where('c.id', 'in', campaigns)
    .orderBy('c.id')
    .execute();
  const end = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const hours = await seriesOf(db, 'metrics_hour', campaigns, end - BUDGET_DAYS * DAY_MS, end);
  const spent = await spentSince(db, campaigns, 0);
  const zones = new Map(rows.map(({ time_zone }) => [time_zone, new Days(time_zone).at(nowMs)]));
  const today = new Map<string, ReadonlyMap<string, number>>();
  for (const [zone, day] of zones) {
    const own = rows.filter(({ time_zone }) => time_zone === zone).map(({ id }) => id);
    today.set(zone, await spentSince(db, own, day.startMs));
  }
  return rows.map((row) => {
    const series: CampaignSeries = hours.get(row.id) ?? [];
    const spends_micros = series.map(({ spend_micros }) => spend_micros);
    const outlook = (remaining: number, end_ms: number | null): BudgetOutlook => {
      const remaining_micros = Math.max(0, remaining);
      const exhaustion = forecastExhaustion({ now_ms: end, spends_micros, remaining_micros }, level);
      return { remaining_micros, end_ms, exhaustion };
    };
    const daily = row.daily_budget_micros;
    return {
      campaign: row.id,
      account: row.account_id,
      total: outlook(row.budget_micros - (spent.get(row.id) ?? 0), row.ends_at?.getTime() ?? null),
      daily:
        daily === null
          ? undefined
          : outlook(daily - (today.get(row.time_zone)?.get(row.id) ?? 0), zones.get(row.time_zone)?.endMs ?? null),
    };
  });
}

/** What the day after the last whole one (UTC) will bring, metric by metric. */
export async function predictDay(
  db: Db,
  campaign: string,
  nowMs: number,
  level: number,
): Promise<Readonly<Partial<Record<MetricName, Prediction | TooLittleData>>>> {
  const end = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const known = (await seriesOf(db, 'metrics_day', [campaign], end - METRIC_DAYS * DAY_MS, end)).get(campaign) ?? [];
  // The day a campaign began on is not a whole one.
  const days = known.length < METRIC_DAYS ? known.slice(1) : known;
  return Object.fromEntries(
    PREDICTED.map((metric) => {
      const values = days.map((sums) => metricOf(metric, sums) ?? Number.NaN);
      return [metric, predictNextDay(metric, values, level)];
    }),
  );
}

/** Micros by campaign, since a minute. */
async function spentSince(db: Db, campaigns: readonly string[], fromMs: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom((fromMs === 0 ? 'metrics_day' : 'metrics_minute') as 'metrics_day')
    .select('campaign_id')
    .select(summed)
    .where('campaign_id', 'in', campaigns)
    .where('dimension', '=', 'campaign')
    .where('bucket', '>=', new Date(fromMs))
    .groupBy('campaign_id')
    .execute();
  return new Map(rows.map(({ campaign_id, spend_micros }) => [campaign_id, spend_micros]));
}
