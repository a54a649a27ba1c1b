// Days, worlds, bounds and bidders of the race, on synthetic logs.

import t from 'tap';
import { Random } from '../random.js';
import type { RaceBidder } from './bidder.js';
import { fitWinCurve, ortbBid } from './bidders/ortb.js';
import { bestMultiplier, linear } from './bidders/static.js';
import { knapsack } from './bounds.js';
import { costOf, type Day, evenDay, LivedDay, liveThrough, SLOTS } from './day.js';
import { FIELD } from './field.js';
import { Market } from './market.js';
import { type Course, Race, type Row } from './race.js';
import { shadingOf } from './shading.js';
import { estimate, summaryOf, verdictsOf } from './summary.js';
import { syntheticLog } from './testing.js';
import { levelsOf, STRESS_NAMES, worldOf } from './worlds.js';

const log = syntheticLog(12_000, 1);
/** Whether two days are the same, to the last bit. */
function alike(one: Day, other: Day): boolean {
  const bytes = (values: ArrayBufferView): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return (['price', 'rate', 'click', 'ends'] as const).every((name) => bytes(one[name]).equals(bytes(other[name])));
}

const byRate = (rate: number): number => rate;

t.test('the knapsack is no less than the best of all choices, and less than an auction more', async (t) => {
  const random = new Random(5);
  for (let round = 0; round < 40; round++) {
    const small = syntheticLog(10, 100 + round);
    const budget = costOf(small) * random.uniform(0.1, 1.2);
    let best = 0;
    for (let chosen = 0; chosen < 1 << 10; chosen++) {
      let [value, cost] = [0, 0];
      for (let n = 0; n < 10; n++) {
        if (((chosen >> n) & 1) === 0) continue;
        value += small.rate[n] as number;
        cost += small.price[n] as number;
      }
      if (cost <= budget) best = Math.max(best, value);
    }
    const { sum, spent } = knapsack(small, byRate)(budget);
    t.ok(sum >= best - 1e-12 && sum <= best + Math.max(...small.rate), `${sum} for ${best}`);
    t.ok(spent <= budget * (1 + 1e-12));
  }
});

t.test('the knapsack of surplus leaves what costs more than it is worth', async (t) => {
  const { sum, spent } = knapsack(log, (rate, price) => 30_000 * rate - price)(Infinity);
  let [surplus, cost] = [0, 0];
  log.price.forEach((price, n) => {
    const gain = 30_000 * (log.rate[n] as number) - price;
    if (gain > 0) [surplus, cost] = [surplus + gain, cost + price];
  });
  t.ok(Math.abs(sum / surplus - 1) < 1e-9 && Math.abs(spent / cost - 1) < 1e-9);
  t.ok(spent < 0.9 * costOf(log));
});

t.test('the books of a day add up, and no bidder spends more than its budget', async (t) => {
  for (const rule of ['second', 'first'] as const) {
    const day = worldOf(log, 'competitors', 3);
    const budget = costOf(log) / 8;
    const paid: number[] = [];
    const bidder: RaceBidder = { bid: (rate) => 40_000 * rate, after: (each) => void paid.push(each) };
    const lived = new LivedDay(day, budget, rule, bidder);
    while (lived.slot < SLOTS) lived.liveSlot();
    const { spent, wins, value, spentBySlot } = lived.result();
    const sum = (values: Iterable<number>): number => [...values].reduce((total, each) => total + each, 0);
    t.equal(paid.length, day.price.length);
    t.equal(paid.filter((each) => each > 0).length, wins);
    t.ok(Math.abs(sum(paid) - spent) < 1e-6 && Math.abs(sum(spentBySlot) - spent) < 1e-6);
    t.ok(spent <= budget && spent > 0.95 * budget && value > 0);
    t.equal(lived.books.auctions, day.price.length);
  }
});

