// The ledger's side of a policy: what it shows of a campaign and when, what it logs, what a restart keeps. The pacers
// and a bidder's memory are real; the main thread's tick is called by hand.

import t from 'tap';
import * as map from '../../assembly/memory_map.js';
import type { PacedPlan } from '../../bidcore/money/campaign_plans.js';
import type { NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import { Funds, NODE_REGIONS } from '../../bidcore/money/funds.js';
import type { PlanKind } from '../../bidcore/money/pacing_plan.js';
import { factsOf, noticeOf, planOf } from '../../bidcore/money/testing.js';
import { normalDensity } from '../../bidcore/policy/exploration.js';
import { writePolicy } from '../../bidcore/policy/policy_weights.js';
import { POLICY_INPUT_NAMES, type PolicyInputName, SlotInputs } from '../../bidcore/policy/slot_inputs.js';
import { TestBidder } from '../../bidcore/testing/bidder.js';
import { sampleBook } from '../../bidcore/testing/sample_book.js';
import { sampleModel } from '../../bidcore/testing/sample_model.js';
import { samplePolicy } from '../../bidcore/testing/sample_policy.js';
import { Pacers, type PacersDump } from './pacers.js';

const DAY_MS = Date.UTC(2026, 0, 8);
const SLOT_MS = map.POLICY_SLOT_MS;
const BUDGET = 96_000_000;
const BID_MICROS = 1000;

/** A node whose one campaign, of index 0, bids and wins every second. */
class Node {
  readonly bidder = new TestBidder();
  readonly funds = new Funds({ buffer: this.bidder.memory.buffer as SharedArrayBuffer, ...NODE_REGIONS });
  pacers = this.#makePacers();
  readonly records: PolicyRecord[] = [];
  spent = 0;

  async load(sigma = 0): Promise<void> {
    const image = sampleModel(1);
    writePolicy(image, samplePolicy(3, sigma));
    await this.bidder.load(sampleBook(), image);
  }

  plan(pacing: PlanKind, changes: Partial<PacedPlan> = {}): void {
    const daily = { budgetMicros: 10 * BUDGET, dailyBudgetMicros: BUDGET };
    this.pacers.plan([{ ...planOf(daily), pacing, startMs: undefined, endMs: undefined, ...changes }]);
    this.funds.show(0, { spentMicros: this.spent, leftMicros: 10 * BUDGET, leftTodayMicros: BUDGET });
  }

  /** Lives from a time to another, in steps. */
  live(fromMs: number, toMs: number, stepMs = 1000): void {
    const words = new BigInt64Array(this.bidder.memory.buffer, map.CAMPAIGNS, map.CAMPAIGN_STRIDE / 8);
    for (let nowMs = fromMs; nowMs < toMs; nowMs += stepMs) {
      this.pacers.step(nowMs);
      this.bidder.control.tick(nowMs);
      Atomics.add(words, map.CAMPAIGN_BIDS / 8, 2n);
      Atomics.add(words, map.CAMPAIGN_RESERVED_MICROS / 8, BigInt(2 * BID_MICROS));
      this.spent += BID_MICROS;
      const leftTodayMicros = BUDGET - (this.spent % BUDGET);
      this.funds.show(0, { spentMicros: this.spent, leftMicros: 10 * BUDGET - this.spent, leftTodayMicros });
      const facts = factsOf({ issuedS: nowMs / 1000, ctr: 0.004 });
      const record = { ...noticeOf('bill', facts), type: 'notice', by: 0, late: false, atMs: nowMs + 500 } as const;
      this.pacers.charged({ ...record, chargeMicros: BID_MICROS } satisfies NoticeRecord);
      this.records.push(...this.pacers.policies.take(1000));
    }
  }

  restart(dump: PacersDump): void {
    this.pacers = this.#makePacers();
    this.pacers.restore(JSON.parse(JSON.stringify(dump)));
  }

  get multiplier(): number {
    return this.bidder.control.campaignState('c1').policyMultiplier;
  }

  #makePacers(): Pacers {
    return new Pacers(this.funds, this.bidder.memory.buffer as SharedArrayBuffer, 7);
  }
}

