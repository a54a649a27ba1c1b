// Ranks: the unit interval in 4,096 equal parts, and the normal quantile of the middle of each.

import { normalQuantile } from '../../../bidcore/statistics/normal.js';

export const RANK_BITS = 12;
export const RANKS = 2 ** RANK_BITS;

/** Standard normal quantile of (rank + ½) / RANKS. */
export const RANK_Z = Float64Array.from({ length: RANKS }, (_, rank) => normalQuantile((rank + 0.5) / RANKS));
