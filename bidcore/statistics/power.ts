// How many values a test of two arms needs, and what chance it has with those it gets. Two-sided throughout.

import { normalBelow, normalQuantile } from './normal.js';
import { noncentralBelow, studentQuantile } from './student.js';

export interface MeansPlan {
  /** Difference of the means to be found. */
  readonly effect: number;
  /** Standard deviation of the values, above 0, alike in both arms. */
  readonly deviation: number;
  /** Chance of a false positive, 0 to 1. */
  readonly alpha: number;
}

/**
 * Chance that a t test of two arms with n1 and n2 values finds the effect, from the noncentral t distribution (Cohen,
 * "Statistical Power Analysis for the Behavioral Sciences", chapter 2). 0 where an arm has fewer than two values.
 */
export function powerOfMeans({ effect, deviation, alpha }: MeansPlan, n1: number, n2: number): number {
  if (n1 < 2 || n2 < 2) return 0;
  const df = n1 + n2 - 2;
  const critical = studentQuantile(1 - alpha / 2, df);
  const shift = (Math.abs(effect) / deviation) * Math.sqrt((n1 * n2) / (n1 + n2));
  return 1 - noncentralBelow(critical, df, shift) + noncentralBelow(-critical, df, shift);
}

/** Values each of two equal arms needs for at least this power. Infinite where there is no effect to find. */
export function sampleSizeOfMeans(plan: MeansPlan, power: number): number {
  return smallest((n) => powerOfMeans(plan, n, n) >= power, plan.effect);
}

export interface ProportionsPlan {
  readonly first: number;
  readonly second: number;
  /** Chance of a false positive, 0 to 1. */
  readonly alpha: number;
}

/**
 * Chance that the z test of two proportions finds that `first` and `second` differ, both tails counted (Fleiss, Levin
 * and Paik, "Statistical Methods for Rates and Proportions", section 4.2, without continuity correction).
 */
export function powerOfProportions({ first, second, alpha }: ProportionsPlan, n1: number, n2: number): number {
  if (n1 < 1 || n2 < 1) return 0;
  const pooled = (first * n1 + second * n2) / (n1 + n2);
  const bound = normalQuantile(1 - alpha / 2) * Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
  const deviation = Math.sqrt((first * (1 - first)) / n1 + (second * (1 - second)) / n2);
  const effect = Math.abs(second - first);
  if (!(deviation > 0)) return effect > bound ? 1 : 0;
  return normalBelow((effect - bound) / deviation) + normalBelow((-effect - bound) / deviation);
}

/** Trials each of two equal arms needs for at least this power. Infinite where the proportions are the same. */
export function sampleSizeOfProportions(plan: ProportionsPlan, power: number): number {
  return smallest((n) => powerOfProportions(plan, n, n) >= power, plan.second - plan.first);
}

/** The smallest size, from 1 to 2⁵², from which on a test is enough: doubling, then halving what is between. */
function smallest(enough: (n: number) => boolean, effect: number): number {
  if (effect === 0) return Number.POSITIVE_INFINITY;
  let high = 1;
  while (!enough(high)) {
    high *= 2;
    if (high > 2 ** 52) return Number.POSITIVE_INFINITY;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
