// Stochastic policies on the outputs of a network, over batches: drawing, log probabilities, entropies, and the
// derivatives of a loss back to the outputs. Categorical for discrete actions, a diagonal Gaussian for vectors.

import type { Random } from '../random.js';

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/** A policy over `rows` rows; all arrays flat, row after row. */
export interface PolicyHead {
  /** Outputs it wants of the network. */
  readonly outputs: number;
  /** Numbers of an action: 1 for a discrete one. */
  readonly actionSize: number;
  sample(outputs: Float32Array, rows: number, random: Random, actions: Float32Array): void;
  /** The most probable actions. */
  mode(outputs: Float32Array, rows: number, actions: Float32Array): void;
  /** Logarithm of the probability (or its density) of each action, and entropy of each row, in nats. */
  evaluate(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    logProbabilities: Float32Array,
    entropies: Float32Array,
  ): void;
  /**
   * From the derivatives of the loss by log probability and entropy of each row to those by the outputs (`gradient`,
   * overwritten) and by parameters of the head's own (added to theirs).
   */
  backward(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    byLogProbability: Float32Array,
    byEntropy: Float32Array,
    gradient: Float32Array,
  ): void;
}

/** One of `n` actions; the outputs are logits. */
export class Categorical implements PolicyHead {
  readonly outputs: number;
  readonly actionSize = 1;
  readonly #logs: Float64Array;

  constructor(n: number) {
    this.outputs = n;
    this.#logs = new Float64Array(n);
  }

  sample(outputs: Float32Array, rows: number, random: Random, actions: Float32Array): void {
    for (let row = 0; row < rows; row++) {
      this.#normalise(outputs, row);
      let left = random.uniform();
      let action = 0;
      for (; action < this.outputs - 1; action++) {
        left -= Math.exp(this.#logs[action] as number);
        if (left < 0) break;
      }
      actions[row] = action;
    }
  }

  mode(outputs: Float32Array, rows: number, actions: Float32Array): void {
    for (let row = 0; row < rows; row++) {
      actions[row] = largest(outputs, row * this.outputs, this.outputs);
    }
  }

  evaluate(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    logProbabilities: Float32Array,
    entropies: Float32Array,
  ): void {
    for (let row = 0; row < rows; row++) {
      entropies[row] = this.#normalise(outputs, row);
      logProbabilities[row] = this.#logs[actions[row] as number] as number;
    }
  }

  backward(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    byLogProbability: Float32Array,
    byEntropy: Float32Array,
    gradient: Float32Array,
  ): void {
    for (let row = 0; row < rows; row++) {
      const entropy = this.#normalise(outputs, row);
      const [log, byH] = [byLogProbability[row] as number, byEntropy[row] as number];
      for (let a = 0; a < this.outputs; a++) {
        const l = this.#logs[a] as number;
        const p = Math.exp(l);
        // d log π(chosen) / d logit = [a is chosen] − p; d H / d logit = −p (log p + H).
        gradient[row * this.outputs + a] = log * (Number(a === actions[row]) - p) - byH * p * (l + entropy);
      }
    }
  }

  /** Log probabilities of a row into `#logs`; returns its entropy. */
  #normalise(outputs: Float32Array, row: number): number {
    const n = this.outputs;
    const start = row * n;
    const top = outputs[start + largest(outputs, start, n)] as number;
    let sum = 0;
    for (let a = 0; a < n; a++) sum += Math.exp((outputs[start + a] as number) - top);
    const shift = top + Math.log(sum);
    let entropy = 0;
    for (let a = 0; a < n; a++) {
      const log = (outputs[start + a] as number) - shift;
      this.#logs[a] = log;
      entropy -= Math.exp(log) * log;
    }
    return entropy;
  }
}

/** Independent normal numbers; the outputs are their means, the logarithms of their deviations are the head's own. */
export class DiagonalGaussian implements PolicyHead {
  readonly outputs: number;
  readonly actionSize: number;
  readonly #logDeviation: Float32Array;
  readonly #gradient: Float32Array;

  /** @param own one parameter for each number of an action */
  constructor(own: { readonly values: Float32Array; readonly gradients: Float32Array }) {
    this.#logDeviation = own.values;
    this.#gradient = own.gradients;
    this.outputs = own.values.length;
    this.actionSize = own.values.length;
  }

  sample(outputs: Float32Array, rows: number, random: Random, actions: Float32Array): void {
    for (let i = 0; i < rows * this.outputs; i++) {
      const deviation = Math.exp(this.#logDeviation[i % this.outputs] as number);
      actions[i] = random.normal(outputs[i] as number, deviation);
    }
  }

  mode(outputs: Float32Array, rows: number, actions: Float32Array): void {
    for (let i = 0; i < rows * this.outputs; i++) actions[i] = outputs[i] as number;
  }

  evaluate(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    logProbabilities: Float32Array,
    entropies: Float32Array,
  ): void {
    for (let row = 0; row < rows; row++) {
      let log = 0;
      let entropy = 0;
      for (let d = 0; d < this.outputs; d++) {
        const own = this.#logDeviation[d] as number;
        const i = row * this.outputs + d;
        const z = ((actions[i] as number) - (outputs[i] as number)) / Math.exp(own);
        log -= 0.5 * z * z + own + HALF_LOG_TAU;
        entropy += own + HALF_LOG_TAU + 0.5;
      }
      logProbabilities[row] = log;
      entropies[row] = entropy;
    }
  }

  backward(
    outputs: Float32Array,
    actions: Float32Array,
    rows: number,
    byLogProbability: Float32Array,
    byEntropy: Float32Array,
    gradient: Float32Array,
  ): void {
    for (let d = 0; d < this.outputs; d++) {
      const deviation = Math.exp(this.#logDeviation[d] as number);
      let own = 0;
      for (let row = 0; row < rows; row++) {
        const i = row * this.outputs + d;
        const z = ((actions[i] as number) - (outputs[i] as number)) / deviation;
        const log = byLogProbability[row] as number;
        gradient[i] = (log * z) / deviation;
        own += log * (z * z - 1) + (byEntropy[row] as number);
      }
      this.#gradient[d] = (this.#gradient[d] as number) + own;
    }
  }
}

/** Place, counted from `start`, of the first largest of `count` numbers. */
export function largest(numbers: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((numbers[start + i] as number) > (numbers[start + best] as number)) best = i;
  return best;
}
