// What networks compute with: the hold on build/network.wasm (assembly/kernels.ts), and the memory its arrays lie in.
//
// All arrays a kernel is given come from `floats` of the same object, or are parts of such. The memory is reserved at
// once and never grows, so that the arrays stay where they are; pages nothing is written to cost nothing.

import { readFileSync } from 'node:fs';

/** Products, activations and optimiser over f32 arrays. Matrices have their rows one after the other. */
export interface Kernels {
  /** A new array of zeroes. */
  floats(count: number): Float32Array;
  /** C (m × n) += A (m × k) B (k × n); A's element (i, p) is `a[i * row + p * column]`. */
  product(
    a: Float32Array,
    row: number,
    column: number,
    b: Float32Array,
    c: Float32Array,
    m: number,
    k: number,
    n: number,
  ): void;
  /** Each of the m rows of `to` becomes the n numbers of `row`. */
  spread(row: Float32Array, to: Float32Array, m: number, n: number): void;
  /** Adds each of the m rows to the n numbers of `sums`. */
  addRows(rows: Float32Array, sums: Float32Array, m: number, n: number): void;
  /** `to` (n × m) becomes the transpose of `from` (m × n). */
  transpose(from: Float32Array, to: Float32Array, m: number, n: number): void;
  /** max(0, x), in place. */
  relu(x: Float32Array, count: number): void;
  /** The gradient `g`, in place, through a relu whose output is `y`. */
  reluBack(y: Float32Array, g: Float32Array, count: number): void;
  tanh(x: Float32Array, count: number): void;
  tanhBack(y: Float32Array, g: Float32Array, count: number): void;
  /** One step of Adam on whole arrays of `floats`; see `Adam`. */
  adam(w: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array, how: AdamStep): void;
  /** Moves a whole array `to` towards `from` by `share` of the way. */
  blend(from: Float32Array, to: Float32Array, share: number): void;
  /** Sum of the squares, in f64. */
  squares(x: Float32Array): number;
}

/** Numbers of one step of Adam. */
export interface AdamStep {
  /** Gradients are multiplied by it. */
  readonly scale: number;
  readonly beta1: number;
  readonly beta2: number;
  /** The learning rate with both bias corrections in it. */
  readonly step: number;
  /** Epsilon with the correction of the second moment in it. */
  readonly epsilon: number;
  /** What decoupled weight decay leaves of a weight. */
  readonly keep: number;
}

interface Exports {
  product(a: number, row: number, column: number, b: number, c: number, m: number, k: number, n: number): void;
  spread(row: number, to: number, m: number, n: number): void;
  addRows(rows: number, sums: number, m: number, n: number): void;
  transpose(from: number, to: number, m: number, n: number): void;
  relu(x: number, count: number): void;
  reluBack(y: number, g: number, count: number): void;
  tanh(x: number, count: number): void;
  tanhBack(y: number, g: number, count: number): void;
  adam(
    w: number,
    g: number,
    m: number,
    v: number,
    count: number,
    scale: number,
    beta1: number,
    beta2: number,
    step: number,
    epsilon: number,
    keep: number,
  ): void;
  blend(from: number, to: number, count: number, share: number): void;
  squares(x: number, count: number): number;
}

const PAGE_BYTES = 65_536;
/** Arrays start and end at multiples of a vector. */
const VECTOR_BYTES = 16;
/** Address 0 stays free, as do the bytes below the first array. */
const FIRST = 1024;

let compiled: WebAssembly.Module | undefined;

export class WasmKernels implements Kernels {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  #next = FIRST;

  /** @param bytes all arrays together at most */
  constructor(bytes = 64 * 2 ** 20) {
    compiled ??= new WebAssembly.Module(readFileSync(new URL('../../../build/network.wasm', import.meta.url)));
    const pages = Math.ceil(bytes / PAGE_BYTES);
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: false });
    this.#exports = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } }).exports as unknown as Exports;
  }

  floats(count: number): Float32Array {
    const start = this.#next;
    this.#next += Math.ceil((count * 4) / VECTOR_BYTES) * VECTOR_BYTES;
    if (this.#next > this.#memory.buffer.byteLength) throw new RangeError('more arrays than the memory was made for');
    return new Float32Array(this.#memory.buffer, start, count);
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
    this.#exports.product(a.byteOffset, row, column, b.byteOffset, c.byteOffset, m, k, n);
  }

  spread(row: Float32Array, to: Float32Array, m: number, n: number): void {
    this.#exports.spread(row.byteOffset, to.byteOffset, m, n);
  }

  addRows(rows: Float32Array, sums: Float32Array, m: number, n: number): void {
    this.#exports.addRows(rows.byteOffset, sums.byteOffset, m, n);
  }

  transpose(from: Float32Array, to: Float32Array, m: number, n: number): void {
    this.#exports.transpose(from.byteOffset, to.byteOffset, m, n);
  }

  relu(x: Float32Array, count: number): void {
    this.#exports.relu(x.byteOffset, count);
  }

  reluBack(y: Float32Array, g: Float32Array, count: number): void {
    this.#exports.reluBack(y.byteOffset, g.byteOffset, count);
  }

  tanh(x: Float32Array, count: number): void {
    this.#exports.tanh(x.byteOffset, count);
  }

  tanhBack(y: Float32Array, g: Float32Array, count: number): void {
    this.#exports.tanhBack(y.byteOffset, g.byteOffset, count);
  }

  adam(w: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array, how: AdamStep): void {
    const { scale, beta1, beta2, step, epsilon, keep } = how;
    const { byteOffset: at, length } = w;
    this.#exports.adam(at, g.byteOffset, m.byteOffset, v.byteOffset, length, scale, beta1, beta2, step, epsilon, keep);
  }

  blend(from: Float32Array, to: Float32Array, share: number): void {
    this.#exports.blend(from.byteOffset, to.byteOffset, to.length, share);
  }

  squares(x: Float32Array): number {
    return this.#exports.squares(x.byteOffset, x.length);
  }
}
