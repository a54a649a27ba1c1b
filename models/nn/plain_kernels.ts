// The kernels as loops anybody can check: the slow twin of assembly/kernels.ts, which tests compare it with.

import type { AdamStep, Kernels } from './kernels.js';

export class PlainKernels implements Kernels {
  floats(count: number): Float32Array {
    return new Float32Array(count);
  }

  product(
    a: Float32Array,
    row: number,
    column: number,
    b: Float32Array,
    c: Float32Array,
    m: number,
    k: number,
    n: number,
  ): void {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = at(c, i * n + j);
        for (let p = 0; p < k; p++) sum += at(a, i * row + p * column) * at(b, p * n + j);
        c[i * n + j] = sum;
      }
    }
  }

  spread(row: Float32Array, to: Float32Array, m: number, n: number): void {
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) to[i * n + j] = at(row, j);
  }

  addRows(rows: Float32Array, sums: Float32Array, m: number, n: number): void {
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) sums[j] = at(sums, j) + at(rows, i * n + j);
  }

  transpose(from: Float32Array, to: Float32Array, m: number, n: number): void {
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) to[j * m + i] = at(from, i * n + j);
  }

  relu(x: Float32Array, count: number): void {
    for (let i = 0; i < count; i++) x[i] = Math.max(0, at(x, i));
  }

  reluBack(y: Float32Array, g: Float32Array, count: number): void {
    for (let i = 0; i < count; i++) if (at(y, i) <= 0) g[i] = 0;
  }

  tanh(x: Float32Array, count: number): void {
    for (let i = 0; i < count; i++) x[i] = Math.tanh(at(x, i));
  }

  tanhBack(y: Float32Array, g: Float32Array, count: number): void {
    for (let i = 0; i < count; i++) g[i] = at(g, i) * (1 - at(y, i) ** 2);
  }

  adam(w: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array, how: AdamStep): void {
    const { scale, beta1, beta2, step, epsilon, keep } = how;
    for (let i = 0; i < w.length; i++) {
      const gradient = at(g, i) * scale;
      m[i] = at(m, i) * beta1 + gradient * (1 - beta1);
      v[i] = at(v, i) * beta2 + gradient * gradient * (1 - beta2);
      w[i] = at(w, i) * keep - (step * at(m, i)) / (Math.sqrt(at(v, i)) + epsilon);
    }
  }

  blend(from: Float32Array, to: Float32Array, share: number): void {
    for (let i = 0; i < to.length; i++) to[i] = at(to, i) + share * (at(from, i) - at(to, i));
  }

  squares(x: Float32Array): number {
    return x.reduce((sum, value) => sum + value * value, 0);
  }
}

function at(array: Float32Array, i: number): number {
  return array[i] as number;
}
