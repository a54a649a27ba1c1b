// When a budget will be gone, from how it was spent lately: hour by hour ahead, what this hour of the day usually
// takes, at the level of the last days. The interval has two parts: days are not alike (the level of all that comes is
// unsure), and neither are hours.

import { momentsOf } from '../statistics/moments.js';
import { studentQuantile } from '../statistics/student.js';
import { medianOf } from './robust.js';

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const DAYS_AHEAD_MAX = 90;
/** Whole days without which nothing is said. */
const DAYS_MIN = 2;

export interface SpendHistory {
  /** End of the last hour of `spends`, milliseconds since the epoch. */
  readonly now_ms: number;
  /** Micros by the hour, the last complete hour last; some weeks at most. */
  readonly spends_micros: ArrayLike<number>;
  readonly remaining_micros: number;
}

export interface ExhaustionForecast {
  /** Null: not within 90 days. */
  readonly at_ms: number | null;
  /** Bounds of the level asked for; null: later than 90 days. */
  readonly earliest_ms: number | null;
  readonly latest_ms: number | null;
  /** Micros a day at the present level. */
  readonly daily_micros: number;
}

export interface TooLittleData {
  readonly code: 'too_little_data';
  readonly problem: string;
}

/** @param level of the interval, as 0.9 */
export function forecastExhaustion(history: SpendHistory, level: number): ExhaustionForecast | TooLittleData {
  const { now_ms, spends_micros: spends, remaining_micros } = history;
  const days = Math.floor(spends.length / DAY_HOURS);
  if (days < DAYS_MIN)
    return { code: 'too_little_data', problem: `${spends.length} hours, ${DAYS_MIN * DAY_HOURS} wanted` };
  const first = spends.length - days * DAY_HOURS;
  const hours = Float64Array.from({ length: days * DAY_HOURS }, (_, i) => spends[first + i] as number);
  const totals = Float64Array.from({ length: days }, (_, day) =>
    sumOf(hours.subarray(day * DAY_HOURS, (day + 1) * DAY_HOURS)),
  );
  const daily = momentsOf(totals);
  const shape = shapeOf(hours, totals);
  const noise = hours.reduce((sum, spend, i) => {
    const expected = (totals[Math.floor(i / DAY_HOURS)] as number) * (shape[i % DAY_HOURS] as number);
    return sum + (spend - expected) ** 2;
  }, 0);
  // Relative to what was expected: busy hours vary more.
  const dispersion = noise / Math.max(1, sumOf(totals));
  const t = studentQuantile((1 + level) / 2, days - 1);
  const found: { at: number | null; earliest: number | null; latest: number | null } = {
    at: null,
    earliest: null,
    latest: null,
  };
  let spent = 0;
  for (let hour = 0; hour < DAYS_AHEAD_MAX * DAY_HOURS && found.latest === null; hour++) {
    const before = spent;
    spent += daily.mean * (shape[hour % DAY_HOURS] as number);
    const ahead = (hour + 1) / DAY_HOURS;
    // The level: its own error over all days ahead; the days ahead: each for itself.
    const variance = daily.variance * (ahead ** 2 / days + ahead) + dispersion * spent;
    const half = t * Math.sqrt(variance);
    const part = spent > before ? Math.min(1, Math.max(0, (remaining_micros - before) / (spent - before))) : 1;
    if (found.earliest === null && spent + half >= remaining_micros) found.earliest = now_ms + hour * HOUR_MS;
    if (found.at === null && spent >= remaining_micros) found.at = now_ms + (hour + part) * HOUR_MS;
    if (spent - half >= remaining_micros) found.latest = now_ms + (hour + 1) * HOUR_MS;
  }
  const { at, earliest, latest } = found;
  return {
    at_ms: at === null ? null : Math.round(at),
    earliest_ms: earliest,
    latest_ms: latest,
    daily_micros: Math.round(daily.mean),
  };
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Share of a day's spend in each hour from now, 1 in all: the median of the days, a little drawn to an even day. */
function shapeOf(hours: Float64Array, totals: Float64Array): number[] {
  const shares = Array.from({ length: DAY_HOURS }, (_, hour) => {
    const own = Array.from(totals, (total, day) => (total > 0 ? (hours[day * DAY_HOURS + hour] as number) / total : 0));
    return (medianOf(own) * totals.length + 1 / DAY_HOURS) / (totals.length + 1);
  });
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / whole);
}
