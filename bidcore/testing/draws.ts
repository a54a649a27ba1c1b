// Random counts and sizes for simulations, seeded: the same seed draws the same everywhere.

import { seededRandom } from './random.js';

/** From this mean on a count is drawn from the normal distribution beside it. */
const NORMAL_FROM = 40;

export class Draws {
  /** From 0 to 1, excluding 1. */
  readonly float: () => number;

  constructor(seed: number) {
    this.float = seededRandom(seed);
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float());
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean >= NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.float(); product > limit; product *= this.float()) count++;
    return count;
  }

  /** Successes of so many tries. */
  binomial(tries: number, chance: number): number {
    if (chance >= 1) return tries;
    if (chance <= 0 || tries === 0) return 0;
    const mean = tries * chance;
    if (mean >= NORMAL_FROM && tries - mean >= NORMAL_FROM) {
      const drawn = Math.round(mean + Math.sqrt(mean * (1 - chance)) * this.normal());
      return Math.min(Math.max(drawn, 0), tries);
    }
    // From one success to the next: the gaps are geometric.
    const logFailure = Math.log(1 - chance);
    let count = -1;
    for (let at = 0; at <= tries && count < tries; count++) {
      at += 1 + Math.floor(Math.log(1 - this.float()) / logFailure);
    }
    return count;
  }

  /** A size of this mean, lognormal with this spread of its logarithm. */
  spread(mean: number, spread: number): number {
    return mean * Math.exp(spread * this.normal() - (spread * spread) / 2);
  }
}
