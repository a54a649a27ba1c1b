// Whether two arms differ: Welch's t test for means (spend or value a user), the z test for proportions (click rates).

import { errorVariance, type Moments, satterthwaite } from './moments.js';
import { twoSided } from './normal.js';
import { studentTwoSided } from './student.js';

export interface Welch {
  /** Mean of the second less that of the first. */
  readonly difference: number;
  /** The difference in standard errors: infinite where nothing varies but the means differ. */
  readonly t: number;
  /** Degrees of freedom, not whole; 0 where an arm has fewer than two values. */
  readonly df: number;
  /** Two-sided. 1 where an arm has fewer than two values: nothing is known of its spread. */
  readonly p: number;
}

/** Welch's test of two means, whose variances may differ (Welch, "The generalization of Student's problem", 1947). */
export function welch(first: Moments, second: Moments): Welch {
  const difference = second.mean - first.mean;
  if (first.n < 2 || second.n < 2) return { difference, t: 0, df: 0, p: 1 };
  const [a, b] = [errorVariance(first), errorVariance(second)];
  const df = satterthwaite(a, first.n, b, second.n);
  if (difference === 0) return { difference, t: 0, df, p: 1 };
  const t = difference / Math.sqrt(a + b);
  return { difference, t, df, p: studentTwoSided(t, df) };
}

export interface TwoProportions {
  /** Share of the second less that of the first. */
  readonly difference: number;
  readonly z: number;
  /** Two-sided. 1 where an arm is empty, and where all or none of both succeeded. */
  readonly p: number;
}

/**
 * The z test of two proportions with pooled variance, without continuity correction (Fleiss, Levin and Paik,
 * "Statistical Methods for Rates and Proportions", 3rd edition, section 3.1). Its square is Pearson's χ² of the table.
 */
export function twoProportions(successes1: number, n1: number, successes2: number, n2: number): TwoProportions {
  if (n1 === 0 || n2 === 0) return { difference: 0, z: 0, p: 1 };
  const difference = successes2 / n2 - successes1 / n1;
  const pooled = (successes1 + successes2) / (n1 + n2);
  const variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2);
  if (!(variance > 0)) return { difference, z: 0, p: 1 };
  const z = difference / Math.sqrt(variance);
  return { difference, z, p: twoSided(z) };
}
