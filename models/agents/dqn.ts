// Deep Q-learning (Mnih et al. 2015) for discrete actions: replay, a target network that follows now and then, and
// ε-greedy exploration; with `double`, the network that learns chooses the next action and the target network says what
// it is worth (van Hasselt et al. 2016).

import type { MakeEnvironment } from '../environments/environment.js';
import { Adam } from '../nn/adam.js';
import { largest } from '../nn/heads.js';
import { WasmKernels } from '../nn/kernels.js';
import { chosenHuberLoss } from '../nn/losses.js';
import { type Layer, Network, parameterCount, type Shape } from '../nn/network.js';
import { Parameters } from '../nn/parameters.js';
import { type Arrays, optimiserArrays } from './arrays.js';
import { OffPolicy, type OffPolicyOptions } from './off_policy.js';

export interface DqnOptions extends OffPolicyOptions {
  readonly double: boolean;
  /** Updates between two copies into the target network. */
  readonly targetEvery: number;
  /** Probability of an action at random: falls from 1 in a straight line over this share of all steps, to the last. */
  readonly explorationShare: number;
  readonly explorationLast: number;
  readonly gradientNormMax: number;
  /**
   * Rewards are multiplied by it. Values far above 1 make the error of a rare end far larger than Huber's bend, and the
   * network learns the median of what follows, not the mean: about 1 − discount, where rewards are about 1.
   */
  readonly rewardScale: number;
}

const DQN_DEFAULTS: DqnOptions = {
  environments: 1,
  warmupSteps: 1000,
  capacity: 50_000,
  minibatch: 64,
  updateEvery: 4,
  updates: 4,
  discount: 0.99,
  learningRate: 1e-3,
  annealLearningRate: true,
  hidden: [64, 64],
  double: true,
  targetEvery: 250,
  explorationShare: 0.2,
  explorationLast: 0.04,
  gradientNormMax: 10,
  rewardScale: 1,
};

export class Dqn extends OffPolicy {
  readonly options: DqnOptions;
  protected readonly magic = 0x514e4456; // "VDNQ"
  readonly #actions: number;
  readonly #parameters: Parameters;
  readonly #adam: Adam;
  readonly #network: Network;
  readonly #targetParameters: Parameters;
  readonly #target: Network;
  readonly #worth: Float32Array;

  constructor(make: MakeEnvironment, seed: number, totalSteps: number, options: Partial<DqnOptions> = {}) {
    const all = { ...DQN_DEFAULTS, ...options };
    super(make, seed, totalSteps, all);
    this.options = all;
    const { actionSpace, observationSpace } = this.vector;
    if (actionSpace.kind !== 'discrete') throw new RangeError('DQN wants discrete actions');
    this.#actions = actionSpace.n;
    const shape: Shape = { sizes: [observationSpace.size, ...all.hidden, actionSpace.n], hidden: 'relu' };
    const rows = Math.max(all.environments, all.minibatch);
    const kernels = new WasmKernels();
    this.#parameters = new Parameters(kernels, parameterCount(shape));
    this.#network = new Network(kernels, shape, rows, this.#parameters);
    this.#targetParameters = new Parameters(kernels, parameterCount(shape));
    this.#target = new Network(kernels, shape, rows, this.#targetParameters);
    this.#network.initialiseUniform(this.random);
    this.#targetParameters.values.set(this.#parameters.values);
    this.#adam = new Adam(kernels, this.#parameters, { normMax: all.gradientNormMax });
    this.#worth = new Float32Array(rows);
  }

  /** The network that says what actions are worth, as it is now: copies. */
  exportNetwork(): readonly Layer[] {
    return this.#network.layers.map(({ inputs, outputs, activation, weights, biases }) => ({
      ...{ inputs, outputs, activation },
      weights: weights.slice(),
      biases: biases.slice(),
    }));
  }

  protected decide(observations: Float32Array, rows: number, raw: Float32Array, deterministic: boolean): void {
    const { explorationShare, explorationLast } = this.options;
    const explored = Math.min(1, this.done / explorationShare);
    const exploration = deterministic ? 0 : 1 - (1 - explorationLast) * explored;
    this.#network.input.set(observations);
    const values = this.#network.forward(rows);
    for (let row = 0; row < rows; row++) {
      const anything = exploration > 0 && this.random.uniform() < exploration;
      raw[row] = anything ? this.random.integer(this.#actions) : largest(values, row * this.#actions, this.#actions);
    }
  }

  protected update(rate: number): Record<string, number> {
    const { minibatch, discount, double, targetEvery, rewardScale } = this.options;
    const { observations, actions, rewards, nextObservations, terminated } = this.batch;
    const n = this.#actions;
    this.#target.input.set(nextObservations);
    const next = this.#target.forward(minibatch);
    let choosing = next;
    if (double) {
      this.#network.input.set(nextObservations);
      choosing = this.#network.forward(minibatch);
    }
    let worth = 0;
    for (let row = 0; row < minibatch; row++) {
      const best = next[row * n + largest(choosing, row * n, n)] as number;
      const goesOn = 1 - (terminated[row] as number);
      this.#worth[row] = rewardScale * (rewards[row] as number) + discount * goesOn * best;
      worth += (this.#worth[row] as number) / minibatch;
    }
    this.#network.input.set(observations);
    const values = this.#network.forward(minibatch);
    const loss = chosenHuberLoss(values, n, actions, this.#worth, minibatch, this.#network.outputGradient);
    this.#network.backward(minibatch, 'parameters');
    const norm = this.#adam.step(rate);
    if ((this.#adam.steps[0] as number) % targetEvery === 0) {
      this.#targetParameters.values.set(this.#parameters.values);
    }
    return { loss, value: worth, gradient_norm: norm };
  }

  protected learned(): Arrays {
    const [values, target] = [this.#parameters.values, this.#targetParameters.values];
    return { values, target, ...optimiserArrays('adam', this.#adam) };
  }
}
