// What tests and intervals of means need of a sample: its size, mean and variance. A control plane keeps the three sums
// of an arm, not its values.

export interface Moments {
  readonly n: number;
  /** 0 of no values. */
  readonly mean: number;
  /** Unbiased (divided by n − 1); 0 of fewer than two values. */
  readonly variance: number;
}

/** Moments of values, in two passes. */
export function momentsOf(values: ArrayLike<number>): Moments {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (values[i] as number) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2;
  return { n, mean, variance: n > 1 ? squares / (n - 1) : 0 };
}

/**
 * Moments from running sums. Digits cancel where the mean is far above the spread: of 16, twice the logarithm of their
 * ratio is lost.
 * @param squares sum of the squares of the values
 */
export function momentsOfSums(n: number, sum: number, squares: number): Moments {
  if (n === 0) return { n, mean: 0, variance: 0 };
  const mean = sum / n;
  return { n, mean, variance: n > 1 ? Math.max(0, (squares - sum * mean) / (n - 1)) : 0 };
}

/** Variance of the mean; infinite where fewer than two values leave it unknown. */
export function errorVariance({ n, variance }: Moments): number {
  return n > 1 ? variance / n : Number.POSITIVE_INFINITY;
}

/**
 * Degrees of freedom of a sum of two means' variances (Satterthwaite, Biometrics Bulletin 2, 1946; Welch, Biometrika
 * 34, 1947). With no variance at all, those of the pooled test.
 * @param first, second variances of the two terms, each from a sample of n values, at least two
 */
export function satterthwaite(first: number, n: number, second: number, m: number): number {
  const whole = first + second;
  return whole > 0 ? 1 / ((first / whole) ** 2 / (n - 1) + (second / whole) ** 2 / (m - 1)) : n + m - 2;
}
