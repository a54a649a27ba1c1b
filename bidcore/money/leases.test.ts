// Leases of a lone node: freed, grown, turned at midnight, given back.

import t from 'tap';
import type { Authority, Renewed } from './authority.js';
import type { CampaignPlan } from './leased_campaign.js';
import { Leases } from './leases.js';
import { LocalAuthority } from './local_authority.js';
import { bucketOf } from './reservations.js';
import { factsOf, noticeOf, planOf, smallFunds, T0_S, TestLog } from './testing.js';

const T0_MS = T0_S * 1000;
const CAMPAIGN = planOf().campaign;

function start(startMs = T0_MS, change = (authority: Authority): Authority => authority, renewMs = 0) {
  const log = new TestLog();
  const funds = smallFunds();
  const books = new LocalAuthority(startMs, log.append);
  const released: string[] = [];
  const given = ({ id }: CampaignPlan): void => void released.push(id);
  const leases = new Leases(funds, change(books), { node: 3, leaseMs: 3000, renewMs, released: given });
  leases.start(startMs);
  const standing = () => books.standing(CAMPAIGN, funds.lease(0, funds.current(0)));
  return { log, funds, books, leases, released, standing };
}

t.test('what bids held is available when its bucket has ended and the watermark has passed', async (t) => {
  const { funds, leases } = start();
  leases.plan([planOf()]);
  await leases.tick(T0_MS, T0_MS);
  const before = funds.available(0, 0);
  const { level, bucket } = bucketOf(T0_S, 10);
  funds.reserve(0, level, bucket, 700);
  await leases.tick(T0_MS + 11_000, T0_MS + 10_999);
  t.equal(funds.held(0, 0), 700, 'a notice may still be under way');
  await leases.tick(T0_MS + 11_000, T0_MS + 11_000);
  t.same([funds.held(0, 0), funds.available(0, 0)], [0, before]);
});

t.test('a second plan does not forget that the first one changed the budget', async (t) => {
  const { leases, standing, funds } = start();
  leases.plan([planOf({ budgetMicros: 10_000_000 })]);
  await leases.tick(T0_MS, T0_MS);
  leases.plan([planOf({ budgetMicros: 5000 })]);
  leases.plan([planOf({ budgetMicros: 5000 })]);
  await leases.tick(T0_MS + 100, T0_MS);
  t.same([standing().grantedMicros, funds.available(0, 0)], [5000, 5000]);
});

t.test('at midnight a new lease; while both slots hold bids of former days, none', async (t) => {
  const midnightMs = Date.parse('2026-06-15T00:00:00Z');
  const dayMs = 86_400_000;
  const { leases, funds, books } = start(midnightMs - 1000);
  leases.plan([planOf({ dailyBudgetMicros: 30_000, longestExpiryS: 86_400 })]);
  const days: string[] = [];
  for (const nowMs of [midnightMs - 1000, midnightMs, midnightMs + dayMs]) {
    await leases.tick(nowMs, nowMs);
    days.push(`slot ${funds.current(0)}: ${funds.available(0, funds.current(0))}`);
    const { level, bucket } = bucketOf(nowMs / 1000, 86_400);
    funds.reserve(0, level, bucket, 500);
  }
  t.same(days, ['slot 0: 20000', 'slot 1: 20000', 'slot 1: 0']);
  for (const [, , , , , leases] of books.dump().campaigns) {
    t.same(
      leases.map(({ day, grantedMicros }) => [day, grantedMicros]),
      [
        ['2026-06-14', 500],
        ['2026-06-15', 500],
      ],
    );
  }
});

t.test('a lease that the authority does not know any more is not spent', async (t) => {
  let forgets = false;
  const { leases, funds } = start(T0_MS, (books) => ({
    acquire: (asks, nowMs) => books.acquire(asks, nowMs),
    giveBack: (back, nowMs) => books.giveBack(back, nowMs),
    book: (records, nowMs) => books.book(records, nowMs),
    renew: async (renewal, nowMs) => {
      const renewed = (await books.renew(renewal, nowMs)) as Renewed;
      if (!forgets) return renewed;
      return { ...renewed, standings: renewed.standings.map((one) => ({ ...one, grantedMicros: 0 })) };
    },
  }));
  leases.plan([planOf()]);
  await leases.tick(T0_MS, T0_MS);
  const lease = funds.lease(0, 0);
  funds.reserve(0, 0, T0_S + 11, 700);
  forgets = true;
  await leases.tick(T0_MS + 60_000, T0_MS);
  const [its] = leases.holdings(CAMPAIGN);
  t.not(funds.lease(0, 0), lease);
  t.same([its?.heldMicros, its?.availableMicros], [0, its?.grantedMicros]);
});

