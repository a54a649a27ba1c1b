// Tests and intervals of two arms, power, bootstrap and corrections against textbook examples.

import t, { type Test } from 'tap';
import { seededRandom } from '../testing/random.js';
import { bootstrapInterval } from './bootstrap.js';
import {
  differenceInterval,
  type Interval,
  liftInterval,
  meanInterval,
  pairedInterval,
  proportionsInterval,
  ratioInterval,
  wilsonInterval,
} from './intervals.js';
import { momentsOf, momentsOfSums, satterthwaite } from './moments.js';
import { benjaminiHochberg, holm } from './multiple.js';
import { powerOfMeans, powerOfProportions, sampleSizeOfMeans, sampleSizeOfProportions } from './power.js';
import { studentQuantile } from './student.js';
import { twoProportions, welch } from './two_arms.js';

/** Student's sleep data (Biometrika 6, 1908; `sleep` of R): hours of sleep gained by ten patients under two drugs. */
const SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

const EVERYTHING = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

function within(t: Test, { lower, upper }: Interval, wanted: readonly [number, number], digits: number): void {
  const tolerance = 0.51 * 10 ** -digits;
  t.ok(Math.abs(lower - wanted[0]) <= tolerance && Math.abs(upper - wanted[1]) <= tolerance, `${lower} to ${upper}`);
}

t.test('Welch’s test: the sleep data, as R’s t.test prints it', async (t) => {
  const tested = welch(momentsOf(SLEEP_1), momentsOf(SLEEP_2));
  t.ok(Math.abs(tested.difference - 1.58) < 1e-12);
  t.ok(Math.abs(tested.t - 1.8608) < 5e-5);
  t.ok(Math.abs(tested.df - 17.776) < 5e-4);
  t.ok(Math.abs(tested.p - 0.07939) < 5e-6);
  within(t, differenceInterval(momentsOf(SLEEP_1), momentsOf(SLEEP_2), 0.95), [-0.2054832, 3.3654832], 7);
  within(t, pairedInterval(SLEEP_1, SLEEP_2, 0.95), [0.7001142, 2.4598858], 7);
});

t.test('Welch’s test: unequal variances and sizes (examples 1 to 3 of the article on it in Wikipedia)', async (t) => {
  for (const { first, second, statistic, df, p } of [
    {
      first: [27.5, 21, 19, 23.6, 17, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19, 21.7, 21.4],
      second: [27.1, 22, 20.8, 23.4, 23.4, 23.5, 25.8, 22, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4],
      ...{ statistic: 2.46, df: 25, p: 0.021 },
    },
    {
      first: [17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8],
      second: [
        21.5, 22.8, 21, 23, 21.6, 23.6, 22.5, 20.7, 23.4, 21.8, 20.7, 21.7, 21.5, 22.5, 23.6, 21.5, 22.5, 23.5, 21.5,
        21.8,
      ],
      ...{ statistic: 1.57, df: 9.9, p: 0.149 },
    },
    {
      first: [19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22],
      second: [
        28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7, 23.2, 17.5, 20.6, 18, 23.9, 21.6, 24.3, 20.4, 24,
        13.2,
      ],
      ...{ statistic: 2.22, df: 24.5, p: 0.036 },
    },
  ]) {
    const tested = welch(momentsOf(first), momentsOf(second));
    t.ok(Math.abs(tested.t - statistic) < 0.0051, `t ${tested.t}`);
    t.ok(Math.abs(tested.df - df) < 0.051, `df ${tested.df}`);
    t.ok(Math.abs(tested.p - p) < 5.1e-4, `p ${tested.p}`);
  }
});

t.test('two proportions: aspirin and heart attacks (Agresti, “Categorical Data Analysis”, table 2.3)', async (t) => {
  const { difference, z, p } = twoProportions(104, 11037, 189, 11034);
  t.ok(Math.abs(difference - 0.0077) < 5e-5);
  t.ok(Math.abs(z * z - 25.01) < 0.005, `X² ${z * z}`);
  t.ok(p > 5e-7 && p < 6e-7);
});

t.test('intervals of proportions: Newcombe’s tables (Statistics in Medicine 17, 1998)', async (t) => {
  for (const [successes, n, lower, upper] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    within(t, wilsonInterval(successes, n, 0.95), [lower, upper], 4);
  }
  for (const [a, n, b, m, lower, upper] of [
    [48, 80, 56, 70, 0.0524, 0.3339],
    [3, 10, 9, 10, 0.1705, 0.809],
    [0, 10, 10, 10, 0.6075, 1],
  ] as const) {
    within(t, proportionsInterval(a, n, b, m, 0.95), [lower, upper], 4);
  }
});

