// Budgets of a portfolio: every split sums to the micro, moves towards what is better, and keeps its guard rails.

import t from 'tap';
import { NO_SUMS, type Sums } from '../metrics/metrics.js';
import { seededRandom } from '../testing/random.js';
import { type Allocation, type AllocationInput, allocate, isAllocationError } from './allocate.js';
import { type AllocationConfigInput, allocationConfig } from './allocation_schema.js';
import { withinBounds } from './projection.js';
import { posteriors } from './shrinkage.js';

const sums = (more: Partial<Sums>): Sums => ({ ...NO_SUMS, impressions: 100_000, spend_micros: 200_000_000, ...more });
const ids = ['a', 'b', 'c'];
const campaigns = ids.map((id) => ({ id }));

function split(
  config: Omit<AllocationConfigInput, 'campaigns'> & Partial<AllocationConfigInput>,
  input: AllocationInput,
) {
  const plan = allocate(allocationConfig.parse({ campaigns, ...config }), input);
  if (isAllocationError(plan)) return plan.code;
  const total = plan.allocations.reduce((sum, { after_micros }) => sum + after_micros, 0);
  if (total !== plan.total_micros) throw new Error(`${total} in all, not ${plan.total_micros}`);
  return plan;
}

function amounts(...args: Parameters<typeof split>): number[] {
  const plan = split(...args);
  if (typeof plan === 'string') throw new Error(plan);
  return plan.allocations.map(({ after_micros }: Allocation) => after_micros);
}

const FREE = { change_max: 10 };
const budgets = [30_000_000, 30_000_000, 40_000_000];
const same = { daily_budgets_micros: budgets, sums: ids.map(() => sums({ clicks: 1000, conversions: 50 })) };

t.test('by proportion: priority times daily budget, in whole micros', async (t) => {
  const method = { type: 'proportional' as const };
  const prioritised = [{ id: 'a', priority: 2 }, { id: 'b' }, { id: 'c' }];
  t.same(
    amounts({ method, campaigns: prioritised, guard_rails: FREE, total_micros: 130_000_001 }, same),
    [60_000_001, 30_000_000, 40_000_000],
  );
  t.same(amounts({ method, total_micros: 10 }, { ...same, daily_budgets_micros: [1, 1, 1] }), [4, 3, 3]);
});

t.test('by performance: better campaigns get more, few data move little, as far as a run may go', async (t) => {
  const method = { type: 'performance' as const, goal: 'ctr' as const };
  const input = {
    daily_budgets_micros: [50_000_000, 50_000_000, 50_000_000],
    sums: [sums({ clicks: 1500 }), sums({ clicks: 1000 }), sums({ clicks: 500 })],
  };
  const [a, b, c] = amounts({ method, guard_rails: FREE }, input) as [number, number, number];
  t.ok(a / b > 1.4 && a / b < 1.5 && c / b > 0.5 && c / b < 0.6, `${a}, ${b}, ${c}: as their CTR, a little shrunk`);
  const guarded = amounts({ method, guard_rails: { change_max: 0.2 } }, input);
  t.same(guarded, [60_000_000, 50_000_000, 40_000_000]);
  const few = {
    ...input,
    sums: [sums({ clicks: 1500 }), sums({ clicks: 1000 }), sums({ impressions: 999, clicks: 40 })],
  };
  const plan = split({ method, guard_rails: FREE }, few);
  t.match(plan, { allocations: [{}, {}, { after_micros: 50_000_000, reason: 'too few data: it keeps its share' }] });
  const nothing = split({ method }, { ...input, sums: ids.map(() => sums({ impressions: 300, clicks: 3 })) });
  t.match(nothing, { notes: ['nothing is changed: 900 impressions, 1,000 wanted'] });
  t.match(nothing, { allocations: [{ after_micros: 50_000_000 }, { after_micros: 50_000_000 }] });
  for (const goal of ['roi', 'conversions'] as const) {
    const brought = [9, 5, 2].map((n) => sums({ conversions: n * 40, revenue_micros: n * 80_000_000 }));
    const [best, middle, least] = amounts({ method: { ...method, goal } }, { ...input, sums: brought }) as number[];
    t.ok((best as number) > (middle as number) && (middle as number) > (least as number), goal);
  }
});

t.test('rates are drawn to the common one by as much as chance may explain', async (t) => {
  const rates = (events: readonly number[], size: number): number[] =>
    (posteriors(events.map((n) => ({ events: n, size }))) ?? []).map(({ shape, rate }) => shape / rate);
  const chance = rates([8, 12, 10, 9, 11], 1000);
  t.ok(
    chance.every((rate) => Math.abs(rate - 0.01) < 0.0003),
    chance.join(),
  );
  const real = rates([800, 1200, 1000, 400, 1600], 100_000);
  t.ok(Math.abs((real[4] as number) - 0.016) < 0.0002, 'large differences of many data stay');
  t.equal(posteriors([{ events: 0, size: 5 }]), undefined);
});

