// Sums are those of the notices, however often and in whatever pieces a log is told.

import t from 'tap';
import { FIELD_COUNTRY, FIELD_DEVICE_TYPE, FIELD_EXCHANGE } from '../../../assembly/memory_map.js';
import { FEATURE_COUNT, packFeatures } from '../../../bidcore/feature_list.js';
import { Random } from '../../../bidcore/fuzz/random.js';
import { featureIndex, hashNumber, hashText } from '../../../bidcore/hash.js';
import { NOTICE_KINDS, type NoticeRecord } from '../../../bidcore/money/event.js';
import { withDatabases } from '../../testing/database_case.js';
import { billRecord, EVENTS_FROM_MS } from '../../testing/events.js';
import { parsedSample } from '../../testing/sql_samples.js';
import { importCampaignFile } from '../book/import.js';
import type { Db } from '../database.js';
import { DIMENSIONS, MEASURES } from '../schema/metrics.js';
import { isBehind, Rollups } from './rollups.js';
import { GRANULARITIES, type LogEvent, type MetricsTable } from './sums.js';

const NOTICES = 120;
const LOG = { consumer: 'log' };
const sample = parsedSample();
const account = sample.accounts[0] as (typeof sample.accounts)[number];
const ads = account.campaigns.flatMap((campaign) =>
  campaign.ad_groups.flatMap((group) => group.creatives.map((creative) => `${campaign.id}/${group.id}/${creative}`)),
);
const COUNTRIES = ['usa', 'de', 'fra'];
const DAY_MS = 86_400_000;

const hex = (text: string): string => hashText(text).toString(16).padStart(16, '0');

/** Notices over two days, of all kinds, each with its place in the log. */
function madeEvents(seed: number, count = NOTICES): LogEvent[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, n) => {
    const features = new Uint32Array(FEATURE_COUNT);
    features[FIELD_EXCHANGE] = featureIndex(FIELD_EXCHANGE, hashText(random.pick(['default', 'stranger'])));
    features[FIELD_COUNTRY] = featureIndex(FIELD_COUNTRY, hashText(random.pick(COUNTRIES)));
    features[FIELD_DEVICE_TYPE] = featureIndex(FIELD_DEVICE_TYPE, hashNumber(random.int(1, 7)));
    const kind = random.pick(NOTICE_KINDS);
    const base = billRecord(n);
    const ad = hex(random.pick(ads));
    const record: NoticeRecord = {
      ...base,
      kind,
      atMs: EVENTS_FROM_MS + random.int(0, 2 * DAY_MS),
      facts: { ...base.facts, bid: `${seed}-${n}`, ad, features: packFeatures(features) },
      chargeMicros: kind === 'bill' ? random.int(1, 5000) : 0,
    };
    return { partition: 0, position: String(n + 1), record, chargedMicros: record.chargeMicros };
  });
}

const tables = Object.keys(GRANULARITIES) as MetricsTable[];

async function all(db: Db): Promise<unknown> {
  const sums = [];
  for (const table of tables) {
    const order = ['campaign_id', 'dimension', 'bucket', 'key'] as const;
    sums.push(
      await db
        .selectFrom(table)
        .selectAll()
        .orderBy([...order])
        .execute(),
    );
  }
  const bids = await db.selectFrom('bid_history').selectAll().orderBy('bid_id').execute();
  return { sums, bids, conversions: await db.selectFrom('conversions').select('id').orderBy('id').execute() };
}

async function clear(db: Db): Promise<void> {
  for (const table of [...tables, 'consumer_positions', 'bid_history', 'conversions', 'doubtful_notices'] as const) {
    await db.deleteFrom(table).execute();
  }
}