t.test('a charge that another node booked first is given back when the books bring it, not before', async (t) => {
  let foreignMicros = 0;
  const { leases, funds } = start(T0_MS, (books) => ({
    acquire: (asks, nowMs) => books.acquire(asks, nowMs),
    giveBack: (back, nowMs) => books.giveBack(back, nowMs),
    book: (records, nowMs) => books.book(records, nowMs),
    renew: async (renewal, nowMs) => {
      const renewed = (await books.renew(renewal, nowMs)) as Renewed;
      const standings = renewed.standings.map((one) => ({ ...one, foreignMicros }));
      await undefined;
      return { ...renewed, standings };
    },
  }));
  leases.plan([planOf()]);
  await leases.tick(T0_MS, T0_MS);
  const before = funds.available(0, 0);
  const { level, bucket } = bucketOf(T0_S, 10);
  funds.reserve(0, level, bucket, 700);
  const facts = factsOf({ node: 3, lease: funds.lease(0, 0), reservedMicros: 700 });
  const bill = { ...noticeOf('bill', facts), type: 'notice' as const, by: 3, chargeMicros: 700, late: false };
  leases.settle(bill, true);
  const tick = leases.tick(T0_MS + 100, T0_MS);
  for (let turn = 0; turn < 3; turn++) await undefined;
  foreignMicros = 700;
  leases.retract(bill);
  await tick;
  t.equal(funds.available(0, 0), before - 700, 'a renewal asked for before does not know of it');
  await leases.tick(T0_MS + 200, T0_MS);
  t.equal(funds.available(0, 0), before - 700, 'one is taken, one is given back');
});

t.test('a removed campaign gives everything back and is released when it holds nothing', async (t) => {
  const { leases, funds, released, books } = start();
  leases.plan([planOf()]);
  await leases.tick(T0_MS, T0_MS);
  const { level, bucket } = bucketOf(T0_S, 10);
  funds.reserve(0, level, bucket, 700);
  leases.plan([]);
  for (let s = 1; s < 11; s++) await leases.tick(T0_MS + s * 1000, T0_MS + s * 1000);
  t.same([released, books.dump().campaigns[0]?.[5][0]?.grantedMicros], [[], 700]);
  for (let s = 11; s < 14; s++) await leases.tick(T0_MS + s * 1000, T0_MS + s * 1000);
  t.same([released, books.dump().campaigns[0]?.[5]], [['one'], []]);
});

t.test('ticks that wait for a slow one become one, with the newest time', async (t) => {
  const renewals: number[] = [];
  const { leases } = start(T0_MS, (books) => ({
    acquire: (asks, nowMs) => books.acquire(asks, nowMs),
    giveBack: (back, nowMs) => books.giveBack(back, nowMs),
    book: (records, nowMs) => books.book(records, nowMs),
    renew: (renewal, nowMs) => {
      renewals.push(nowMs - T0_MS);
      return books.renew(renewal, nowMs);
    },
  }));
  leases.plan([planOf()]);
  const first = leases.tick(T0_MS, T0_MS);
  await undefined;
  await Promise.all([first, ...[100, 200, 300].map((ms) => leases.tick(T0_MS + ms, T0_MS))]);
  t.same(renewals, [0, 300]);
});

t.test('after closing, everything that no bid holds is back', async (t) => {
  const { leases, funds, books } = start();
  leases.plan([planOf()]);
  await leases.tick(T0_MS, T0_MS);
  funds.reserve(0, 0, T0_S + 11, 700);
  await leases.close(T0_MS);
  t.same([funds.available(0, 0), books.dump().campaigns[0]?.[5][0]?.grantedMicros], [0, 700]);
  await leases.tick(T0_MS + 1000, T0_MS);
  t.equal(funds.available(0, 0), 0, 'and no tick asks again');
});

t.test('between renewals a lease that runs low is grown, and nothing else is asked', async (t) => {
  const calls: string[] = [];
  const counted = (books: Authority): Authority => ({
    acquire: (asks, nowMs) => {
      calls.push(`acquire ${asks.map(({ wantMicros }) => wantMicros > 0)}`);
      return books.acquire(asks, nowMs);
    },
    renew: (renewal, nowMs) => {
      calls.push('renew');
      return books.renew(renewal, nowMs);
    },
    giveBack: (back, nowMs) => books.giveBack(back, nowMs),
    book: (records, nowMs) => books.book(records, nowMs),
  });
  const { leases, funds } = start(T0_MS, counted, 1000);
  const tick = (ms: number): Promise<void> => leases.tick(T0_MS + ms, T0_MS + ms);
  leases.plan([planOf({ budgetMicros: 50_000 })]);
  await tick(0);
  t.same(calls.splice(0), ['renew', 'acquire true'], 'a plan is taken up at once');
  await tick(100);
  t.same(calls.splice(0), [], 'it has enough');
  const { level, bucket } = bucketOf(T0_S, 60);
  funds.reserve(0, level, bucket, funds.available(0, 0));
  await tick(200);
  t.same(calls.splice(0), ['acquire true']);
  t.equal(funds.available(0, 0), 20_000, 'it is grown');
  funds.reserve(0, level, bucket, 20_000);
  await tick(300);
  t.same([funds.available(0, 0), calls.splice(0)], [10_000, ['acquire true']], 'the rest of the budget');
  funds.reserve(0, level, bucket, 10_000);
  await tick(400);
  await tick(500);
  t.same(calls.splice(0), [], 'nobody has more before the next renewal');
  await tick(1000);
  t.same(calls.splice(0), ['renew', 'acquire true']);
  leases.plan([planOf({ budgetMicros: 70_000 })]);
  await tick(1100);
  t.same([calls.splice(0)[0], funds.available(0, 0)], ['renew', 20_000], 'another plan does not wait');
});
