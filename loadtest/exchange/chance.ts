// What a world draws besides uniform numbers: normal and log-normal values, popularity by Zipf's law.

import { Random } from '../../bidcore/fuzz/random.js';

export class Chance extends Random {
  /** Standard normal (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float());
  }

  /** Log-normal with this median and spread of its logarithm. */
  logNormal(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal());
  }
}

/** Shares that add up to 1, to draw an index by. */
export class Shares {
  readonly #upTo: Float64Array;

  /** @param weights not negative, at least one above 0 */
  constructor(weights: readonly number[]) {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (!(sum > 0)) throw new Error('shares of nothing');
    let upTo = 0;
    this.#upTo = Float64Array.from(weights, (weight) => {
      upTo += weight / sum;
      return upTo;
    });
  }

  /** The index that a number from 0 to 1 (not 1) falls to. */
  at(uniform: number): number {
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] as number) > uniform) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Zipf's law: the nth of `count` is drawn in proportion to 1 / n^exponent. */
export function zipf(count: number, exponent: number): Shares {
  return new Shares(Array.from({ length: count }, (_, n) => (n + 1) ** -exponent));
}

/** Standard normal distribution function (Abramowitz and Stegun 7.1.26; absolute error below 1.5e-7). */
export function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * series * Math.exp(-z * z);
  return x < 0 ? tail : 1 - tail;
}
