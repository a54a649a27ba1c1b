// The Mann–Whitney test: whether values of one sample tend to be above those of another. With many ties, as rewards
// have them that are mostly 0, its variance is corrected (Mann and Whitney 1947; ties: Hollander and Wolfe,
// "Nonparametric Statistical Methods", section 4.1).

import { twoSided } from './normal.js';

export interface MannWhitney {
  /** Pairs in which the value of the first sample is above that of the second, ties counted half. */
  readonly u: number;
  /** The share of pairs that is: 0.5 where neither tends to be above. */
  readonly share: number;
  /**
   * Two-sided: counted where samples are small and nothing ties, else from the normal distribution with continuity
   * correction. 1 if all values are the same.
   */
  readonly p: number;
}

/** Products of sizes up to which p is counted exactly. */
const EXACT_MAX = 1000;

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
  if (ties === 0 && n * m <= EXACT_MAX) return { u, share: u / (n * m), p: exactP(u, n, m) };
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return { u, share: 0.5, p: 1 };
  const apart = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return { u, share: u / (n * m), p: twoSided(apart / Math.sqrt(variance)) };
}

/**
 * Share of all orders of n and m values whose U is at least this far from its middle. With the largest value of all in
 * the first sample, U counts its m pairs and those of n − 1 and m; else those of n and m − 1 (Mann and Whitney 1947).
 */
function exactP(u: number, n: number, m: number): number {
  const far = Math.min(u, n * m - u);
  // below[j][k]: share of the orders of i and j values with U = k, for the i of the loop.
  let below: Float64Array[] = Array.from({ length: m + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= n; i++) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let j = 1; j <= m; j++) {
      const shares = new Float64Array(i * j + 1);
      (below[j] as Float64Array).forEach((share, k) => {
        shares[k + j] = (shares[k + j] as number) + (share * i) / (i + j);
      });
      (next[j - 1] as Float64Array).forEach((share, k) => {
        shares[k] = (shares[k] as number) + (share * j) / (i + j);
      });
      next.push(shares);
    }
    below = next;
  }
  const tail = (below[m] as Float64Array).subarray(0, far + 1).reduce((sum, share) => sum + share, 0);
  return Math.min(1, 2 * tail);
}
