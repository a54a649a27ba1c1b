// Ranks: the unit interval in 4,096 equal parts, and the normal quantile of the middle of each.

import { twoSided } from '../../statistics/normal.js';

export const RANK_BITS = 12;
export const RANKS = 2 ** RANK_BITS;

/** Standard normal quantile of (rank + ½) / RANKS. */
export const RANK_Z = quantiles();

/** Newton's method, each from the quantile before; the upper half mirrors the lower. */
function quantiles(): Float64Array {
  const found = new Float64Array(RANKS);
  let z = -3.7;
  for (let rank = 0; rank < RANKS / 2; rank++) {
    const wanted = (rank + 0.5) / RANKS;
    for (let step = 0; step < 6; step++) {
      z -= ((twoSided(z) / 2 - wanted) * Math.sqrt(2 * Math.PI)) / Math.exp((-z * z) / 2);
    }
    found[rank] = z;
    found[RANKS - 1 - rank] = -z;
  }
  return found;
}
