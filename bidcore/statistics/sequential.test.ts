// Sequential tests: group-sequential boundaries against the tables of Jennison and Turnbull, the always-valid test
// against its definition and under peeking.

import t from 'tap';
import { Random } from '../fuzz/random.js';
import { type AlwaysValid, effectOfMeans, effectOfProportions, look, NOT_LOOKED } from './always_valid.js';
import {
  crossingProbabilities,
  obrienFleming,
  pocock,
  spendEvenly,
  spendingBoundaries,
  spendLate,
} from './group_sequential.js';
import { momentsOfSums } from './moments.js';
import { normalDensity, normalQuantile } from './normal.js';
import { integrate } from './quadrature.js';
import { twoProportions, welch } from './two_arms.js';

const even = (looks: number): number[] => Array.from({ length: looks }, (_, k) => (k + 1) / looks);
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

t.test('constants of Pocock and of O’Brien and Fleming (Jennison and Turnbull, tables 2.1 and 2.3)', async (t) => {
  for (const [alpha, looks, flat, falling] of [
    [0.01, 2, 2.772, 2.58],
    [0.01, 5, 2.986, 2.621],
    [0.05, 1, 1.96, 1.96],
    [0.05, 2, 2.178, 1.977],
    [0.05, 3, 2.289, 2.004],
    [0.05, 4, 2.361, 2.024],
    [0.05, 5, 2.413, 2.04],
    [0.05, 10, 2.555, 2.087],
    [0.1, 2, 1.875, 1.678],
    [0.1, 5, 2.122, 1.751],
  ] as const) {
    const ours = [pocock(even(looks), alpha).at(-1), obrienFleming(even(looks), alpha).at(-1)] as [number, number];
    t.ok(Math.abs(ours[0] - flat) <= 5.1e-4, `Pocock, ${alpha}, ${looks} looks: ${ours[0]}`);
    t.ok(Math.abs(ours[1] - falling) <= 5.1e-4, `O’Brien and Fleming, ${alpha}, ${looks} looks: ${ours[1]}`);
  }
  const boundaries = obrienFleming(even(4), 0.05);
  t.ok(Math.abs((boundaries[0] as number) - 2 * (boundaries[3] as number)) < 1e-12, 'falls with the root');
});

t.test('power: sample sizes over those of one look (Jennison and Turnbull, tables 2.2 and 2.4)', async (t) => {
  for (const [looks, power, flat, falling] of [
    [2, 0.8, 1.11, 1.008],
    [5, 0.8, 1.229, 1.028],
    [2, 0.9, 1.1, 1.007],
    [5, 0.9, 1.207, 1.026],
  ] as const) {
    const single = normalQuantile(0.975) + normalQuantile(power);
    for (const [ratio, boundaries] of [
      [flat, pocock(even(looks), 0.05)],
      [falling, obrienFleming(even(looks), 0.05)],
    ] as const) {
      const reached = sumOf(crossingProbabilities(even(looks), boundaries, single * Math.sqrt(ratio)));
      t.ok(Math.abs(reached - power) < 4e-4, `${looks} looks, ${power}: ${reached}`);
    }
  }
});

t.test('alpha spending: five even looks (Reboussin et al., Controlled Clinical Trials 21, 2000)', async (t) => {
  const late = spendingBoundaries(even(5), 0.05, spendLate);
  const evenly = spendingBoundaries(even(5), 0.05, spendEvenly);
  const close = (ours: readonly number[], theirs: readonly number[]): boolean =>
    ours.every((z, k) => Math.abs(z - (theirs[k] as number)) <= 1.5e-4);
  t.ok(close(late, [4.8769, 3.3569, 2.6803, 2.2898, 2.031]), late.join(', '));
  t.ok(close(evenly, [2.438, 2.4268, 2.4101, 2.3966, 2.3859]), evenly.join(', '));
});

t.test('alpha spending: looks at any time spend alpha together, and early ones stand', async (t) => {
  const fractions = [0.03, 0.3, 0.31, 0.8, 1];
  const boundaries = spendingBoundaries(fractions, 0.05, spendLate);
  t.equal(boundaries[0], Number.POSITIVE_INFINITY, 'nothing to spend yet');
  const spent = crossingProbabilities(fractions, boundaries, 0);
  t.ok(Math.abs(sumOf(spent) - 0.05) < 1e-10, String(sumOf(spent)));
  t.ok(Math.abs(sumOf(spent.slice(0, 4)) - 2 * spendLate(0.8, 0.025)) < 1e-10);
  t.same(spendingBoundaries(fractions.slice(0, 3), 0.05, spendLate), boundaries.slice(0, 3));
  t.equal(spendingBoundaries([1, 1.2], 0.05, spendEvenly)[1], Number.POSITIVE_INFINITY, 'all is spent');
  t.same([spendLate(0, 0.05), spendEvenly(0, 0.05)], [0, 0]);
  t.throws(() => pocock([0.5, 0.5], 0.05), /must rise/);
});

