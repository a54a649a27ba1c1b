// Tells whose budget will be gone too soon: before the campaign ends, or today's before the day does. Once a day for
// each budget, however often it is looked at.

import { sql } from 'kysely';
import { HOUR_MS } from '../../../bidcore/metrics/series.js';
import { raiseAlert } from '../../alerts/raise_alert.js';
import type { Db } from '../database.js';
import type { Severity } from '../schema/control.js';
import { type BudgetOutlook, budgetOutlooks, type CampaignOutlook, isForecast } from './forecast.js';

const LEVEL = 0.9;
const CAMPAIGNS_AT_ONCE = 200;
/** A campaign without an end is meant to last at least so long. */
const LASTS_MS_MIN = 48 * HOUR_MS;
/** How long before its end a budget may be gone: pacing spends all by then, and no forecast is to the minute. */
const EARLY_MS: Readonly<Record<'total' | 'daily', number>> = { total: 6 * HOUR_MS, daily: 2 * HOUR_MS };
const CRITICAL_MS = 6 * HOUR_MS;
const AGAIN_MS = 24 * HOUR_MS;

/** @returns how many alerts were raised */
export async function warnOfExhaustion(db: Db, nowMs: number, signal: AbortSignal): Promise<number> {
  const campaigns = await db
    .selectFrom('campaigns')
    .select('id')
    .where('status', '=', 'active')
    .where((is) => is.or([is('ends_at', 'is', null), is('ends_at', '>', new Date(nowMs))]))
    .orderBy('id')
    .execute();
  let raised = 0;
  for (let from = 0; from < campaigns.length && !signal.aborted; from += CAMPAIGNS_AT_ONCE) {
    const ids = campaigns.slice(from, from + CAMPAIGNS_AT_ONCE).map(({ id }) => id);
    for (const outlook of await budgetOutlooks(db, ids, nowMs, LEVEL)) {
      for (const budget of ['total', 'daily'] as const) {
        const goneMs = goneTooSoon(outlook[budget], budget, nowMs);
        if (goneMs !== undefined && (await warn(db, outlook, budget, goneMs, nowMs))) raised += 1;
      }
    }
  }
  return raised;
}

/** When it will be gone, if that is too soon. What is gone already needs no forecast: the campaign has stopped. */
function goneTooSoon(outlook: BudgetOutlook | undefined, budget: 'total' | 'daily', nowMs: number): number | undefined {
  if (outlook === undefined || outlook.remaining_micros === 0 || !isForecast(outlook.exhaustion)) return undefined;
  const { at_ms } = outlook.exhaustion;
  const wantedMs = outlook.end_ms === null ? nowMs + LASTS_MS_MIN : outlook.end_ms - EARLY_MS[budget];
  return at_ms !== null && at_ms < wantedMs ? at_ms : undefined;
}

async function warn(
  db: Db,
  { campaign, account, ...outlook }: CampaignOutlook,
  budget: 'total' | 'daily',
  goneMs: number,
  nowMs: number,
): Promise<boolean> {
  const told = await db
    .selectFrom('alerts')
    .select('id')
    .where('account_id', '=', account)
    .where('kind', '=', 'budget_exhaustion')
    .where('at', '>', new Date(nowMs - AGAIN_MS))
    .where(sql<boolean>`detail ->> 'campaign' = ${campaign} and detail ->> 'budget' = ${budget}`)
    .executeTakeFirst();
  if (told !== undefined) return false;
  const { exhaustion, remaining_micros, end_ms } = outlook[budget] as BudgetOutlook;
  const forecast = isForecast(exhaustion) ? exhaustion : undefined;
  const severity: Severity = goneMs - nowMs < CRITICAL_MS && budget === 'total' ? 'critical' : 'warning';
  const text = (ms: number | null | undefined): string | null => (ms == null ? null : new Date(ms).toISOString());
  const what = budget === 'total' ? 'budget' : "today's budget";
  await raiseAlert(db, {
    ...{ account, kind: 'budget_exhaustion', severity },
    subject: `${campaign}: its ${what} will be gone by ${text(goneMs)}, before ${text(end_ms) ?? 'two days are over'}`,
    detail: {
      ...{ campaign, budget, remaining_micros, at: text(goneMs), end: text(end_ms) },
      ...{ earliest: text(forecast?.earliest_ms), latest: text(forecast?.latest_ms), level: LEVEL },
      daily_micros: forecast?.daily_micros ?? null,
    },
  });
  return true;
}
