// From a node's log to the books: in order, each once, through outages, and with a watermark that is never too late.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Booked } from '../../bidcore/money/authority.js';
import type { EventRecord, NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import { decision } from '../testing/events.js';
import { until } from '../testing/gavel_process.js';
import { ask, hashOf, notice } from '../testing/money.js';
import { present, type RedisCase, withRedis } from '../testing/redis_case.js';
import { decodePolicy } from './event_codec.js';
import { type BookedEvent, entriesOfRead } from './event_reader.js';
import { Keys, PARTITIONS } from './keys.js';
import type { RedisLink } from './link.js';
import { RedisAuthority } from './redis_authority.js';
import { type LogEntry, type ShippedLog, Shipper, type ShipperOptions, type ShippingCursor } from './shipper.js';

/** A log in memory; positions count records. */
class MemoryLog implements ShippedLog, ShippingCursor {
  readonly records: EventRecord[] = [];
  position = 0;
  beforeMs = 0;

  async *read(from: number, signal: AbortSignal): AsyncIterable<LogEntry> {
    for (let i = from; !signal.aborted; ) {
      const record = this.records[i];
      if (record === undefined) await sleep(2, undefined, { signal }).catch(() => undefined);
      else yield { position: ++i, record };
    }
  }

  frontier(): { position: number; beforeMs: number } {
    return { position: this.records.length, beforeMs: this.beforeMs };
  }

  async load(): Promise<number> {
    return this.position;
  }

  async save(position: number): Promise<void> {
    if (position < this.position) throw new Error(`the cursor went back from ${this.position} to ${position}`);
    this.position = position;
  }
}

class Node {
  readonly log = new MemoryLog();
  readonly outcomes: [NoticeRecord, Booked][] = [];
  shipper: Shipper;
  readonly #authority: RedisAuthority;
  readonly #link: RedisLink;

  constructor(t: Test, redis: RedisCase, link: RedisLink) {
    this.#link = link;
    this.#authority = new RedisAuthority(link, { namespace: redis.namespace });
    this.shipper = this.start();
    t.teardown(() => this.shipper.stop());
  }

  start(options: Partial<ShipperOptions> = {}): Shipper {
    const books = {
      book: (records: readonly NoticeRecord[]) => this.#authority.book(records),
      keep: (records: readonly PolicyRecord[]) => this.#authority.keep(records),
      losses: () => this.#link.status().losses,
    };
    const booked = (record: NoticeRecord, one: Booked): void => {
      this.outcomes.push([record, one]);
    };
    const quick = { batchRecords: 20, safeAfterMs: 60, backoffMs: 5, backoffMsMax: 50 };
    this.shipper = new Shipper(this.log, this.log, books, booked, { ...quick, ...options });
    void this.shipper.run();
    return this.shipper;
  }

  async open(names: readonly string[]): Promise<void> {
    const asks = names.map((name) => ask(name, { wantMicros: 1_000_000, budgetMicros: 1_000_000 }));
    present(await this.#authority.acquire(asks, Date.now()));
  }
}

/** Everything in the streams, partition by partition. */
async function streams(redis: RedisCase, link: RedisLink): Promise<BookedEvent[]> {
  const keys = new Keys(redis.namespace);
  const events: BookedEvent[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const reply = await link.callBytes('xread', 'COUNT', 100_000, 'STREAMS', keys.events(partition), '0');
    for (const entry of entriesOfRead(reply, partition)) if ('record' in entry) events.push(entry);
  }
  return events;
}

const CAMPAIGNS = Array.from({ length: 8 }, (_, i) => `campaign ${i}`);
const bill = (i: number): NoticeRecord =>
  notice(CAMPAIGNS[i % CAMPAIGNS.length] as string, `bid ${i}`, { chargeMicros: i + 1, atMs: i });

withRedis(
  (test) => {
    test('notices arrive in order and once, whatever is cut on the way', async (t, redis) => {
      const RECORDS = 1500;
      const { link, proxies } = await redis.throughProxies(300);
      const node = new Node(t, redis, link);
      await node.open(CAMPAIGNS);
      for (let i = 0; i < RECORDS; i++) {
        node.log.records.push(bill(i));
        if (i % 50 === 0) node.log.records.push({ type: 'renewal', run: 1, untilMs: 0, atMs: 0 });
        if (i % 100 === 99) await sleep(3);
        if (i % 300 === 150) for (const proxy of proxies) proxy.cutBeforeNextReply();
        if (i === 700) for (const proxy of proxies) proxy.set({ swallowReplies: true });
        if (i === 900) for (const proxy of proxies) proxy.restore();
      }
      await until(() => node.outcomes.length === RECORDS);
      t.same(
        node.outcomes.map(([{ atMs }]) => atMs),
        Array.from({ length: RECORDS }, (_, i) => i),
        'told in order',
      );
      t.ok(node.outcomes.every(([{ chargeMicros }, one]) => one.first && one.chargedMicros === chargeMicros));
      t.ok(proxies.reduce((sum, { cuts }) => sum + cuts, 0) > 0, 'replies were cut');
      const reader = await redis.link();
      const booked = await streams(redis, reader);
      t.equal(booked.length, RECORDS, 'each once');
      for (const name of CAMPAIGNS) {
        const times = booked
          .filter(({ record }) => record.facts.campaign === hashOf(name))
          .map(({ record }) => record.atMs);
        t.same(
          times,
          times.toSorted((a, b) => a - b),
          `${name} in order`,
        );
      }
      const spent = (await redis.books(reader)).reduce((sum, { spentMicros }) => sum + spentMicros, 0);
      t.equal(spent, (RECORDS * (RECORDS + 1)) / 2);
      await until(() => node.log.position === node.log.records.length);
    });

    test('decisions of the policy are shipped beside the notices, at least once', async (t, redis) => {
      const { link, proxies } = await redis.throughProxies(300);
      const node = new Node(t, redis, link);
      await node.open(CAMPAIGNS);
      for (let i = 0; i < 60; i++) {
        node.log.records.push(bill(i), decision(CAMPAIGNS[i % CAMPAIGNS.length] as string, i));
        if (i === 30) for (const proxy of proxies) proxy.cutBeforeNextReply();
        if (i % 20 === 19) await sleep(5);
      }
      await until(() => node.log.position === node.log.records.length);
      const reader = await redis.link();
      t.equal((await streams(redis, reader)).length, 60, 'who reads notices reads nothing else');
      const kept = new Map<number, PolicyRecord>();
      const keys = new Keys(redis.namespace);
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const read = await reader.callBytes('xrange', keys.policies(partition), '-', '+');
        for (const [, fields] of read as [Buffer, Buffer[]][]) {
          const record = decodePolicy(fields[1] as Buffer) as PolicyRecord;
          kept.set(record.slot, record);
        }
      }
      t.same(
        [...kept.values()].toSorted((a, b) => a.slot - b.slot),
        node.log.records.filter(({ type }) => type === 'policy'),
      );
    });

    test('a killed Redis gets what it lost once more, and the cursor goes on', async (t, redis) => {
      const RECORDS = 400;
      const link = await redis.link({ timeoutMs: 500 });
      const node = new Node(t, redis, link);
      await node.open(CAMPAIGNS);
      for (let i = 0; i < RECORDS; i++) {
        node.log.records.push(bill(i));
        if (i % 50 === 49) await sleep(5);
        if (i === 200) await redis.site.servers[0]?.kill();
      }
      await sleep(50);
      await redis.site.servers[0]?.start();
      await until(() => node.outcomes.length === RECORDS);
      await until(() => node.log.position === RECORDS);
      const reader = await redis.link();
      t.equal((await streams(redis, reader)).length, RECORDS);
      const spent = (await redis.books(reader)).reduce((sum, { spentMicros }) => sum + spentMicros, 0);
      t.equal(spent, (RECORDS * (RECORDS + 1)) / 2);
    });

    test('a node that starts again ships from its cursor, and books nothing twice', async (t, redis) => {
      const node = new Node(t, redis, await redis.link());
      await node.open(CAMPAIGNS);
      for (let i = 0; i < 100; i++) node.log.records.push(bill(i));
      await until(() => node.outcomes.length === 100);
      await node.shipper.stop();
      node.log.position = 40; // as if the last ones had not been stored
      for (let i = 100; i < 130; i++) node.log.records.push(bill(i));
      node.start();
      await until(() => node.outcomes.length === 100 + 90);
      t.same(
        node.outcomes.slice(100).map(([{ atMs }]) => atMs),
        Array.from({ length: 90 }, (_, i) => 40 + i),
      );
      const reader = await redis.link();
      t.equal((await streams(redis, reader)).length, 130);
      await redis.books(reader);
    });
  },
  { fsync: 'always' },
);

withRedis(
  (test) => {
    test('the watermark passes only what is shipped', async (t, redis) => {
      const { link, proxies } = await redis.throughProxies(300);
      const node = new Node(t, redis, link);
      await node.open(CAMPAIGNS);
      node.log.beforeMs = 1000;
      await until(() => node.shipper.watermarkMs() === 1000);
      for (const proxy of proxies) proxy.set({ swallowRequests: true });
      node.log.records.push(bill(1));
      node.log.beforeMs = 2000;
      t.equal(node.shipper.watermarkMs(), 1000);
      await until(() => node.shipper.status().problem !== '');
      t.ok(node.shipper.watermarkMs() <= 1000, 'not while it is not known to be booked');
      for (const proxy of proxies) proxy.restore();
      node.log.beforeMs = 3000;
      await until(() => node.shipper.watermarkMs() === 3000);
      t.equal(node.outcomes.length, 1);
    });

    test('under a stream of notices the watermark moves on all the same', async (t, redis) => {
      const node = new Node(t, redis, await redis.link());
      await node.open(CAMPAIGNS);
      const seen = new Set<number>();
      for (let i = 0; i < 2000 && seen.size < 5; i++) {
        node.log.records.push(bill(i), bill(i + 10_000), bill(i + 20_000));
        node.log.beforeMs = i + 1;
        seen.add(node.shipper.watermarkMs());
        await sleep(1);
      }
      t.equal(seen.size, 5);
      await node.shipper.stop();
    });
  },
  { kinds: ['single'] },
);
