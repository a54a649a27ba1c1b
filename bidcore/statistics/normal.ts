// The normal distribution: probabilities, density and quantiles, to about 1e-14 of the value.

const SQRT_2_PI = Math.sqrt(2 * Math.PI);

/** Standard deviations of the normal distribution within which 95% and 99.9% of it lie, from both sides. */
export const Z_95 = 1.959963984540054;
export const Z_999 = 3.290526731491895;

/**
 * Complementary error function. Below 2 by Kummer's series of positive terms, above by the continued fraction
 * (Abramowitz and Stegun 7.1.6 and 7.1.14), so that a tail keeps its digits however small it is.
 */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  if (x > 27) return 0; // below the smallest double
  let tail = x;
  for (let n = Math.ceil(16 + 260 / (x * x)); n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}

/** Probability that a standard normal variable is further from 0 than |z|. */
export function twoSided(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/** Probability that a standard normal variable is below z. */
export function normalBelow(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / SQRT_2_PI;
}

/**
 * The z below which a share p of the standard normal distribution lies: −∞ for 0, ∞ for 1. The start (Abramowitz and
 * Stegun 26.2.23, to 4.5e-4) is refined by Halley's method, which triples its digits with each step.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return p < 1 ? -normalQuantile(1 - p) : Number.POSITIVE_INFINITY;
  const t = Math.sqrt(-2 * Math.log(p));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let z = above / below - t;
  for (let step = 0; step < 3; step++) {
    const error = (normalBelow(z) - p) / normalDensity(z);
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}
