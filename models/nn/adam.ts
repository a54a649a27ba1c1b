// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019) and clipping by the gradients'
// common norm (Pascanu et al. 2013).

import type { Kernels } from './kernels.js';
import type { Parameters } from './parameters.js';

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Share of a weight that is lost at a step, divided by the learning rate. */
  readonly weightDecay: number;
  /** Longest norm of all gradients together; longer ones are shortened to it. */
  readonly normMax: number;
}

const DEFAULTS: AdamOptions = {
  ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  ...{ weightDecay: 0, normMax: Number.POSITIVE_INFINITY },
};

export class Adam {
  readonly #kernels: Kernels;
  readonly #parameters: Parameters;
  readonly #options: AdamOptions;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  #steps = 0;

  constructor(kernels: Kernels, parameters: Parameters, options: Partial<AdamOptions> = {}) {
    this.#kernels = kernels;
    this.#parameters = parameters;
    this.#options = { ...DEFAULTS, ...options };
    this.#first = kernels.floats(parameters.values.length);
    this.#second = kernels.floats(parameters.values.length);
  }

  /**
   * Takes a step against the gradients, and sets them to 0 for the next.
   *
   * @returns the norm they had
   */
  step(rate: number): number {
    const { beta1, beta2, epsilon, weightDecay, normMax } = this.#options;
    const { values, gradients } = this.#parameters;
    const norm = Math.sqrt(this.#kernels.squares(gradients));
    this.#steps++;
    const correction = Math.sqrt(1 - beta2 ** this.#steps);
    this.#kernels.adam(values, gradients, this.#first, this.#second, {
      scale: norm > normMax ? normMax / norm : 1,
      beta1,
      beta2,
      step: (rate * correction) / (1 - beta1 ** this.#steps),
      epsilon: epsilon * correction,
      keep: 1 - rate * weightDecay,
    });
    gradients.fill(0);
    return norm;
  }

  /** What it knows besides the parameters: steps, then the two moments. */
  save(): readonly [steps: number, first: Float32Array, second: Float32Array] {
    return [this.#steps, this.#first, this.#second];
  }

  restore(steps: number, first: Float32Array, second: Float32Array): void {
    this.#steps = steps;
    this.#first.set(first);
    this.#second.set(second);
  }
}
