// What is kept is what a whole reading would give, whatever comes between two readings.

import t from 'tap';
import { Random } from '../../bidcore/fuzz/random.js';
import { SUMS } from '../../bidcore/metrics/metrics.js';
import { HOUR_MS, MINUTE_MS, type SumSeries } from '../../bidcore/metrics/series.js';
import { rule as ruleSchema } from '../../bidcore/rules/rule_schema.js';
import { migrateUp } from '../sql/migrate.js';
import { openedEmbedded } from '../testing/embedded_cluster.js';
import { historyFor } from './history.js';
import { SumsCache } from './sums_cache.js';

const NOW = Date.parse('2026-03-10T12:10:00Z');

function read(series: SumSeries): unknown {
  const { campaigns, buckets, startMs } = series;
  const sums = campaigns.map((_, n) =>
    SUMS.map((name) => [...Array(buckets).keys()].map((at) => series.sum(name, n, at, at + 1))),
  );
  return { campaigns, startMs, sums };
}

t.test('minute after minute, with late notices and campaigns that come and go', async (t) => {
  const database = await openedEmbedded(t);
  const { db } = database;
  await migrateUp(db);
  await db.insertInto('accounts').values({ id: 'a', seat: 'a', policy: '{}' }).execute();
  const all = ['c0', 'c1', 'c2', 'c3', 'c4'];
  await db
    .insertInto('campaigns')
    .values(all.map((id) => ({ id, account_id: 'a', budget_micros: 1 })))
    .execute();
  const random = new Random(5);
  const cache = new SumsCache();
  const existing = ['c0', 'c1', 'c2'];
  const add = (campaign_id: string, atMs: number) => {
    const bucket = new Date(Math.floor(atMs / HOUR_MS) * HOUR_MS);
    const row = { account_id: 'a', campaign_id, dimension: 'campaign' as const, key: '', bucket };
    return db
      .insertInto('metrics_hour')
      .values({ ...row, impressions: random.int(1, 9), clicks: 1, wins: 2, losses: 3, spend_micros: 5 })
      .onConflict((conflict) =>
        conflict
          .columns(['campaign_id', 'dimension', 'bucket', 'key'])
          .doUpdateSet({ impressions: (make) => make('metrics_hour.impressions', '+', 1) }),
      )
      .execute();
  };
  for (const id of existing) for (let hour = 0; hour < 30; hour++) await add(id, NOW - hour * HOUR_MS);
  for (let step = 0, now = NOW; step < 12; step++, now += random.int(1, 25) * 60_000) {
    if (step === 3) existing.push('c4');
    if (step === 5) existing.splice(1, 1, 'c3');
    for (const id of existing) await add(id, now - random.int(0, 10) * 60_000);
    const span = { table: 'metrics_hour', sinceMs: now - 24 * HOUR_MS, untilMs: now } as const;
    const kept = await cache.series(db, 'a', [...existing], span);
    t.same(read(kept), read(await new SumsCache().series(db, 'a', existing, span)), `step ${step}`);
  }
  // What is later than that is seen with the next whole reading.
  const span = { table: 'metrics_hour', sinceMs: NOW, untilMs: NOW + 30 * HOUR_MS } as const;
  await cache.series(db, 'a', existing, span);
  await add('c0', NOW + HOUR_MS);
  const after = { ...span, untilMs: span.untilMs + HOUR_MS };
  t.same(
    read(await cache.series(db, 'a', existing, after)),
    read(await new SumsCache().series(db, 'a', existing, after)),
  );

  // Of few campaigns short windows are read by the minute; of many, long rows of them by the hour.
  const rule = { id: 'r', name: 'r', actions: [{ type: 'pause' as const }] };
  const when = { metric: 'clicks' as const, operator: '<' as const, value: 1, window: '59m', consecutive: 30 };
  const many = Array.from({ length: 2000 }, (_, n) => `c${n}`);
  for (const [campaigns, bucketMs] of [
    [all, MINUTE_MS],
    [many, HOUR_MS],
  ] as const) {
    const series = await historyFor(db, 'a', campaigns, [ruleSchema.parse({ ...rule, when })], NOW, new SumsCache());
    t.same(
      series.map((one) => one.bucketMs),
      [bucketMs],
    );
  }
});

t.test('a bid that only a billing notice tells of is won', async (t) => {
  const { db } = await openedEmbedded(t);
  await migrateUp(db);
  await db.insertInto('accounts').values({ id: 'a', seat: 'a', policy: '{}' }).execute();
  await db.insertInto('campaigns').values({ id: 'c', account_id: 'a', budget_micros: 1 }).execute();
  const of = { account_id: 'a', campaign_id: 'c', dimension: 'campaign' as const, key: '' };
  await db
    .insertInto('metrics_hour')
    .values({ ...of, bucket: new Date('2026-03-10T11:00:00Z'), wins: 1, billed: 4, losses: 6 })
    .execute();
  const span = { table: 'metrics_hour', sinceMs: NOW - 3 * HOUR_MS, untilMs: NOW } as const;
  const series = await new SumsCache().series(db, 'a', ['c'], span);
  const sum = (name: 'wins' | 'bids') => series.sum(name, 0, 0, series.buckets);
  t.same([sum('wins'), sum('bids')], [4, 10], 'as in reports');
});
