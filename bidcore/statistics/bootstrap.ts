// The bootstrap, for what has no formula: intervals of any statistic of one or more samples, by drawing the samples
// again from themselves. Seeded: the same random source gives the same interval.

import type { Interval } from './intervals.js';
import { normalBelow, normalQuantile } from './normal.js';

export interface BootstrapOptions {
  /** 0 to 1, as 0.95. */
  readonly level: number;
  /** Samples drawn: 2,000 or more for an interval of 95%. */
  readonly resamples: number;
  /** Uniform from 0 to 1, without 1. */
  readonly random: () => number;
}

/**
 * Bias-corrected and accelerated interval (BCa: Efron, JASA 82, 1987; Efron and Tibshirani, "An Introduction to the
 * Bootstrap", section 14.3). Each sample is drawn for itself; paired values are one sample of pairs. Where the
 * statistic is the same in all draws, that value on both sides. Throws on an empty sample.
 */
export function bootstrapInterval<T>(
  samples: readonly (readonly T[])[],
  statistic: (samples: readonly (readonly T[])[]) => number,
  { level, resamples, random }: BootstrapOptions,
): Interval {
  if (samples.some((sample) => sample.length === 0)) throw new Error('bootstrap of an empty sample');
  const estimate = statistic(samples);
  const draw = (sample: readonly T[]): T[] => sample.map(() => sample[Math.floor(random() * sample.length)] as T);
  const drawn = Float64Array.from({ length: resamples }, () => statistic(samples.map(draw))).sort();
  const below = drawn.filter((value) => value < estimate).length;
  const same = drawn.filter((value) => value === estimate).length;
  const bias = normalQuantile((below + same / 2) / resamples);
  if (!Number.isFinite(bias)) return { estimate, lower: drawn[0] as number, upper: drawn[resamples - 1] as number };
  const skew = acceleration(samples, statistic);
  const bound = (p: number): number => {
    const shifted = bias + normalQuantile(p);
    const share = normalBelow(bias + shifted / (1 - skew * shifted));
    return drawn[Math.min(resamples - 1, Math.max(0, Math.floor(share * (resamples + 1)) - 1))] as number;
  };
  return { estimate, lower: bound((1 - level) / 2), upper: bound((1 + level) / 2) };
}

/** How the statistic's spread changes with its value, from leaving out each value in turn (equation 14.15). */
function acceleration<T>(
  samples: readonly (readonly T[])[],
  statistic: (samples: readonly (readonly T[])[]) => number,
): number {
  let [squares, cubes] = [0, 0];
  for (const [at, sample] of samples.entries()) {
    if (sample.length < 2) continue;
    const without = sample.map((_, left) =>
      statistic(samples.map((other, j) => (j === at ? sample.filter((_, i) => i !== left) : other))),
    );
    const mean = without.reduce((sum, value) => sum + value, 0) / without.length;
    // Of several samples each counts by its own size, as the influence of its values does.
    for (const value of without) {
      squares += ((mean - value) / sample.length) ** 2;
      cubes += ((mean - value) / sample.length) ** 3;
    }
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}
