// The chi-square distribution's upper tail, and Pearson's test of counts against what was expected.

import { twoSided } from './normal.js';

/**
 * Probability that a chi-square variable with whole `df` ≥ 1 is above x, by its closed forms for even and odd degrees
 * of freedom (Abramowitz and Stegun 26.4.4 and 26.4.5).
 */
export function chiSquareAbove(x: number, df: number): number {
  if (!(x > 0)) return 1;
  let [term, from, sum] =
    df % 2 === 0
      ? [Math.exp(-x / 2), 2, 0]
      : [Math.sqrt((2 * x) / Math.PI) * Math.exp(-x / 2), 3, twoSided(Math.sqrt(x))];
  for (; from <= df; from += 2) {
    sum += term;
    term *= x / from;
  }
  return Math.min(1, sum);
}

/**
 * Pearson's test that counts are drawn by these shares (Philosophical Magazine 50, 1900). Shares are taken relative to
 * their sum; something counted where nothing was expected has p = 0. With fewer than two shares above 0, p = 1.
 */
export function countsTest(
  counts: readonly number[],
  shares: readonly number[],
): { readonly x: number; readonly p: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  if (counts.some((count, i) => count > 0 && !((shares[i] as number) > 0)))
    return { x: Number.POSITIVE_INFINITY, p: 0 };
  const df = shares.filter((share) => share > 0).length - 1;
  if (total === 0 || df < 1) return { x: 0, p: 1 };
  const x = counts.reduce((sum, count, i) => {
    const expected = (total * (shares[i] as number)) / whole;
    return expected > 0 ? sum + (count - expected) ** 2 / expected : sum;
  }, 0);
  return { x, p: chiSquareAbove(x, df) };
}
