// Reports of an account: what its campaigns cost and brought, by time, campaign and one dimension, as JSON in pages or
// as CSV in one piece. Rules: docs/reports.md.

import { z } from 'zod';
import { csv } from '../../../bidcore/metrics/csv.js';
import { type MetricName, metricName, metricsOf, type Sums } from '../../../bidcore/metrics/metrics.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../bidcore/metrics/series.js';
import type { Db } from '../../sql/database.js';
import { budgetWithin, type CampaignBudget } from '../../sql/reports/budgets.js';
import {
  REPORT_GRANULARITIES,
  type ReportGranularity,
  type ReportOrder,
  type ReportRow,
  type ReportSpec,
  type RowPlace,
  reportRows,
  reportTotals,
  type SortName,
} from '../../sql/reports/report.js';
import type { Dimension } from '../../sql/schema/metrics.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { type Failure, fail, isFailure } from '../errors.js';
import { operation } from '../operation.js';
import { givenTime } from '../times.js';
import { pageQuery } from './crud.js';
import { parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

const CSV_ROWS_MAX = 50_000;
const BUCKET_MS: Readonly<Record<ReportGranularity, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  total: DAY_MS,
};
/** What is told without `from`: so many buckets. */
const BUCKETS: Readonly<Record<ReportGranularity, number>> = { minute: 60, hour: 24, day: 7, total: 7 };
const KEYED = ['ad', 'exchange', 'geo', 'device'] as const satisfies readonly Dimension[];
const GROUPS = ['campaign', ...KEYED] as const;
const METRICS = metricName.options;
const SORTS = ['time', ...METRICS.filter((name) => name !== 'utilisation')];

const list = z.string().transform((text) => text.split(',').filter((part) => part !== ''));
const listOf = <const T extends string>(names: readonly T[]) => list.pipe(z.array(z.enum(names)).min(1));

const query = pageQuery.extend({
  from: givenTime.optional().describe('First bucket; without it some buckets back'),
  to: givenTime.optional().describe('Before this; without it the end of the present bucket'),
  granularity: z.enum(REPORT_GRANULARITIES).default('day'),
  group_by: listOf(GROUPS).optional().describe('campaign and one of ad, exchange, geo, device, with a comma'),
  metrics: listOf(METRICS).optional().describe('Columns, with commas; without it all'),
  campaign: list.optional().describe('Only these campaigns, with commas'),
  ad: list.optional().describe('Only these: ad group/creative'),
  exchange: list.optional(),
  geo: list.optional().describe('Only these countries, alpha-3'),
  device: list.optional().describe('Only these device types of OpenRTB'),
  sort: z
    .string()
    .refine((text) => SORTS.includes(text.replace(/^-/, '')), 'time or a metric, with - before it for descending')
    .default('time'),
  format: z.enum(['json', 'csv']).default('json'),
});
type Query = z.output<typeof query>;

const metricShape = Object.fromEntries(METRICS.map((name) => [name, z.number().optional()]));
const row = z.strictObject({
  time: z.iso.datetime().optional().describe('When its bucket begins; not of a total'),
  campaign: z.string().optional(),
  ad: z.string().optional(),
  exchange: z.string().optional(),
  geo: z.string().optional(),
  device: z.string().optional(),
  ...metricShape,
});

export const report = operation({
  id: 'getReport',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/reports',
  tag: 'reports',
  summary: 'What campaigns cost and brought, by time, campaign and one dimension; also as CSV',
  who: inAccount('viewer'),
  query,
  csv: true,
  response: z.strictObject({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    items: z.array(row),
    totals: z.strictObject(metricShape),
    next_cursor: z.string().nullable(),
  }),
  example: {
    path: { account: 'acme' },
    query: { granularity: 'day', group_by: 'campaign,exchange', sort: '-spend_micros' },
  },
  handle: async ({ db, path, query, nowMs }) => {
    const spec = specOf(parameter(path, 'account'), query, nowMs);
    if (isFailure(spec)) return spec;
    const order: ReportOrder = { by: query.sort.replace(/^-/, '') as SortName, descending: query.sort.startsWith('-') };
    const after = placeOf(query.cursor);
    if (isFailure(after)) return after;
    const limit = query.format === 'csv' ? CSV_ROWS_MAX : query.limit;
    const rows = await reportRows(db, spec, order, after, limit + 1);
    const budgets = await budgetsOf(db, spec);
    const columns = query.metrics ?? METRICS;
    const items = rows.slice(0, limit).map((one) => itemOf(spec, one, columns, budgets));
    if (query.format === 'csv') {
      if (rows.length > limit)
        return fail('invalid_query', `more than ${CSV_ROWS_MAX} rows: a shorter span, or fewer groups`);
      return { csv: csvOf(spec, items, columns) };
    }
    const last = rows[limit - 1];
    const all = spec.granularity === 'total' || spec.granularity === 'day' ? spec.toMs - spec.fromMs : undefined;
    const totals = picked(metricsOf(await reportTotals(db, spec), all && wholeBudget(spec, budgets, all)), columns);
    const next_cursor = rows.length > limit && last !== undefined ? cursorAfter(placeText(last)) : null;
    const [from, to] = [timeText(new Date(spec.fromMs)), timeText(new Date(spec.toMs))];
    return { body: { from, to, items, totals, next_cursor } };
  },
});

