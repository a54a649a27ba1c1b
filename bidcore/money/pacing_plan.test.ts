// Plans: what is due when, over days of any length and campaigns of any period.

import fc from 'fast-check';
import t from 'tap';
import { PacingPlan, type PacingPlanOptions, type Period, PLAN_KINDS } from './pacing_plan.js';
import { TrafficShape } from './traffic_shape.js';

const HOUR_MS = 3_600_000;
const NOON_MS = Date.UTC(2026, 0, 7, 12);
const daily = (kind: PacingPlanOptions['kind'], more: Partial<PacingPlanOptions> = {}): PacingPlan =>
  new PacingPlan({ kind, hasDailyBudget: true, timeZone: 'UTC', ...more });

t.test('a daily budget is planned for the day of the account, also when it has 23 or 25 hours', async (t) => {
  const hours = (nowMs: number): number => {
    const period = daily('even', { timeZone: 'Europe/Berlin' }).period(nowMs, nowMs) as Period;
    return (period.endMs - period.startMs) / HOUR_MS;
  };
  t.equal(hours(Date.UTC(2026, 2, 29, 12)), 23);
  t.equal(hours(Date.UTC(2026, 9, 25, 12)), 25);
  t.equal(hours(NOON_MS), 24);
});

t.test('the day is cut by the start and the end of the campaign, outside of which nothing is due', async (t) => {
  const plan = daily('even', { startMs: NOON_MS - HOUR_MS, endMs: NOON_MS + HOUR_MS });
  t.same(plan.period(NOON_MS, 0), { startMs: NOON_MS - HOUR_MS, endMs: NOON_MS + HOUR_MS });
  t.equal(plan.duePerS(NOON_MS, 0), 1 / 3600);
  t.equal(plan.duePerS(NOON_MS - 2 * HOUR_MS, 0), 0);
  t.equal(plan.duePerS(NOON_MS + HOUR_MS, 0), 0);
});

t.test('without a daily budget the whole budget is planned to the end; without an end there is no plan', async (t) => {
  const whole = { kind: 'even', hasDailyBudget: false, timeZone: 'UTC' } as const;
  t.equal(new PacingPlan({ ...whole, endMs: NOON_MS + 100 * HOUR_MS }).duePerS(NOON_MS, NOON_MS), 1 / 360_000);
  t.equal(new PacingPlan(whole).duePerS(NOON_MS, NOON_MS), Infinity);
  t.equal(daily('asap').duePerS(NOON_MS, NOON_MS), Infinity);
});

t.test('front-loaded money falls in a line from 1.5 to 0.5 of even', async (t) => {
  const plan = daily('front_loaded');
  const period = plan.period(NOON_MS, 0) as Period;
  t.equal(plan.shareBy(NOON_MS, period), 5 / 8);
  t.ok(Math.abs(plan.duePerS(period.startMs, 0) * 86_400 - 1.5) < 1e-9);
  const nearEndMs = period.endMs - HOUR_MS;
  const left = 1 - plan.shareBy(nearEndMs, period);
  t.ok(Math.abs(plan.duePerS(nearEndMs, 0) * left * 86_400 - (0.5 + 1 / 24)) < 1e-9);
});

t.test('whoever spends what is due each second spends all, along the plan', async () => {
  const traffic = new TrafficShape('UTC');
  let requests = 0;
  for (let ms = NOON_MS - 30 * HOUR_MS; ms < NOON_MS - 6 * HOUR_MS; ms += 10_000) {
    traffic.observe(ms, requests);
    requests += 10 + (Math.floor(ms / HOUR_MS) % 24);
  }
  const instants = fc.integer({ min: 0, max: 86_000 });
  const kinds = fc.constantFrom(...PLAN_KINDS.filter((kind) => kind !== 'asap'));
  fc.assert(
    fc.property(kinds, instants, (kind, fromS) => {
      const plan = daily(kind, { traffic });
      const period = plan.period(NOON_MS, 0) as Period;
      const fromMs = period.startMs + fromS * 1000;
      const halfMs = fromMs + Math.floor((86_400 - fromS) / 2) * 1000;
      let left = 1;
      let leftAtHalf = 1;
      for (let ms = fromMs; ms < period.endMs; ms += 1000) {
        if (ms === halfMs) leftAtHalf = left;
        left -= left * plan.duePerS(ms, 0);
      }
      const planned = (1 - plan.shareBy(halfMs, period)) / (1 - plan.shareBy(fromMs, period));
      return Math.abs(leftAtHalf - planned) < 0.01 && left >= 0 && left < 0.05;
    }),
    { seed: 1, numRuns: 30 },
  );
  fc.assert(
    fc.property(kinds, instants, instants, (kind, a, b) => {
      const plan = daily(kind, { traffic });
      const period = plan.period(NOON_MS, 0) as Period;
      const [early, late] = [a, b].sort((x, y) => x - y) as [number, number];
      const by = (second: number): number => plan.shareBy(period.startMs + second * 1000, period);
      return by(0) === 0 && by(86_400) === 1 && by(early) <= by(late) + 1e-12;
    }),
    { seed: 2 },
  );
});
