// Scales on which a metric's noise hardly depends on its level, so that one spread serves nights and days: the root for
// counts and money (Anscombe, Biometrika 35, 1948), the arcsine of the root for shares, the logarithm for costs.

import { type MetricName, metricUnit, ratioOf } from '../metrics/metrics.js';

export interface Scale {
  to(value: number): number;
  from(scaled: number): number;
  /** How a level that moved shows on this scale: everything times the same (roots of products), or plus the same. */
  readonly moves: 'by_factor' | 'by_shift';
  /** Variance on this scale that is counting alone, where it is known from the volume. */
  counting?(volume: number): number;
}

const ROOT: Scale = {
  moves: 'by_factor',
  to: (x) => Math.sqrt(Math.max(0, x) + 3 / 8),
  from: (y) => Math.max(0, y * Math.abs(y) - 3 / 8),
};
const ARCSINE: Scale = {
  counting: (n) => 1 / (4 * Math.max(1, n)),
  moves: 'by_shift',
  to: (x) => Math.asin(Math.sqrt(Math.min(1, Math.max(0, x)))),
  from: (y) => Math.sin(Math.min(Math.PI / 2, Math.max(0, y))) ** 2,
};
const LOGARITHM: Scale = { moves: 'by_shift', to: (x) => Math.log(Math.max(x, 1e-9)), from: Math.exp };
const PLAIN: Scale = { moves: 'by_shift', to: (x) => x, from: (y) => y };

export function scaleOf(metric: MetricName): Scale {
  if (ratioOf(metric) === undefined) return ROOT;
  if (metric === 'utilisation' || metric === 'roi') return PLAIN;
  return metricUnit(metric) === 'share' ? ARCSINE : LOGARITHM;
}
