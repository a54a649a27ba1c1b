// How a campaign is doing: today, in all, what is left of its budget, and what of it is live on the node that is asked.

import { z } from 'zod';
import { type CampaignMetrics, metricName, metricsOf } from '../../../bidcore/metrics/metrics.js';
import { Days } from '../../../bidcore/money/days.js';
import type { Db } from '../../sql/database.js';
import { type ReportSpec, reportTotals } from '../../sql/reports/report.js';
import { notFound } from '../errors.js';
import { operation } from '../operation.js';
import { parameter } from './rows.js';
import { inCampaign } from './who.js';

const metrics = z.strictObject(Object.fromEntries(metricName.options.map((name) => [name, z.number().optional()])));
const micros = z.int();
const count = z.int().min(0);

const live = z
  .strictObject({
    open: z.boolean().describe('Active and inside its schedule'),
    pace: z.number().describe('What pacing leaves of its bids, 0 to 1'),
    multiplier: z.number().describe('What the policy multiplies its bids by'),
    available_micros: micros.describe('What bids of this node may hold now, of its lease'),
    bids: count.describe('Of this node since its start'),
  })
  .describe('On the node that was asked');

export const campaignStats = operation({
  id: 'getCampaignStats',
  kind: 'read',
  method: 'GET',
  path: '/campaigns/{campaign}/stats',
  tag: 'reports',
  summary: 'How a campaign is doing: today, in all, what is left of its budget, its pace',
  who: inCampaign('viewer'),
  response: z.strictObject({
    campaign: z.string(),
    day: z.iso.date().describe('Today, in the time zone of the account'),
    today: metrics,
    total: metrics,
    budget: z.strictObject({
      budget_micros: micros,
      spent_micros: micros,
      left_micros: micros.describe('Below zero where late notices were honoured'),
      daily_budget_micros: micros.nullable(),
      spent_today_micros: micros,
      left_today_micros: micros.nullable(),
    }),
    live: live.nullable().describe('Null while its book is not live'),
  }),
  example: { path: { campaign: 'spring' } },
  handle: async ({ db, path, nowMs, host }) => {
    const id = parameter(path, 'campaign');
    const campaign = await db
      .selectFrom('campaigns as c')
      .innerJoin('accounts as a', 'a.id', 'c.account_id')
      .select(['c.account_id', 'c.budget_micros', 'c.daily_budget_micros', 'a.time_zone'])
      .where('c.id', '=', id)
      .executeTakeFirst();
    if (campaign === undefined) return notFound('campaign');
    const { budget_micros, daily_budget_micros, account_id: account } = campaign;
    const day = new Days(campaign.time_zone).at(nowMs);
    const today = await campaignMetrics(db, account, id, day.startMs, day.endMs, daily_budget_micros ?? 0);
    const total = await campaignMetrics(db, account, id, 0, FOREVER_MS, budget_micros);
    const budget = {
      budget_micros,
      spent_micros: total.spend_micros,
      left_micros: budget_micros - total.spend_micros,
      daily_budget_micros,
      spent_today_micros: today.spend_micros,
      left_today_micros: daily_budget_micros === null ? null : daily_budget_micros - today.spend_micros,
    };
    return { body: { campaign: id, day: day.name, today, total, budget, live: host.campaign(id) ?? null } };
  },
});

const DAY_MS = 86_400_000;
/** The end of what whole days can tell. */
const FOREVER_MS = 100_000 * DAY_MS;

/** A span's metrics of one campaign. @param budget_micros what might have been spent in it */
async function campaignMetrics(
  db: Db,
  account: string,
  campaign: string,
  fromMs: number,
  toMs: number,
  budget_micros: number,
): Promise<CampaignMetrics> {
  const spec: ReportSpec = {
    ...{ account, fromMs, toMs, granularity: 'total', dimension: 'campaign' },
    ...{ byCampaign: false, byKey: false, campaigns: [campaign], keys: undefined },
  };
  return metricsOf(await reportTotals(db, spec), budget_micros);
}
