// Histories of money: some seeds of each kind, and that the simulator would notice.

import t from 'tap';
import { NO_FEATURES } from '../../bidcore/feature_list.js';
import { runHistory } from './history.js';
import { Oracle } from './oracle.js';
import { add, noTotals, run } from './run.js';
import { scenarioOf } from './scenario.js';
import { shrink, signature } from './shrink.js';

const SEEDS = 50;
const TIMEOUT_MS = 200_000;
t.setTimeout(TIMEOUT_MS);

t.test(`${SEEDS} histories keep what must be true, and are not empty`, async (t) => {
  t.setTimeout(TIMEOUT_MS);
  const lines: string[] = [];
  const totals = await run({ seed: 0, seeds: SEEDS, share: { nth: 0, of: 1 } }, (line) => lines.push(line));
  t.same(lines, []);
  t.equal(totals.histories, SEEDS);
  const { bids, refused, billed, late, repeated, failed } = totals.counts;
  for (const [what, count] of Object.entries({ bids, refused, billed, late, repeated, failed })) {
    t.ok(count > SEEDS, `${count} ${what}`);
  }
});

t.test('equal seeds are equal histories', async (t) => {
  for (const seed of [3, 4]) {
    const told: string[][] = [[], []];
    for (const lines of told) await runHistory(scenarioOf(seed), (line) => lines.push(line));
    t.ok((told[0]?.length ?? 0) > 20);
    t.same(told[0], told[1]);
  }
});

t.test('a bid above the budget, a notice booked twice, and a wrong charge are noticed', async (t) => {
  const scenario = scenarioOf(3);
  const oracle = new Oracle(scenario.campaigns, () => true);
  t.throws(() => oracle.made({ ...FACTS, lease: 5 }), /which nobody was granted/);
  const plan = scenario.campaigns[0];
  if (plan === undefined) throw new Error('a history without campaigns');
  const asked = { campaign: plan.campaign, campaignId: '', node: 0, lease: 5, day: '', untilMs: 0, wantMicros: 1 };
  const books = oracle.watched(
    {
      acquire: async () => [],
      renew: async () => ({ standings: [], watermarkMs: 0, nodes: 1 }),
      giveBack: async () => undefined,
      book: async () => [],
    },
    0,
  );
  await books.acquire([{ ...asked, budgetMicros: 1, dailyBudgetMicros: 1, longestExpiryS: 1 }], 0);
  const facts = { ...FACTS, campaign: plan.campaign, lease: 5 };
  t.throws(() => oracle.made({ ...facts, reservedMicros: plan.budgetMicros + 1 }), /bids may cost/);
  oracle.planned({ ...plan, budgetMicros: 3 * plan.budgetMicros });
  oracle.made({ ...facts, bid: '00000000000000b2' });
  const loss = {
    ...{ type: 'notice' as const, kind: 'loss' as const, facts: { ...facts, bid: '00000000000000b2' }, atMs: 2000 },
    ...{ clearingMicros: undefined, quantity: undefined, lossReason: undefined, toWinMicros: undefined },
    ...{ name: undefined, errorCode: undefined, by: 0, chargeMicros: 0, late: false },
  };
  t.throws(() => oracle.answered(loss, 'booked', 0), /not durable/);
  oracle.durable(loss, 0);
  t.throws(() => oracle.durable(loss, 0), /two records/);
  t.throws(() => oracle.durable({ ...loss, kind: 'win', chargeMicros: 1 }, 0), /costs 1/);
  t.throws(
    () => oracle.durable({ ...loss, kind: 'bill', chargeMicros: 2, clearingMicros: 1 }, 0),
    /is charged 2, not 1/,
  );
});

t.test('a broken history is told shorter', async (t) => {
  const whole = scenarioOf(5);
  const scenario = { ...whole, lengthMs: 1000, bids: whole.bids.slice(0, 3), faults: [] };
  // Bids that name a campaign nobody plans cannot break anything: nothing is wrong, so nothing can be left out.
  const shortest = await shrink(scenario, 'no such problem');
  t.same(shortest, scenario);
  t.equal(
    signature('node 3, lease 20066471 of 00000000000000c0: 20000 is not 846'),
    signature('node 1, lease 7 of 00000000000000c1: 5 is not 6'),
  );
  const totals = noTotals();
  add(totals, { ...noTotals(), histories: 2, broken: [7] });
  t.same([totals.histories, totals.broken], [2, [7]]);
});

const FACTS = {
  ...{ bid: '00000000000000b1', campaign: '', adGroup: '', ad: '', user: '', node: 0, slot: 0 as const },
  ...{ issuedS: 1, expiryS: 10, reservedMicros: 1, priceMicros: 1, currency: 'EUR', quantity: 1, exchange: 0 },
  ...{ auction: 1, deal: false, test: false, billedByImpression: false, ctr: 0, cvr: 0, multiplier: 1, model: 0 },
  ...{ arm: 0 as const, features: NO_FEATURES },
};
