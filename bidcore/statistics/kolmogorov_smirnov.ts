// The two-sample Kolmogorov–Smirnov test: how far two empirical distribution functions are apart at most. Made for
// continuous values; with ties, as prices and ranks have them, its p-value is too large rather than too small.

import { kolmogorovTail } from './kolmogorov.js';

export interface Ks {
  /** 0 to 1. */
  readonly distance: number;
  /** Probability of at least this distance if both samples come from one distribution. */
  readonly p: number;
}

/** Products of sizes up to which p is counted exactly. */
const EXACT_MAX = 10_000;

/** Tests two samples, in no order. Throws on an empty one. */
export function kolmogorovSmirnov(first: ArrayLike<number>, second: ArrayLike<number>): Ks {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) throw new Error('Kolmogorov–Smirnov of an empty sample');
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  let distance = 0;
  for (let i = 0, j = 0; i < n && j < m; ) {
    const x = Math.min(a[i] as number, b[j] as number);
    while (i < n && a[i] === x) i++;
    while (j < m && b[j] === x) j++;
    distance = Math.max(distance, Math.abs(i / n - j / m));
  }
  const p = n * m <= EXACT_MAX ? exactP(distance, n, m) : asymptoticP(distance, n, m);
  return { distance, p };
}

/**
 * Share of all orders of n and m values whose distance is at least this: paths through a lattice that leave a band
 * (Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för Matematik 3, 1958; with the
 * scaling of Kim and Jennrich, 1973, so that counts stay shares).
 */
function exactP(distance: number, n: number, m: number): number {
  const within = (0.5 + Math.floor(distance * n * m - 1e-7)) / (n * m);
  const inside = Float64Array.from({ length: m + 1 }, (_, j) => (j / m > within ? 0 : 1));
  for (let i = 1; i <= n; i++) {
    const scale = i / (i + m);
    inside[0] = i / n > within ? 0 : scale * (inside[0] as number);
    for (let j = 1; j <= m; j++) {
      const apart = Math.abs(i / n - j / m) > within;
      inside[j] = apart ? 0 : scale * (inside[j] as number) + (inside[j - 1] as number);
    }
  }
  return Math.min(1, Math.max(0, 1 - (inside[m] as number)));
}

/** Kolmogorov's limit, with the correction for finite samples of Stephens (1970). */
function asymptoticP(distance: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m));
  return kolmogorovTail((root + 0.12 + 0.11 / root) * distance);
}