const value = ({ inputs }: PolicyRecord, name: PolicyInputName): number =>
  inputs[POLICY_INPUT_NAMES.indexOf(name)] as number;

t.test('each slot is decided once and logged with what the policy saw', async (t) => {
  const node = new Node();
  await node.load(0.1);
  node.plan('value');
  node.live(DAY_MS, DAY_MS + 2 * SLOT_MS + 5000);
  t.equal(node.records.length, 3);
  for (const [i, record] of node.records.entries()) {
    const slot = DAY_MS / SLOT_MS + i;
    t.match(record, { type: 'policy', by: 7, campaign: '00000000000000c1', slot, model: 1, fellBack: false });
    t.equal(record.atMs, slot * SLOT_MS, 'in the second in which the slot begins');
    t.equal(record.density, normalDensity(record.output, record.mean, record.sigma));
    t.ok(record.density > 0 && record.multiplier === Math.fround(Math.min(Math.max(1 + record.output, 0.1), 2)));
  }
  t.equal(node.multiplier, node.records[2]?.multiplier, 'the last one is in force');
  const [first, second, third] = node.records as [PolicyRecord, PolicyRecord, PolicyRecord];
  t.equal(value(first, 'budget_left'), 1);
  t.equal(value(first, 'spend_rate'), 0, 'nothing to compare with');
  t.equal(value(third, 'time_left'), Math.fround(1 - 2 / 96));
  t.equal(value(third, 'budget_left'), Math.fround(1 - 1800 / 96_000), '1,800 bills of a thousandth of a unit each');
  t.ok(
    Math.abs(value(second, 'spend_rate') - Math.log((900_000 / 1e6 + 0.02) / 1.02)) < 1e-3,
    'of a 96th of the budget',
  );
  t.ok(Math.abs(value(third, 'ctr')) < 1e-5 && Math.abs(value(third, 'win_rate')) < 0.01, 'a steady market');
  t.ok(Math.abs(value(third, 'last_multiplier') - Math.log(second.multiplier)) < 1e-6);
});

t.test('what is shown is what the class of the race computes from the same counters', async (t) => {
  const node = new Node();
  await node.load();
  node.plan('value');
  const twin = new SlotInputs();
  const counts = { spentMicros: 0, bids: 0, wins: 0, value: 0, logPaceSeconds: 0, paceSeconds: 0 };
  let pace = 1;
  for (let nowMs = DAY_MS; nowMs < DAY_MS + 4 * SLOT_MS; nowMs += 10_000) {
    if (nowMs > DAY_MS && pace > 0) {
      counts.logPaceSeconds += 10 * Math.log(pace);
      counts.paceSeconds += 10;
    }
    if ((nowMs - DAY_MS) % SLOT_MS === 0) {
      const timeLeft = 1 - (nowMs - DAY_MS) / 86_400_000;
      const situation = {
        budgetMicros: BUDGET,
        budgetLeft: 1 - node.spent / BUDGET,
        timeLeft,
        multiplier: node.multiplier,
      };
      const expected = [...twin.next(counts, situation)];
      node.live(nowMs, nowMs + 1, 10_000);
      const { policyInputs: inputs = [] } = node.bidder.control.campaignState('c1');
      t.ok(
        inputs.length === 12 && inputs.every((x, i) => Math.abs(x - (expected[i] as number)) < 1e-6),
        `${inputs} and ${expected}`,
      );
    } else node.live(nowMs, nowMs + 1, 10_000);
    pace = node.funds.multipliers.pace(0);
    counts.spentMicros = node.spent;
    counts.bids += 2;
    counts.wins += 1;
    counts.value += 0.004;
  }
  t.equal(node.records.length, 4);
});

