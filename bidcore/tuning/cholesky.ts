// The little linear algebra that a Gaussian process needs: matrices are rows after rows in a Float64Array.

/**
 * Lower factor L of a symmetric positive definite matrix, L Lᵀ = A. What rounding has made indefinite gets the least
 * power of ten, from 1e-12 of its largest diagonal element, added to the diagonal. Throws if a tenth does not help:
 * then the matrix is no covariance.
 */
export function cholesky(a: Float64Array, n: number): Float64Array {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, a[i * n + i] as number);
  for (let jitter = 0; jitter <= 0.1; jitter = jitter === 0 ? 1e-12 : jitter * 10) {
    const factor = factorise(a, n, jitter * largest);
    if (factor !== undefined) return factor;
  }
  throw new Error(`no covariance: a matrix of ${n} rows is not positive definite`);
}

function factorise(a: Float64Array, n: number, jitter: number): Float64Array | undefined {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      if (j < i) l[i * n + j] = sum / (l[j * n + j] as number);
      else {
        if (!(sum + jitter > 0)) return undefined;
        l[i * n + i] = Math.sqrt(sum + jitter);
      }
    }
  }
  return l;
}

/** x of L x = b. */
export function solveLower(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (l[i * n + k] as number) * (x[k] as number);
    x[i] = sum / (l[i * n + i] as number);
  }
  return x;
}

/** x of Lᵀ x = b. */
export function solveUpper(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    const value = (x[i] as number) / (l[i * n + i] as number);
    x[i] = value;
    for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (l[i * n + k] as number) * value;
  }
  return x;
}

/** Inverse of L Lᵀ. */
export function inverse(l: Float64Array, n: number): Float64Array {
  // The inverse of L, row by row, then its transpose times itself.
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const diagonal = l[i * n + i] as number;
    for (let k = 0; k < i; k++) {
      const factor = (l[i * n + k] as number) / diagonal;
      for (let j = 0; j <= k; j++) m[i * n + j] = (m[i * n + j] as number) - factor * (m[k * n + j] as number);
    }
    m[i * n + i] = 1 / diagonal;
  }
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const factor = m[k * n + i] as number;
      for (let j = 0; j <= i; j++) out[i * n + j] = (out[i * n + j] as number) + factor * (m[k * n + j] as number);
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j] as number;
  return out;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