t.test('the mixture ratio is the mean likelihood ratio over effects', async (t) => {
  const [estimate, variance, deviation] = [0.9, 0.04, 0.5];
  const likelihood = (effect: number): number => normalDensity((estimate - effect) / Math.sqrt(variance));
  const edges = Array.from({ length: 41 }, (_, i) => -5 + i / 4);
  const mixture = integrate((x) => (likelihood(x) * normalDensity(x / deviation)) / deviation, edges);
  const plan = { effectDeviation: deviation, alpha: 0.05 };
  const seen = look(NOT_LOOKED, { estimate, variance }, plan);
  t.ok(Math.abs(seen.p / (likelihood(0) / mixture) - 1) < 1e-10, String(seen.p));
  // The bound is the effect whose own ratio, of the estimate less it, is 1/alpha.
  const atBound = look(NOT_LOOKED, { estimate: estimate - (seen.lower as number), variance }, plan);
  t.ok(Math.abs(atBound.p - 0.05) < 1e-12);
});

t.test('looks add up; what is unknown teaches nothing', async (t) => {
  const plan = { effectDeviation: 1, alpha: 0.1 };
  const first = look(NOT_LOOKED, { estimate: 2, variance: 0.1 }, plan);
  const second = look(first, { estimate: 0, variance: 0.5 }, plan);
  t.equal(second.p, first.p, 'a p-value never grows');
  t.equal(second.lower, first.lower);
  t.same(JSON.parse(JSON.stringify(second)), second);
  t.same(look(first, effectOfMeans(momentsOfSums(1, 3, 9), momentsOfSums(5, 1, 4)), plan), first);
  t.same(look(first, effectOfProportions(0, 0, 1, 3), plan), first);
  t.same(look(first, { estimate: 1, variance: 0 }, plan), first);
  const met = look(first, { estimate: -9, variance: 0.1 }, plan);
  t.equal(met.lower, met.upper, 'bounds that crossed');
});

const RUNS = 400;
const LOOKS = { from: 50, to: 2000, step: 25 };

/** Shares of runs in which either test was ever significant at 5%, and in which the sequence ever lost the effect. */
function peeked(
  effect: number,
  run: (random: Random) => (n: number) => { readonly fixed: number; readonly d: number; readonly variance: number },
  effectDeviation: number,
) {
  const found = { fixed: 0, always: 0, lost: 0 };
  for (let seed = 1; seed <= RUNS; seed++) {
    const at = run(new Random(seed));
    let seen: AlwaysValid = NOT_LOOKED;
    let fixed = 1;
    for (let n = LOOKS.from; n <= LOOKS.to; n += LOOKS.step) {
      const now = at(n);
      fixed = Math.min(fixed, now.fixed);
      seen = look(seen, { estimate: now.d, variance: now.variance }, { effectDeviation, alpha: 0.05 });
    }
    found.fixed += Number(fixed < 0.05);
    found.always += Number(seen.p < 0.05);
    found.lost += Number((seen.lower as number) > effect || (seen.upper as number) < effect);
  }
  return { fixed: found.fixed / RUNS, always: found.always / RUNS, lost: found.lost / RUNS };
}

/** Arms whose values are exponential: 1 on average, the second with the effect on top. */
function values(effect: number) {
  return (random: Random) => {
    const sums = [
      [0, 0],
      [0, 0],
    ] as [[number, number], [number, number]];
    let drawn = 0;
    return (n: number) => {
      for (; drawn < n; drawn++) {
        for (const [arm, sum] of sums.entries()) {
          const value = -Math.log(1 - random.float()) + arm * effect;
          sum[0] += value;
          sum[1] += value * value;
        }
      }
      const [a, b] = sums.map(([sum, squares]) => momentsOfSums(n, sum, squares)) as [Arm, Arm];
      const { estimate, variance } = effectOfMeans(a, b);
      return { fixed: welch(a, b).p, d: estimate, variance };
    };
  };
}

type Arm = ReturnType<typeof momentsOfSums>;

/** Arms with a click rate of 10%. */
function clicks(random: Random) {
  const successes: [number, number] = [0, 0];
  let drawn = 0;
  return (n: number) => {
    for (; drawn < n; drawn++) {
      if (random.chance(0.1)) successes[0] += 1;
      if (random.chance(0.1)) successes[1] += 1;
    }
    const { estimate, variance } = effectOfProportions(successes[0], n, successes[1], n);
    return { fixed: twoProportions(successes[0], n, successes[1], n).p, d: estimate, variance };
  };
}

t.test('peeking: the always-valid test keeps its rate of false positives, the fixed one does not', async (t) => {
  for (const [name, found] of [
    ['means', peeked(0, values(0), 0.1)],
    ['proportions', peeked(0, clicks, 0.03)],
  ] as const) {
    t.comment(`${name}, shares of ${RUNS} runs: ${JSON.stringify(found)}`);
    // 5% and three standard errors of 400 runs.
    t.ok(found.always <= 0.083, `${name}: ${JSON.stringify(found)}`);
    t.ok(found.lost <= 0.083, `${name}: the confidence sequence`);
    t.ok(found.fixed > 0.2, `${name}: the fixed test finds what is not there`);
  }
});

t.test('peeking: an effect is found, and the confidence sequence keeps it', async (t) => {
  const found = peeked(0.2, values(0.2), 0.1);
  t.comment(`an effect of 0.2: ${JSON.stringify(found)}`);
  t.ok(found.always > 0.9, JSON.stringify(found));
  t.ok(found.lost <= 0.083);
});
