// The tuner on functions whose minimum is known, against random search; and its parts against arithmetic by hand.

import t from 'tap';
import { Random } from '../fuzz/random.js';
import { integrate } from '../statistics/quadrature.js';
import { evidence, GaussianProcess, likeliest } from './gaussian_process.js';
import { halton } from './halton.js';
import { logImprovement } from './improvement.js';
import { KNOWN_FUNCTIONS } from './known_functions.js';
import { gapOfRandom, gapOfTuner } from './race.js';
import { pointAt, space, unitOf } from './space.js';
import { Tuner, type TunerOptions } from './tuner.js';

const near = (value: number | undefined, wanted: number, tolerance: number): boolean =>
  Math.abs((value ?? Number.NaN) - wanted) <= tolerance;

/** Covariance of Matérn's kernel (ν = 5/2, scale ½, variance 4) at a distance, written out. */
function written(distance: number): number {
  const r = distance / 0.5;
  return 4 * (1 + Math.sqrt(5) * r + (5 * r * r) / 3) * Math.exp(-Math.sqrt(5) * r);
}

t.test('the posterior of two points, by the inverse of a matrix of two rows', async (t) => {
  // Values 1 and 3 are standardised to −1 and 1: mean 2, deviation 1. Noise of variance 0.01.
  const process = new GaussianProcess([[0.2], [0.7]], [1, 3], [Math.log(0.5), Math.log(2), Math.log(0.1)]);
  const [own, other] = [4.01, written(0.5)];
  const determinant = own * own - other * other;
  const [a, b] = [written(0.1), written(0.4)];
  const { mean, deviation } = process.predict([0.3]);
  t.ok(near(mean, 2 + (a * (-own - other) + b * (other + own)) / determinant, 1e-12), String(mean));
  t.ok(near(deviation ** 2, 4 - (own * (a * a + b * b) - 2 * other * a * b) / determinant, 1e-12));
  // Evidence: −½ yᵀ K⁻¹ y − ½ ln |K| − ln 2π, and what was thought of the logarithms before.
  const before = -(((Math.log(2) - 0) / 1) ** 2) / 2 - ((Math.log(0.1) - Math.log(0.01)) / 2) ** 2 / 2;
  const wanted = -(own + other) / determinant - Math.log(determinant) / 2 - Math.log(2 * Math.PI) + before;
  const found = evidence([[0.2], [0.7]], [1, 3], [Math.log(0.5), Math.log(2), Math.log(0.1)]);
  t.ok(near(found.value, wanted, 1e-12), `${found.value}, ${wanted}`);
});

t.test('slopes of the evidence are those of finite differences', async (t) => {
  const points = halton(12, 3, 5);
  const values = points.map(([x = 0, y = 0, z = 0]) => Math.sin(5 * x) + y * y - x * z);
  const hyper = [-0.3, 0.4, -1, 0.2, -2];
  const { slopes } = evidence(points, values, hyper);
  for (const [k, slope] of slopes.entries()) {
    const at = (step: number): number =>
      evidence(
        points,
        values,
        hyper.map((x, i) => (i === k ? x + step : x)),
      ).value;
    t.ok(near(slope, (at(1e-5) - at(-1e-5)) / 2e-5, 1e-6), `hyper-parameter ${k}`);
  }
  const top = likeliest(points, values);
  t.ok(evidence(points, values, top).value > evidence(points, values, hyper).value);
  t.ok(Math.max(...evidence(points, values, top).slopes.map(Math.abs)) < 0.02, 'flat at the top');
  // A coordinate that says nothing gets a long scale, noise is found.
  const random = new Random(1);
  const many = halton(60, 2, 2);
  const noisy = many.map(([x = 0]) => Math.sin(6 * x) + 0.2 * (random.float() + random.float() - 1));
  const [used = 0, unused = 0, , noise = 0] = likeliest(many, noisy);
  t.ok(unused > used + 1, `scales ${Math.exp(used)} and ${Math.exp(unused)}`);
  t.ok(Math.exp(noise) > 0.05 && Math.exp(noise) < 0.25, `noise ${Math.exp(noise)}`);
});

