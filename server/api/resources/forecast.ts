// What lies ahead of a campaign: when its budgets will be gone, and what the next day will bring, with intervals.

import { z } from 'zod';
import type { ExhaustionForecast, TooLittleData } from '../../../bidcore/anomalies/exhaustion.js';
import { DAY_MS } from '../../../bidcore/metrics/series.js';
import { type BudgetOutlook, budgetOutlooks, isForecast, PREDICTED, predictDay } from '../../sql/outlook/forecast.js';
import { notFound } from '../errors.js';
import { operation } from '../operation.js';
import { parameter, timeText } from './rows.js';
import { inCampaign } from './who.js';

const LEVEL_DEFAULT = 0.9;
const time = z.iso.datetime();

const exhaustion = z
  .strictObject({
    at: time.nullable().describe('Null: not within 90 days'),
    earliest: time.nullable(),
    latest: time.nullable(),
    daily_micros: z.int().describe('A day at the present level'),
  })
  .nullable()
  .describe('Null where there is too little history');
const budget = z.strictObject({
  remaining_micros: z.int(),
  end: time.nullable().describe('When it is meant to be gone: the end of the campaign, or of the day'),
  exhaustion,
  problem: z.string().optional(),
});
const predicted = z.strictObject({ expected: z.number(), lower: z.number(), upper: z.number() }).nullable();

export const campaignForecast = operation({
  id: 'getCampaignForecast',
  kind: 'read',
  method: 'GET',
  path: '/campaigns/{campaign}/forecast',
  tag: 'anomalies',
  summary: 'When its budgets will be gone, and what the next day will bring, with intervals',
  who: inCampaign('viewer'),
  query: z.strictObject({
    level: z.coerce.number().pipe(z.number().min(0.5).max(0.99)).default(LEVEL_DEFAULT).describe('Of the intervals'),
  }),
  response: z.strictObject({
    campaign: z.string(),
    level: z.number(),
    budget,
    daily_budget: budget.nullable(),
    next_day: z.strictObject({
      day: z.iso.date().describe('UTC'),
      metrics: z.strictObject(Object.fromEntries(PREDICTED.map((name) => [name, predicted]))),
      problem: z.string().optional(),
    }),
  }),
  example: { path: { campaign: 'spring' }, query: { level: '0.8' } },
  handle: async ({ db, path, query: { level }, nowMs }) => {
    const campaign = parameter(path, 'campaign');
    const [outlook] = await budgetOutlooks(db, [campaign], nowMs, level);
    if (outlook === undefined) return notFound('campaign');
    const next = await predictDay(db, campaign, nowMs, level);
    const problem = Object.values(next).every((one) => 'code' in one)
      ? Object.values(next).map((one) => ('code' in one ? one.problem : ''))[0]
      : undefined;
    const day = timeText(new Date(Math.floor(nowMs / DAY_MS) * DAY_MS)).slice(0, 10);
    const metrics = Object.fromEntries(Object.entries(next).map(([name, one]) => [name, 'code' in one ? null : one]));
    return {
      body: {
        ...{ campaign, level, budget: budgetText(outlook.total) },
        daily_budget: outlook.daily === undefined ? null : budgetText(outlook.daily),
        next_day: { day, metrics, ...(problem !== undefined && { problem }) },
      },
    };
  },
});

function budgetText({ remaining_micros, end_ms, exhaustion: found }: BudgetOutlook) {
  const problem = isForecast(found) ? {} : { problem: found.problem };
  return { remaining_micros, end: end_ms === null ? null : atText(end_ms), exhaustion: told(found), ...problem };
}

function told(found: ExhaustionForecast | TooLittleData) {
  if (!isForecast(found)) return null;
  const { at_ms, earliest_ms, latest_ms, daily_micros } = found;
  return { at: atText(at_ms), earliest: atText(earliest_ms), latest: atText(latest_ms), daily_micros };
}

function atText(ms: number | null): string | null {
  return ms === null ? null : timeText(new Date(ms));
}