t.test('only campaigns paced by value, with a period, have a policy', async (t) => {
  const node = new Node();
  await node.load();
  for (const pacing of ['even', 'front_loaded', 'traffic', 'asap'] as const) {
    node.plan(pacing);
    node.live(DAY_MS, DAY_MS + SLOT_MS + 3000, 60_000);
    t.equal(node.multiplier, 1, pacing);
  }
  node.plan('value', { dailyBudgetMicros: Infinity });
  node.live(DAY_MS, DAY_MS + SLOT_MS + 3000, 60_000);
  t.equal(node.multiplier, 1, 'neither a daily budget nor an end');
  t.equal(node.records.length, 0);
  node.plan('value', { dailyBudgetMicros: Infinity, endMs: DAY_MS + 86_400_000 });
  node.live(DAY_MS, DAY_MS + 3000);
  t.not(node.multiplier, 1, 'with an end it has one');
  node.plan('even');
  node.live(DAY_MS + 3000, DAY_MS + 6000);
  t.equal(node.multiplier, 1, 'until its plan is another');
});

t.test('out of its range the policy is not asked, and the metrics say why', async (t) => {
  const node = new Node();
  await node.load();
  const image = sampleModel(1);
  const policy = samplePolicy(3);
  policy.high[POLICY_INPUT_NAMES.indexOf('time_left')] = 0.995;
  writePolicy(image, policy);
  await node.bidder.load(sampleBook(), image, 2);
  node.plan('value');
  node.live(DAY_MS, DAY_MS + SLOT_MS + 3000, 1000);
  t.match(node.records, [
    { fellBack: true, multiplier: 1, mean: 0, density: 0 },
    { fellBack: false, model: 2 },
  ]);
  const { campaigns, spoke, fellBack, outside, multiplierMean } = node.pacers.policies.stats();
  t.same([campaigns, spoke, fellBack], [1, 1, 1]);
  t.same(
    outside,
    POLICY_INPUT_NAMES.map((name) => (name === 'time_left' ? 1 : 0)),
  );
  t.equal(multiplierMean, node.multiplier);
});

t.test('a new model in the middle of a slot decides and is logged, once', async (t) => {
  const node = new Node();
  await node.load();
  node.plan('value');
  node.live(DAY_MS, DAY_MS + 60_000);
  await node.bidder.load(sampleBook({}, 2), sampleModel(2), 2);
  node.live(DAY_MS + 60_000, DAY_MS + 120_000);
  t.match(node.records, [{ model: 1 }, { model: 2, slot: DAY_MS / SLOT_MS }]);
  t.equal(node.multiplier, node.records[1]?.multiplier);
});

t.test('a ledger that starts again goes on with what it knew, and asks nothing anew within the slot', async (t) => {
  const node = new Node();
  await node.load();
  node.plan('value');
  node.live(DAY_MS, DAY_MS + 3 * SLOT_MS + 60_000);
  const before = node.multiplier;
  const dump = node.pacers.dump();
  node.restart(dump);
  node.plan('value');
  node.live(DAY_MS + 3 * SLOT_MS + 61_000, DAY_MS + 3 * SLOT_MS + 120_000);
  t.equal(node.multiplier, before);
  t.same(node.records[4], node.records[3], 'the decision in force comes once more, the same');
  node.live(DAY_MS + 3 * SLOT_MS + 120_000, DAY_MS + 4 * SLOT_MS + 3000);
  const [last] = node.records.slice(-1) as [PolicyRecord];
  t.equal(node.records.length, 6);
  t.ok(Math.abs(value(last, 'price_level')) < 0.01 && value(last, 'traffic') < -0.01, 'compared with slots before it');
  t.same(node.pacers.dump().policies?.[0]?.[1].length, dump.policies?.[0]?.[1].length);
});

t.test('what no disk takes is kept for the next try', async (t) => {
  const node = new Node();
  await node.load();
  node.plan('value');
  node.live(DAY_MS, DAY_MS + 3000);
  const taken = node.records.splice(0);
  t.equal(taken.length, 1);
  node.pacers.policies.giveBack(taken);
  node.live(DAY_MS + SLOT_MS, DAY_MS + SLOT_MS + 3000);
  t.same(
    node.records.map(({ slot }) => slot - DAY_MS / SLOT_MS),
    [0, 1],
  );
});