t.test('a world is its seed, and each stress does what it says', async (t) => {
  for (const stress of STRESS_NAMES) {
    const world = worldOf(log, stress, 2);
    t.ok(alike(world, worldOf(log, stress, 2)), `${stress} again`);
    t.notOk(alike(world, worldOf(log, stress, 3)), `${stress} of another seed`);
    const levels = levelsOf(stress, 2);
    const even = evenDay(log).ends;
    for (let slot = 0, [had, has] = [0, 0]; slot < SLOTS; slot++) {
      const before = (even[slot] as number) - had;
      const now = (world.ends[slot] as number) - has;
      if (now !== Math.round(before * (levels.traffic[slot] as number))) t.fail(`${stress}: ${now} in slot ${slot}`);
      [had, has] = [even[slot] as number, world.ends[slot] as number];
    }
  }
  t.ok(alike(worldOf(log, 'none', 0), evenDay(log)), 'seed 0 without stress is the log');
  for (let seed = 0; seed < 10; seed++) {
    const { traffic } = levelsOf('traffic', seed);
    t.ok(Math.min(...traffic) >= 0.6 && Math.max(...traffic) <= 1.4 && new Set(traffic).size === 24);
    const { price } = levelsOf('price_drift', seed);
    const end = Math.abs((price[SLOTS - 1] as number) - 1);
    t.ok(price[0] === 1 && end >= 0.3 && end <= 0.5);
    const { rate } = levelsOf('click_shift', seed);
    t.equal(rate[0], 1);
    t.ok([0.6, 1.5].includes(rate[SLOTS - 1] as number));
    const { rivals } = levelsOf('competitors', seed);
    t.ok(rivals[0] === 0 && (rivals[SLOTS - 1] as number) >= 0.2 && (rivals[SLOTS - 1] as number) <= 0.5);
  }
});

t.test('stresses move prices and rates as far as their levels', async (t) => {
  const mean = (values: Float64Array, from = 0): number =>
    values.subarray(from).reduce((a, b) => a + b, 0) / (values.length - from);
  const shift = levelsOf('click_shift', 4).rate[SLOTS - 1] as number;
  const last = evenDay(log).ends[75] as number;
  const shifted = worldOf(log, 'click_shift', 4);
  t.ok(Math.abs(mean(shifted.rate, last) / mean(log.rate, last) / shift - 1) < 0.1, `times ${shift}`);
  const crowded = worldOf(log, 'competitors', 4);
  t.ok(mean(crowded.price, last) > 1.05 * mean(log.price, last));
  t.ok(Math.max(...crowded.price) <= 300);
});

t.test('the best multiplier of a day has nearly what the knapsack has', async (t) => {
  const day = evenDay(log);
  const market = new Market(log, 'second');
  for (const share of [1 / 32, 1 / 8, 1 / 2]) {
    const budget = share * costOf(log);
    const perClick = bestMultiplier(market, { day, budget });
    const { value } = liveThrough(day, budget, 'second', linear(market, perClick));
    const best = knapsack(day, byRate)(budget).value;
    t.ok(value > 0.985 * best && value <= best, `${value / best} of a budget of ${share}`);
  }
});

t.test('ORTB bids by its formula, whose curve fits prices that follow it', async (t) => {
  t.equal(ortbBid(0, 50, 1e-5), 0);
  t.ok(Math.abs(ortbBid(1e-3, 50, 1e-5) - (Math.sqrt((50 / 1e-5) * 1e-3 + 2500) - 50)) < 1e-12);
  const random = new Random(8);
  // P(price <= b) = b / (c + b): price = c u / (1 − u), here cut where 0.98 are below.
  const price = Float64Array.from({ length: 20_000 }, () => {
    const u = random.uniform(0, 0.98);
    return (50 * u) / (1 - u);
  });
  const c = fitWinCurve(price);
  t.ok(c > 42 && c < 52, `c ${c}`);
});

