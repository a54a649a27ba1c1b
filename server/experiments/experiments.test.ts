// Experiments on the database: what is told counts once, a decision is kept and told, bandits move, campaigns get back
// what they had.

import t from 'tap';
import { type ExperimentInput, experiment } from '../../bidcore/experiments/experiment_schema.js';
import { Random } from '../../bidcore/fuzz/random.js';
import { experimentsJob } from '../jobs/experiments.js';
import { makeLog } from '../log.js';
import { importCampaignFile } from '../sql/book/import.js';
import { change, isChangeRefused } from '../sql/change.js';
import type { Db } from '../sql/database.js';
import { migrateUp } from '../sql/migrate.js';
import { campaignsOf } from '../testing/campaigns.js';
import { openedEmbedded } from '../testing/embedded_cluster.js';
import { parsedFile } from '../testing/sql_samples.js';
import { startCampaigns, stopCampaigns } from './campaigns.js';
import { look, seenOf, toldSums } from './look.js';
import { type Observation, observe } from './observe.js';
import { drawnArm, findExperiment, type StoredExperiment, writeDraft } from './stored.js';

const HOUR_MS = 3_600_000;
const ids = Array.from({ length: 6 }, (_, i) => `c${i}`);
const database = await openedEmbedded(t);
const { db } = database;
await migrateUp(db);
const file = parsedFile(JSON.stringify(campaignsOf(ids.map((id) => ({ id })))));
await importCampaignFile(db, file, { replace: false });
await db.updateTable('campaigns').set({ daily_budget_micros: 1_000_000 }).execute();

async function made(more: Partial<ExperimentInput> & { id: string }, status: 'draft' | 'running' = 'running') {
  const definition = experiment.parse({
    name: more.id,
    arms: [{ name: 'now' }, { name: 'new' }],
    metric: { name: 'ordered', kind: 'rate', baseline: 0.1 },
    minimum_effect: 0.5,
    ...more,
  });
  await writeDraft(db, 'account', definition);
  const started_at = status === 'running' ? new Date(Date.now() - 2 * HOUR_MS) : null;
  await db.updateTable('experiments').set({ status, started_at }).where('id', '=', more.id).execute();
  return () => found(db, more.id);
}

async function found(at: Db, id: string): Promise<StoredExperiment> {
  const stored = await findExperiment(at, 'account', id);
  if (stored === undefined) throw new Error(`no experiment ${id}`);
  return stored;
}

/** Users of whom a share orders, by the arm that they are in. */
function users(stored: StoredExperiment, count: number, rates: Readonly<Record<string, number>>): Observation[] {
  const random = new Random(7);
  return Array.from({ length: count }, (_, n) => {
    const arm = drawnArm(stored, `user-${n}`) ?? 'now';
    const value = random.float() < (rates[arm] ?? 0) ? 1 : 0;
    return {
      unit: `user-${n}`,
      metric: 'ordered',
      value,
      lower: 0,
      ...(stored.definition.mode === 'bandit' && { arm }),
    };
  });
}

t.test('an observation that is told again counts once, another value replaces it', async (t) => {
  const read = await made({ id: 'twice' });
  const told = users(await read(), 1000, { now: 0.1, new: 0.1 });
  t.match(await observe(db, await read(), told, Date.now()), { changed: 1000, left_out: 0 });
  const once = await toldSums(db, await read());
  t.match(await observe(db, await read(), told, Date.now()), { changed: 0 });
  t.same(await toldSums(db, await read()), once);
  const [first] = told as [Observation];
  const arm = drawnArm(await read(), first.unit);
  await observe(db, await read(), [{ ...first, value: 1 - first.value }], Date.now());
  const moved = (await toldSums(db, await read())).get(`ordered\n${arm}`);
  t.equal(moved?.sum, (once.get(`ordered\n${arm}`)?.sum ?? 0) + 1 - 2 * first.value);
  t.equal(moved?.units, once.get(`ordered\n${arm}`)?.units);
  t.match(await observe(db, await read(), [{ ...first, arm: arm === 'now' ? 'new' : 'now' }], Date.now()), {
    problems: [/is in arm/],
  });
  t.match(
    await observe(
      db,
      await read(),
      [
        { ...first, metric: 'other' },
        { ...first, value: 2 },
      ],
      Date.now(),
    ),
    {
      problems: ['0: other is not measured here', '1: of a rate: 0 or 1'],
    },
  );
});