t.test('draws have the mean and the spread of predictions', async (t) => {
  const process = new GaussianProcess([[0.1], [0.5]], [0, 2], [Math.log(0.3), 0, Math.log(0.1)]);
  const random = new Random(4);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
  const draws = Array.from({ length: 4000 }, () => process.draw([[0.2], [0.9]], normal));
  for (const [i, at] of [0.2, 0.9].entries()) {
    const { mean, deviation } = process.predict([at]);
    const average = draws.reduce((sum, draw) => sum + (draw[i] as number), 0) / draws.length;
    const spread = Math.sqrt(draws.reduce((sum, draw) => sum + ((draw[i] as number) - average) ** 2, 0) / draws.length);
    t.ok(near(average, mean, 0.07 * deviation), `mean at ${at}`);
    t.ok(near(spread / deviation, 1, 0.05), `spread at ${at}`);
  }
});

t.test('expected improvement is its integral, however small', async (t) => {
  for (const [mean, deviation, best] of [
    [1, 2, 0.5],
    [0, 1, 3],
    [-2, 0.5, 4],
    [-5, 0.2, 0.5],
  ] as const) {
    const z = (best - mean) / deviation;
    // The density over that at the bound, so that doubles hold it.
    const tail = integrate(
      (x) => (x * Math.exp(-x * z - (x * x) / 2)) / Math.sqrt(2 * Math.PI),
      Array.from({ length: 61 }, (_, i) => (i / 60) * Math.min(45, 45 / Math.max(1, z) + 12)),
    );
    const wanted = Math.log(deviation) + Math.log(tail) - (z * z) / 2;
    t.ok(near(logImprovement({ mean, deviation }, best), wanted, 1e-9), `${mean}, ${deviation}, ${best}`);
  }
  t.equal(logImprovement({ mean: 3, deviation: 0 }, 1), Math.log(2));
  t.equal(logImprovement({ mean: 0, deviation: 0 }, 1), Number.NEGATIVE_INFINITY);
});

t.test('scrambled Halton points: each coordinate once in each of b^k intervals', async (t) => {
  const points = halton(243, 3, 9);
  for (const [d, [base, intervals]] of [
    [2, 128],
    [3, 243],
    [5, 125],
  ].entries() as IterableIterator<[number, [number, number]]>) {
    const hit = new Set(points.slice(0, intervals).map((point) => Math.floor((point[d] as number) * intervals + 1e-9)));
    t.equal(hit.size, intervals, `base ${base}`);
  }
  t.same(halton(243, 3, 9), points);
  t.notSame(halton(243, 3, 10), points);
  t.throws(() => halton(1, 99, 1), RangeError);
});

t.test('a point is where its place in the unit box says, whole numbers too', async (t) => {
  const box = space.parse([
    { name: 'whole', low: 1, high: 1024, scale: 'log', integer: true },
    { name: 'steps', low: -3, high: 4, integer: true },
    { name: 'rate', low: 1e-6, high: 10, scale: 'log' },
  ]);
  for (const whole of [1, 2, 3, 17, 1000, 1023, 1024]) {
    for (const steps of [-3, 0, 4]) {
      const { rate = 0, ...others } = pointAt(box, unitOf(box, { whole, steps, rate: 3e-4 }));
      t.same(others, { whole, steps });
      t.ok(near(rate, 3e-4, 1e-15));
    }
  }
  t.same(pointAt(box, [0, 0, 0]), { whole: 1, steps: -3, rate: 1e-6 });
  t.same(pointAt(box, [1, 1, 1]), { whole: 1024, steps: 4, rate: 10 });
});

t.test('known functions: within the gap, and far below random search', async (t) => {
  for (const [name, evaluations, gap, seeds] of [
    ['branin', 35, 0.02, [1, 2, 3]],
    ['hartmann3', 30, 0.005, [1, 2]],
    ['ackley_log', 30, 0.15, [1, 2]],
    ['hartmann6', 45, 0.15, [1, 2]],
  ] as const) {
    for (const seed of seeds) {
      const ours = gapOfTuner(KNOWN_FUNCTIONS[name], evaluations, seed);
      const random = gapOfRandom(KNOWN_FUNCTIONS[name], evaluations, seed);
      t.ok(ours < gap, `${name}, seed ${seed}: ${ours} after ${evaluations}`);
      t.ok(ours < random / 3, `${name}, seed ${seed}: random search ${random}`);
    }
  }
});

