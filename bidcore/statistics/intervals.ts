// Confidence intervals: of a mean, a proportion, a difference and a ratio of means, and of paired differences. Where
// there is too little to say anything, an interval is everything that the quantity may be, never NaN.

import { errorVariance, type Moments, momentsOf, satterthwaite } from './moments.js';
import { normalQuantile } from './normal.js';
import { studentQuantile } from './student.js';

export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** Nothing is known: from −∞ to ∞. */
export function unknown(estimate: number): Interval {
  return { estimate, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
}

function around(estimate: number, variance: number, df: number, level: number): Interval {
  if (!Number.isFinite(variance)) return unknown(estimate);
  const half = variance > 0 ? studentQuantile((1 + level) / 2, df) * Math.sqrt(variance) : 0;
  return { estimate, lower: estimate - half, upper: estimate + half };
}

/** Student's interval of a mean (Student, Biometrika 6, 1908). @param level 0 to 1, as 0.95 */
export function meanInterval(sample: Moments, level: number): Interval {
  return around(sample.mean, errorVariance(sample), sample.n - 1, level);
}

/** Student's interval of the mean of second[i] − first[i]. Throws if the samples differ in length. */
export function pairedInterval(first: ArrayLike<number>, second: ArrayLike<number>, level: number): Interval {
  if (first.length !== second.length) throw new Error(`${first.length} values paired with ${second.length}`);
  return meanInterval(momentsOf(Float64Array.from(first, (x, i) => (second[i] as number) - x)), level);
}

/** Welch's interval of the mean of the second less that of the first. */
export function differenceInterval(first: Moments, second: Moments, level: number): Interval {
  const [a, b] = [errorVariance(first), errorVariance(second)];
  return around(second.mean - first.mean, a + b, satterthwaite(a, first.n, b, second.n), level);
}

/**
 * Wilson's score interval of a proportion (Wilson, JASA 22, 1927), which stays within 0 and 1 and says something also
 * of none or all. Of nothing: 0 to 1.
 */
export function wilsonInterval(successes: number, n: number, level: number): Interval {
  if (n === 0) return { estimate: 0.5, lower: 0, upper: 1 };
  const z = normalQuantile((1 + level) / 2);
  const share = successes / n;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return {
    estimate: share,
    lower: successes === 0 ? 0 : middle - half,
    upper: successes === n ? 1 : middle + half,
  };
}

/**
 * Newcombe's interval of the second share less the first, from Wilson's of each (Newcombe, Statistics in Medicine 17,
 * 1998, method 10).
 */
export function proportionsInterval(
  successes1: number,
  n1: number,
  successes2: number,
  n2: number,
  level: number,
): Interval {
  const first = wilsonInterval(successes1, n1, level);
  const second = wilsonInterval(successes2, n2, level);
  const estimate = n1 === 0 || n2 === 0 ? 0 : second.estimate - first.estimate;
  if (n1 === 0 || n2 === 0) return { estimate, lower: -1, upper: 1 };
  return {
    estimate,
    lower: estimate - Math.hypot(second.estimate - second.lower, first.upper - first.estimate),
    upper: estimate + Math.hypot(second.upper - second.estimate, first.estimate - first.lower),
  };
}

/**
 * Fieller's interval of the mean of the second over that of the first (Fieller, JRSS B 16, 1954): the ratios r at which
 * a t test does not tell second − r × first from 0. Everything, if the first mean is not told from 0 itself: then the
 * ratio has no bound on one side at least.
 */
export function ratioInterval(first: Moments, second: Moments, level: number): Interval {
  if (first.mean === 0) return unknown(0);
  const estimate = second.mean / first.mean;
  const [a, b] = [errorVariance(first), errorVariance(second)];
  if (!Number.isFinite(a + b)) return unknown(estimate);
  const t = studentQuantile((1 + level) / 2, satterthwaite(estimate * estimate * a, first.n, b, second.n));
  const g = (t * t * a) / (first.mean * first.mean);
  if (g >= 1) return unknown(estimate);
  const half = (t / Math.abs(first.mean)) * Math.sqrt((1 - g) * b + estimate * estimate * a);
  return { estimate, lower: (estimate - half) / (1 - g), upper: (estimate + half) / (1 - g) };
}

/** Relative lift of the second mean over the first, by Fieller's interval: 0.05 is 5% more. */
export function liftInterval(first: Moments, second: Moments, level: number): Interval {
  const ratio = ratioInterval(first, second, level);
  return { estimate: ratio.estimate - 1, lower: ratio.lower - 1, upper: ratio.upper - 1 };
}
