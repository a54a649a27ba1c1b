// First weights of layers.

import type { Random } from '../random.js';

/** Uniform between −`bound` and `bound`. */
export function uniform(weights: Float32Array, bound: number, random: Random): void {
  for (let i = 0; i < weights.length; i++) weights[i] = random.uniform(-bound, bound);
}

/**
 * A random matrix (rows × columns) whose rows, or columns where they are fewer, are orthogonal and `gain` long: normal
 * vectors, orthogonalised by Gram and Schmidt's method, twice each, which is enough (Kahan and Parlett).
 */
export function orthogonal(weights: Float32Array, rows: number, columns: number, gain: number, random: Random): void {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const along = dot(vector, other);
        for (let i = 0; i < length; i++) vector[i] = (vector[i] as number) - along * (other[i] as number);
      }
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((value) => value / norm));
  }
  vectors.forEach((vector, v) => {
    vector.forEach((value, i) => {
      weights[rows <= columns ? v * columns + i : i * columns + v] = gain * value;
    });
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
