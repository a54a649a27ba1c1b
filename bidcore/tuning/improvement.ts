// Expected improvement: how much better than the best known a point is expected to be, nothing counted for worse
// (Jones, Schonlau and Welch, Journal of Global Optimization 13, 1998, equation 15). In logarithms, since far from the
// best it is too small for a double, and a search would see a plateau (Ament et al., NeurIPS 2023).

import { normalBelow, normalDensity } from '../statistics/normal.js';
import type { Prediction } from './gaussian_process.js';

/** z below which φ(z) + z Φ(z) is taken from its expansion. */
const FAR = -25;

/** ln E[max(0, value − best)] of a normal value; −∞ for one that is certain and no better. */
export function logImprovement({ mean, deviation }: Prediction, best: number): number {
  if (!(deviation > 0)) return Math.log(Math.max(0, mean - best));
  const z = (mean - best) / deviation;
  if (z > FAR) return Math.log(deviation) + Math.log(z * normalBelow(z) + normalDensity(z));
  // φ(z) / z² (1 − 3/z² + 15/z⁴ − …), from Mills' ratio (Abramowitz and Stegun 26.2.12).
  const square = z * z;
  const rest = (((945 / square - 105) / square + 15) / square - 3) / square;
  return Math.log(deviation / Math.sqrt(2 * Math.PI) / square) - square / 2 + Math.log1p(rest);
}
