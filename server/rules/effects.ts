// What executions have changed, measured after the fact: the metric of the rule in as many hours before and after it,
// beside that of campaigns of the same account on which no rule acted (bidcore/rules/effect.ts). The hour in which it
// acted belongs to neither.

import { sql } from 'kysely';
import { type MetricName, metricOf, NO_SUMS, type Sums } from '../../bidcore/metrics/metrics.js';
import { DAY_MS, HOUR_MS } from '../../bidcore/metrics/series.js';
import { type BeforeAfter, nearest } from '../../bidcore/rules/effect.js';
import { durationMs, type Rule } from '../../bidcore/rules/rule_schema.js';
import { type Db, toJson } from '../sql/database.js';
import { summed } from '../sql/reports/measures.js';
import type { MeasuredEffect } from '../sql/schema/control.js';
import { conditionsOf, isUnreadable, ruleOf } from './stored_rules.js';

const WINDOW_MS_MIN = DAY_MS;
const WINDOW_MS_MAX = 7 * DAY_MS;
/** So much later the sums of an hour are complete. */
const SETTLED_MS = 10 * 60_000;
/** Executions that one call measures. */
const MEASURED_MAX = 500;

/** What a rule's effect is measured by: of one that pauses or resumes the spend, else the metric it goes by. */
export function effectMetric({ actions, when }: Rule): MetricName {
  const stops = actions.some(({ type }) => type === 'pause' || type === 'resume');
  return stops ? 'spend_micros' : (conditionsOf(when)[0]?.metric ?? 'spend_micros');
}

/** When the effect of an execution can be measured; null where it changes nothing. */
export function measureAt(rule: Rule, atMs: number): Date | null {
  if (rule.actions.every(({ type }) => type === 'notify')) return null;
  return new Date(hourOf(atMs) + HOUR_MS + windowOf(rule) + SETTLED_MS);
}

/**
 * Measures what can be measured by now.
 * @returns how many executions were
 */
export async function measureEffects(db: Db, nowMs: number): Promise<number> {
  const due = await db
    .selectFrom('rule_executions as e')
    .innerJoin('rules as r', (join) => join.onRef('r.account_id', '=', 'e.account_id').onRef('r.id', '=', 'e.rule_id'))
    .select(['e.id as execution', 'e.account_id', 'e.campaign_id', 'e.at', 'e.measure_at'])
    .select(['r.id', 'r.name', 'r.status', 'r.definition'])
    .where('e.measure_at', '<=', new Date(nowMs))
    .orderBy('e.measure_at')
    .limit(MEASURED_MAX)
    .execute();
  // Those of one run are compared with the same campaigns.
  const portfolios = new Map<string, Promise<Portfolio>>();
  for (const { execution, account_id: account, campaign_id: campaign, at, measure_at, ...row } of due) {
    const hourMs = hourOf(at.getTime());
    const windowMs = (measure_at?.getTime() ?? 0) - SETTLED_MS - HOUR_MS - hourMs;
    const key = `${account} ${hourMs} ${windowMs}`;
    const portfolio = portfolios.get(key) ?? readPortfolio(db, account, hourMs, windowMs);
    portfolios.set(key, portfolio);
    const rule = ruleOf(row);
    const effect = isUnreadable(rule) ? undefined : effectOn(campaign, effectMetric(rule), windowMs, await portfolio);
    await db
      .updateTable('rule_executions')
      .set({ measure_at: null, effect: effect === undefined ? null : toJson(effect) })
      .where('id', '=', execution)
      .execute();
  }
  return due.length;
}

/** Sums of an account's campaigns before and after an hour. */
interface Portfolio {
  readonly sums: ReadonlyMap<string, { readonly before: Sums; readonly after: Sums }>;
  /** Campaigns on which some rule acted in that time. */
  readonly treated: ReadonlySet<string>;
}

async function readPortfolio(db: Db, account: string, hourMs: number, windowMs: number): Promise<Portfolio> {
  const [from, hour, to] = [hourMs - windowMs, hourMs, hourMs + HOUR_MS + windowMs].map((ms) => new Date(ms));
  if (from === undefined || hour === undefined || to === undefined) throw new Error('three times');
  const rows = await db
    .selectFrom('metrics_hour')
    .select(['campaign_id', sql<boolean>`bucket > ${hour}`.as('is_after')])
    .select(summed)
    .where('account_id', '=', account)
    .where('dimension', '=', 'campaign')
    .where('bucket', '>=', from)
    .where('bucket', '<', to)
    .where('bucket', '!=', hour)
    .groupBy(['campaign_id', 'is_after'])
    .execute();
  const sums = new Map<string, { before: Sums; after: Sums }>();
  for (const { campaign_id: campaign, is_after, ...counted } of rows) {
    const both = sums.get(campaign) ?? { before: NO_SUMS, after: NO_SUMS };
    both[is_after ? 'after' : 'before'] = counted;
    sums.set(campaign, both);
  }
  const acted = await db
    .selectFrom('rule_executions')
    .select('campaign_id')
    .distinct()
    .where('account_id', '=', account)
    .where('outcome', '=', 'applied')
    .where('at', '>=', from)
    .where('at', '<', to)
    .execute();
  return { sums, treated: new Set(acted.map((row) => row.campaign_id)) };
}

function effectOn(
  campaign: string,
  metric: MetricName,
  windowMs: number,
  { sums, treated }: Portfolio,
): MeasuredEffect {
  const changeOf = (id: string): BeforeAfter | null => {
    const { before, after } = sums.get(id) ?? { before: NO_SUMS, after: NO_SUMS };
    const [then, now] = [metricOf(metric, before), metricOf(metric, after)];
    return then === undefined || now === undefined
      ? null
      : { before: then, after: now, spend_micros: before.spend_micros };
  };
  const own = changeOf(campaign);
  const hours = windowMs / HOUR_MS;
  if (own === null) return { metric, hours, campaign: null, others: [] };
  const others = [...sums.keys()].filter((id) => !treated.has(id)).flatMap((id) => changeOf(id) ?? []);
  return { metric, hours, campaign: own, others: nearest({ ...own, others }) };
}

function windowOf({ when }: Rule): number {
  const [first] = conditionsOf(when);
  const window = first === undefined ? WINDOW_MS_MIN : durationMs(first.window);
  return Math.min(Math.max(Math.ceil(window / HOUR_MS) * HOUR_MS, WINDOW_MS_MIN), WINDOW_MS_MAX);
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}
