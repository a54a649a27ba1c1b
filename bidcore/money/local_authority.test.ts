// The books of a lone node: they are what the log says.

import t from 'tap';
import { LocalAuthority } from './local_authority.js';
import { factsOf, noticeOf, T0_S, TestLog } from './testing.js';

const T0_MS = T0_S * 1000;
const CAMPAIGN = '00000000000000c1';

function ask(lease: number, wantMicros: number, changes = {}) {
  const whose = { campaign: CAMPAIGN, campaignId: 'one', node: 0, lease, day: '', untilMs: T0_MS };
  const budget = { budgetMicros: 1000, dailyBudgetMicros: Infinity };
  return { ...whose, ...budget, wantMicros, longestExpiryS: 10, ...changes };
}

function charge(lease: number, chargeMicros: number, late = false) {
  return { ...noticeOf('bill', factsOf({ lease })), type: 'notice' as const, by: 0, chargeMicros, late };
}

const renewal = (leases: number[], untilMs = T0_MS) => ({
  ...{ node: 0, untilMs, watermarkMs: T0_MS },
  leases: leases.map((lease) => ({ campaign: CAMPAIGN, lease })),
});

/** The same books, read from the log. */
function reread(log: TestLog, run: number): LocalAuthority {
  const books = new LocalAuthority(run, log.append);
  for (const record of log.records) books.replay(record);
  return books;
}

t.test('no more is granted than is free, of the budget and of the day', async (t) => {
  const books = new LocalAuthority(1, new TestLog().append);
  await books.acquire([ask(1, 300), ask(2, 900), ask(3, 100)], T0_MS);
  t.same(
    [1, 2, 3].map((lease) => books.standing(CAMPAIGN, lease).grantedMicros),
    [300, 700, 0],
  );
  const daily = { day: '2026-06-15', dailyBudgetMicros: 120 };
  await books.giveBack([{ campaign: CAMPAIGN, lease: 2, micros: 700 }], T0_MS);
  await books.acquire([ask(4, 500, daily)], T0_MS);
  t.equal(books.standing(CAMPAIGN, 4).grantedMicros, 120);
  await books.book([charge(4, 20)]);
  await books.acquire([ask(4, 500, daily)], T0_MS);
  t.same([books.standing(CAMPAIGN, 4).grantedMicros, books.standing(CAMPAIGN, 4).spentTodayMicros], [120, 20]);
});

t.test('what is not written is not granted and not given back', async (t) => {
  const log = new TestLog();
  const books = new LocalAuthority(1, log.append);
  await books.acquire([ask(1, 300)], T0_MS);
  log.full = true;
  t.match(await books.acquire([ask(1, 300)], T0_MS), { code: 'authority_away' });
  t.match(await books.giveBack([{ campaign: CAMPAIGN, lease: 1, micros: 100 }], T0_MS), { code: 'authority_away' });
  t.match(await books.renew(renewal([1]), T0_MS), { code: 'authority_away' });
  t.equal(books.standing(CAMPAIGN, 1).grantedMicros, 300);
  t.same(reread(log, 1).dump(), { ...books.dump() });
});

t.test('a longer expiry is written, though nothing more is granted', async (t) => {
  const log = new TestLog();
  const books = new LocalAuthority(1, log.append);
  await books.acquire([ask(1, 300)], T0_MS);
  await books.acquire([ask(1, 0, { longestExpiryS: 3600 })], T0_MS);
  t.equal(reread(log, 2).dump().campaigns[0]?.[5][0]?.longestExpiryS, 3600);
});

t.test('a lease of an earlier run stays until its last bids have expired, then its rest is free', async (t) => {
  const log = new TestLog();
  const first = new LocalAuthority(1, log.append);
  await first.renew(renewal([], T0_MS + 3000), T0_MS);
  await first.acquire([ask(1, 300)], T0_MS);
  log.records.push(charge(1, 100));
  const second = reread(log, 2);
  const endMs = T0_MS + 3000 + 10_000 + 10_000 + 5000;
  await second.renew(renewal([], endMs + 3000), endMs);
  await second.acquire([ask(2, 5000)], endMs);
  t.equal(second.standing(CAMPAIGN, 2).grantedMicros, 700, 'not yet');
  await second.renew(renewal([2], endMs + 3000), endMs + 1);
  await second.acquire([ask(2, 5000)], endMs + 1);
  t.equal(second.standing(CAMPAIGN, 2).grantedMicros, 900);
  await second.book([charge(1, 50, true)]);
  log.records.push(charge(1, 50, true));
  t.same(reread(log, 2).dump(), second.dump(), 'a restart finds the same');
});

t.test('a snapshot and what follows it are the whole log', async (t) => {
  const log = new TestLog();
  const books = new LocalAuthority(1, log.append);
  await books.renew(renewal([]), T0_MS);
  await books.acquire([ask(1, 300)], T0_MS);
  const snapshot = structuredClone(books.dump());
  const records = log.records.length;
  await books.acquire([ask(1, 200)], T0_MS);
  await books.giveBack([{ campaign: CAMPAIGN, lease: 1, micros: 50 }], T0_MS);
  const again = new LocalAuthority(2, log.append);
  again.restore(snapshot);
  for (const record of log.records.slice(records)) again.replay(record);
  t.same(again.dump(), reread(log, 2).dump());
});
