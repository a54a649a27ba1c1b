// The statistics against published values, and against what counting all orders of small samples gives.

import t from 'tap';
import { kolmogorovTail } from './kolmogorov.js';
import { kolmogorovSmirnov } from './kolmogorov_smirnov.js';
import { mannWhitney } from './mann_whitney.js';
import { twoSided, Z_95, Z_999 } from './normal.js';

t.test('tails of the normal distribution', async (t) => {
  // Two-sided p of z: 1 → 0.317310508, 2 → 0.045500264, 3 → 0.002699796 (any table).
  for (const [z, p] of [
    [0, 1],
    [1, 0.317310508],
    [2, 0.045500264],
    [3, 0.002699796],
    [-2, 0.045500264],
  ] as const) {
    t.ok(Math.abs(twoSided(z) / p - 1) < 1e-6, `z ${z}`);
  }
  t.ok(Math.abs(twoSided(Z_95) - 0.05) < 1e-7);
  t.ok(Math.abs(twoSided(Z_999) - 0.001) < 1e-8);
});

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

t.test('Mann–Whitney: published examples', async (t) => {
  // Ages of onset of diabetes, five men and four women, as in SciPy's documentation of mannwhitneyu:
  // U = 17; asymptotic p with continuity correction 0.11134688653314041.
  const { u, p } = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]);
  t.equal(u, 17);
  t.ok(Math.abs(p - 0.11134688653314041) < 1e-7, String(p));
  t.same(mannWhitney([2, 2], [2, 2, 2]), { u: 3, share: 0.5, p: 1 });
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
