// Groups that share the work on the notices, and nodes that follow each other's impressions.

import type { NoticeKind } from '../../bidcore/money/event.js';
import { until } from '../testing/gavel_process.js';
import { notice } from '../testing/money.js';
import { present, type RedisCase, withRedis } from '../testing/redis_case.js';
import { EventConsumer, type EventHandler } from './event_consumer.js';
import type { BookedEvent } from './event_reader.js';
import { followNotices } from './follow_notices.js';
import { Keys } from './keys.js';

const CAMPAIGNS = Array.from({ length: 20 }, (_, i) => `campaign ${i}`);

async function book(redis: RedisCase, from: number, count: number, kind: NoticeKind = 'imp', by = 1): Promise<void> {
  const authority = await redis.authority();
  const records = Array.from({ length: count }, (_, i) =>
    notice(CAMPAIGNS[(from + i) % CAMPAIGNS.length] as string, `bid ${from + i}`, { kind, by, atMs: from + i }),
  );
  present(await authority.book(records));
}

const numbers = (events: readonly BookedEvent[]): number[] =>
  events.map(({ record }) => record.atMs).toSorted((a, b) => a - b);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

withRedis((test) => {
  const member = async (redis: RedisCase, consumer: string, more = {}): Promise<EventConsumer> =>
    new EventConsumer(await redis.link({ name: consumer }), {
      namespace: redis.namespace,
      group: 'trainer',
      consumer,
      pauseMs: 5,
      batch: 7,
      idleMs: 100_000,
      ...more,
    });

  test('the members of a group share the events, each is done once', async (t, redis) => {
    await book(redis, 0, 200);
    const stop = new AbortController();
    const seen: BookedEvent[] = [];
    const handler: EventHandler = async (events) => void seen.push(...events);
    const members = await Promise.all(['a', 'b'].map((name) => member(redis, name)));
    const runs = members.map((one) => one.run(handler, stop.signal));
    await until(() => seen.length >= 200);
    await book(redis, 200, 100);
    await until(() => seen.length >= 300);
    stop.abort();
    await Promise.all(runs);
    t.same(numbers(seen), upTo(300));
    t.match(seen[0], { chargedMicros: 0, late: false, record: { kind: 'imp', facts: { currency: 'USD' } } });
    t.same(
      members.map((one) => one.status().problem),
      ['', ''],
    );
  });

  test('what a dying member had taken goes to another', async (t, redis) => {
    await book(redis, 0, 100);
    const dying = new AbortController();
    let taken = 0;
    // It takes events and never says that it is done.
    const forever: EventHandler = (events) => {
      taken += events.length;
      dying.abort();
      return Promise.reject(new Error('gone'));
    };
    await (await member(redis, 'dying')).run(forever, dying.signal);
    t.ok(taken > 0);
    const stop = new AbortController();
    const seen: BookedEvent[] = [];
    const heir = await member(redis, 'heir', { idleMs: 1 });
    const run = heir.run(async (events) => void seen.push(...events), stop.signal);
    await until(() => new Set(numbers(seen)).size === 100);
    stop.abort();
    await run;
    t.same([...new Set(numbers(seen))], upTo(100));
  });

  test('an event that nobody can finish is put aside, the others go on', async (t, redis) => {
    await book(redis, 0, 60);
    const bad = notice(CAMPAIGNS[0] as string, 'bid 0').facts.bid;
    const stop = new AbortController();
    const seen: BookedEvent[] = [];
    const one = await member(redis, 'a', { idleMs: 1, deliveriesMax: 3, batch: 1 });
    let tries = 0;
    const run = one.run(async (events) => {
      if (events.some(({ record }) => record.facts.bid === bad)) {
        tries++;
        throw new Error('indigestible');
      }
      seen.push(...events);
    }, stop.signal);
    await until(() => one.status().buried === 1 && new Set(numbers(seen)).size === 59);
    stop.abort();
    await run;
    t.equal(tries, 3);
    const link = await redis.link();
    const keys = new Keys(redis.namespace);
    const lengths = await Promise.all(upTo(16).map((p) => link.call('xlen', keys.dead(p, 'trainer'))));
    t.equal(
      lengths.reduce<number>((sum, length) => sum + Number(length), 0),
      1,
    );
  });

  test('bytes that are no notice are put aside at once', async (t, redis) => {
    const link = await redis.link();
    const key = new Keys(redis.namespace).events(3);
    t.match(await link.call('xadd', key, '*', 'r', 'rubbish'), /^\d+-\d+$/);
    t.match(await link.call('xadd', key, '*', 'other', 'field'), /^\d+-\d+$/);
    const stop = new AbortController();
    const one = await member(redis, 'a');
    const run = one.run(async () => undefined, stop.signal);
    await until(() => one.status().buried === 2);
    stop.abort();
    await run;
    t.equal(await link.call('xlen', new Keys(redis.namespace).dead(3, 'trainer')), 2);
  });

  test('a node follows what users of the others did, from a time on', async (t, redis) => {
    await book(redis, 0, 50, 'imp', 2);
    const link = await redis.link();
    const stop = new AbortController();
    const seen: BookedEvent[] = [];
    const options = { namespace: redis.namespace, node: 1, fromMs: 0, pauseMs: 5, batch: 10, signal: stop.signal };
    const run = followNotices(link, options, (notices) => void seen.push(...notices));
    await until(() => seen.length >= 50);
    await book(redis, 50, 50, 'imp', 1);
    await book(redis, 50, 50, 'win', 2);
    await book(redis, 100, 25, 'click', 3);
    await book(redis, 125, 25, 'conv', 3);
    await until(() => seen.length >= 100);
    const [seconds, micros] = (await link.call('time')) as [string, string];
    const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    await until(async () => ((await link.call('time')) as [string])[0] !== seconds);
    stop.abort();
    await run;
    t.same(numbers(seen), [...upTo(50), ...upTo(50).map((n) => 100 + n)]);
    const later = new AbortController();
    const recent: BookedEvent[] = [];
    const tail = followNotices(link, { ...options, fromMs: nowMs + 1, signal: later.signal }, (notices) => {
      recent.push(...notices);
    });
    await book(redis, 150, 10, 'imp', 2);
    await until(() => recent.length >= 10);
    later.abort();
    await tail;
    t.same(
      numbers(recent),
      upTo(10).map((n) => 150 + n),
    );
  });
});
