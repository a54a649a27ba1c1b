// The authority against a real Redis and a real cluster: what is granted, charged, given back and returned, to the micro.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { LeaseAsk, Renewal, Renewed, Standing } from '../../bidcore/money/authority.js';
import { until } from '../testing/gavel_process.js';
import { ask, hashOf, notice } from '../testing/money.js';
import { present, withRedis } from '../testing/redis_case.js';
import type { RedisAuthority } from './redis_authority.js';

const HOUR_MS = 3_600_000;
/** Of a lease that is over as soon as it is made. */
const OVER = { longestExpiryS: 0, untilMs: Date.now() - HOUR_MS };

async function acquire(authority: RedisAuthority, one: LeaseAsk): Promise<Standing> {
  return present(await authority.acquire([one], Date.now()))[0] as Standing;
}

async function renew(
  authority: RedisAuthority,
  node: number,
  leases: Renewal['leases'] = [],
  values: Partial<Renewal> = {},
): Promise<Renewed> {
  const nowMs = Date.now();
  const renewal = { node, untilMs: nowMs + 60_000, watermarkMs: nowMs, leases, ...values };
  return present(await authority.renew(renewal, nowMs));
}

const money = (t: Test, standing: Standing | undefined, expected: Partial<Standing>): void => {
  t.match(standing, expected);
};

