// Rebalancing from end to end: notices become sums, a schedule comes round, budgets are other ones in the database, in
// the campaign file and in the bidder; and what the guard rails forbid is not done.

import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { hashText } from '../../bidcore/hash.js';
import type { NoticeKind } from '../../bidcore/money/event.js';
import { allocationPlan, planColumns } from '../allocation/plan.js';
import { makeLog } from '../log.js';
import { importCampaignFile } from '../sql/book/import.js';
import { type Db, openDatabase } from '../sql/database.js';
import { isDatabaseError } from '../sql/errors.js';
import { migrateUp } from '../sql/migrate.js';
import { Rollups } from '../sql/rollups/rollups.js';
import { campaignsOf } from '../testing/campaigns.js';
import { billRecord } from '../testing/events.js';
import { type GavelProcess, startGavel, until } from '../testing/gavel_process.js';
import { startPostgres } from '../testing/postgres_server.js';
import { parsedFile } from '../testing/sql_samples.js';
import { type Answer, ask } from '../testing/wire.js';
import { allocationJob } from './allocation.js';
import type { JobWorld } from './job.js';

const BUDGET = 50_000_000;
const OPEN_MS_MAX = 60_000;
const site = await startPostgres();
t.teardown(() => site.stop());

async function opened(t: Test, url: string): Promise<Db> {
  const database = await openDatabase({ url, folder: undefined });
  if (isDatabaseError(database)) throw new Error(database.problem);
  t.teardown(() => database.close());
  return database.db;
}

/** Notices of a campaign of `campaignsOf`, half an hour old. */
async function plant(db: Db, campaign: string, counts: Partial<Record<NoticeKind, number>>): Promise<void> {
  const ad = hashText(`${campaign}/group/banner`).toString(16).padStart(16, '0');
  const kinds = Object.entries(counts).flatMap(([kind, n]) => Array.from({ length: n }, () => kind as NoticeKind));
  const events = kinds.map((kind, n) => {
    const base = billRecord(n, { kind, atMs: Date.now() - 1_800_000, chargeMicros: 0 });
    const record = { ...base, facts: { ...base.facts, ad, bid: `${campaign}-${kind}-${n}` } };
    return { partition: 0, position: String(n + 1), record, chargedMicros: kind === 'bill' ? 2000 : 0 };
  });
  await new Rollups(db, { consumer: `test-${campaign}` }).book(events);
}

