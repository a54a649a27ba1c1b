// Kolmogorov–Smirnov and Mann–Whitney against published tables, and against counting all orders of small samples.

import t from 'tap';
import { kolmogorovTail } from './kolmogorov.js';
import { kolmogorovSmirnov } from './kolmogorov_smirnov.js';
import { mannWhitney } from './mann_whitney.js';
import { twoSided } from './normal.js';

t.test('Kolmogorov’s distribution: Smirnov’s table (Annals of Mathematical Statistics 19, 1948)', async (t) => {
  for (const [lambda, below] of [
    [0.5, 0.036055],
    [0.8275735, 0.5],
    [1, 0.73],
    [1.36, 0.950514],
    [1.63, 0.990154],
  ] as const) {
    t.ok(Math.abs(1 - kolmogorovTail(lambda) - below) < 2e-6, `λ ${lambda}`);
  }
});

/** Every way to take `n` of the numbers 0 to `total − 1`. */
function* choices(n: number, total: number, from = 0): Generator<number[]> {
  if (n === 0) yield [];
  for (let i = from; n > 0 && i <= total - n; i++) for (const rest of choices(n - 1, total, i + 1)) yield [i, ...rest];
}

t.test('Kolmogorov–Smirnov: exact p is the share of all orders that are as far apart', async (t) => {
  // Ten values of which the first five are one sample: D = 1, p = 2 / C(10, 5).
  t.match(kolmogorovSmirnov([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), { distance: 1 });
  t.ok(Math.abs(kolmogorovSmirnov([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).p - 2 / 252) < 1e-12);
  for (const [n, m] of [
    [4, 5],
    [3, 6],
    [5, 5],
  ] as const) {
    const all = [...choices(n, n + m)].map((chosen) => {
      const others = Array.from({ length: n + m }, (_, i) => i).filter((i) => !chosen.includes(i));
      return kolmogorovSmirnov(chosen, others);
    });
    for (const { distance, p } of all) {
      const share = all.filter((other) => other.distance >= distance - 1e-12).length / all.length;
      if (Math.abs(p - share) > 1e-12) t.fail(`${n} and ${m}, D ${distance}: ${p}, not ${share}`);
    }
    t.ok(all.length > 50, `${n} and ${m}: ${all.length} orders`);
  }
});

t.test('Kolmogorov–Smirnov: ties, and large samples', async (t) => {
  t.same(kolmogorovSmirnov([1, 1, 2, 2], [1, 2, 2, 2]).distance, 0.25);
  t.equal(kolmogorovSmirnov([3, 3, 3], [3, 3]).p, 1);
  // Critical value of 5% for large n = m: 1.36 √(2/n) (Massey, 1951).
  const n = 5000;
  const shift = Math.round(1.36 * Math.sqrt(2 / n) * n);
  const first = Array.from({ length: n }, (_, i) => i);
  const { p } = kolmogorovSmirnov(
    first,
    first.map((x) => x + shift),
  );
  t.ok(p > 0.045 && p < 0.052, String(p));
});

/** The first of two samples of these sizes, in order, whose `far` last values stand above all of the second. */
function ordered(n: number, m: number, u: number): [number[], number[]] {
  // Each value of the first passes as many of the second as are still to be passed.
  const second = Array.from({ length: m }, (_, j) => j + 1);
  let left = u;
  const first = Array.from({ length: n }, (_, i) => {
    const passed = Math.min(left, m);
    left -= passed;
    return passed + 0.25 + i / (10 * n);
  });
  return [first, second];
}

t.test('Kolmogorov–Smirnov: critical values of n × D for equal samples (Siegel, 1956, table L)', async (t) => {
  for (const [n, at5, at1] of [
    [5, 5, 5],
    [6, 5, 6],
    [8, 6, 7],
    [9, 6, 7],
    [10, 7, 8],
    [13, 7, 9],
    [15, 8, 9],
    [20, 9, 11],
  ] as const) {
    const p = (steps: number): number => {
      const first = Array.from({ length: n }, (_, i) => i);
      return kolmogorovSmirnov(
        first,
        first.map((x) => x + steps - 0.5),
      ).p;
    };
    t.ok(p(at5) <= 0.05 && p(at5 - 1) > 0.05, `n ${n}, 5%`);
    t.ok(p(at1) <= 0.01 && p(at1 - 1) > 0.01, `n ${n}, 1%`);
  }
});

t.test('Mann–Whitney: critical values of U, two-sided (Milton, JASA 59, 1964)', async (t) => {
  for (const [n, m, at5, at1] of [
    [5, 5, 2, 0],
    [5, 8, 6, 2],
    [6, 6, 5, 2],
    [7, 7, 8, 4],
    [8, 8, 13, 7],
    [9, 9, 17, 11],
    [10, 10, 23, 16],
    [10, 15, 39, 29],
    [15, 15, 64, 51],
    [20, 20, 127, 105],
  ] as const) {
    const p = (u: number): number => {
      const tested = mannWhitney(...ordered(n, m, u));
      t.equal(tested.u, u);
      return tested.p;
    };
    t.ok(p(at5) <= 0.05 && p(at5 + 1) > 0.05, `${n} and ${m}, 5%`);
    t.ok(p(at1) <= 0.01 && p(at1 + 1) > 0.01, `${n} and ${m}, 1%`);
  }
});

t.test('Mann–Whitney: published examples, and none apart', async (t) => {
  // Ages of onset of diabetes, five men and four women, as in SciPy's documentation of mannwhitneyu: U = 17, exact
  // p = 0.1111.
  const { u, p } = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]);
  t.equal(u, 17);
  t.ok(Math.abs(p - 1 / 9) < 1e-12, String(p));
  t.same(mannWhitney([2, 2], [2, 2, 2]), { u: 3, share: 0.5, p: 1 });
  t.equal(mannWhitney([1, 4], [2, 3]).p, 1);
});

t.test('Mann–Whitney: of larger samples the normal distribution gives nearly what counting gives', async (t) => {
  const [first, second] = ordered(30, 30, 300);
  const exact = mannWhitney(first, second);
  const tied = mannWhitney([...first, 99], [...second, 99]);
  const counted = mannWhitney([...first, 99], [...second, 98]);
  t.ok(Math.abs(exact.p - 0.02645) < 5e-4, String(exact.p));
  t.ok(Math.abs(tied.p - counted.p) < 0.002, `${tied.p} and ${counted.p}`);
});

t.test('Mann–Whitney: with ties it agrees with the variance of U over all orders', async (t) => {
  const values = [0, 0, 0, 0, 1, 1, 2];
  const n = 3;
  const all = [...choices(n, values.length)].map((chosen) => {
    const first = chosen.map((i) => values[i] as number);
    const second = values.filter((_, i) => !chosen.includes(i));
    return { ...mannWhitney(first, second), m: second.length };
  });
  const mean = all.reduce((sum, { u }) => sum + u, 0) / all.length;
  const variance = all.reduce((sum, { u }) => sum + (u - mean) ** 2, 0) / all.length;
  t.ok(Math.abs(mean - (n * 4) / 2) < 1e-12);
  const extreme = all.reduce((a, b) => (a.u > b.u ? a : b));
  t.ok(Math.abs(extreme.p - twoSided((extreme.u - mean - 0.5) / Math.sqrt(variance))) < 1e-9);
});
