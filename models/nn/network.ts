// A network of dense layers (multi-layer perceptron), forward and backward over batches. All room is taken when it is
// made: a step allocates nothing.
//
//   input ─▶ x W₁ + b₁ ─▶ hidden activation ─▶ … ─▶ x Wₙ + bₙ ─▶ output activation ─▶ output
//
// A layer's weights stand by rows of its inputs: W[i * outputs + o], then its biases.

import type { Random } from '../random.js';
import { orthogonal, uniform } from './initialise.js';
import type { Kernels } from './kernels.js';
import type { Parameters } from './parameters.js';

export const ACTIVATIONS = ['relu', 'tanh', 'identity'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export interface Shape {
  /** Numbers of a row: inputs, hidden layers, outputs. */
  readonly sizes: readonly number[];
  readonly hidden: Activation;
  /** After the last layer; identity unless said. */
  readonly output?: Activation;
}

/** A layer's weights as they are, not a copy. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: Activation;
  /** inputs × outputs. */
  readonly weights: Float32Array;
  readonly biases: Float32Array;
}

interface LayerBuffers extends Layer {
  readonly weightGradients: Float32Array;
  readonly biasGradients: Float32Array;
  readonly result: Float32Array;
  readonly gradient: Float32Array;
}

/** Weights and biases of a network of this shape. */
export function parameterCount({ sizes }: Shape): number {
  return sizes.slice(1).reduce((sum, outputs, l) => sum + ((sizes[l] as number) + 1) * outputs, 0);
}

export class Network {
  /** Rows to compute; the caller fills them. */
  readonly input: Float32Array;
  /** Rows computed by `forward`. */
  readonly output: Float32Array;
  /** Derivatives of the loss by the output; the caller fills them, `backward` uses them up. */
  readonly outputGradient: Float32Array;
  /** Derivatives by the input, after `backward` with `input`. */
  readonly inputGradient: Float32Array;
  readonly #kernels: Kernels;
  readonly #layers: readonly LayerBuffers[];
  readonly #transposed: Float32Array;

  /**
   * @param rowsMax of a batch
   * @param parameters where its weights are taken from: `parameterCount` of them
   */
  constructor(kernels: Kernels, shape: Shape, rowsMax: number, parameters: Parameters) {
    const { sizes, hidden, output = 'identity' } = shape;
    if (sizes.length < 2) throw new RangeError('a network wants inputs and outputs');
    this.#kernels = kernels;
    this.#layers = sizes.slice(1).map((outputs, l) => {
      const inputs = sizes[l] as number;
      const weights = parameters.take(inputs * outputs);
      const biases = parameters.take(outputs);
      return {
        inputs,
        outputs,
        activation: l === sizes.length - 2 ? output : hidden,
        weights: weights.values,
        weightGradients: weights.gradients,
        biases: biases.values,
        biasGradients: biases.gradients,
        result: kernels.floats(rowsMax * outputs),
        gradient: kernels.floats(rowsMax * outputs),
      };
    });
    const last = this.#layers.at(-1) as LayerBuffers;
    this.input = kernels.floats(rowsMax * (sizes[0] as number));
    this.inputGradient = kernels.floats(rowsMax * (sizes[0] as number));
    this.output = last.result;
    this.outputGradient = last.gradient;
    this.#transposed = kernels.floats(Math.max(...this.#layers.map(({ inputs, outputs }) => inputs * outputs)));
  }

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /**
   * Orthogonal weights, biases 0 (Saxe et al. 2014; the gains that PPO wants: Andrychowicz et al. 2021).
   *
   * @param hiddenGain of the hidden layers, `outputGain` of the last
   */
  initialiseOrthogonal(random: Random, hiddenGain: number, outputGain: number): void {
    this.#layers.forEach(({ weights, biases, inputs, outputs }, l) => {
      orthogonal(weights, inputs, outputs, l === this.#layers.length - 1 ? outputGain : hiddenGain, random);
      biases.fill(0);
    });
  }

  /** Weights and biases uniform within ± 1/√inputs, as PyTorch's Linear has them. */
  initialiseUniform(random: Random): void {
    for (const { weights, biases, inputs } of this.#layers) {
      uniform(weights, 1 / Math.sqrt(inputs), random);
      uniform(biases, 1 / Math.sqrt(inputs), random);
    }
  }

  /** Computes the first `rows` rows of `output` from those of `input`. */
  forward(rows: number): Float32Array {
    const kernels = this.#kernels;
    let from = this.input;
    for (const { inputs, outputs, weights, biases, activation, result } of this.#layers) {
      kernels.spread(biases, result, rows, outputs);
      kernels.product(from, inputs, 1, weights, result, rows, inputs, outputs);
      if (activation === 'relu') kernels.relu(result, rows * outputs);
      else if (activation === 'tanh') kernels.tanh(result, rows * outputs);
      from = result;
    }
    return this.output;
  }

  /**
   * Goes back through the last `forward` of as many rows, from `outputGradient`.
   *
   * @param of `parameters`: adds to their gradients; `input`: fills `inputGradient`; `both`
   */
  backward(rows: number, of: 'parameters' | 'input' | 'both'): void {
    const kernels = this.#kernels;
    for (let l = this.#layers.length - 1; l >= 0; l--) {
      const layer = this.#layers[l] as LayerBuffers;
      const { inputs, outputs, gradient } = layer;
      if (layer.activation === 'relu') kernels.reluBack(layer.result, gradient, rows * outputs);
      else if (layer.activation === 'tanh') kernels.tanhBack(layer.result, gradient, rows * outputs);
      if (of !== 'input') {
        const from = l === 0 ? this.input : (this.#layers[l - 1] as LayerBuffers).result;
        kernels.product(from, 1, inputs, gradient, layer.weightGradients, inputs, rows, outputs);
        kernels.addRows(gradient, layer.biasGradients, rows, outputs);
      }
      if (l === 0 && of === 'parameters') break;
      const before = l === 0 ? this.inputGradient : (this.#layers[l - 1] as LayerBuffers).gradient;
      before.fill(0, 0, rows * inputs);
      kernels.transpose(layer.weights, this.#transposed, inputs, outputs);
      kernels.product(gradient, outputs, 1, this.#transposed, before, rows, outputs, inputs);
    }
  }
}
