// Planted notices, through the sums, make the alerts they should and no others: an hour that collapsed, a budget that
// will be gone too soon, today's budget that will be gone before the evening.

import t from 'tap';
import { parseCampaignFile } from '../../bidcore/campaign_file.js';
import { Random } from '../../bidcore/fuzz/random.js';
import { hashText } from '../../bidcore/hash.js';
import type { NoticeKind } from '../../bidcore/money/event.js';
import { makeLog } from '../log.js';
import { importCampaignFile } from '../sql/book/import.js';
import { migrateUp } from '../sql/migrate.js';
import { budgetOutlooks, isForecast, predictDay } from '../sql/outlook/forecast.js';
import { Rollups } from '../sql/rollups/rollups.js';
import type { LogEvent } from '../sql/rollups/sums.js';
import { campaignsOf } from '../testing/campaigns.js';
import { openedEmbedded } from '../testing/embedded_cluster.js';
import { billRecord } from '../testing/events.js';
import { watchOutlook } from './outlook.js';

const HOUR_MS = 3_600_000;
const DAYS = 9;
/** Noon: what is judged is the hour before. */
const NOW_MS = Date.parse('2026-03-12T12:05:00Z');
const LAST_HOUR_MS = Date.parse('2026-03-12T11:00:00Z');
const HOUR_MICROS = 100_000;
const hex = (text: string): string => hashText(text).toString(16).padStart(16, '0');

const opened = await openedEmbedded(t);
const { db } = opened;
await migrateUp(db);
const file = parseCampaignFile(JSON.stringify(campaignsOf(['calm', 'broken', 'short', 'hasty'].map((id) => ({ id })))));
if ('problems' in file) throw new Error(file.problems.join());
await importCampaignFile(db, file, { replace: false });

let places = 0;
function event(kind: NoticeKind, campaign: string, atMs: number, chargedMicros: number): LogEvent {
  const n = ++places;
  const { facts, ...base } = billRecord(n);
  const names = { campaign: hex(campaign), ad: hex(`${campaign}/group/banner`), bid: `bid-${n}` };
  const record = { ...base, kind, atMs, chargeMicros: chargedMicros, facts: { ...facts, ...names } };
  return { partition: 0, position: String(n), record, chargedMicros };
}

/** Some 120 impressions an hour, by day more than by night; `broken` has a tenth of that in the last one. */
async function plant(): Promise<void> {
  const random = new Random(7);
  const rollups = new Rollups(db, { consumer: 'log' });
  for (let hourMs = LAST_HOUR_MS - DAYS * 24 * HOUR_MS; hourMs <= LAST_HOUR_MS; hourMs += HOUR_MS) {
    const usual = 120 + 30 * Math.sin(((hourMs / HOUR_MS) % 24) / 4);
    const events = ['calm', 'broken'].flatMap((campaign) => {
      const left = campaign === 'broken' && hourMs === LAST_HOUR_MS ? 0.1 : 1;
      const count = Math.round((usual + random.int(-8, 8)) * left);
      const impressions = Array.from({ length: count }, () => event('imp', campaign, hourMs, 0));
      return [...impressions, event('bill', campaign, hourMs, count * 1000)];
    });
    const spends = ['short', 'hasty'].map((campaign) =>
      event('bill', campaign, hourMs, HOUR_MICROS + random.int(-5000, 5000)),
    );
    await rollups.book([...events, ...spends]);
  }
}

const run = async (nowMs: number): Promise<void> => {
  const world = { db, log: makeLog('silent'), bookChanged: () => undefined, signal: new AbortController().signal };
  await watchOutlook({ seconds: () => 0 }).run(world, nowMs);
};

t.test('alerts of planted trouble', async (t) => {
  await plant();
  const { spent } = await db
    .selectFrom('metrics_day')
    .select(({ fn }) => fn.sum<number>('spend_micros').as('spent'))
    .where('campaign_id', '=', 'short')
    .where('dimension', '=', 'campaign')
    .executeTakeFirstOrThrow();
  // Enough for 30 hours, and meant for ten days; and of today enough for four hours more, with twelve to go.
  const ends_at = new Date(NOW_MS + 10 * 24 * HOUR_MS);
  await db
    .updateTable('campaigns')
    .set({ budget_micros: Number(spent) + 30 * HOUR_MICROS, ends_at })
    .where('id', '=', 'short')
    .execute();
  await db
    .updateTable('campaigns')
    .set({ daily_budget_micros: 16 * HOUR_MICROS })
    .where('id', '=', 'hasty')
    .execute();

  await watchOutlook({ seconds: () => 3600 }).run(
    { db, log: makeLog('silent'), bookChanged: () => undefined, signal: new AbortController().signal },
    NOW_MS,
  );
  t.same(await db.selectFrom('alerts').select('id').execute(), [], 'nothing is judged while sums are behind');

  await run(NOW_MS);
  const anomalies = await db.selectFrom('anomalies').selectAll().orderBy('metric').execute();
  t.match(
    anomalies.map(({ campaign_id, metric }) => `${campaign_id} ${metric}`),
    ['broken impressions', 'broken spend_micros'],
  );
  for (const { observed, expected, bucket, severity, detail } of anomalies) {
    t.ok((observed ?? 0) < (expected ?? 0) / 5);
    t.equal(bucket.getTime(), LAST_HOUR_MS);
    t.equal(severity, 'critical');
    t.match(detail, { direction: 'below' });
  }
  const alerts = async () => db.selectFrom('alerts').selectAll().orderBy('kind').orderBy('subject').execute();
  const first = await alerts();
  t.match(
    first.map(({ kind, detail }) => `${kind} ${detail['campaign']} ${detail['budget'] ?? detail['metric']}`),
    [
      'anomaly broken impressions',
      'anomaly broken spend_micros',
      'budget_exhaustion hasty daily',
      'budget_exhaustion short total',
    ],
  );
  t.match(first[2]?.detail['at'], /^2026-03-12T1[5-7]/, 'four hours from noon');
  t.match(first[3]?.detail['at'], /^2026-03-13T1[6-9]/, 'thirty hours from noon');
  await run(NOW_MS + 60_000);
  t.equal((await alerts()).length, first.length, 'each is told once');
});

t.test('forecasts have intervals around what comes', async (t) => {
  const [outlook] = await budgetOutlooks(db, ['short'], NOW_MS, 0.9);
  const exhaustion = outlook?.total.exhaustion;
  if (exhaustion === undefined || !isForecast(exhaustion)) throw new Error('no forecast');
  const { at_ms, earliest_ms, latest_ms } = exhaustion;
  t.ok((earliest_ms ?? 0) <= (at_ms ?? 0) && (at_ms ?? 0) <= (latest_ms ?? 0));
  t.ok(Math.abs((at_ms ?? 0) - (LAST_HOUR_MS + 31 * HOUR_MS)) < 2 * HOUR_MS);
  const { spend_micros: spend, ctr } = await predictDay(db, 'short', NOW_MS, 0.9);
  if (spend === undefined || 'code' in spend) throw new Error('no prediction');
  t.ok(spend.lower < 24 * HOUR_MICROS && 24 * HOUR_MICROS < spend.upper);
  t.ok(spend.upper - spend.lower < 4 * HOUR_MICROS);
  t.match(ctr, { code: 'too_little_data' });
});
