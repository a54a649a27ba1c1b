// Notices from the streams of a real Redis: in the order of time however far behind, and from where a state stands,
// whatever the group was told since.

import type { Test } from 'tap';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { Keys, partitionOf } from '../../server/redis/keys.js';
import { notice } from '../../server/testing/money.js';
import { addressOf, present, type RedisCase, withRedis } from '../../server/testing/redis_case.js';
import { RedisSource } from './redis_source.js';

const SPAN_MS = 3_600_000;
const BUSY = 300;
const QUIET = 30;
const BATCH = 20;

/** Notices of two campaigns over the same hour, many of one and few of the other, in partitions of their own. */
function twoCampaigns(): NoticeRecord[] {
  const of = (campaign: string, count: number): NoticeRecord[] =>
    Array.from({ length: count }, (_, i) =>
      notice(campaign, `${campaign} ${i}`, { kind: 'imp', by: 1, atMs: Math.floor((i * SPAN_MS) / count) }),
    );
  return [...of('busy', BUSY), ...of('quiet', QUIET)];
}

const book = async (redis: RedisCase, records: readonly NoticeRecord[]): Promise<void> => {
  present(await (await redis.authority()).book(records));
};
const bids = (records: readonly NoticeRecord[]): string[] => records.map(({ facts }) => facts.bid);

withRedis(
  (test) => {
    const sourceOf = (t: Test, redis: RedisCase, batch = BATCH): RedisSource => {
      const source = new RedisSource(addressOf(redis.site.url), 1, redis.namespace, batch);
      t.teardown(() => source.close());
      return source;
    };
    /** Hand-overs until there are no more, or so many. */
    const handed = async (source: RedisSource, most = Number.POSITIVE_INFINITY): Promise<NoticeRecord[][]> => {
      const all: NoticeRecord[][] = [];
      while (all.length < most) {
        const records = await source.next(() => true);
        if (source.problem !== '') throw new Error(source.problem);
        if (records.length === 0) break;
        all.push([...records]);
      }
      return all;
    };

    test('far behind, the notices of two campaigns come in the order of their time', async (t, redis) => {
      const records = twoCampaigns();
      const partitions = new Set(records.map(({ facts }) => partitionOf(facts.campaign)));
      t.equal(partitions.size, 2);
      await book(redis, records);
      const source = sourceOf(t, redis);
      await source.open({});
      const pieces = await handed(source);
      const all = pieces.flat();
      t.same(bids(all).toSorted(), bids(records).toSorted(), 'each once');
      const times = all.map(({ atMs }) => atMs);
      t.same(
        times,
        times.toSorted((a, b) => a - b),
      );
      t.ok(pieces.length > 5, 'piece by piece');
      const other = sourceOf(t, redis, 500);
      await other.open({});
      t.same(bids((await handed(other)).flat()), bids(all), 'however much is read at once');
    });

    test('it goes on where a state stands, whatever was read and acknowledged since', async (t, redis) => {
      await book(redis, twoCampaigns());
      const source = sourceOf(t, redis);
      await source.open({});
      const before = (await handed(source, 3)).flat();
      const positions = source.positions();
      const behind = (await handed(source)).flat();
      await source.done();
      await source.open(positions);
      t.same(bids((await handed(source)).flat()), bids(behind));
      const link = await redis.link();
      const [first] = before as [NoticeRecord];
      const key = new Keys(redis.namespace).events(partitionOf(first.facts.campaign));
      t.not(present((await link.call('xpending', key, 'trainer')) as unknown[])[0], 0);
      await source.done();
      t.equal(present((await link.call('xpending', key, 'trainer')) as unknown[])[0], 0, 'all is acknowledged');

      // One that reads and dies leaves what it had to who follows, up to where that one stands.
      await source.open(positions);
      await handed(source);
      const heir = sourceOf(t, redis);
      await heir.open(positions);
      t.same(bids((await handed(heir)).flat()), bids(behind));
    });

    test('who may not go on stops between two partitions, and nothing is lost by it', async (t, redis) => {
      const records = twoCampaigns();
      await book(redis, records);
      const source = sourceOf(t, redis);
      await source.open({});
      let asked = 0;
      t.same(await source.next(() => asked++ < 8), []);
      t.equal(asked, 9);
      t.same(bids((await handed(source)).flat()).toSorted(), bids(records).toSorted());
    });
  },
  { kinds: ['single'] },
);
