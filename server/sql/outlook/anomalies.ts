// What was out of the ordinary in an hour: judged from the sums by the hour (bidcore/anomalies), kept once for each
// campaign, metric and hour, and told as an alert when it is new.

import { type Anomaly, anomalyConfig, detectAnomalies, type MetricSeries } from '../../../bidcore/anomalies/detect.js';
import { metricLabel, metricOf, ratioOf, type Sums } from '../../../bidcore/metrics/metrics.js';
import { HOUR_MS } from '../../../bidcore/metrics/series.js';
import { raiseAlert } from '../../alerts/raise_alert.js';
import { type Db, toJson } from '../database.js';
import { newId } from '../ids.js';
import type { Severity } from '../schema/control.js';
import { seriesOf } from './hours.js';

const HISTORY_HOURS = 28 * 24;
const CAMPAIGNS_AT_ONCE = 200;
const CONFIG = anomalyConfig.parse({});
const SEVERITIES: Readonly<Record<Anomaly['severity'], Severity>> = {
  low: 'info',
  medium: 'warning',
  high: 'critical',
};
/** Of a p-value of 0. */
const SCORE_MAX = 300;

/** The last hour whose notices are all in, milliseconds since the epoch. @param lateMs how far sums may be behind */
export function lastHour(nowMs: number, lateMs: number): number {
  return (Math.floor((nowMs - lateMs) / HOUR_MS) - 1) * HOUR_MS;
}

/** Judges an hour of the campaigns of an account that were to bid in it. @param hourMs its start */
export async function findAnomalies(db: Db, account: string, hourMs: number): Promise<readonly Anomaly[]> {
  const campaigns = await db
    .selectFrom('campaigns')
    .select('id')
    .where('account_id', '=', account)
    .where('status', '=', 'active')
    .where((is) => is.or([is('starts_at', 'is', null), is('starts_at', '<=', new Date(hourMs))]))
    .where((is) => is.or([is('ends_at', 'is', null), is('ends_at', '>=', new Date(hourMs + HOUR_MS))]))
    .orderBy('id')
    .execute();
  const found: Anomaly[] = [];
  for (let from = 0; from < campaigns.length; from += CAMPAIGNS_AT_ONCE) {
    const ids = campaigns.slice(from, from + CAMPAIGNS_AT_ONCE).map(({ id }) => id);
    const series = await seriesOf(db, 'metrics_hour', ids, hourMs - HISTORY_HOURS * HOUR_MS, hourMs + HOUR_MS);
    const judged = [...series].flatMap(([campaign, hours]) => metricSeriesOf(campaign, hours, hourMs));
    found.push(...detectAnomalies(CONFIG, judged));
  }
  return found;
}

function metricSeriesOf(campaign: string, hours: readonly Sums[], last_ms: number): MetricSeries[] {
  return CONFIG.metrics.map((metric) => {
    const by = ratioOf(metric)?.by ?? 'impressions';
    const values = hours.map((sums) => metricOf(metric, sums) ?? Number.NaN);
    return { campaign, metric, last_ms, values, volumes: hours.map((sums) => (by === 'budget_micros' ? 0 : sums[by])) };
  });
}

/** Keeps anomalies and tells of those that are new; in a transaction of the caller's. @returns how many are new */
export async function keepAnomalies(db: Db, account: string, anomalies: readonly Anomaly[]): Promise<number> {
  let kept = 0;
  for (const { campaign, metric, severity, expected, value, p, at_ms, reason, ...rest } of anomalies) {
    const hour = new Date(at_ms).toISOString();
    const detail = { reason, direction: rest.direction, lower: rest.lower, upper: rest.upper, p };
    const row = await db
      .insertInto('anomalies')
      .values({
        ...{ id: newId(), account_id: account, campaign_id: campaign, metric, severity: SEVERITIES[severity] },
        ...{ expected, observed: value, score: Math.min(SCORE_MAX, -Math.log10(p)), detail: toJson(detail) },
        bucket: new Date(at_ms),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) continue;
    kept += 1;
    await raiseAlert(db, {
      account,
      kind: 'anomaly',
      severity: SEVERITIES[severity],
      subject: `${campaign}: ${metricLabel(metric)} ${rest.direction} the ordinary in the hour of ${hour}: ${reason}`,
      detail: { anomaly: row.id, campaign, metric, hour, observed: value, expected, ...detail },
    });
  }
  return kept;
}