withRedis((test) => {
  test('a lease is granted what is wanted, or what is free', async (t, redis) => {
    const authority = await redis.authority();
    money(t, await acquire(authority, ask('c')), { grantedMicros: 0, freeMicros: 1000, spentMicros: 0 });
    money(t, await acquire(authority, ask('c', { wantMicros: 600 })), { grantedMicros: 600, freeMicros: 400 });
    money(t, await acquire(authority, ask('c', { wantMicros: 100 })), { grantedMicros: 700, freeMicros: 300 });
    const other = ask('c', { node: 2, lease: 2, wantMicros: 500 });
    money(t, await acquire(authority, other), { grantedMicros: 300, freeMicros: 0 });
    money(t, await acquire(authority, { ...other, lease: 3 }), { grantedMicros: 0, freeMicros: 0 });
    const [books] = await redis.books(await redis.link());
    t.match(books, { campaignId: 'c', budgetMicros: 1000, heldMicros: 1000, freeMicros: 0, leases: 2 });
  });

  test('amounts up to 1e15 keep every digit', async (t, redis) => {
    const authority = await redis.authority();
    const budgetMicros = 1e15;
    const most = 999_999_999_999_997;
    money(t, await acquire(authority, ask('c', { budgetMicros, wantMicros: most })), {
      grantedMicros: most,
      freeMicros: 3,
    });
    await authority.book([notice('c', 'b', { chargeMicros: most - 1 })]);
    money(t, await acquire(authority, ask('c', { budgetMicros })), { spentMicros: most - 1, freeMicros: 3 });
    await t.rejects(authority.acquire([ask('c', { budgetMicros: 1e15 + 2 })], Date.now()), /no amount of money/);
  });

  test('asks of many campaigns are answered in their order', async (t, redis) => {
    const authority = await redis.authority();
    const asks = Array.from({ length: 300 }, (_, i) =>
      ask(`c${i % 200}`, { budgetMicros: 1000 + (i % 200), wantMicros: 10 }),
    );
    const standings = present(await authority.acquire(asks, Date.now()));
    t.same(
      standings.map(({ campaign, freeMicros }) => [campaign, freeMicros]),
      asks.map(({ campaign, budgetMicros }, i) => [campaign, budgetMicros - (i < 200 ? 10 : 20)]),
    );
    const leases = asks.slice(0, 200).map(({ campaign, lease }) => ({ campaign, lease }));
    const { standings: after } = await renew(authority, 1, leases);
    t.same(
      after.map(({ campaign, grantedMicros }) => [campaign, grantedMicros]),
      leases.map(({ campaign }, i) => [campaign, i < 100 ? 20 : 10]),
    );
  });

  test('a day has its own budget within the whole one', async (t, redis) => {
    const authority = await redis.authority();
    const monday = { day: '2026-03-02', dailyBudgetMicros: 300 };
    money(t, await acquire(authority, ask('c', { ...monday, wantMicros: 900 })), { grantedMicros: 300, freeMicros: 0 });
    await authority.book([notice('c', 'b', { chargeMicros: 50 })]);
    money(t, await acquire(authority, ask('c', monday)), { spentTodayMicros: 50, freeMicros: 0 });
    const tuesday = { day: '2026-03-03', dailyBudgetMicros: 300, lease: 2 };
    const standing = await acquire(authority, ask('c', { ...tuesday, wantMicros: 200 }));
    money(t, standing, { grantedMicros: 200, spentTodayMicros: 0, spentMicros: 50, freeMicros: 100 });
    await authority.giveBack([{ campaign: hashOf('c'), lease: 1, micros: 250 }]);
    money(t, await acquire(authority, ask('c', monday)), { grantedMicros: 50, freeMicros: 250 });
    await redis.books(await redis.link());
  });

  test('a lease has one node and one day', async (t, redis) => {
    const authority = await redis.authority();
    await acquire(authority, ask('c', { wantMicros: 100, day: '2026-03-02' }));
    const others = [
      ask('c', { node: 2, wantMicros: 100, day: '2026-03-02' }),
      ask('c', { wantMicros: 100, day: '2026-03-03' }),
    ];
    money(t, await acquire(authority, others[0] as LeaseAsk), { grantedMicros: 0, freeMicros: 900 });
    money(t, await acquire(authority, others[1] as LeaseAsk), { grantedMicros: 100, freeMicros: 900 });
  });

  test('a charge is booked once for each bid, whoever ships it, whatever kind bills it', async (t, redis) => {
    const authority = await redis.authority();
    await acquire(authority, ask('c', { wantMicros: 500 }));
    const bill = notice('c', 'b', { chargeMicros: 70 });
    const book = async (...records: Parameters<typeof authority.book>[0]) => present(await authority.book(records));
    t.same(await book(bill), [{ first: true, chargedMicros: 70 }]);
    t.same(await book(bill), [{ first: true, chargedMicros: 70 }], 'the same record again gets the same answer');
    t.same(await book({ ...bill, atMs: bill.atMs + 1 }), [{ first: false, chargedMicros: 0 }], 'repeated later');
    t.same(await book({ ...bill, by: 2 }), [{ first: false, chargedMicros: 0 }], 'repeated at another node');
    const impression = { ...bill, kind: 'imp' as const };
    t.same(await book(impression), [{ first: true, chargedMicros: 0 }], 'another kind does not charge again');
    t.same(await book(impression), [{ first: true, chargedMicros: 0 }]);
    const start = notice('c', 'b', { kind: 'event', name: 'start' });
    const middle = { ...start, name: 'midpoint' };
    t.same(
      (await book(start, middle, { ...start, by: 3 })).map(({ first }) => first),
      [true, true, false],
    );
    money(t, await acquire(authority, ask('c')), {
      grantedMicros: 500,
      spentMicros: 70,
      lateMicros: 0,
      foreignMicros: 0,
    });
    const [books] = await redis.books(await redis.link());
    t.match(books, { spentMicros: 70, heldMicros: 430, freeMicros: 500 });
  });

  test('what other nodes book on a lease is told to its node', async (t, redis) => {
    const authority = await redis.authority();
    await acquire(authority, ask('c', { wantMicros: 500 }));
    await authority.book([notice('c', 'x', { chargeMicros: 30 }), notice('c', 'y', { chargeMicros: 40, by: 2 })]);
    const { standings } = await renew(authority, 1, [{ campaign: hashOf('c'), lease: 1 }]);
    money(t, standings[0], { grantedMicros: 500, foreignMicros: 40, spentMicros: 70, freeMicros: 500 });
  });

  test('late charges are honoured and counted apart, beyond what the lease holds as well', async (t, redis) => {
    const authority = await redis.authority();
    await acquire(authority, ask('c', { wantMicros: 1000 }));
    await authority.giveBack([{ campaign: hashOf('c'), lease: 1, micros: 950 }]);
    await authority.book([notice('c', 'x', { chargeMicros: 20, late: true }), notice('c', 'y', { chargeMicros: 80 })]);
    const lease = { grantedMicros: 100, spentMicros: 100, lateMicros: 100, freeMicros: 900 };
    money(t, await acquire(authority, ask('c')), lease);
    await authority.book([notice('c', 'z', { chargeMicros: 5 }, { lease: 99 })]);
    money(t, await acquire(authority, ask('c')), { ...lease, spentMicros: 105, lateMicros: 105, freeMicros: 895 });
    const [books] = await redis.books(await redis.link());
    t.match(books, { spentMicros: 105, lateMicros: 105, heldMicros: 0, freeMicros: 895 });
  });

  test('a lease that is over returns what it did not bill, and its number is not given again', async (t, redis) => {
    const authority = await redis.authority();
    const day = { day: '2026-03-02', dailyBudgetMicros: 800 };
    await acquire(authority, ask('c', { ...OVER, ...day, wantMicros: 800 }));
    await authority.book([notice('c', 'x', { chargeMicros: 100 })]);
    await sleep(2); // Redis counts in whole milliseconds
    const next = await acquire(authority, ask('c', { ...day, lease: 2, wantMicros: 800 }));
    money(t, next, { grantedMicros: 700, spentMicros: 100, spentTodayMicros: 100, freeMicros: 0 });
    money(t, await acquire(authority, ask('c', { ...day, wantMicros: 10 })), { grantedMicros: 0 });
    await authority.book([notice('c', 'y', { chargeMicros: 30 })]);
    const after = { spentMicros: 130, lateMicros: 30, spentTodayMicros: 130 };
    money(t, await acquire(authority, ask('c', { ...day, lease: 2 })), after);
    const [books] = await redis.books(await redis.link());
    t.match(books, { spentMicros: 130, heldMicros: 700, freeMicros: 170, leases: 1 });
  });

  test('a lease ends only when the watermarks of all live nodes have passed its end', async (t, redis) => {
    const authority = await redis.authority();
    await renew(authority, 2, [], { watermarkMs: Date.now() - 2 * HOUR_MS });
    await acquire(authority, ask('c', { ...OVER, wantMicros: 800 }));
    await sleep(2);
    const asking = ask('c', { lease: 2 });
    money(t, await acquire(authority, asking), { freeMicros: 200 });
    await renew(authority, 2);
    money(t, await acquire(authority, asking), { freeMicros: 1000 });
  });

  test('a renewal extends a lease, by the clock of Redis', async (t, redis) => {
    const authority = await redis.authority();
    const behind = -10 * HOUR_MS;
    const nowMs = Date.now() + behind;
    const late = ask('c', { wantMicros: 400, longestExpiryS: 0, untilMs: nowMs + 60_000 });
    present(await authority.acquire([late], nowMs));
    money(t, await acquire(authority, ask('c', { lease: 2 })), { freeMicros: 600 });
    const lease = { campaign: hashOf('c'), lease: 1 };
    const { standings } = present(
      await authority.renew({ node: 1, untilMs: nowMs - 60_000, watermarkMs: nowMs, leases: [lease] }, nowMs),
    );
    money(t, standings[0], { grantedMicros: 400 });
    money(t, await acquire(authority, ask('c', { lease: 2 })), { freeMicros: 600 });
  });

  test('the watermark is the earliest of all live nodes, in the clock of who asks', async (t, redis) => {
    const authority = await redis.authority({ nodeGraceMs: 50 });
    const nowMs = Date.now();
    const first = await renew(authority, 1, [], { watermarkMs: nowMs });
    t.equal(first.nodes, 1);
    t.ok(first.watermarkMs <= nowMs);
    // A node whose clock is an hour ahead, and which has shipped all that came until ten minutes ago.
    const aheadMs = Date.now() + HOUR_MS;
    const tenMinutes = 600_000;
    const ahead = present(
      await authority.renew(
        { node: 2, untilMs: aheadMs + 60_000, watermarkMs: aheadMs - tenMinutes, leases: [] },
        aheadMs,
      ),
    );
    t.ok(ahead.watermarkMs <= aheadMs - tenMinutes && ahead.nodes === 2);
    const both = await renew(authority, 1);
    t.equal(both.nodes, 2);
    t.ok(both.watermarkMs <= Date.now() - tenMinutes, 'not an hour too late');
    t.equal(await authority.leave(2), undefined);
    const alone = await renew(authority, 1);
    t.equal(alone.nodes, 1);
    t.ok(alone.watermarkMs > both.watermarkMs);
  });

  test('a node that does not renew is waited for, then dead', async (t, redis) => {
    const authority = await redis.authority({ nodeGraceMs: 100 });
    const oldMs = Date.now() - HOUR_MS;
    await renew(authority, 1);
    await renew(authority, 2, [], { untilMs: Date.now() + 300, watermarkMs: oldMs });
    const waiting = await renew(authority, 1);
    t.match(waiting, { nodes: 2 });
    t.ok(waiting.watermarkMs <= oldMs);
    await until(async () => (await renew(authority, 1)).nodes === 1);
    t.ok((await renew(authority, 1)).watermarkMs > oldMs);
  });

  test('when nobody could renew, everybody is waited for again and no lease is returned', async (t, redis) => {
    const authority = await redis.authority({ nodeGraceMs: 1500 });
    const oldMs = Date.now() - HOUR_MS;
    await renew(authority, 1, [], { untilMs: oldMs });
    await renew(authority, 2, [], { untilMs: oldMs - 60_000, watermarkMs: oldMs });
    await acquire(authority, ask('c', { ...OVER, wantMicros: 800 }));
    await sleep(2);
    money(t, await acquire(authority, ask('c', { lease: 2 })), { freeMicros: 200 });
    const back = await renew(authority, 1);
    t.match(back, { nodes: 2 });
    t.ok(back.watermarkMs <= oldMs);
    money(t, await acquire(authority, ask('c', { lease: 2 })), { freeMicros: 200 });
    await until(async () => (await renew(authority, 1)).nodes === 1);
    money(t, await acquire(authority, ask('c', { lease: 2 })), { freeMicros: 1000 });
  });

  test('a give-back that a renewal has overtaken is not done', async (t, redis) => {
    const link = await redis.link();
    const [slow, quick] = [await redis.authority(), await redis.authority()];
    await acquire(quick, ask('c', { wantMicros: 500 }));
    const lease = { campaign: hashOf('c'), lease: 1 };
    await sleep(5); // numbers of a run start from its clock: the slow one's are earlier
    const later = await redis.authority();
    await renew(later, 1, [lease]);
    t.equal(await slow.giveBack([{ ...lease, micros: 300 }]), undefined);
    money(t, await acquire(later, ask('c')), { grantedMicros: 500, freeMicros: 500 });
    await later.giveBack([
      { ...lease, micros: 300 },
      { ...lease, micros: 900 },
    ]);
    money(t, await acquire(later, ask('c')), { grantedMicros: 0, freeMicros: 1000 });
    await redis.books(link);
  });

  test('a budget that is cut below what is out grants nothing', async (t, redis) => {
    const authority = await redis.authority();
    await acquire(authority, ask('c', { wantMicros: 900 }));
    money(t, await acquire(authority, ask('c', { budgetMicros: 500, wantMicros: 10 })), {
      grantedMicros: 900,
      freeMicros: 0,
    });
    money(t, await acquire(authority, ask('c', { budgetMicros: 1500, wantMicros: 10 })), { grantedMicros: 910 });
  });
});
