// Whether the latest hour of a metric is out of the ordinary, for many campaigns and metrics at once.
//
// What is ordinary for an hour of the week is the median of that hour in the weeks before. With few weeks that is
// little, so it is drawn towards the median of that hour of all days, and that towards the median of everything. A
// level that moved (a new budget, say) is taken off as the median of the last two days' differences. What is left has a
// robust spread; the latest hour's distance in such spreads is a Student's t, and its p-value is adjusted over all
// series that are looked at together (Benjamini and Hochberg), so that of the alerts of a run only a known share is
// chance.

import { z } from 'zod';
import { type MetricName, metricName, metricText } from '../metrics/metrics.js';
import { benjaminiHochberg } from '../statistics/multiple.js';
import { studentTwoSided } from '../statistics/student.js';
import { medianOf, robustDeviation } from './robust.js';
import { scaleOf } from './transform.js';

const HOURS_OF_WEEK = 168;
/** Observations that the coarser median is worth beside the finer. */
const PRIOR_WEIGHT = 2;
const LEVEL_HOURS = 48;
/** Of a robust spread, whatever the hours it is of: what it says of the far tails is not to be trusted further. */
const DEGREES = 10;
/** The least spread, on the metric's own scale, of which a series without noise is taken to vary. */
const SPREAD_MIN = 1e-3;

export const anomalyConfig = z
  .strictObject({
    metrics: z
      .array(metricName)
      .min(1)
      .max(16)
      .default(['spend_micros', 'impressions', 'ctr', 'win_rate', 'cpm_micros']),
    /** Share of chance among the alerts of a run. */
    false_discovery_rate: z.number().gt(0).max(0.5).default(0.01),
    /** Hours of history without which nothing is said. */
    minimum_hours: z.int().min(48).max(2016).default(168),
    /** Volume (impressions, or what a ratio is divided by) of the hour, or of its usual, below which it is let be. */
    minimum_volume: z.number().min(0).default(100),
    /** Least relative distance from the ordinary that is worth an alert. */
    minimum_change: z.number().min(0).max(10).default(0.2),
  })
  .meta({ id: 'AnomalyConfig' });
export type AnomalyConfig = z.output<typeof anomalyConfig>;

/** One metric of one campaign by the hour, the hour that is judged last. */
export interface MetricSeries {
  readonly campaign: string;
  readonly metric: MetricName;
  /** Start of the last hour, milliseconds since the epoch. */
  readonly last_ms: number;
  /** NaN where it was undefined. */
  readonly values: ArrayLike<number>;
  /** What the hour was made of: impressions for CTR, bids for a win rate; impressions for counts and money. */
  readonly volumes: ArrayLike<number>;
}

export type Severity = 'low' | 'medium' | 'high';

export interface Anomaly {
  readonly campaign: string;
  readonly metric: MetricName;
  readonly at_ms: number;
  readonly value: number;
  readonly expected: number;
  /** Where 95% of ordinary hours lie. */
  readonly lower: number;
  readonly upper: number;
  /** Adjusted for all series of the run. */
  readonly p: number;
  readonly direction: 'above' | 'below';
  readonly severity: Severity;
  readonly reason: string;
}

/** The anomalies among the latest hours, the surest first. */
export function detectAnomalies(config: AnomalyConfig, series: readonly MetricSeries[]): Anomaly[] {
  const judged = series.flatMap((one) => {
    const judgement = judge(config, one);
    return judgement === undefined ? [] : [{ one, ...judgement }];
  });
  const adjusted = benjaminiHochberg(judged.map(({ p }) => p));
  return judged
    .map((judgement, i) => ({ ...judgement, p: adjusted[i] as number }))
    .filter(({ p, change }) => p <= config.false_discovery_rate && change >= config.minimum_change)
    .sort((a, b) => a.p - b.p)
    .map(({ one, value, expected, lower, upper, p, change }) => {
      const text = (x: number): string => metricText(one.metric, x);
      const range = `${text(expected)} (${text(lower)} to ${text(upper)})`;
      const direction = value > expected ? 'above' : 'below';
      return {
        ...{ campaign: one.campaign, metric: one.metric, at_ms: one.last_ms, value, expected, lower, upper, p },
        ...{ direction, severity: severityOf(p, change) },
        reason: `${text(value)}, ordinary for this hour of the week is ${range}`,
      };
    });
}

/** How sure and how far: both matter to somebody who is woken. */
function severityOf(p: number, change: number): Severity {
  if (p < 1e-4 && change >= 0.5) return 'high';
  return p < 1e-3 && change >= 0.3 ? 'medium' : 'low';
}