t.test('a decision is kept with the first look that has one, and told once', async (t) => {
  const read = await made({ id: 'better' });
  await observe(db, await read(), users(await read(), 3000, { now: 0.1, new: 0.2 }), Date.now());
  const { results, power } = await seenOf(db, await read(), Date.now());
  t.match(results.decision, { stop: true, reason: 'winner', arm: 'new' });
  t.ok(power > 0.9 && results.required_units < 1500);
  t.equal(await look(db, await read(), Date.now()), 'winner');
  t.equal(await look(db, await read(), Date.now() + 1), undefined, 'decided before');
  const { row } = await read();
  t.match(row.decision, { reason: 'winner', arm: 'new' });
  t.match(row.state, { arms: [{ p: Number }] });
  t.equal(row.status, 'running', 'a person stops it');
  const alerts = await db.selectFrom('alerts').selectAll().where('kind', '=', 'experiment_decided').execute();
  t.match(alerts, [{ account_id: 'account', severity: 'info', detail: { experiment: 'better', reason: 'winner' } }]);
});

t.test('the job moves the weights of a bandit, and leaves each arm its share for exploring', async (t) => {
  const read = await made({ id: 'bandit', mode: 'bandit', exploration: 0.1 });
  const [unit] = users(await read(), 1, {}) as [Observation];
  t.match(await observe(db, await read(), [{ ...unit, arm: undefined }], Date.now()), { problems: [/has no arm/] });
  await observe(db, await read(), users(await read(), 3000, { now: 0.1, new: 0.2 }), Date.now());
  const world = { db, log: makeLog('error'), bookChanged: () => undefined, signal: new AbortController().signal };
  await experimentsJob.run(world, Date.now());
  const { shares } = await read();
  t.same(
    shares.map((share) => Number(share.toFixed(3))),
    [0.1, 0.9],
  );
  await experimentsJob.run(world, Date.now());
  t.same((await read()).shares, shares, 'not before an hour is over');
  const lines = await db.selectFrom('audit_log').selectAll().where('entity_id', '=', 'bandit').execute();
  t.match(lines, [{ actor_kind: 'system', actor_id: 'experiments', after: { shares } }]);
});

const settingsOf = async (): Promise<Record<string, string>> => {
  const rows = await db
    .selectFrom('campaigns as c')
    .innerJoin('ad_groups as g', 'g.campaign_id', 'c.id')
    .select(['c.id', 'c.daily_budget_micros', 'c.pacing', 'g.bid_micros'])
    .orderBy('c.id')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.id, `${row.daily_budget_micros} ${row.pacing} ${row.bid_micros}`]));
};

async function changed<T>(work: Parameters<typeof change<T>>[4]): Promise<T> {
  const done = await change(db, { kind: 'system', id: 'test' }, undefined, { changesBook: true }, work);
  if (isChangeRefused(done)) throw new Error(done.problems.join());
  return done;
}

t.test('campaigns have the settings of their arm while it runs, and what they had before afterwards', async (t) => {
  const before = await settingsOf();
  const read = await made({
    id: 'bids',
    unit: 'campaign',
    arms: [
      { name: 'now' },
      { name: 'new', settings: { bid_multiplier: 1.5, daily_budget_multiplier: 2, pacing: 'asap' } },
    ],
    metric: { name: 'spend_micros', kind: 'mean', baseline: 1_000_000, deviation: 500_000 },
    guards: [{ name: 'ctr', baseline: 0.01 }],
  });
  await db.updateTable('experiments').set({ status: 'draft' }).where('id', '=', 'bids').execute();
  const stored = await read();
  t.equal(await changed((tx, audit) => startCampaigns(tx, audit, stored, Date.now())), undefined);
  await db.updateTable('experiments').set({ status: 'running' }).where('id', '=', 'bids').execute();
  const during = await settingsOf();
  const inNew = ids.filter((id) => during[id] === '2000000 asap 3000000');
  t.equal(inNew.length, 3, 'dealt by the weights');
  t.equal(ids.filter((id) => during[id] === before[id]).length, 3);
  const again = await made({ ...stored.definition, id: 'other' }, 'draft');
  const other = await again();
  t.match(await changed((tx, audit) => startCampaigns(tx, audit, other, Date.now())), /is in experiment bids/);

  await plantSpend(inNew);
  const { results } = await seenOf(db, await read(), Date.now());
  t.match(results.arms, [
    { arm: 'now', units: 3, value: { estimate: 0 } },
    { arm: 'new', units: 3 },
  ]);
  t.ok((results.arms[1]?.value.estimate ?? 0) > 0, 'what the sums say');

  const touched = inNew[0] as string;
  await db.updateTable('campaigns').set({ daily_budget_micros: 77 }).where('id', '=', touched).execute();
  const left = await changed((tx, audit) => stopCampaigns(tx, audit, stored));
  t.match(left, [new RegExp(`^${touched}: daily_budget_micros is 77 by now`)]);
  t.same(await settingsOf(), { ...before, [touched]: (before[touched] as string).replace('1000000', '77') });
});

async function plantSpend(campaigns: readonly string[]): Promise<void> {
  const bucket = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);
  const rows = campaigns.map((campaign_id) => ({
    ...{ account_id: 'account', campaign_id, dimension: 'campaign' as const, key: '', bucket },
    spend_micros: 5000,
  }));
  await db.insertInto('metrics_hour').values(rows).execute();
}