t.test(
  'Thompson sampling: the likely best gets most, an even share is explored, the same seed splits alike',
  async (t) => {
    const method = { type: 'thompson' as const, goal: 'ctr' as const, exploration: 0.3 };
    const input = { ...same, sums: [sums({ clicks: 1010 }), sums({ clicks: 1000 }), sums({ clicks: 300 })] };
    const config = { method, guard_rails: FREE, total_micros: 100_000_000 };
    const [a, b, c] = amounts(config, input) as [number, number, number];
    t.ok(a > b && b > 25_000_000, `${a}, ${b}: either may be the best`);
    t.ok(Math.abs(c - 10_000_000) < 10, `${c}: a third of 30%`);
    t.same(amounts(config, input), [a, b, c]);
  },
);

t.test('Bayesian: a few days show where the next unit of money brings most', async (t) => {
  // Value a ln(1 + b x) of each campaign, best by water-filling near 60, 26 and 14 of 100.
  const curves = [
    [40, 0.1],
    [20, 0.1],
    [10, 0.2],
  ] as const;
  const clicks = (i: number, spend: number): number =>
    Math.round(
      100 *
        (curves[i] as readonly [number, number])[0] *
        Math.log(1 + (curves[i] as readonly [number, number])[1] * spend),
    );
  const total_micros = 100_000_000;
  const config = { method: { type: 'bayesian' as const, goal: 'clicks' as const }, guard_rails: FREE, total_micros };
  let daily = [33_000_000, 33_000_000, 34_000_000];
  const periods: Sums[][] = [];
  const day = (micros: readonly number[]): Sums[] =>
    micros.map((spend_micros, i) => sums({ spend_micros, clicks: clicks(i, spend_micros / 1e6) }));
  for (let n = 0; n < 7; n++) {
    periods.push(day(daily));
    daily = amounts({ ...config, seed: n }, { daily_budgets_micros: daily, sums: day(daily), periods });
  }
  const worth = (micros: readonly number[]): number => micros.reduce((sum, m, i) => sum + clicks(i, m / 1e6), 0);
  const best = worth([60_900_000, 25_500_000, 13_600_000]);
  t.ok(worth(daily) > 0.985 * best, `${worth(daily)} of ${best}`);
  t.ok(worth([33_000_000, 33_000_000, 34_000_000]) < 0.95 * best, 'where it began');
});

t.test('bounds: shares come before the most change, and what cannot be kept is said', async (t) => {
  const method = { type: 'proportional' as const };
  const half = [{ id: 'a', share_min: 0.5 }, { id: 'b' }, { id: 'c' }];
  const plan = split({ method, campaigns: half, guard_rails: { change_max: 0.1 } }, same);
  t.match(plan, { notes: [/come first/], allocations: [{ after_micros: 50_000_000 }] });
  for (const config of [
    { campaigns: ids.map((id) => ({ id, share_max: 0.3 })) },
    { campaigns: ids.map((id) => ({ id, share_min: 0.4 })) },
    { guard_rails: { ceiling_micros: 1000 } },
    { campaigns, guard_rails: { floor_micros: 90_000_000 } },
    { campaigns: [{ id: 'a', share_max: 0.1 }, { id: 'b' }, { id: 'c' }], guard_rails: { floor_micros: 20_000_000 } },
  ]) {
    t.equal(split({ method, ...config }, same), 'infeasible_bounds');
  }
  t.equal(split({ method }, { ...same, daily_budgets_micros: [0, 0, 0] }), 'no_budget');
  t.notOk(allocationConfig.safeParse({ method, campaigns: [{ id: 'a' }, { id: 'a' }] }).success);
});

t.test('whatever the weights and bounds, whole micros within them sum to the total', async (t) => {
  const random = seededRandom(3);
  let wrong = 0;
  for (let n = 0; n < 400; n++) {
    const size = 1 + Math.floor(random() * 12);
    const scale = 10 ** (1 + Math.floor(random() * 12));
    const bounds = Array.from({ length: size }, () => {
      const [x, y] = [Math.floor(random() * scale), Math.floor(random() * scale)];
      return { lower: Math.min(x, y), upper: Math.max(x, y) };
    });
    const least = bounds.reduce((sum, { lower }) => sum + lower, 0);
    const most = bounds.reduce((sum, { upper }) => sum + upper, 0);
    const total = least + Math.floor(random() * (most - least + 1));
    const weights = bounds.map(() => (random() < 0.2 ? 0 : random() * scale));
    const found = withinBounds(weights, bounds, total) ?? [];
    const inside = found.every(
      (x, i) => Number.isInteger(x) && x >= (bounds[i]?.lower ?? 0) && x <= (bounds[i]?.upper ?? 0),
    );
    if (!inside || found.reduce((sum, x) => sum + x, 0) !== total) wrong++;
    if (withinBounds(weights, bounds, most + 1) !== undefined) wrong++;
  }
  t.equal(wrong, 0);
});