function api(gavel: GavelProcess) {
  const headers = { 'x-api-key': gavel.adminKey, 'content-type': 'application/json' };
  return (method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Answer> =>
    ask(gavel.adminPort, {
      method,
      path,
      headers: { ...headers, ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

async function budgetsOf(db: Db): Promise<Record<string, number | null>> {
  const rows = await db.selectFrom('campaigns').select(['id', 'daily_budget_micros']).orderBy('id').execute();
  return Object.fromEntries(rows.map(({ id, daily_budget_micros }) => [id, daily_budget_micros]));
}

const due = (db: Db) => db.updateTable('allocation_plans').set({ next_run_at: new Date() }).execute();

t.test('a schedule moves money to what is clicked, live, and stops at its guard rails', async (t) => {
  const url = await site.database();
  const campaigns = campaignsOf([{ id: 'good' }, { id: 'poor' }, { id: 'free' }]);
  const gavel = await startGavel(t, { campaigns, env: { DATABASE_URL: url, GAVEL_JOBS: 'on' } });
  const send = api(gavel);
  await until(async () => (await send('GET', '/accounts').catch(() => undefined))?.status === 200, OPEN_MS_MAX);
  for (const id of ['good', 'poor']) {
    const changed = await send('PATCH', `/campaigns/${id}`, { daily_budget_micros: BUDGET }, { 'if-match': '*' });
    t.equal(changed.status, 200, changed.text);
  }
  const db = await opened(t, url);
  await plant(db, 'good', { imp: 400, click: 40, bill: 400, conv: 4 });
  await plant(db, 'poor', { imp: 400, click: 10, bill: 400 });

  const plan = {
    method: { type: 'performance', goal: 'ctr' },
    guard_rails: { change_max: 0.25, minimum_impressions: 300 },
    every_minutes: 60,
  };
  t.equal((await send('POST', '/accounts/account/allocation', plan)).status, 201);
  const tried = await send('POST', '/accounts/account/allocation/dry-run', {});
  t.equal(tried.status, 201, tried.text);
  t.match(JSON.parse(tried.text), {
    status: 'dry_run',
    total_micros: 2 * BUDGET,
    campaigns: [
      { campaign: 'good', before_micros: BUDGET, after_micros: 1.25 * BUDGET, reason: /CTR 1\.\d+ times.*as far as/ },
      { campaign: 'poor', before_micros: BUDGET, after_micros: 0.75 * BUDGET },
    ],
  });
  t.same(await budgetsOf(db), { free: null, good: BUDGET, poor: BUDGET }, 'a dry run changes nothing');

  await due(db);
  await until(async () => (await budgetsOf(db))['good'] !== BUDGET);
  t.same(await budgetsOf(db), { free: null, good: 1.25 * BUDGET, poor: 0.75 * BUDGET });
  const version = async (): Promise<number> => JSON.parse((await send('GET', '/stats')).text).book.version;
  const inFile = (): boolean => readFileSync(gavel.campaignsPath, 'utf8').includes(String(1.25 * BUDGET));
  await until(() => inFile());
  const before = await version();
  t.ok(before >= 2, 'the bidder has taken books since');
  const runs = JSON.parse((await send('GET', '/accounts/account/allocation/runs')).text).items;
  t.match(runs, [
    { status: 'applied', trigger: 'schedule' },
    { status: 'dry_run', trigger: 'manual' },
  ]);
  t.match(JSON.parse((await send('GET', '/accounts/account/audit?limit=1')).text).items, [
    { actor: 'allocation:account', entity: 'campaign', after: { reason: /CTR/ } },
  ]);

  const csv = await send('GET', '/accounts/account/allocation/metrics?format=csv');
  t.match(csv.headers['content-type'], /^text\/csv/);
  const [head = '', ...lines] = csv.text.trim().split('\r\n');
  const cells = Object.fromEntries(head.split(',').map((name, i) => [name, lines[1]?.split(',')[i]]));
  t.match(cells, { id: 'good', impressions: '400', clicks: '40', ctr: '0.1', cvr: '0.1', spend_micros: '800000' });
  t.match(cells, { cpm_micros: '2000000', cpc_micros: '20000', cpa_micros: '200000', roas: '0', roi: '-1' });
  t.ok(Number(cells['utilisation']) > 0);

  const most = { campaigns: [{ id: 'good', share_max: 0.3 }, { id: 'poor' }] };
  const narrowed = await send('PATCH', '/accounts/account/allocation', most, { 'if-match': '*' });
  t.equal(narrowed.status, 200, narrowed.text);
  await due(db);
  const alert = () => db.selectFrom('alerts').selectAll().where('kind', '=', 'allocation_refused').execute();
  await until(async () => (await alert()).length > 0);
  t.match(await alert(), [{ account_id: 'account', severity: 'warning', subject: /outside the guard rails: good/ }]);
  t.same(await budgetsOf(db), { free: null, good: 1.25 * BUDGET, poor: 0.75 * BUDGET }, 'nothing was done');
  const [refused] = JSON.parse((await send('GET', '/accounts/account/allocation/runs?limit=1')).text).items;
  t.match(refused, { status: 'refused', problem: /guard rails/ });
  const byHand = await send('POST', '/accounts/account/allocation/apply', {});
  t.match(JSON.parse(byHand.text), { status: 'applied', notes: [/they come first/] }, 'a person may');
  t.equal((await budgetsOf(db))['good'], 0.6 * BUDGET);
  t.equal((await send('DELETE', '/accounts/account/allocation', undefined, { 'if-match': '*' })).status, 204);
  t.equal((await send('POST', '/accounts/account/allocation/apply', {})).status, 404);
});

t.test('a turn is had once, whoever takes it, and missed turns are not made up for', async (t) => {
  const db = await opened(t, await site.database());
  await migrateUp(db);
  await importCampaignFile(db, parsedFile(JSON.stringify(campaignsOf([{ id: 'one' }]))), { replace: false });
  const plan = allocationPlan.parse({ method: { type: 'proportional' }, every_minutes: 10 });
  const next_run_at = new Date(Date.now() - 3_605_000);
  await db
    .insertInto('allocation_plans')
    .values({ account_id: 'account', ...planColumns(plan), next_run_at })
    .execute();
  let books = 0;
  const bookChanged = (): void => {
    books += 1;
  };
  const world: JobWorld = { db, log: makeLog('error'), bookChanged, signal: new AbortController().signal };
  await allocationJob({ seconds: () => 61 }).run(world, Date.now());
  t.same(await db.selectFrom('allocation_runs').selectAll().execute(), [], 'it waits while sums are behind');
  const job = allocationJob({ seconds: () => 0 });
  await Promise.all([job.run(world, Date.now()), job.run(world, Date.now())]);
  const runs = await db.selectFrom('allocation_runs').selectAll().execute();
  t.match(runs, [{ status: 'refused', problem: /no campaign is active and has a daily budget/ }]);
  t.equal(runs.length, 1);
  t.equal(books, 0, 'nothing was changed');
  const after = await db.selectFrom('allocation_plans').select('next_run_at').executeTakeFirstOrThrow();
  const aheadMs = (after.next_run_at?.getTime() ?? 0) - Date.now();
  t.ok(aheadMs > 0 && aheadMs <= 600_000, 'the next turn is in step with the one that was due');
});
