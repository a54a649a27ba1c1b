// Decisions joined with what came of them, whatever the order and the gaps of the log.

import { test } from 'tap';
import type { EventRecord, NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import { billRecord, EVENTS_FROM_MS } from '../../server/testing/events.js';
import { decisionsOf } from './read_log.js';
import { type LoggedDecision, Transitions } from './transitions.js';

const SLOT_MS = 900_000;
const CAMPAIGN = billRecord(1, {}).facts.campaign;
const NODE = billRecord(1, {}).facts.node;

function decision(slot: number, changes: Partial<PolicyRecord> = {}): PolicyRecord {
  return {
    type: 'policy',
    ...{ by: NODE, campaign: CAMPAIGN, slot, atMs: EVENTS_FROM_MS + slot * SLOT_MS, model: 3, inputs: [slot] },
    ...{ mean: 0.1, sigma: 0.2, output: 0.3, multiplier: 1.3, density: 1.2, fellBack: false },
    ...changes,
  };
}

/** A bid made so many seconds behind the first decision, and its bill or click. */
function notice(n: number, issuedS: number, changes: Partial<NoticeRecord> = {}): NoticeRecord {
  const atMs = EVENTS_FROM_MS + issuedS * 1000 + 3000;
  const record = billRecord(n, { kind: 'bill', atMs, chargeMicros: 500, ...changes });
  const issued = Math.floor(EVENTS_FROM_MS / 1000) + issuedS;
  return { ...record, facts: { ...record.facts, issuedS: issued, ctr: 0.01, reservedMicros: 800 } };
}

function joined(records: readonly EventRecord[]) {
  const decisions: LoggedDecision[] = [];
  const transitions = new Transitions((each) => decisions.push(each));
  for (const record of records) transitions.take(record);
  transitions.end();
  return { decisions, counts: transitions.counts };
}

test('a bid counts for the decision it was made under, though its bill and click come under the next', (t) => {
  const { decisions, counts } = joined([
    decision(0),
    notice(1, 10),
    notice(2, 899, { atMs: EVENTS_FROM_MS + SLOT_MS + 60_000 }),
    decision(1),
    notice(3, 901),
    notice(2, 899, { kind: 'click', chargeMicros: 0, atMs: EVENTS_FROM_MS + SLOT_MS + 70_000 }),
  ]);
  t.match(decisions, [
    { spentMicros: 1000, clicks: 1, bidMicros: 1600, record: { slot: 0, output: 0.3, density: 1.2 } },
    { spentMicros: 500, clicks: 0, record: { slot: 1 } },
  ]);
  t.ok(Math.abs((decisions[0] as LoggedDecision).value - 0.02) < 1e-12);
  t.same(counts, { repeated: 0, late: 0, undecided: 0 });
  t.end();
});

test('what is there twice counts once, and the order of records does not matter', (t) => {
  const { decisions, counts } = joined([
    decision(1),
    decision(0),
    decision(0),
    notice(1, 10),
    notice(1, 10),
    notice(1, 10, { kind: 'click', chargeMicros: 0 }),
    notice(1, 10, { kind: 'click', chargeMicros: 0 }),
    notice(4, 1000),
  ]);
  t.match(decisions, [
    { spentMicros: 500, clicks: 1, record: { slot: 0 } },
    { spentMicros: 500, clicks: 0, record: { slot: 1 } },
  ]);
  t.equal(counts.repeated, 1);
  t.end();
});

test('bids of other nodes, of before, and of long after the last decision are nobody’s', (t) => {
  const other = notice(5, 20);
  const { decisions, counts } = joined([
    decision(4),
    { ...other, facts: { ...other.facts, node: NODE + 1, issuedS: other.facts.issuedS + 4000 } },
    notice(6, 3000),
    notice(7, 4 * 900 + 1300),
    { ...notice(8, 3700), facts: { ...notice(8, 3700).facts, test: true } },
  ]);
  t.match(decisions, [{ spentMicros: 0, value: 0 }]);
  t.same(counts, { repeated: 0, late: 0, undecided: 3 });
  t.end();
});

test('memory is let go as the log goes on, and what comes too late is counted', (t) => {
  const decisions: LoggedDecision[] = [];
  const transitions = new Transitions((each) => decisions.push(each));
  for (let slot = 0; slot < 20; slot++) transitions.take(decision(slot));
  t.ok(decisions.length >= 14, `${decisions.length} of 20 are done`);
  t.same(
    decisions.map(({ record }) => record.slot),
    decisions.map((_, i) => i),
  );
  transitions.take(notice(9, 5, { atMs: EVENTS_FROM_MS + 20 * SLOT_MS }));
  t.equal(transitions.counts.late, 1);
  transitions.end();
  t.equal(decisions.length, 20);
  t.end();
});

test('the reward of a slot is net of what its money buys at the margin', (t) => {
  const { decisions } = joined([decision(0), notice(1, 10), notice(2, 11), decision(1), notice(3, 901), decision(2)]);
  const [first, second, third] = decisionsOf(decisions);
  // 0.03 clicks for 2400 micros bid: 500 micros are worth 0.00625. A slot of three wins 0.01 on average.
  t.ok(Math.abs((first?.reward ?? 0) - (0.02 - 2 * 0.00625) / 0.01) < 1e-9);
  t.ok(Math.abs((second?.reward ?? 0) - (0.01 - 0.00625) / 0.01) < 1e-9);
  t.equal(third?.reward, 0);
  t.match(first, { slot: 0, output: 0.3, density: 1.2 });
  t.end();
});
