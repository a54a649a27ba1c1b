// The authority when things go wrong: many nodes at one campaign, replies that never come, a Redis that is killed.

import { isAway } from '../../bidcore/money/authority.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { until } from '../testing/gavel_process.js';
import { ask, hashOf, notice } from '../testing/money.js';
import { present, withRedis } from '../testing/redis_case.js';
import { durabilityWarnings } from './durability.js';
import { RedisAuthority } from './redis_authority.js';

const BUDGET = 1_000_000;
const TIMEOUT_MS = 300;

/** Numbers that look random, the same each time: 0 to below `n`. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

withRedis(
  (test) => {
    test('nodes that hammer one campaign never get more than its budget, and every micro is accounted for', async (t, redis) => {
      const link = await redis.link();
      const NODES = 4;
      const ROUNDS = 150;
      const day = { day: '2026-03-02', dailyBudgetMicros: BUDGET - 1234, budgetMicros: BUDGET };
      const charged = new Array<number>(NODES + 1).fill(0);
      const node = async (number: number): Promise<void> => {
        const authority = await redis.authority();
        const roll = dice(number);
        const lease = { campaign: hashOf('c'), lease: number };
        let left = 0;
        for (let round = 0; round < ROUNDS; round++) {
          const wantMicros = roll(20_000);
          const asked = ask('c', { ...day, node: number, lease: number, wantMicros });
          const before = left;
          const [standing] = present(await authority.acquire([asked], Date.now()));
          const granted = standing?.grantedMicros ?? 0;
          left = granted - (charged[number] as number);
          if (left < before || left > before + wantMicros)
            throw new Error(`${before} and ${wantMicros} became ${left}`);
          const spend = Math.min(left, roll(15_000));
          const record = notice(
            'c',
            `${number}/${round}`,
            { chargeMicros: spend, by: number },
            { node: number, lease: number },
          );
          const repeated = roll(2) === 0 ? [record, record] : [record];
          for (const [booked] of await Promise.all(repeated.map(async (one) => present(await authority.book([one]))))) {
            if (booked?.chargedMicros !== spend) throw new Error('the same record got another answer');
          }
          charged[number] = (charged[number] as number) + spend;
          left -= spend;
          const micros = Math.min(left, roll(5000));
          await authority.giveBack([{ ...lease, micros }]);
          left -= micros;
        }
      };
      let watched = 0;
      let running = true;
      const watch = async (): Promise<void> => {
        while (running) {
          const [books] = await redis.books(link);
          if (books !== undefined && (books.freeMicros < 0 || books.spentMicros > BUDGET)) t.fail('over budget');
          watched++;
        }
      };
      const watcher = watch();
      await Promise.all(Array.from({ length: NODES }, (_, i) => node(i + 1)));
      running = false;
      await watcher;
      const [books] = await redis.books(link);
      t.equal(
        books?.spentMicros,
        charged.reduce((sum, one) => sum + one),
      );
      t.equal(books?.lateMicros, 0);
      t.ok((books?.spentMicros ?? 0) > BUDGET * 0.9, `${books?.spentMicros} were spent`);
      t.ok(watched > 10, `looked ${watched} times while they ran`);
    });

    test('a reply that is cut leaves it open what was done, and repeating settles it', async (t, redis) => {
      const { link, proxies } = await redis.throughProxies(5000);
      const authority = new RedisAuthority(link, { namespace: redis.namespace });
      present(await authority.acquire([ask('c', { wantMicros: 500 })], Date.now()));
      const record = notice('c', 'b', { chargeMicros: 70 });
      for (const proxy of proxies) proxy.cutBeforeNextReply();
      t.match(await authority.book([record]), { code: 'authority_away' });
      for (const proxy of proxies) proxy.restore();
      t.ok(await link.connected(20_000));
      t.equal(
        proxies.reduce((sum, { cuts }) => sum + cuts, 0),
        1,
        'Redis had answered',
      );
      t.same(
        await authority.book([record]),
        [{ first: true, chargedMicros: 70 }],
        'as if it had been answered at once',
      );
      const [standing] = present(await authority.acquire([ask('c')], Date.now()));
      t.match(standing, { spentMicros: 70, grantedMicros: 500 });
      t.ok(link.status().losses > 0);
      await redis.books(await redis.link());
    });

    test('what does not answer in time is away, and comes back by itself', async (t, redis) => {
      const { link, proxies } = await redis.throughProxies(TIMEOUT_MS);
      const authority = new RedisAuthority(link, { namespace: redis.namespace });
      const faults = [{ swallowReplies: true }, { swallowRequests: true }, { delayRepliesMs: TIMEOUT_MS * 3 }];
      for (const fault of [...faults, { refuse: true }]) {
        for (const proxy of proxies) proxy.set(fault);
        if ('refuse' in fault) for (const proxy of proxies) proxy.cut();
        const asked = await authority.acquire([ask('c', { wantMicros: 1 })], Date.now());
        t.match(asked, { code: 'authority_away', problem: /./ }, Object.keys(fault).join());
        for (const proxy of proxies) proxy.restore();
        await until(async () => !isAway(await authority.acquire([ask('c')], Date.now())));
      }
      t.not(link.status().lastError, '');
      await redis.books(await redis.link());
    });

    test('scripts that Redis has forgotten are sent again', async (t, redis) => {
      const link = await redis.link();
      const authority = await redis.authority();
      present(await authority.acquire([ask('c', { wantMicros: 5 })], Date.now()));
      t.ok((await link.everyMaster('script', 'flush')).every((reply) => reply === 'OK'));
      t.match(await authority.acquire([ask('c', { wantMicros: 5 })], Date.now()), [{ grantedMicros: 10 }]);
    });

    test('a Redis that is killed has lost nothing that it had answered, and nothing is charged twice', async (t, redis) => {
      const link = await redis.link({ timeoutMs: 1000 });
      const authority = new RedisAuthority(link, { namespace: redis.namespace });
      const names = Array.from({ length: 40 }, (_, i) => `campaign ${i}`);
      present(
        await authority.acquire(
          names.map((name) => ask(name, { wantMicros: 900 })),
          Date.now(),
        ),
      );
      const open: NoticeRecord[] = names.flatMap((name) =>
        Array.from({ length: 8 }, (_, i) => notice(name, `${name}/${i}`, { chargeMicros: 100 + i })),
      );
      const answered = new Set<NoticeRecord>();
      let killed: Promise<void> | undefined;
      // In small pieces, so that the end comes in between.
      for (let from = 0; from < open.length; from += 5) {
        const some = open.slice(from, from + 5);
        if (from === 150) killed = redis.site.servers[0]?.kill();
        const booked = await authority.book(some);
        if (!isAway(booked)) for (const record of some) answered.add(record);
      }
      await killed;
      t.ok(answered.size >= 150, `${answered.size} were answered`);
      t.ok(answered.size < open.length, 'not all of them');
      await redis.site.servers[0]?.start();
      const reader = await redis.link();
      const spent = async () => (await redis.books(reader)).reduce((sum, { spentMicros }) => sum + spentMicros, 0);
      const sum = (records: Iterable<NoticeRecord>) =>
        [...records].reduce((all, { chargeMicros }) => all + chargeMicros, 0);
      await until(async () => !isAway(await authority.book([...answered])));
      const afterRestart = await spent();
      t.ok(afterRestart >= sum(answered) && afterRestart <= sum(open), `${afterRestart}`);
      t.same(
        present(await authority.book(open)).map(({ chargedMicros }) => chargedMicros),
        open.map(({ chargeMicros }) => chargeMicros),
      );
      t.equal(await spent(), sum(open));
    });

    test('an append-only file is nothing to warn of', async (t, redis) => {
      t.same(await durabilityWarnings(await redis.link()), []);
    });
  },
  { fsync: 'always' },
);

withRedis(
  (test) => {
    test('without an append-only file the log says what can be lost', async (t, redis) => {
      t.match(await durabilityWarnings(await redis.link()), [/campaigns can spend that again/]);
    });
  },
  { fsync: 'no', kinds: ['single'] },
);