const OPTIONS: TunerOptions = {
  space: [
    { name: 'rate', low: 1e-5, high: 1, scale: 'log' },
    { name: 'layers', low: 1, high: 4, integer: true },
    { name: 'share', low: -1, high: 1 },
  ],
  goal: 'maximise',
  seed: 3,
};
const score = ({ rate = 0, layers = 0, share = 0 }): number =>
  -((Math.log10(rate) + 2) ** 2) - (layers - 3) ** 2 - (share - 0.3) ** 2;

t.test('a saved tuner goes on exactly; a broken state is refused with a reason', async (t) => {
  const tuner = new Tuner(OPTIONS);
  for (let n = 0; n < 12; n++) {
    const point = tuner.suggest();
    t.ok(Number.isInteger(point['layers']) && (point['rate'] as number) >= 1e-5 && (point['share'] as number) <= 1);
    tuner.observe(point, n === 4 ? Number.NaN : score(point));
  }
  const state = tuner.save();
  const restored = Tuner.restore(JSON.parse(JSON.stringify(state)));
  if (!(restored instanceof Tuner)) return t.fail(restored.problem);
  for (let n = 0; n < 3; n++) {
    const point = tuner.suggest();
    t.same(restored.suggest(), point);
    for (const one of [tuner, restored]) one.observe(point, score(point));
  }
  t.same(restored.save(), tuner.save());
  t.equal(tuner.best()?.point['layers'], 3);
  for (const broken of [
    {},
    { ...state, version: 9 },
    { ...state, observations: [{ point: { rate: 5 }, value: 1 }] },
    { ...state, hyper: { count: 12, logs: [0] } },
  ]) {
    t.match(Tuner.restore(broken), { code: 'invalid_state', problem: /\S/ });
  }
});

t.test('noise: the best is the one of which most is expected, not the luckiest', async (t) => {
  const tuner = new Tuner({ space: [{ name: 'x', low: 0, high: 1 }], goal: 'maximise' });
  const random = new Random(2);
  for (let n = 0; n < 40; n++) {
    const x = n / 39;
    tuner.observe({ x }, 4 * x * (1 - x) + 0.2 * (random.float() - 0.5));
  }
  tuner.observe({ x: 0.02 }, 1.3);
  t.ok(near(tuner.best()?.point['x'], 0.5, 0.1), JSON.stringify(tuner.best()));
  t.ok(near(tuner.best()?.expected, 1, 0.15));
});

t.test('several at once: what is pending is not suggested again', async (t) => {
  const tuner = new Tuner({ space: [{ name: 'x', low: 0, high: 1 }], goal: 'minimise' });
  for (const x of [0.1, 0.4, 0.9]) tuner.observe({ x }, (x - 0.6) ** 2);
  const first = tuner.suggest();
  const second = tuner.suggest([first]);
  t.ok(Math.abs((first['x'] as number) - (second['x'] as number)) > 0.005, `${first['x']} and ${second['x']}`);
  t.same(tuner.suggest(), first, 'asking changes nothing');
});

t.test('nothing known, all the same, all failed: still a suggestion', async (t) => {
  const tuner = new Tuner({ space: [{ name: 'x', low: 2, high: 3 }], goal: 'minimise', initial: 1 });
  t.equal(tuner.best(), undefined);
  for (let n = 0; n < 3; n++) tuner.observe(tuner.suggest(), Number.POSITIVE_INFINITY);
  t.equal(tuner.best(), undefined);
  for (let n = 0; n < 3; n++) tuner.observe(tuner.suggest(), 7);
  t.equal(tuner.best()?.value, 7);
  t.ok((tuner.suggest()['x'] as number) >= 2);
  t.throws(() => tuner.observe({ x: 1 }, 0), /x: 1 is not within 2 to 3/);
  t.throws(() => tuner.observe({}, 0), RangeError);
  t.throws(() => new Tuner({ space: [{ name: 'x', low: 0, high: 1, scale: 'log' }], goal: 'minimise' }));
});
