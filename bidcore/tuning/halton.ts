// Points that fill a box evenly: Halton's sequence (Numerische Mathematik 2, 1960), its digits scrambled at random, so
// that high bases do not line up (Owen, "A randomized Halton algorithm in R", 2017).

import { Random } from '../fuzz/random.js';

const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89];

/** As many dimensions as a box may have. */
export const DIMENSIONS_MAX = PRIMES.length;

/**
 * The first `count` points of the unit box, each coordinate from 0 up to, but not, 1. Equal seeds give equal points.
 */
export function halton(count: number, dimensions: number, seed: number): number[][] {
  if (dimensions > DIMENSIONS_MAX) throw new RangeError(`${dimensions} dimensions; at most ${DIMENSIONS_MAX}`);
  const random = new Random(seed);
  const columns = PRIMES.slice(0, dimensions).map((base) => column(count, base, random));
  return Array.from({ length: count }, (_, i) => columns.map((values) => values[i] as number));
}

function column(count: number, base: number, random: Random): Float64Array {
  const values = new Float64Array(count);
  const digits = Array.from({ length: base }, (_, digit) => digit);
  // A permutation for each place, down to where a digit is less than the rounding of a double.
  for (let place = 1, unit = 1 / base; unit > 1e-16; place *= base, unit /= base) {
    const permuted = random.shuffled(digits);
    for (let i = 0; i < count; i++) {
      values[i] = (values[i] as number) + unit * (permuted[Math.floor(i / place) % base] as number);
    }
  }
  return values.map((value) => Math.min(value, 1 - 2 ** -53));
}
