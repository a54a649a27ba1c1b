// The ledger over the books of a lone node: once, durable first, and what a restart finds.

import t from 'tap';
import { CampaignCounts } from './campaign_counts.js';
import { Leases } from './leases.js';
import { Ledger } from './ledger.js';
import { LocalAuthority } from './local_authority.js';
import { bucketOf } from './reservations.js';
import { factsOf, noticeOf, planOf, smallFunds, T0_S, TestLog } from './testing.js';

const T0_MS = T0_S * 1000;

async function start(plan = planOf()) {
  const log = new TestLog();
  const funds = smallFunds();
  const books = new LocalAuthority(T0_MS, log.append);
  const leases = new Leases(funds, books, { node: 0, leaseMs: 3000, released: () => undefined });
  const settled = (record: Parameters<typeof books.book>[0][number]): void => void books.book([record]);
  const options = { node: 0, tokenLifeS: 7200, onItsWayMs: 100 };
  const ledger = new Ledger(new CampaignCounts(funds), leases, { append: log.append, settled }, options);
  leases.start(T0_MS);
  leases.plan([plan]);
  await leases.tick(T0_MS, T0_MS);
  const bid = (changes: Parameters<typeof factsOf>[0] = {}) => {
    const facts = factsOf({ lease: funds.lease(0, 0), ...changes });
    const { level, bucket } = bucketOf(facts.issuedS, facts.expiryS);
    t.ok(funds.reserve(0, level, bucket, facts.reservedMicros));
    return facts;
  };
  const spent = (): number => books.standing(plan.campaign, funds.lease(0, 0)).spentMicros;
  return { log, funds, books, leases, ledger, bid, spent };
}

t.test('a bill leaves its charge; the rest of the reservation is available again', async (t) => {
  const { funds, ledger, bid, spent } = await start();
  const before = funds.available(0, 0);
  const facts = bid();
  t.equal(await ledger.receive(noticeOf('bill', facts, { clearingMicros: 500_000 })), 'booked');
  t.same([funds.available(0, 0), funds.held(0, 0), spent()], [before - 250, 0, 250]);
  t.equal(await ledger.receive(noticeOf('bill', facts, { clearingMicros: 500_000 })), 'repeated');
  t.equal(spent(), 250);
});

t.test('a notice that cannot be written changes nothing, for those that wait for it too', async (t) => {
  const { funds, ledger, bid, spent, log } = await start();
  const facts = bid();
  log.full = true;
  const both = [ledger.receive(noticeOf('bill', facts)), ledger.receive(noticeOf('bill', facts))];
  t.same(await Promise.all(both), ['failed', 'failed']);
  t.same([funds.held(0, 0), spent()], [1000, 0]);
  log.full = false;
  t.equal(await ledger.receive(noticeOf('bill', facts)), 'booked');
  t.equal(spent(), 1000);
});

t.test('a bill behind a loss counts as late, also while the loss is under way', async (t) => {
  const { funds, ledger, bid, books } = await start();
  const before = funds.available(0, 0);
  const facts = bid();
  const both = [ledger.receive(noticeOf('loss', facts)), ledger.receive(noticeOf('bill', facts))];
  t.same(await Promise.all(both), ['booked', 'late']);
  const { spentMicros, lateMicros } = books.standing(facts.campaign, facts.lease);
  t.same([spentMicros, lateMicros, funds.available(0, 0), funds.held(0, 0)], [1000, 1000, before - 1000, 0]);
});

t.test('a loss behind a bill gives nothing back', async (t) => {
  const { funds, ledger, bid } = await start();
  const before = funds.available(0, 0);
  const facts = bid();
  await ledger.receive(noticeOf('bill', facts));
  await ledger.receive(noticeOf('loss', facts));
  t.same([funds.available(0, 0), funds.held(0, 0)], [before - 1000, 0]);
});

t.test('an impression without a price costs what the win said, also after a restart', async (t) => {
  const { ledger, bid, log, spent } = await start();
  const facts = bid({ billedByImpression: true });
  await ledger.receive(noticeOf('win', facts, { clearingMicros: 1_000_000 }));
  const again = await start();
  for (const record of log.records) again.ledger.replay(record);
  const third = await start();
  third.ledger.restore(structuredClone(again.ledger.dump()));
  for (const { ledger: its, log: written } of [again, third]) {
    await its.receive(noticeOf('imp', facts));
    const last = written.records.at(-1);
    t.equal(last?.type === 'notice' && last.chargeMicros, 500);
  }
  await ledger.receive(noticeOf('imp', facts));
  t.equal(spent(), 500);
});

t.test('a log that has a notice twice counts it once', async (t) => {
  const { ledger, bid, log } = await start();
  await ledger.receive(noticeOf('bill', bid()));
  const again = await start();
  const first = [...log.records, ...log.records].map(
    (record) => record.type === 'notice' && again.ledger.replay(record),
  );
  t.equal(first.filter(Boolean).length, 1);
});

t.test('the watermark waits for what is under way', async (t) => {
  const { ledger, bid } = await start();
  const atMs = T0_MS + 200;
  const booking = ledger.receive(noticeOf('bill', bid(), { atMs }));
  t.equal(ledger.watermarkMs(T0_MS + 5000), atMs);
  await booking;
  t.equal(ledger.watermarkMs(T0_MS + 5000), T0_MS + 4900);
});
