// Student's t distribution, and the noncentral one that the power of t tests is read from.

import { incompleteBeta, logBeta, logGammaRest } from './beta.js';
import { normalBelow, normalQuantile } from './normal.js';
import { integrate, root } from './quadrature.js';

/** Probability that Student's t with `df` > 0 degrees of freedom is further from 0 than |t| (A&S 26.7.1). */
export function studentTwoSided(t: number, df: number): number {
  if (!Number.isFinite(t)) return 0;
  const whole = df + t * t;
  return incompleteBeta(df / whole, df / 2, 0.5, (t * t) / whole);
}

/** Probability that Student's t with `df` degrees of freedom is below t. */
export function studentBelow(t: number, df: number): number {
  const tail = studentTwoSided(t, df) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** Density of Student's t with `df` degrees of freedom. */
export function studentDensity(t: number, df: number): number {
  return Math.exp((-(df + 1) / 2) * Math.log1p((t * t) / df) - logBeta(df / 2, 0.5)) / Math.sqrt(df);
}

/** The t > 0 that a share `tail`, below ½, of Student's distribution is above. */
function above(tail: number, df: number): number {
  let high = Math.max(1, -2 * normalQuantile(tail));
  while (studentTwoSided(high, df) > 2 * tail) high *= 2;
  // In logarithms: tails of few degrees of freedom are powers of t, which bend less so.
  const wanted = Math.log(2 * tail);
  return Math.exp(root((u) => Math.log(studentTwoSided(Math.exp(u), df)) - wanted, -40, Math.log(high)));
}

/** The t below which a share p of Student's distribution lies: −∞ for 0, ∞ for 1. */
export function studentQuantile(p: number, df: number): number {
  if (!(p > 0)) return Number.NEGATIVE_INFINITY;
  if (!(p < 1)) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  return p > 0.5 ? above(1 - p, df) : -above(p, df);
}

/** Standard deviations of √(χ²/df) on both sides of 1 that the integral takes, and panels over them. */
const WIDTH = 13;
const PANELS = 24;

/**
 * Probability that the noncentral t, (Z + δ) / √(χ²/df), is below t: the mean of Φ(t s − δ) over s = √(χ²/df), by
 * quadrature (the definition: Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", chapter 31).
 */
export function noncentralBelow(t: number, df: number, delta: number): number {
  const logScale = Math.LN2 - logGammaRest(df / 2);
  const spread = 1 / Math.sqrt(2 * df);
  const from = Math.max(0, 1 - WIDTH * spread);
  const step = (1 + WIDTH * spread - from) / PANELS;
  const edges = Array.from({ length: PANELS + 1 }, (_, i) => from + i * step);
  return integrate(
    (s) => (Math.exp(logScale + df * (Math.log(s) - ((s - 1) * (s + 1)) / 2)) / s) * normalBelow(t * s - delta),
    edges,
  );
}