interface Judgement {
  readonly value: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
  /** Relative distance, of the larger of both. */
  readonly change: number;
}

function judge(config: AnomalyConfig, { metric, values, volumes }: MetricSeries): Judgement | undefined {
  const scale = scaleOf(metric);
  const last = values.length - 1;
  const value = values[last] as number;
  const known: number[] = [];
  for (let at = 0; at < last; at++) if (!Number.isNaN(values[at])) known.push(at);
  if (known.length < config.minimum_hours || Number.isNaN(value)) return undefined;
  const slots = new Slots(known, values, scale.to, last);
  const ordinary = slots.ordinary(last);
  const usual = medianOf(slots.like(last).map((at) => volumes[at] as number));
  if (Math.max(volumes[last] as number, usual) < config.minimum_volume) return undefined;
  const residuals = known.map((at) => scale.to(values[at] as number) - slots.ordinary(at));
  const lately = known.filter((at) => at >= last - LEVEL_HOURS);
  const moved = (at: number): number =>
    scale.moves === 'by_factor'
      ? scale.to(values[at] as number) / slots.ordinary(at)
      : scale.to(values[at] as number) - slots.ordinary(at);
  const level = medianOf(lately.map(moved));
  const overall = robustDeviation(residuals, medianOf(residuals));
  // Some hours are wilder than others: the spread of this hour of the day, drawn towards that of all. Of shares it is
  // known why: they are of fewer. What their spread is beyond counting stays, and the counting is that of this hour.
  const own = residuals.filter((_, i) => (last - (known[i] as number)) % 24 === 0);
  const ownSpread = robustDeviation(own, medianOf(own));
  const weight = own.length / (own.length + 10);
  const counted = scale.counting?.bind(scale);
  const variance =
    counted === undefined
      ? weight * ownSpread ** 2 + (1 - weight) * overall ** 2
      : Math.max(0, overall ** 2 - medianOf(known.map((at) => counted(volumes[at] as number)))) +
        counted(volumes[last] as number);
  const spread = Math.max(SPREAD_MIN, Math.sqrt(variance));
  // Medians of few weeks are unsure themselves, and sit closer to their own hours than to a new one.
  const weeks = slots.like(last).length;
  const wide = spread * Math.sqrt(1 + 1.57 / (weeks + PRIOR_WEIGHT)) * Math.sqrt((weeks + 1) / Math.max(1, weeks));
  const none = lately.length === 0;
  const centre = none ? ordinary : scale.moves === 'by_factor' ? ordinary * level : ordinary + level;
  const t = (scale.to(value) - centre) / wide;
  const expected = scale.from(centre);
  const largest = Math.max(Math.abs(value), Math.abs(expected));
  return {
    ...{ value, expected, lower: scale.from(centre - 2.23 * wide), upper: scale.from(centre + 2.23 * wide) },
    p: studentTwoSided(t, DEGREES),
    change: largest > 0 ? Math.abs(value - expected) / largest : 0,
  };
}

/** Medians by the hour of the week, of the day, and of all, of the hours before the last. */
class Slots {
  readonly #week = new Map<number, number[]>();
  readonly #ordinary = new Map<number, number>();

  constructor(known: readonly number[], values: ArrayLike<number>, to: (value: number) => number, last: number) {
    const day = new Map<number, number[]>();
    const put = (map: Map<number, number[]>, slot: number, at: number): void => {
      const list = map.get(slot) ?? [];
      map.set(slot, list);
      list.push(at);
    };
    for (const at of known) {
      put(this.#week, at % HOURS_OF_WEEK, at);
      put(day, at % 24, at);
    }
    const middle = (list: readonly number[]): number => medianOf(list.map((at) => to(values[at] as number)));
    const all = middle(known);
    const ofDay = new Map([...day].map(([slot, list]) => [slot, shrunk(middle(list), list.length, all)]));
    for (const at of [...known, last]) {
      const slot = at % HOURS_OF_WEEK;
      const list = this.#week.get(slot) ?? [];
      if (!this.#ordinary.has(slot)) {
        this.#ordinary.set(slot, shrunk(middle(list), list.length, ofDay.get(at % 24) ?? all));
      }
    }
  }

  /** What is ordinary for the hour of the week of a place in the series, scaled. */
  ordinary(at: number): number {
    return this.#ordinary.get(at % HOURS_OF_WEEK) as number;
  }

  /** The known hours before that are of the same hour of the week. */
  like(at: number): readonly number[] {
    return this.#week.get(at % HOURS_OF_WEEK) ?? [];
  }
}

function shrunk(own: number, count: number, towards: number): number {
  return (own * count + towards * PRIOR_WEIGHT) / (count + PRIOR_WEIGHT);
}
