// Runs of an account's allocation: tried, made by hand, or by the schedule (jobs/allocation.ts). And what they go by:
// the metrics of the portfolio, also as CSV.

import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import { metricsCsv } from '../../../bidcore/metrics/csv.js';
import { RATIOS, SUMS } from '../../../bidcore/metrics/metrics.js';
import { allocationPlan, planOf } from '../../allocation/plan.js';
import { portfolioMetrics } from '../../allocation/portfolio.js';
import { type RunRequest, runAllocation } from '../../allocation/run.js';
import type { Db } from '../../sql/database.js';
import type { Row } from '../../sql/repositories/rows.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { type Failure, isFailure, notFound } from '../errors.js';
import { type Call, type Operation, operation, type Reply } from '../operation.js';
import { createPlan, planRow, readPlan } from './allocation_plans.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, present, timeText } from './rows.js';
import { inAccount } from './who.js';

const micros = z.int().min(0);
const runShown = z.strictObject({
  id,
  at: z.iso.datetime(),
  method: z.string(),
  trigger: z.enum(['manual', 'schedule']),
  status: z.enum(['dry_run', 'applied', 'refused', 'failed']),
  total_micros: micros,
  problem: z.string().optional().describe('Why nothing was changed'),
  notes: z.array(z.string()),
});
const share = z.strictObject({
  campaign: id,
  before_micros: micros.describe('Daily budget before'),
  after_micros: micros,
  share: z.number().describe('Of the total, 0 to 1'),
  reason: z.string(),
});
const wholeRun = runShown.extend({ campaigns: z.array(share) });

const tag = 'allocation';
const path = '/accounts/{account}/allocation';
const example = { path: { account: 'acme' } };

function shownOf(row: Row<'allocation_runs'>): z.output<typeof runShown> {
  const { id: run, at, method, trigger_kind: trigger, status, total_micros, problem, notes } = row;
  const told = present('problem', problem);
  return { id: run, at: timeText(at), method, trigger, status, total_micros, ...told, notes: [...notes] };
}

async function readRun(db: Db, account: string, run: string): Promise<object | undefined> {
  const row = await db
    .selectFrom('allocation_runs')
    .selectAll()
    .where('account_id', '=', account)
    .where('id', '=', run)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const shares = await db
    .selectFrom('allocation_shares')
    .selectAll()
    .where('run_id', '=', run)
    .orderBy('campaign_id')
    .execute();
  const campaigns = shares.map(({ campaign_id: campaign, before_micros, after_micros, reason }) => ({
    campaign,
    before_micros,
    after_micros,
    share: after_micros / Math.max(1, row.total_micros),
    reason,
  }));
  return { ...shownOf(row), campaigns };
}

async function run(
  { db, path: at, nowMs, audit }: Pick<Call, 'db' | 'path' | 'nowMs' | 'audit'>,
  given: RunRequest['plan'] | undefined,
  mode: RunRequest['mode'],
): Promise<Reply | Failure> {
  const row = given === undefined ? await planRow(db, at) : undefined;
  const plan = given ?? (row && planOf(row));
  if (plan === undefined) return notFound('allocation plan');
  const account = parameter(at, 'account');
  const made = await runAllocation(db, audit, { account, plan, nowMs, trigger: 'manual', mode });
  return { body: (await readRun(db, account, made.id)) ?? {} };
}

const dryRun = operation({
  id: 'tryAllocation',
  kind: 'change',
  method: 'POST',
  path: `${path}/dry-run`,
  tag,
  summary: 'What a run would do now, by the plan of the account or by one that is given; changes no budget',
  who: inAccount('trader'),
  body: z.strictObject({ plan: allocationPlan.optional().describe('Absent: that of the account') }),
  response: wholeRun,
  status: 201,
  example: { ...example, body: { plan: { method: { type: 'proportional' } } } },
  handle: (call) => run(call, call.body.plan, 'dry_run'),
});

const apply = operation({
  id: 'applyAllocation',
  kind: 'change',
  method: 'POST',
  path: `${path}/apply`,
  tag,
  summary: 'Splits the daily budgets anew, now, by the plan of the account',
  who: inAccount('trader'),
  body: z.strictObject({}),
  response: wholeRun,
  status: 201,
  changesBook: true,
  example: { ...example, body: {} },
  handle: (call) => run(call, undefined, 'apply'),
});

const listRuns = operation({
  id: 'listAllocationRuns',
  kind: 'read',
  method: 'GET',
  path: `${path}/runs`,
  tag,
  summary: 'List the runs of an account, the latest first',
  who: inAccount('viewer'),
  query: pageQuery,
  response: pageOf(runShown),
  example: { ...example, query: { limit: '10' } },
  handle: async ({ db, path: at, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('allocation_runs')
      .selectAll()
      .where('account_id', '=', parameter(at, 'account'))
      .$if(after !== undefined, (rest) => rest.where('id', '<', after ?? ''))
      .orderBy('id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const items = rows.slice(0, query.limit).map(shownOf);
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > query.limit && last ? cursorAfter(last.id) : null } };
  },
});

const getRun = operation({
  id: 'getAllocationRun',
  kind: 'read',
  method: 'GET',
  path: `${path}/runs/{run}`,
  tag,
  summary: 'Read a run with the daily budget of each campaign before and after it, and why',
  who: inAccount('viewer'),
  response: wholeRun,
  example: { path: { account: 'acme', run: 'tryAllocation.id' } },
  handle: async ({ db, path: at }) => {
    const body = await readRun(db, parameter(at, 'account'), parameter(at, 'run'));
    return body === undefined ? notFound('allocation run') : { body };
  },
});

const metricFigures = z.strictObject({
  ...Object.fromEntries(SUMS.map((name) => [name, z.int()])),
  ...Object.fromEntries(Object.keys(RATIOS).map((name) => [name, z.number().optional()])),
});

const metrics = operation({
  id: 'getPortfolioMetrics',
  kind: 'read',
  method: 'GET',
  path: `${path}/metrics`,
  tag,
  summary: 'What each campaign of an account has brought for its money, as JSON or CSV',
  csv: true,
  who: inAccount('viewer'),
  query: z.strictObject({
    days: z.coerce.number().pipe(z.int().min(1).max(30)).default(7).describe('Days up to now'),
    format: z.enum(['json', 'csv']).default('json'),
  }),
  response: z.strictObject({
    days: z.int(),
    items: z.array(z.strictObject({ campaign: id, name: z.string().optional(), metrics: metricFigures })),
  }),
  example: { ...example, query: { days: '7' } },
  handle: async ({ db, path: at, query: { days, format }, nowMs }) => {
    const rows = await portfolioMetrics(db, parameter(at, 'account'), nowMs, days);
    if (format === 'csv') return { csv: metricsCsv(rows) };
    const items = rows.map(({ id: campaign, name, metrics: figures }) => ({
      campaign,
      ...(name !== '' && { name }),
      metrics: figures,
    }));
    return { body: { days, items } };
  },
});

export const allocationOperations: readonly Operation[] = [
  createPlan,
  dryRun,
  apply,
  readPlan,
  listRuns,
  getRun,
  metrics,
];
