// Splitting a budget: against water-filling where responses are concave, against counting where they are not.

import t from 'tap';
import { drawNormal } from '../bandits/draws.js';
import { Random } from '../fuzz/random.js';
import { bestUnits } from './allocation.js';
import { type SplitOptions, SplitTuner } from './split.js';

/** Value of a part: a ln(1 + b x) for a share x of the budget. */
const PARTS = [
  { name: 'search', a: 10, b: 8 },
  { name: 'video', a: 6, b: 20 },
  { name: 'native', a: 14, b: 2 },
  { name: 'audio', a: 3, b: 5 },
];
const BUDGET = 1000;
const NAMES = PARTS.map(({ name }) => ({ name }));

const valueAt = (at: number, spend: number): number => {
  const { a, b } = PARTS[at] as (typeof PARTS)[number];
  return a * Math.log(1 + (b * spend) / BUDGET);
};
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const worth = (spends: readonly number[]): number => sumOf(spends.map((spend, at) => valueAt(at, spend)));

/** The best split: all parts that get something gain the same from a little more, a b / (1 + b x) = level. */
function waterFilled(budget: number): number[] {
  const at = (level: number): number[] => PARTS.map(({ a, b }) => BUDGET * Math.max(0, a / level - 1 / b));
  let [low, high] = [1e-3, 1e3];
  for (let step = 0; step < 200; step++) {
    const middle = Math.sqrt(low * high);
    if (sumOf(at(middle)) > budget) low = middle;
    else high = middle;
  }
  return at(low);
}

function learned(options: Omit<SplitOptions, 'parts' | 'budget'>, periods: number, noise: number) {
  const tuner = new SplitTuner({ parts: NAMES, budget: BUDGET, ...options });
  const random = new Random(options.seed ?? 1);
  let earned = 0;
  for (let period = 0; period < periods; period++) {
    const spends = tuner.suggest();
    earned += worth(spends);
    tuner.observe(
      spends,
      spends.map((spend, at) => valueAt(at, spend) + noise * drawNormal(() => random.float())),
    );
  }
  return { tuner, earned };
}

t.test('concave responses: water-filling is found in a few periods', async (t) => {
  const optimum = worth(waterFilled(BUDGET));
  const even = worth(PARTS.map(() => BUDGET / PARTS.length));
  t.ok(even < 0.93 * optimum, 'an even split is far from it');
  for (const seed of [1, 2]) {
    const { tuner, earned } = learned({ seed }, 8, 0);
    const { spends, expected } = tuner.best();
    t.ok(worth(spends) > 0.999 * optimum, `seed ${seed}: ${worth(spends)} of ${optimum}`);
    t.ok(Math.abs(expected / worth(spends) - 1) < 0.01, 'as expected');
    t.ok(Math.abs(sumOf(spends) - BUDGET) < 1e-9);
    t.ok(earned > 0.95 * 8 * optimum, `learning cost ${1 - earned / 8 / optimum}`);
    t.ok(Math.abs(tuner.expected(0, 400) / valueAt(0, 400) - 1) < 0.05);
  }
});

t.test('noise of up to a twentieth of what a part brings: nearly so', async (t) => {
  const optimum = worth(waterFilled(BUDGET));
  for (const seed of [1, 2]) {
    const { tuner } = learned({ seed }, 15, 0.3);
    t.ok(worth(tuner.best().spends) > 0.97 * optimum, `seed ${seed}: ${worth(tuner.best().spends)} of ${optimum}`);
  }
});

t.test('another budget is split by what was learned', async (t) => {
  const { tuner } = learned({ seed: 1 }, 10, 0);
  for (const budget of [400, 1300]) {
    const { spends } = tuner.best(budget);
    t.ok(Math.abs(sumOf(spends) - budget) < 1e-9);
    t.ok(worth(spends) > 0.99 * worth(waterFilled(budget)), `${budget}: ${spends.map(Math.round).join(', ')}`);
  }
});

