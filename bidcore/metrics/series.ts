// Sums of many campaigns over time, for windows that slide. Each sum is a table of running totals, time by campaign:
//
//            campaign 0   1   2  …
//   start        0        0   0        total of what came before bucket 0
//   bucket 0     3        1   9        … before bucket 1
//   bucket 1     5        1  12
//
// The sum of any window of all campaigns is one row less another, read straight through, whatever the window's length.
// Totals are doubles: exact while they are whole and below 2⁵³, which micros of a campaign's history are.

import { NO_SUMS, SUMS, type SumName, type Sums } from './metrics.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Sums of one campaign in one bucket, as the rollups keep them. */
export interface SumRow extends Partial<Sums> {
  readonly campaign: string;
  /** Start of the bucket, milliseconds since the epoch. */
  readonly start_ms: number;
}

export interface SeriesShape {
  readonly campaigns: readonly string[];
  readonly startMs: number;
  /** Length of a bucket: a minute, an hour or a day. */
  readonly bucketMs: number;
  readonly buckets: number;
}

/** What was counted in one bucket, a value for each campaign. */
export type BucketColumns = Readonly<Record<SumName, Float64Array>>;

export class SumSeries {
  readonly campaigns: readonly string[];
  readonly startMs: number;
  readonly bucketMs: number;
  readonly #totals: Readonly<Record<SumName, Float64Array>>;
  readonly #room: number;
  #filled = 0;

  /** Empty, with room for so many buckets. */
  constructor({ campaigns, startMs, bucketMs, buckets }: SeriesShape) {
    this.campaigns = campaigns;
    this.startMs = startMs;
    this.bucketMs = bucketMs;
    this.#room = buckets;
    this.#totals = columnsOf((buckets + 1) * campaigns.length);
  }

  /** Of rows in any order. Rows of other campaigns or times are left out; several of one bucket add up. */
  static of(shape: SeriesShape, rows: Iterable<SumRow>): SumSeries {
    const series = new SumSeries(shape);
    const width = shape.campaigns.length;
    const at = new Map(shape.campaigns.map((campaign, index) => [campaign, index]));
    for (const row of rows) {
      const campaign = at.get(row.campaign);
      const bucket = Math.floor((row.start_ms - shape.startMs) / shape.bucketMs);
      if (campaign === undefined || bucket < 0 || bucket >= shape.buckets) continue;
      const place = (bucket + 1) * width + campaign;
      for (const name of SUMS) (series.#totals[name][place] as number) += row[name] ?? 0;
    }
    for (const name of SUMS) {
      const totals = series.#totals[name];
      for (let place = width; place < totals.length; place++) {
        totals[place] = (totals[place] as number) + (totals[place - width] as number);
      }
    }
    series.#filled = shape.buckets;
    return series;
  }

  /** Buckets that are there. */
  get buckets(): number {
    return this.#filled;
  }

  /** Adds the next bucket. Throws where there is no room left. */
  append(bucket: BucketColumns): void {
    if (this.#filled === this.#room) throw new RangeError(`a series of ${this.#room} buckets is full`);
    const width = this.campaigns.length;
    const from = this.#filled * width;
    for (const name of SUMS) {
      const totals = this.#totals[name];
      const added = bucket[name];
      for (let i = 0; i < width; i++) totals[from + width + i] = (totals[from + i] as number) + (added[i] as number);
    }
    this.#filled += 1;
  }

  /** One sum of all campaigns over buckets `from` up to, but not, `to`; what is outside the series counts as 0. */
  window(name: SumName, from: number, to: number, out: Float64Array): Float64Array {
    const width = this.campaigns.length;
    const [low, high] = this.#rows(from, to);
    const totals = this.#totals[name];
    for (let i = 0; i < width; i++) out[i] = (totals[high + i] as number) - (totals[low + i] as number);
    return out;
  }

  /** One sum of one campaign over buckets `from` up to, but not, `to`. */
  sum(name: SumName, campaign: number, from: number, to: number): number {
    const [low, high] = this.#rows(from, to);
    const totals = this.#totals[name];
    return (totals[high + campaign] as number) - (totals[low + campaign] as number);
  }

  /** All sums of one campaign over buckets `from` up to, but not, `to`. */
  sums(campaign: number, from: number, to: number): Sums {
    const sums: Record<SumName, number> = { ...NO_SUMS };
    for (const name of SUMS) sums[name] = this.sum(name, campaign, from, to);
    return sums;
  }

  #rows(from: number, to: number): readonly [number, number] {
    const within = (bucket: number): number => Math.min(Math.max(bucket, 0), this.#filled) * this.campaigns.length;
    const high = within(to);
    return [Math.min(within(from), high), high];
  }
}

/** A column of zeros for each sum. */
export function columnsOf(length: number): Record<SumName, Float64Array> {
  return Object.fromEntries(SUMS.map((name) => [name, new Float64Array(length)])) as Record<SumName, Float64Array>;
}
