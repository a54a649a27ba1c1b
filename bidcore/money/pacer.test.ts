// The pacer in simulated days: it spends as planned, whatever the market, and does not burst.

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { DAY_S, DAY_START_MS, learntShape, type PacedDay, paceDay, type World } from '../testing/traffic_day.js';
import { PACE_MIN, type PaceObservation, Pacer } from './pacer.js';
import { PacingPlan, type PacingPlanOptions, type PlanKind } from './pacing_plan.js';

t.setTimeout(200_000);

const MARKET: World = {
  name: 'market',
  requestsPerS: 10,
  priceSpread: 0.7,
  bid: 1.2,
  delay: { kind: 'exponential', meanS: 60 },
  budgetShare: 0.12,
  isUnsteady: true,
};
const DEAL: World = { ...MARKET, name: 'deal', priceSpread: undefined, bid: 1 };
const traffic = learntShape();
const optionsOf = (kind: PlanKind): PacingPlanOptions => ({ kind, hasDailyBudget: true, timeZone: 'UTC', traffic });
const by = (day: PacedDay, hour: number): number => day.curve[hour * 60 - 1] as number;

function live(world: World, kind: PlanKind, restartsS: readonly number[] = [], untilS = DAY_S): PacedDay {
  const options = optionsOf(kind);
  return paceDay(world, 1, {
    untilS,
    plan: new PacingPlan(options),
    setter: () => new Pacer(options),
    eachS: (second, setter) =>
      restartsS.includes(second) ? new Pacer(options, JSON.parse(JSON.stringify((setter as Pacer).dump()))) : setter,
  });
}

/** All but two per cent is spent, never more than there is, within so much of the plan. */
function keepsTo(t: Test, day: PacedDay, deviation: number): void {
  t.ok(day.spentShare >= 0.98 && day.spentShare <= 1, `spent ${day.spentShare}`);
  t.ok(day.deviation < deviation, `deviates by ${day.deviation} at ${day.deviationAtS} s`);
}

t.test('an even plan is spent evenly through jumps of traffic and drifting prices', async (t) => {
  const day = live(MARKET, 'even');
  keepsTo(t, day, 0.03);
  t.ok(day.largestSlot < 0.02, `largest quarter hour ${day.largestSlot}`);
});

t.test('a front-loaded plan has spent five eighths at noon', async (t) => {
  const day = live(MARKET, 'front_loaded');
  t.ok(day.spentShare >= 0.98);
  t.ok(Math.abs(by(day, 12) - 0.625) < 0.03, `${by(day, 12)}`);
});

t.test('a traffic plan spends with the traffic', async (t) => {
  const day = live(MARKET, 'traffic');
  keepsTo(t, day, 0.03);
  t.ok(by(day, 6) < 0.15 && by(day, 18) < 0.75, 'most of it late in the day, when most requests come');
});

t.test('deals are taken part in evenly, also where one in a hundred would be too many', async (t) => {
  keepsTo(t, live(DEAL, 'even'), 0.03);
  const plenty: World = { ...DEAL, requestsPerS: 500, budgetShare: 0.003 };
  keepsTo(t, live(plenty, 'even'), 0.03);
});

t.test('steep markets with late bills are paced without swings', async (t) => {
  const day = live({ ...MARKET, priceSpread: 0.2, delay: { kind: 'fixed', meanS: 300 } }, 'even');
  keepsTo(t, day, 0.05);
  t.ok(day.largestSlot < 0.03, `${day.largestSlot}`);
});

t.test('after an outage the rest of the budget is spread over the rest of the day', async (t) => {
  const day = live({ ...MARKET, outage: [8, 10] }, 'even');
  t.ok(day.spentShare >= 0.98);
  t.ok(by(day, 10) - by(day, 8) < 0.01, 'nothing comes');
  const after = (day.curve[10 * 60 + 14] as number) - by(day, 10);
  t.ok(after < 1.5 * ((1 - by(day, 10)) / 14 / 4), `no burst when it ends: ${after} in a quarter hour`);
});

