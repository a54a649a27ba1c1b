// What estimates are made of: sums by episode, and intervals from drawing episodes again (bootstrap by clusters:
// Davison and Hinkley 1997, section 3.8). Decisions of one campaign and day hang together, so they are drawn together.

import { Random } from '../random.js';

export interface Estimate {
  readonly value: number;
  /** Ends of the 95% interval. */
  readonly lower: number;
  readonly upper: number;
}

const RESAMPLES = 1000;
const SEED = 0x424f4f54;

/** A column of numbers, summed by episode. */
export type Sums = Float64Array;

/** @param episodes of each row, 0 to count − 1 */
export function sumsOf(values: ArrayLike<number>, episodes: ArrayLike<number>, count: number): Sums {
  const sums = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const at = episodes[i] as number;
    sums[at] = (sums[at] as number) + (values[i] as number);
  }
  return sums;
}

/**
 * A statistic of the totals of some columns, with the interval between the 2.5% and 97.5% quantiles of its values for
 * 1000 drawings of as many episodes as there are. The same columns always give the same interval.
 */
export function bootstrapped(columns: readonly Sums[], statistic: (totals: readonly number[]) => number): Estimate {
  const count = columns[0]?.length ?? 0;
  const value = statistic(columns.map((sums) => sums.reduce((total, x) => total + x, 0)));
  const random = new Random(SEED);
  const drawn = Float64Array.from({ length: RESAMPLES }, () => {
    const totals = columns.map(() => 0);
    for (let n = 0; n < count; n++) {
      const episode = random.integer(count);
      for (let c = 0; c < columns.length; c++) {
        totals[c] = (totals[c] as number) + ((columns[c] as Sums)[episode] as number);
      }
    }
    return statistic(totals);
  }).sort();
  const at = (share: number): number => drawn[Math.round(share * (RESAMPLES - 1))] as number;
  return { value, lower: at(0.025), upper: at(0.975) };
}
