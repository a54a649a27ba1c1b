// Student's t distribution, as far as intervals of 95% need it.

import { Z_95 } from './normal.js';

/** Two-sided 95% points for 1 to 10 degrees of freedom; what follows converges fast enough to be computed. */
const POINTS = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281] as const;

/**
 * Deviations within which 95% of the distribution lies, from both sides. Beyond 10 degrees of freedom to 2e-4, by the
 * expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).
 * @param degrees of freedom, a whole number from 1
 */
export function student95(degrees: number): number {
  const known = POINTS[degrees - 1];
  if (known !== undefined) return known;
  const z = Z_95;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