withDatabases((test) => {
  test('each table and each dimension adds up to what the notices say', async (t, { db }) => {
    await importCampaignFile(db, sample, { replace: true });
    const events = madeEvents(1);
    t.equal(await new Rollups(db, { ...LOG, bidHistoryOneIn: 1 }).book(events), NOTICES);
    const count = (kind: string): number => events.filter(({ record }) => record.kind === kind).length;
    const wanted = {
      wins: count('win'),
      losses: count('loss'),
      billed: count('bill'),
      impressions: count('imp'),
      clicks: count('click'),
      conversions: count('conv'),
      spend_micros: events.reduce((sum, { chargedMicros }) => sum + chargedMicros, 0),
    };
    for (const table of tables) {
      const rows = await db.selectFrom(table).selectAll().execute();
      for (const dimension of DIMENSIONS) {
        const own = rows.filter((row) => row.dimension === dimension);
        const sum = (measure: (typeof MEASURES)[number]): number => own.reduce((total, row) => total + row[measure], 0);
        t.match(
          Object.fromEntries(MEASURES.map((measure) => [measure, sum(measure)])),
          wanted,
          `${table} ${dimension}`,
        );
      }
      const keys = (dimension: string) =>
        new Set(rows.filter((row) => row.dimension === dimension).map(({ key }) => key));
      t.same([...keys('geo')].sort(), ['DEU', 'FRA', 'USA'], 'alpha-2 and alpha-3 are one country');
      t.same([...keys('exchange')].sort(), ['default', 'unknown']);
      t.ok(rows.every(({ bucket }) => bucket.getTime() % GRANULARITIES[table] === 0));
    }
    t.equal((await db.selectFrom('conversions').selectAll().execute()).length, wanted.conversions);
    t.equal(
      (await db.selectFrom('bid_history').selectAll().execute()).length,
      wanted.wins + wanted.losses + wanted.billed,
    );
  });

  test('any prefix told twice, in any pieces, gives the same sums', async (t, { db }) => {
    const events = madeEvents(2);
    await clear(db);
    await new Rollups(db, LOG).book(events);
    const once = await all(db);
    const random = new Random(3);
    for (let round = 0; round < 2; round++) {
      await clear(db);
      // As after a crash at any point: each time from anywhere before where it was, by another process.
      for (let done = 0; done < NOTICES; ) {
        const from = random.int(0, done);
        const to = Math.min(NOTICES, done + random.int(1, 60));
        t.equal(await new Rollups(db, LOG).book(events.slice(from, to)), to - done);
        done = to;
      }
      t.same(await all(db), once);
    }
  });

  test('two who book the same at once count it once', async (t, { db }) => {
    const events = madeEvents(2);
    await clear(db);
    await new Rollups(db, LOG).book(events);
    const once = await all(db);
    await clear(db);
    const booked = await Promise.all([new Rollups(db, LOG).book(events), new Rollups(db, LOG).book(events)]);
    t.same(
      [...booked].sort((a, b) => a - b),
      [0, NOTICES],
    );
    t.same(await all(db), once);
  });

  test('a transaction that fails leaves neither sums nor place', async (t, { db }) => {
    await clear(db);
    const broken = madeEvents(4, 20).map((event) => ({ ...event, chargedMicros: -1_000_000 }));
    await t.rejects(new Rollups(db, LOG).book(broken), /violates check constraint/);
    t.same(await new Rollups(db, LOG).positions(), new Map());
    t.equal((await db.selectFrom('metrics_day').selectAll().execute()).length, 0);
  });

  test('notices of an ad nobody knows are put aside, those of test bids left out', async (t, { db }) => {
    await clear(db);
    const stranger = billRecord(1, { chargeMicros: 77 });
    const trial = billRecord(2, { facts: { ...billRecord(2).facts, ad: hex(ads[0] as string), test: true } });
    const event = (record: NoticeRecord, n: number): LogEvent => ({
      partition: 0,
      position: `1700000000000-${n}`,
      record,
      chargedMicros: record.chargeMicros,
    });
    await new Rollups(db, LOG).book([event(stranger, 9), event(trial, 10)]);
    const doubtful = await db.selectFrom('doubtful_notices').selectAll().execute();
    t.match(doubtful, [{ reason: 'unknown_ad', charge_micros: 77, bid_id: stranger.facts.bid }]);
    t.equal((await db.selectFrom('metrics_day').selectAll().execute()).length, 0);
    t.equal((await new Rollups(db, LOG).positions()).get(0), '1700000000000-10');
  });

  test('old sums and bids go, days stay', async (t, { db }) => {
    await clear(db);
    const rollups = new Rollups(db, { ...LOG, bidHistoryOneIn: 1 });
    await rollups.book(madeEvents(5));
    await rollups.prune(EVENTS_FROM_MS + 400 * DAY_MS, { minutes: 2, hours: 90, bids: 30 });
    t.same(await db.selectFrom('metrics_hour').selectAll().execute(), []);
    t.same(await db.selectFrom('bid_history').selectAll().execute(), []);
    t.not((await db.selectFrom('metrics_day').selectAll().execute()).length, 0);
  });
});

t.test('positions are compared as numbers, part by part', async (t) => {
  t.ok(isBehind('17', '9'));
  t.notOk(isBehind('9', '9'));
  t.ok(isBehind('1700000000000-10', '1700000000000-9'));
  t.ok(isBehind('1700000000000-0', '0'));
  t.notOk(isBehind('1699999999999-99', '1700000000000-0'));
});
