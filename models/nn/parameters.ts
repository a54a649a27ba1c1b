// All numbers one optimiser learns, in one array, with their gradients in another: clipping, optimiser, saving and
// target networks work on the whole, layers and heads on the parts they took.

import type { Kernels } from './kernels.js';

export class Parameters {
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  #taken = 0;

  constructor(kernels: Kernels, count: number) {
    this.values = kernels.floats(count);
    this.gradients = kernels.floats(count);
  }

  /** The next `count` of them, as parts of the whole. */
  take(count: number): { readonly values: Float32Array; readonly gradients: Float32Array } {
    const [start, end] = [this.#taken, this.#taken + count];
    if (end > this.values.length) throw new RangeError(`${end} parameters of ${this.values.length}`);
    this.#taken = end;
    return { values: this.values.subarray(start, end), gradients: this.gradients.subarray(start, end) };
  }
}
