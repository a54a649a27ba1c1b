// A metric's next day, with an interval: simple exponential smoothing of the level with additive days of the week
// (Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential Smoothing", 2008, model ANA), on the scale on which
// the metric's noise is even. What it is smoothed by is chosen by its errors one day ahead, and these make the
// interval.

import type { MetricName } from '../metrics/metrics.js';
import { studentQuantile } from '../statistics/student.js';
import type { TooLittleData } from './exhaustion.js';
import { scaleOf } from './transform.js';

const WEEK = 7;
const DAYS_MIN = 7;
/** Days from which on the days of the week are told apart. */
const SEASON_DAYS_MIN = 21;
const ALPHAS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75];
const GAMMAS = [0, 0.05, 0.15];

export interface Prediction {
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * @param days the metric by the day, the latest last; days on which it was undefined are NaN and are passed over
 * @param level of the interval, as 0.8
 */
export function predictNextDay(metric: MetricName, days: ArrayLike<number>, level: number): Prediction | TooLittleData {
  const scale = scaleOf(metric);
  const values = Float64Array.from(days, (value) => (Number.isNaN(value) ? value : scale.to(value)));
  const known = values.filter((value) => !Number.isNaN(value)).length;
  if (known < DAYS_MIN) return { code: 'too_little_data', problem: `${known} days, ${DAYS_MIN} wanted` };
  const seasonal = known >= SEASON_DAYS_MIN;
  const fits = ALPHAS.flatMap((alpha) =>
    (seasonal ? GAMMAS : [0]).map((gamma) => smooth(values, alpha, gamma, seasonal)),
  );
  const best = fits.reduce((a, b) => (b.error < a.error ? b : a));
  const half = studentQuantile((1 + level) / 2, Math.max(2, best.count - (seasonal ? 3 : 1))) * Math.sqrt(best.error);
  const at = (offset: number): number => scale.from(best.next + offset);
  return { expected: at(0), lower: at(-half), upper: at(half) };
}

interface Fit {
  readonly next: number;
  /** Mean square of the errors one day ahead, of `count` days. */
  readonly error: number;
  readonly count: number;
}

function smooth(values: Float64Array, alpha: number, gamma: number, seasonal: boolean): Fit {
  // The start: the first two weeks, or the first half of few days. Their errors are not counted.
  const start = seasonal ? 2 * WEEK : Math.max(3, Math.floor(values.length / 3));
  const first = values.subarray(0, start).filter((value) => !Number.isNaN(value));
  let level = first.reduce((sum, value) => sum + value, 0) / Math.max(1, first.length);
  const season = Array.from({ length: WEEK }, (_, day) => {
    const own = seasonal ? [values[day] as number, values[day + WEEK] as number].filter((x) => !Number.isNaN(x)) : [];
    // Of two weeks: drawn half to none.
    return own.reduce((sum, value) => sum + value - level, 0) / (own.length + 1);
  });
  let [sum, count] = [0, 0];
  for (let day = start; day < values.length; day++) {
    const value = values[day] as number;
    if (Number.isNaN(value)) continue;
    const slot = day % WEEK;
    const error = value - level - (season[slot] as number);
    sum += error * error;
    count += 1;
    level += alpha * error;
    season[slot] = (season[slot] as number) + (seasonal ? gamma * error : 0);
  }
  const next = level + (season[values.length % WEEK] as number);
  return { next, error: count > 0 ? sum / count : Number.POSITIVE_INFINITY, count };
}
