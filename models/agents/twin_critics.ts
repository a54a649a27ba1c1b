// Two critics of observation and action, of which the lower one is believed (Fujimoto et al. 2018): SAC's and TD3's.

import type { Kernels } from '../nn/kernels.js';
import { squaredLoss } from '../nn/losses.js';
import { Network, parameterCount, type Shape } from '../nn/network.js';
import { Parameters } from '../nn/parameters.js';
import type { Random } from '../random.js';

export class TwinCritics {
  readonly parameters: Parameters;
  readonly first: Network;
  readonly second: Network;
  readonly #kernels: Kernels;
  readonly #observationSize: number;
  readonly #actionSize: number;

  constructor(
    kernels: Kernels,
    observationSize: number,
    actionSize: number,
    hidden: readonly number[],
    rowsMax: number,
  ) {
    const shape: Shape = { sizes: [observationSize + actionSize, ...hidden, 1], hidden: 'relu' };
    this.parameters = new Parameters(kernels, 2 * parameterCount(shape));
    this.first = new Network(kernels, shape, rowsMax, this.parameters);
    this.second = new Network(kernels, shape, rowsMax, this.parameters);
    this.#kernels = kernels;
    this.#observationSize = observationSize;
    this.#actionSize = actionSize;
  }

  initialise(random: Random): void {
    this.first.initialiseUniform(random);
    this.second.initialiseUniform(random);
  }

  /** Values of rows of observations and actions, into the outputs of both. */
  forward(observations: Float32Array, actions: Float32Array, rows: number): void {
    const [size, actionSize] = [this.#observationSize, this.#actionSize];
    const { input } = this.first;
    for (let row = 0, at = 0; row < rows; row++) {
      for (let d = 0; d < size; d++) input[at++] = observations[row * size + d] as number;
      for (let d = 0; d < actionSize; d++) input[at++] = actions[row * actionSize + d] as number;
    }
    this.second.input.set(input.subarray(0, rows * (size + actionSize)));
    this.first.forward(rows);
    this.second.forward(rows);
  }

  /** Adds to the gradients those of ½ (Q − target)² of both, as computed last; returns the sum of the two losses. */
  backward(targets: Float32Array, rows: number): number {
    let loss = 0;
    for (const critic of [this.first, this.second]) {
      loss += squaredLoss(critic.output, targets, rows, critic.outputGradient);
      critic.backward(rows, 'parameters');
    }
    return loss;
  }

  /** Adds the derivatives by the actions, after `backward` of the critic for its input, to `byAction`. */
  addActionGradient(critic: Network, rows: number, byAction: Float32Array): void {
    const [size, actionSize] = [this.#observationSize, this.#actionSize];
    for (let row = 0; row < rows; row++) {
      for (let d = 0; d < actionSize; d++) {
        const at = row * actionSize + d;
        byAction[at] =
          (byAction[at] as number) + (critic.inputGradient[row * (size + actionSize) + size + d] as number);
      }
    }
  }

  /** Moves towards others by `share` of the way. */
  follow(others: TwinCritics, share: number): void {
    this.#kernels.blend(others.parameters.values, this.parameters.values, share);
  }
}
