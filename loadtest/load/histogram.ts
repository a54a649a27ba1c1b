// Latencies in microseconds, in a histogram that keeps three digits of every value from 1 us to a minute (HdrHistogram,
// Gil Tene): percentiles of a run of any length, in constant memory, with an error below one in a thousand.

import { build, type Histogram } from 'hdr-histogram-js';

const MAX_US = 60_000_000;

export interface Percentiles {
  readonly count: number;
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p99_us: number;
  readonly p999_us: number;
  readonly max_us: number;
}

/** A point of the distribution: so many nines of the values (2 is 99%) are at most this. */
export interface TailPoint {
  readonly nines: number;
  readonly us: number;
}

export class Latencies {
  readonly #histogram: Histogram;

  /** @param digits decimal digits that are kept of each value */
  constructor(digits: 2 | 3 = 3) {
    this.#histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: MAX_US,
      numberOfSignificantValueDigits: digits,
      bitBucketSize: 32,
      autoResize: false,
    });
  }

  /** @param ms milliseconds; below 0 counts as 0, above a minute as a minute */
  record(ms: number): void {
    this.#histogram.recordValue(Math.min(MAX_US, Math.max(0, Math.round(ms * 1000))));
  }

  add(other: Latencies): void {
    this.#histogram.add(other.#histogram);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Microseconds; 0 if there is nothing. */
  at(percent: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percent);
  }

  percentiles(): Percentiles {
    return {
      count: this.count,
      p50_us: this.at(50),
      p90_us: this.at(90),
      p99_us: this.at(99),
      p999_us: this.at(99.9),
      max_us: this.count === 0 ? 0 : this.#histogram.maxValue,
    };
  }

  /** The distribution from its median on, as far as there are values to tell. */
  tail(): TailPoint[] {
    const most = Math.log10(Math.max(10, this.count));
    const points: TailPoint[] = [];
    for (let nines = 0; nines <= most; nines += 0.1) {
      points.push({ nines: Number(nines.toFixed(1)), us: this.at(100 * (1 - 10 ** -nines)) });
    }
    return points;
  }
}