t.test('Fieller’s interval ends where a t test just tells the difference from 0', async (t) => {
  const [first, second] = [momentsOf(SLEEP_2), momentsOf(SLEEP_1.map((x) => x + 5))];
  const { estimate, lower, upper } = ratioInterval(first, second, 0.9);
  const df = satterthwaite((estimate ** 2 * first.variance) / 10, 10, second.variance / 10, 10);
  for (const r of [lower, upper]) {
    const error = Math.sqrt((r * r * first.variance) / 10 + second.variance / 10);
    t.ok(Math.abs(Math.abs(second.mean - r * first.mean) / error - studentQuantile(0.95, df)) < 1e-10, String(r));
  }
  const lift = liftInterval(first, second, 0.9);
  t.same([lift.estimate, lift.lower, lift.upper], [estimate - 1, lower - 1, upper - 1]);
});

t.test('with too little to go by an interval is everything, and a test finds nothing', async (t) => {
  const [none, one, same, other] = [[], [3], [2, 2, 2], [5, 5]].map((values) => momentsOf(values)) as [M, M, M, M];
  t.same(meanInterval(none, 0.95), { estimate: 0, ...EVERYTHING });
  t.same(meanInterval(one, 0.95), { estimate: 3, ...EVERYTHING });
  t.same(meanInterval(same, 0.95), { estimate: 2, lower: 2, upper: 2 });
  t.same(differenceInterval(one, same, 0.95), { estimate: -1, ...EVERYTHING });
  t.same(differenceInterval(same, other, 0.95), { estimate: 3, lower: 3, upper: 3 });
  t.same(ratioInterval(none, same, 0.95), { estimate: 0, ...EVERYTHING });
  t.same(ratioInterval(one, same, 0.95), { estimate: 2 / 3, ...EVERYTHING });
  t.same(ratioInterval(momentsOf([-1, 2]), same, 0.95), { estimate: 4, ...EVERYTHING }, 'a mean not told from 0');
  t.same(ratioInterval(same, other, 0.95), { estimate: 2.5, lower: 2.5, upper: 2.5 });
  t.same(wilsonInterval(0, 0, 0.95), { estimate: 0.5, lower: 0, upper: 1 });
  t.equal(wilsonInterval(7, 7, 0.95).upper, 1);
  t.same(proportionsInterval(0, 0, 3, 4, 0.95), { estimate: 0, lower: -1, upper: 1 });
  t.same(welch(one, same), { difference: -1, t: 0, df: 0, p: 1 });
  t.same(welch(same, same), { difference: 0, t: 0, df: 4, p: 1 });
  t.same(welch(same, other), { difference: 3, t: Number.POSITIVE_INFINITY, df: 3, p: 0 });
  t.same(twoProportions(0, 0, 1, 2), { difference: 0, z: 0, p: 1 });
  t.same(twoProportions(3, 3, 2, 2), { difference: 0, z: 0, p: 1 });
  t.throws(() => pairedInterval([1], [1, 2], 0.95), /1 values paired with 2/);
});

type M = ReturnType<typeof momentsOf>;

t.test('moments from sums are those of the values', async (t) => {
  const { n, mean, variance } = momentsOfSums(10, 7.5, 34.43);
  const direct = momentsOf(SLEEP_1);
  t.equal(n, 10);
  t.ok(Math.abs(mean - direct.mean) < 1e-12 && Math.abs(variance - direct.variance) < 1e-12);
  t.same(momentsOfSums(0, 0, 0), { n: 0, mean: 0, variance: 0 });
});

t.test(
  'bootstrap: the variance of the spatial test data (Efron and Tibshirani, table 14.2: 115.8 to 259.6)',
  async (t) => {
    const spatial = [
      48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41,
    ];
    const variance = ([sample = []]: readonly (readonly number[])[]): number => {
      const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
      return sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sample.length;
    };
    const options = { level: 0.9, resamples: 4000 };
    const interval = bootstrapInterval([spatial], variance, { ...options, random: seededRandom(1) });
    t.ok(Math.abs(interval.estimate - 171.5) < 0.05);
    t.ok(Math.abs(interval.lower - 115.8) < 4 && Math.abs(interval.upper - 259.6) < 8, JSON.stringify(interval));
    t.same(bootstrapInterval([spatial], variance, { ...options, random: seededRandom(1) }), interval);
  },
);

