// The Mann–Whitney test: whether values of one sample tend to be above those of another. With many ties, as rewards
// have them that are mostly 0, its variance is corrected (Mann and Whitney 1947; ties: Hollander and Wolfe,
// "Nonparametric Statistical Methods", section 4.1).

import { twoSided } from './normal.js';

export interface MannWhitney {
  /** Pairs in which the value of the first sample is above that of the second, ties counted half. */
  readonly u: number;
  /** The share of pairs that is: 0.5 where neither tends to be above. */
  readonly share: number;
  /** Two-sided, from the normal distribution with continuity correction. 1 if all values are the same. */
  readonly p: number;
}

/** Tests two samples, in no order. Throws on an empty one. */
export function mannWhitney(first: ArrayLike<number>, second: ArrayLike<number>): MannWhitney {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) throw new Error('Mann–Whitney of an empty sample');
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  let ranks = 0;
  let ties = 0;
  for (let i = 0, j = 0; i < n || j < m; ) {
    const x = Math.min(
      i < n ? (a[i] as number) : Number.POSITIVE_INFINITY,
      j < m ? (b[j] as number) : Number.POSITIVE_INFINITY,
    );
    const [i0, j0] = [i, j];
    while (i < n && a[i] === x) i++;
    while (j < m && b[j] === x) j++;
    const tied = i - i0 + (j - j0);
    ranks += (i - i0) * (i0 + j0 + (tied + 1) / 2);
    ties += tied ** 3 - tied;
  }
  const u = ranks - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return { u, share: 0.5, p: 1 };
  const apart = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return { u, share: u / (n * m), p: twoSided(apart / Math.sqrt(variance)) };
}