/** What is asked for; one dimension at a time beside the campaign is kept, so no two can be asked for. */
function specOf(account: string, query: Query, nowMs: number): ReportSpec | Failure {
  const { granularity, group_by: groups = [], campaign: campaigns } = query;
  const bucketMs = BUCKET_MS[granularity];
  const toMs = query.to === undefined ? (Math.floor(nowMs / bucketMs) + 1) * bucketMs : Date.parse(query.to);
  const fromMs = query.from === undefined ? toMs - BUCKETS[granularity] * bucketMs : Date.parse(query.from);
  if (!(fromMs < toMs)) return fail('invalid_query', 'from is before to');
  const wanted = new Set<Dimension>(KEYED.filter((name) => groups.includes(name) || query[name] !== undefined));
  if (wanted.size > 1) {
    return fail('invalid_query', `sums are kept by one dimension at a time, not by ${[...wanted].join(' and ')}`);
  }
  const [dimension = 'campaign'] = wanted;
  return {
    ...{ account, fromMs, toMs, granularity, dimension, campaigns },
    // The id of an ad says nothing without its campaign.
    byCampaign: groups.includes('campaign') || groups.includes('ad'),
    byKey: groups.some((name) => name !== 'campaign'),
    keys: dimension === 'campaign' ? undefined : query[dimension],
  };
}

type Budgets = ReadonlyMap<string, CampaignBudget>;

async function budgetsOf(db: Db, { account, campaigns }: ReportSpec): Promise<Budgets> {
  const rows = await db
    .selectFrom('campaigns')
    .select(['id', 'budget_micros', 'daily_budget_micros'])
    .where('account_id', '=', account)
    .$if(campaigns !== undefined, (rest) => rest.where('id', 'in', campaigns as readonly string[]))
    .execute();
  return new Map(rows.map(({ id, ...budget }) => [id, budget]));
}

/** Of all campaigns of a report; 0 where it is not known of one, or the report is of parts of campaigns. */
function wholeBudget({ dimension }: ReportSpec, budgets: Budgets, lengthMs: number): number {
  if (dimension !== 'campaign') return 0;
  const each = [...budgets.values()].map((budget) => budgetWithin(budget, lengthMs));
  return each.some((micros) => micros === undefined) ? 0 : each.reduce<number>((sum, micros) => sum + (micros ?? 0), 0);
}

type Item = Readonly<Record<string, string | number | undefined>>;

function itemOf(spec: ReportSpec, row: ReportRow, columns: readonly MetricName[], budgets: Budgets): Item {
  const lengthMs = spec.granularity === 'total' ? spec.toMs - spec.fromMs : DAY_MS;
  const told = spec.granularity === 'total' || spec.granularity === 'day';
  const own = budgets.get(row.campaign);
  const budget = spec.byCampaign
    ? (own && spec.dimension === 'campaign' && budgetWithin(own, lengthMs)) || 0
    : wholeBudget(spec, budgets, lengthMs);
  return {
    ...(spec.granularity !== 'total' && { time: timeText(row.time) }),
    ...(spec.byCampaign && { campaign: row.campaign }),
    ...(spec.byKey && { [spec.dimension]: row.key }),
    ...picked(metricsOf(row.sums, told ? budget : 0), columns),
  };
}

function picked(metrics: Sums & { readonly [name in MetricName]?: number }, columns: readonly MetricName[]): Item {
  return Object.fromEntries(columns.flatMap((name) => (metrics[name] === undefined ? [] : [[name, metrics[name]]])));
}

function csvOf(spec: ReportSpec, items: readonly Item[], columns: readonly MetricName[]): string {
  const head = [
    ...(spec.granularity === 'total' ? [] : ['time']),
    ...(spec.byCampaign ? ['campaign'] : []),
    ...(spec.byKey ? [spec.dimension] : []),
    ...columns,
  ];
  return csv([head, ...items.map((item) => head.map((name) => item[name]))]);
}

function placeText({ sort, time, campaign, key }: RowPlace): string {
  return JSON.stringify([String(sort), time.toISOString(), campaign, key]);
}

function placeOf(cursor: string | undefined): RowPlace | undefined | Failure {
  const text = readCursor(cursor);
  if (text === undefined || isFailure(text)) return text;
  const place = z.tuple([z.string(), givenTime, z.string(), z.string()]).safeParse(jsonOf(text));
  const sort = Number(place.data?.[0]);
  if (!place.success || Number.isNaN(sort))
    return fail('invalid_cursor', 'give next_cursor of the page before as it is');
  const [, time, campaign, key] = place.data;
  return { sort, time: new Date(time), campaign, key };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // none of ours
  }
}
