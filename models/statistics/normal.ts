// The normal distribution's tails.

/**
 * Probability that a standard normal variable is further from 0 than |z|, to a relative 1.2e-7 (Chebyshev fit of the
 * complementary error function: Press et al., "Numerical Recipes", 2nd edition, section 6.2).
 */
export function twoSided(z: number): number {
  return erfcOf(Math.abs(z) / Math.SQRT2);
}

function erfcOf(x: number): number {
  const t = 1 / (1 + x / 2);
  const series = FIT.reduceRight((sum, c) => c + t * sum, 0);
  return t * Math.exp(-x * x + series);
}

const FIT = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** Standard deviations of the normal distribution within which 95% and 99.9% of it lie, from both sides. */
export const Z_95 = 1.959964;
export const Z_999 = 3.290527;
