// Random draws from the distributions of posteriors.

import type { Uniform } from './policy.js';

/** Standard normal (Box and Muller, Annals of Mathematical Statistics 29, 1958). */
export function drawNormal(random: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Logarithm of a gamma variable of this shape, above 0, and scale 1 (Marsaglia and Tsang, ACM TOMS 26, 2000). */
function drawLogGamma(shape: number, random: Uniform): number {
  // Small shapes from the next larger; the logarithm keeps what would be too small for a double.
  if (shape < 1) return drawLogGamma(shape + 1, random) + Math.log(1 - random()) / shape;
  const d = shape - 1 / 3;
  for (;;) {
    const z = drawNormal(random);
    const v = (1 + z / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < (z * z) / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** Gamma variable of this shape, above 0, and scale 1. */
export function drawGamma(shape: number, random: Uniform): number {
  return Math.exp(drawLogGamma(shape, random));
}

/**
 * Log odds of a beta variable, which is the share of the first of two gamma variables. On this scale also draws that
 * lie so near 1 that doubles do not tell them apart have an order.
 */
export function drawBetaLogit(a: number, b: number, random: Uniform): number {
  return drawLogGamma(a, random) - drawLogGamma(b, random);
}