t.test('a shaded bid is the one of most expected surplus', async (t) => {
  const { price, click } = syntheticLog(1000, 6);
  const one = { price, click, rate: new Float64Array(1000).fill(1e-3) };
  const shade = shadingOf(one);
  const winsAt = (bid: number): number => price.filter((each) => each <= bid).length / 1000;
  for (const value of [0.5, 20, 60, 150, 400, 5000]) {
    const surplus = (bid: number): number => (value - bid) * winsAt(bid);
    const best = Math.max(0, ...Array.from({ length: 300 }, (_, n) => surplus(n + 1)));
    const bid = shade(1e-3, value);
    t.ok(bid >= 0 && bid <= value);
    t.ok(Math.abs(Math.max(0, surplus(bid)) - best) <= 1e-9 * best, `${bid} for ${value}`);
  }
});

const course: Course = {
  train: syntheticLog(6000, 2),
  test: log,
  shares: [1 / 8],
  deviations: [-0.8, 0, 1.6],
  policies: [...Object.keys(FIELD), 'knapsack', 'static_best', 'factor_best'],
};

t.test('everyone races: within the budget and the bound, paced ones near it from any start', async (t) => {
  const race = new Race(course, FIELD);
  for (const rule of ['second', 'first'] as const) {
    const rows = race.run(rule, 'price_drift', 1, race.tune(rule, 1 / 8));
    const bounds = rule === 'first' ? 3 : 2;
    t.equal(rows.length, 3 * Object.keys(FIELD).length + bounds);
    for (const row of rows) {
      t.ok(row.spent_share <= 1 + 1e-9 && row.r_over_r_star <= 1 + 1e-9 && row.surplus_share <= 1 + 1e-9, row.policy);
      if (row.quarter_shares !== null) {
        const total = row.quarter_shares.reduce((sum, each) => sum + each, 0);
        t.ok(Math.abs(total - row.spent_share) < 1e-9, row.policy);
      }
      const paced = ['value_pacer', 'lin_pacer', 'dual', 'pid'].includes(row.policy);
      if (paced && rule === 'second') {
        t.ok(row.r_over_r_star > 0.93 && row.spent_share > 0.9, `${row.policy} ${row.r_over_r_star}`);
      }
    }
    const figure = (policy: string): number => rows.find((row) => row.policy === policy)?.surplus_share ?? 0;
    if (rule === 'second') continue;
    t.ok(Math.abs(figure('knapsack') - 1) < 1e-9);
    t.ok(figure('value_pacer') > figure('factor_best'), 'shading is worth more than a factor');
  }
});

t.test('what is tuned comes from the training log alone', async (t) => {
  const other: Course = { ...course, test: syntheticLog(12_000, 9), policies: ['lin', 'pid', 'dual', 'ortb', 'const'] };
  t.same(new Race(other, FIELD).tune('second', 1 / 8), new Race({ ...other, test: log }, FIELD).tune('second', 1 / 8));
});

t.test('intervals take a seed for one observation; verdicts follow from them', async (t) => {
  const { mean, half } = estimate([1, 1, 2, 2, 6, 6].map((value, n) => ({ seed: n >> 1, value })));
  t.equal(mean, 3);
  t.ok(Math.abs(half - 4.3027 * Math.sqrt(7 / 3)) < 1e-3);
  const rowsOf = (policy: string, figures: readonly number[]): Row[] =>
    figures.map((r_over_r_star, seed) => ({
      ...{ policy, budget: 0.125, price: 'second', start_deviation: 0, stress: 'none', seed, r_over_r_star },
      ...{ spent_share: 1, clicks: 0, pctr_sum: 1, surplus_share: 1, largest_slot_share: 0, quarter_shares: null },
    }));
  const verdicts = (ours: readonly number[]): string =>
    verdictsOf(summaryOf([...rowsOf('ppo', ours), ...rowsOf('pid', [0.95, 0.96])], 'second', 'ppo')).join('\n');
  t.match(verdicts([0.97, 0.98]), /none: ppo is no worse than pid.*\+0\.0200[\s\S]*over all: ppo is better than pid/);
  t.match(
    verdicts([0.97, 0.96]),
    /none: ppo is no worse than pid.*\+0\.0100[\s\S]*ppo is not shown to be better than pid/,
  );
  t.match(verdicts([0.93, 0.94]), /none: ppo is WORSE than pid/);
});
