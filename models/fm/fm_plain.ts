// The plain twin of the trainer: the same update in JavaScript over typed arrays, as anyone would write it first. Tests
// hold the module against it, and `npm run bench -- --only train` says how much faster the module is.

import { FACTORS, FEATURES } from '../../assembly/model_layout.js';
import type { ExampleBlock } from './example_block.js';
import { type FmOptions, fmOptions } from './options.js';

export class FmPlain {
  readonly options: FmOptions;
  readonly weights = new Float32Array(FEATURES);
  readonly factors = new Float32Array(FEATURES * FACTORS);
  bias = 0;
  /** z and n of FTRL-Proximal, of each feature and, at the end, of the bias. */
  readonly #z = new Float32Array(FEATURES + 1);
  readonly #n = new Float32Array(FEATURES + 1);
  readonly #squares = new Float32Array(FEATURES * FACTORS);
  readonly #sums = new Float64Array(FACTORS);
  /** How often a feature stands in the example at hand. */
  readonly #times = new Uint32Array(FEATURES);

  constructor(options: Partial<FmOptions> = {}) {
    this.options = fmOptions(options);
    const { seed, factorSpread } = this.options;
    const base = Math.imul(seed, 0x9e3779b9);
    for (let i = 0; i < this.factors.length; i++) {
      let x = (base + i) | 0;
      x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      x ^= x >>> 15;
      this.factors[i] = ((x >>> 8) / 2 ** 23 - 1) * factorSpread;
    }
  }

  /** Logit of an example; leaves the factors' sums behind. */
  logit(features: ArrayLike<number>, from = 0, to = features.length): number {
    const { weights, factors } = this;
    const sums = this.#sums;
    sums.fill(0);
    let linear = this.bias;
    let squares = 0;
    for (let i = from; i < to; i++) {
      const feature = features[i] as number;
      linear += weights[feature] as number;
      if (!this.options.factors) continue;
      for (let j = 0, at = feature * FACTORS; j < FACTORS; j++, at++) {
        const v = factors[at] as number;
        sums[j] = (sums[j] as number) + v;
        squares += v * v;
      }
    }
    let pairs = -squares;
    for (let j = 0; j < FACTORS; j++) pairs += (sums[j] as number) ** 2;
    return linear + pairs / 2;
  }

  /** As FmTrainer's. */
  learnMany(examples: ExampleBlock, predictions: Float32Array): void {
    for (let i = 0, from = 0; i < examples.examples; i++) {
      const to = from + (examples.lengths[i] as number);
      const label = examples.labels[i] as number;
      predictions[i] = this.#learn(examples.features, from, to, label, examples.weights[i] as number);
      from = to;
    }
  }

  #learn(features: Uint32Array, from: number, to: number, label: number, weight: number): number {
    const p = 1 / (1 + Math.exp(-this.logit(features, from, to)));
    const g = weight * (p - label);
    this.bias = this.#stepWeight(FEATURES, this.bias, g, 0, 0);
    const times = this.#times;
    for (let i = from; i < to; i++) times[features[i] as number] = (times[features[i] as number] as number) + 1;
    for (let i = from; i < to; i++) {
      const feature = features[i] as number;
      const count = times[feature] as number;
      if (count > 0) this.#stepFeature(feature, g * count, weight);
      times[feature] = 0;
    }
    return p;
  }

  #stepFeature(feature: number, g: number, weight: number): void {
    const { weightL1, weightL2, factorStep, factorL2 } = this.options;
    this.weights[feature] = this.#stepWeight(feature, this.weights[feature] as number, g, weightL1, weightL2);
    if (!this.options.factors) return;
    const { factors } = this;
    const squares = this.#squares;
    const sums = this.#sums;
    const penalty = weight * factorL2;
    for (let j = 0, at = feature * FACTORS; j < FACTORS; j++, at++) {
      const v = factors[at] as number;
      const d = g * ((sums[j] as number) - v) + penalty * v;
      const grown = (squares[at] as number) + d * d;
      squares[at] = grown;
      factors[at] = v - (factorStep * d) / Math.sqrt(1 + grown);
    }
  }

  /** The new weight. */
  #stepWeight(at: number, weight: number, g: number, l1: number, l2: number): number {
    const { weightStep, weightBeta } = this.options;
    const n = this.#n[at] as number;
    const root = Math.sqrt(n + g * g);
    const z = (this.#z[at] as number) + g - ((root - Math.sqrt(n)) / weightStep) * weight;
    this.#n[at] = n + g * g;
    this.#z[at] = z;
    if (Math.abs(z) <= l1) return 0;
    return -(z - Math.sign(z) * l1) / ((weightBeta + root) / weightStep + l2);
  }
}
