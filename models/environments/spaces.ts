// Spaces of observations and actions, as Gymnasium has them (gymnasium.spaces.Box of one dimension, and Discrete).

import type { Random } from '../random.js';

/** Vectors of f32 between two bounds, each of which may be infinite. */
export class Box {
  readonly kind = 'box';
  readonly low: Float32Array;
  readonly high: Float32Array;

  /** @param low lowest values; `high` highest, as many, none below the lowest */
  constructor(low: ArrayLike<number>, high: ArrayLike<number>) {
    this.low = Float32Array.from(low);
    this.high = Float32Array.from(high);
    if (this.low.length !== this.high.length) throw new RangeError('a box wants as many lowest as highest values');
    if (!this.low.every((value, i) => value <= (this.high[i] as number))) throw new RangeError('a box upside down');
  }

  /** Numbers in a vector. */
  get size(): number {
    return this.low.length;
  }

  /**
   * A vector of the box: uniform where both bounds are finite, exponential from the one that is, else normal
   * (Gymnasium's rule).
   */
  sample(random: Random): Float32Array {
    return this.low.map((low, i) => {
      const high = this.high[i] as number;
      if (Number.isFinite(low)) {
        return Number.isFinite(high) ? random.uniform(low, high) : low - Math.log(1 - random.uniform());
      }
      return Number.isFinite(high) ? high + Math.log(1 - random.uniform()) : random.normal();
    });
  }

  contains(value: unknown): boolean {
    return (
      value instanceof Float32Array &&
      value.length === this.size &&
      value.every((x, i) => x >= (this.low[i] as number) && x <= (this.high[i] as number))
    );
  }
}

/** Whole numbers from 0 to `n` − 1. */
export class Discrete {
  readonly kind = 'discrete';
  readonly n: number;

  constructor(n: number) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`${n} actions`);
    this.n = n;
  }

  sample(random: Random): number {
    return random.integer(this.n);
  }

  contains(value: unknown): boolean {
    return Number.isInteger(value) && (value as number) >= 0 && (value as number) < this.n;
  }
}