t.test('bounds are kept, whatever they leave', async (t) => {
  for (const bounds of [
    [
      [0.1, 0.3],
      [0.05, 1],
      [0.4, 0.6],
      [0, 0.01],
    ],
    [
      [0.25, 0.25],
      [0.25, 0.25],
      [0.25, 0.25],
      [0.25, 0.25],
    ],
    [
      [0, 0.333],
      [0, 0.333],
      [0, 0.333],
      [0, 0.0013],
    ],
  ] as const) {
    const parts = bounds.map(([lower, upper], at) => ({ name: `part${at}`, lower, upper }));
    const tuner = new SplitTuner({ parts, budget: 77 });
    for (let period = 0; period < 3; period++) {
      for (const spends of [tuner.suggest(), tuner.best().spends]) {
        t.ok(Math.abs(sumOf(spends) - 77) < 1e-9, `all of it: ${spends.join(', ')}`);
        const within = spends.every((spend, at) => {
          const [lower, upper] = bounds[at] as readonly [number, number];
          return spend >= 77 * lower - 1e-9 && spend <= 77 * upper + 1e-9;
        });
        t.ok(within, `within bounds: ${spends.join(', ')}`);
      }
      const spends = tuner.suggest();
      tuner.observe(
        spends,
        spends.map((spend, at) => valueAt(at, spend)),
      );
    }
  }
  for (const [lower, upper] of [
    [0.6, 1],
    [0, 0.4],
    [0.4, 0.3],
  ] as const) {
    t.throws(() => new SplitTuner({ parts: ['a', 'b'].map((name) => ({ name, lower, upper })), budget: 1 }));
  }
});

t.test('units: as good as every way of giving them, also where curves are not concave', async (t) => {
  const random = new Random(5);
  for (let n = 0; n < 30; n++) {
    const curves = Array.from({ length: 3 }, () =>
      Float64Array.from({ length: random.int(1, 9) }, () => random.float()),
    );
    const units = random.int(0, 12);
    const [a, b, c] = curves as [Float64Array, Float64Array, Float64Array];
    const total = Math.min(units, a.length + b.length + c.length - 3);
    let best = Number.NEGATIVE_INFINITY;
    for (const [i, x] of a.entries()) {
      for (const [j, y] of b.entries()) best = Math.max(best, x + y + (c[total - i - j] ?? Number.NEGATIVE_INFINITY));
    }
    const given = bestUnits(curves, units);
    t.equal(sumOf(given), total);
    t.equal(
      given.reduce((sum, own, at) => sum + ((curves[at] as Float64Array)[own] as number), 0),
      best,
    );
  }
});

t.test('a saved splitter goes on exactly; a broken state is refused with a reason', async (t) => {
  const { tuner } = learned({ seed: 2, periods: 4 }, 6, 0.1);
  const state = tuner.save();
  t.equal(state.observations.length, 4, 'the latest periods');
  const restored = SplitTuner.restore(JSON.parse(JSON.stringify(state)));
  if (!(restored instanceof SplitTuner)) return t.fail(restored.problem);
  t.same(restored.suggest(), tuner.suggest());
  t.same(restored.best(), tuner.best());
  t.same(restored.save(), state);
  for (const broken of [{}, { ...state, version: 0 }, { ...state, observations: [{ spends: [1], values: [1] }] }]) {
    t.match(SplitTuner.restore(broken), { code: 'invalid_state', problem: /\S/ });
  }
});

t.test('before anything: as even as allowed, expecting nothing; what is no period is refused', async (t) => {
  const parts = [{ name: 'a', upper: 0.2 }, { name: 'b' }, { name: 'c', lower: 0.5 }];
  const tuner = new SplitTuner({ parts, budget: 10 });
  for (const [at, spend] of tuner.suggest().entries()) t.ok(Math.abs(spend - ([2, 3, 5][at] as number)) < 1e-9);
  t.equal(tuner.best().expected, 0);
  t.equal(tuner.expected(1, 5), 0);
  tuner.observe([0, 0, 0], [0, 0, 0]);
  t.ok(Math.abs(sumOf(tuner.suggest()) - 10) < 1e-9, 'all the same');
  t.throws(() => tuner.observe([1, 2], [1, 2]), RangeError);
  t.throws(() => tuner.observe([1, 2, -3], [1, 2, 3]), RangeError);
  t.throws(() => tuner.observe([1, 2, 3], [1, Number.NaN, 3]), RangeError);
});