t.test('bootstrap: a difference of means agrees with Welch’s interval; a constant is a point', async (t) => {
  const mean = (sample: readonly number[] = []): number => sample.reduce((sum, x) => sum + x, 0) / sample.length;
  const options = { level: 0.95, resamples: 2000, random: seededRandom(2) };
  const random = seededRandom(3);
  const [first, second] = [60, 80].map((n) => Array.from({ length: n }, random)) as [number[], number[]];
  const drawn = bootstrapInterval([first, second], ([a, b]) => mean(b) - mean(a), options);
  const exact = differenceInterval(momentsOf(first), momentsOf(second), 0.95);
  t.ok(Math.abs(drawn.lower - exact.lower) < 0.012 && Math.abs(drawn.upper - exact.upper) < 0.012);
  t.same(
    bootstrapInterval([[4, 4, 4]], ([sample]) => mean(sample), options),
    { estimate: 4, lower: 4, upper: 4 },
  );
  t.throws(() => bootstrapInterval([[]], () => 0, options), /empty/);
});

t.test('power of means: Cohen’s “A power primer” (1992), and the examples of R’s power.t.test', async (t) => {
  const plan = (effect: number, alpha = 0.05) => ({ effect, deviation: 1, alpha });
  // Cohen's sizes are rounded, ours are the smallest that reach the power: 393.4 is his 393.
  for (const [effect, alpha, n] of [
    [0.2, 0.05, 393],
    [0.5, 0.05, 64],
    [0.8, 0.05, 26],
    [0.2, 0.01, 586],
    [0.5, 0.01, 95],
    [0.8, 0.01, 38],
  ] as const) {
    const ours = sampleSizeOfMeans(plan(effect, alpha), 0.8);
    t.ok(ours === n || ours === n + 1, `${effect}, ${alpha}: ${ours}`);
    t.ok(powerOfMeans(plan(effect, alpha), ours, ours) >= 0.8);
    t.ok(powerOfMeans(plan(effect, alpha), ours - 1, ours - 1) < 0.8);
  }
  t.ok(Math.abs(powerOfMeans(plan(1), 20, 20) - 0.8689528) < 1e-6);
  t.equal(sampleSizeOfMeans(plan(1), 0.9), 23, '22.02 of R');
  t.ok(Math.abs(powerOfMeans(plan(0), 20, 30) - 0.05) < 1e-10, 'with no effect, alpha');
  t.equal(powerOfMeans(plan(1), 1, 30), 0);
  t.equal(sampleSizeOfMeans(plan(0), 0.8), Number.POSITIVE_INFINITY);
});

t.test('power of proportions: the examples of R’s power.prop.test', async (t) => {
  const plan = { first: 0.5, second: 0.75, alpha: 0.05 };
  t.ok(Math.abs(powerOfProportions(plan, 50, 50) - 0.740166) < 2e-6);
  t.equal(sampleSizeOfProportions(plan, 0.9), 77, '76.7 of R');
  t.ok(Math.abs(powerOfProportions({ first: 0.1, second: 0.1, alpha: 0.05 }, 70, 70) - 0.05) < 1e-12);
  t.equal(powerOfProportions({ first: 0, second: 1, alpha: 0.05 }, 20, 20), 1);
  t.equal(powerOfProportions({ first: 0, second: 0, alpha: 0.05 }, 20, 20), 0);
  t.equal(powerOfProportions(plan, 0, 20), 0);
  t.equal(sampleSizeOfProportions({ first: 0.1, second: 0.1, alpha: 0.05 }, 0.8), Number.POSITIVE_INFINITY);
});

t.test('corrections: the fifteen p-values of Benjamini and Hochberg (1995, section 4)', async (t) => {
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ];
  const shuffled = [3, 0, 14, 7, 1, 9, 12, 4, 2, 5, 13, 6, 8, 11, 10];
  const back = (adjusted: readonly number[]): number[] => {
    const sorted = new Array<number>(ps.length);
    shuffled.forEach((rank, at) => {
      sorted[rank] = adjusted[at] as number;
    });
    return sorted;
  };
  const mixed = shuffled.map((rank) => ps[rank] as number);
  const rates = back(benjaminiHochberg(mixed));
  const familywise = back(holm(mixed));
  t.equal(rates.filter((p) => p <= 0.05).length, 4, 'theirs finds four');
  t.equal(familywise.filter((p) => p <= 0.05).length, 3, 'the chance of any error allows three');
  for (const [at, wanted] of [
    [0, 0.0015],
    [3, 0.035625],
    [4, 0.0603],
    [5, (0.0298 * 15) / 7],
    [14, 1],
  ] as const) {
    t.ok(Math.abs((rates[at] as number) - wanted) < 1e-12, `rate ${at}`);
  }
  t.ok(Math.abs((familywise[3] as number) - 12 * 0.0095) < 1e-12);
  t.equal(familywise[14], 1);
  t.same([holm([]), benjaminiHochberg([])], [[], []]);
});
