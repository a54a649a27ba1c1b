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
  /** What it knows besides the parameters, as it is: steps taken, and the moments of the gradients. */
  readonly steps = new Float64Array(1);
  readonly first: Float32Array;
  readonly second: Float32Array;

  constructor(kernels: Kernels, parameters: Parameters, options: Partial<AdamOptions> = {}) {
    this.#kernels = kernels;
    this.#parameters = parameters;
    this.#options = { ...DEFAULTS, ...options };
    this.first = kernels.floats(parameters.values.length);
    this.second = kernels.floats(parameters.values.length);
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
    const steps = (this.steps[0] as number) + 1;
    this.steps[0] = steps;
    const correction = Math.sqrt(1 - beta2 ** steps);
    this.#kernels.adam(values, gradients, this.first, this.second, {
      scale: norm > normMax ? normMax / norm : 1,
      beta1,
      beta2,
      step: (rate * correction) / (1 - beta1 ** steps),
      epsilon: epsilon * correction,
      keep: 1 - rate * weightDecay,
    });
    gradients.fill(0);
    return norm;
  }
}