t.test('a node that restarts all the time neither bursts nor stops', async (t) => {
  const restarts = Array.from({ length: 200 }, (_, i) => 600 + i * 420);
  const day = live(MARKET, 'even', restarts);
  keepsTo(t, day, 0.04);
  t.ok(day.largestSlot < 0.02, `${day.largestSlot}`);
});

t.test('the first minutes spend no more than planned, though the first bill comes after five', async (t) => {
  for (const world of [MARKET, DEAL, { ...DEAL, requestsPerS: 500, budgetShare: 0.003 }]) {
    const day = live({ ...world, delay: { kind: 'fixed', meanS: 300 } }, 'even', [], 600);
    t.ok((day.curve[4] as number) < (1.5 * 300) / DAY_S, `${day.curve[4]} in five minutes`);
  }
});

t.test('a campaign to be spent as soon as possible has pace 1', async (t) => {
  const pacer = new Pacer({ kind: 'asap', hasDailyBudget: true, timeZone: 'UTC' });
  t.equal(pacer.step(DAY_START_MS, nothing(1e6)), 1);
  t.equal(pacer.step(DAY_START_MS + 1000, nothing(1e6)), 1);
});

t.test('where supply is short the pace is 1, and comes back as soon as there is enough', async (t) => {
  const day = live({ ...MARKET, requestsPerS: 50, budgetShare: 0.6 }, 'even');
  t.equal(day.paces[5 * 60], 1, 'at night all is bought');
  t.ok((day.paces[20 * 60] as number) < 0.95, 'in the evening not');
  t.ok(day.spentShare >= 0.98);
});

t.test('what a policy spends more or less is kept, and the plan is met with what is left', async (t) => {
  const options = optionsOf('value');
  const under = (policy: number): PacedDay =>
    paceDay(MARKET, 1, {
      plan: new PacingPlan(options),
      setter: () => {
        const pacer = new Pacer(options);
        return { step: (nowMs, seen) => policy * pacer.step(nowMs, { ...seen, policy }) };
      },
    });
  const [less, none, more] = [under(0.8), under(1), under(1.5)];
  for (const day of [less, none, more]) t.ok(day.spentShare > 0.95 && day.spentShare <= 1, `spent ${day.spentShare}`);
  const [low, usual, high] = [by(less, 14), by(none, 14), by(more, 14)];
  t.ok(low < 0.75 * usual, `a fifth less: ${low}, and ${usual} without`);
  t.ok(high > 1.3 * usual, `half as much again: ${high}, and ${usual} without`);
});

t.test('whatever the counters say, the pace is 0 or from its least to 1', async () => {
  const count = fc.nat(1_000_000_000);
  const steps = fc.array(fc.tuple(fc.nat(200_000), count, count, count, count, count, count), { maxLength: 60 });
  fc.assert(
    fc.property(
      steps,
      fc.constantFrom<PlanKind>('even', 'front_loaded', 'traffic', 'value'),
      fc.boolean(),
      (all, kind, grows) => {
        let pacer = new Pacer(optionsOf(kind));
        let nowMs = DAY_START_MS;
        let seen = nothing(1e9);
        return all.every(([ms, spent, reserved, bids, requests, charges, delay]) => {
          nowMs += ms;
          const base = grows ? seen : nothing(0);
          seen = {
            spentMicros: base.spentMicros + spent,
            leftMicros: 1e9 - base.spentMicros - spent,
            leftTodayMicros: Infinity,
            reservedMicros: base.reservedMicros + reserved,
            bids: base.bids + bids,
            requests: base.requests + requests,
            charges: base.charges + charges,
            chargeDelayMs: base.chargeDelayMs + delay,
          };
          const pace = pacer.step(nowMs, seen);
          if (ms % 7 === 0) pacer = new Pacer(optionsOf(kind), JSON.parse(JSON.stringify(pacer.dump())));
          return pace === 0 || (pace >= PACE_MIN && pace <= 1);
        });
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

function nothing(leftMicros: number): PaceObservation {
  const none = { spentMicros: 0, reservedMicros: 0, bids: 0, requests: 0, charges: 0, chargeDelayMs: 0 };
  return { ...none, leftMicros, leftTodayMicros: Infinity };
}
