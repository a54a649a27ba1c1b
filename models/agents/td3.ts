// Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018) for actions in a bounded box: twin critics, a
// policy and targets that learn less often than they, and noise on the target's actions.

import type { MakeEnvironment } from '../environments/environment.js';
import { Adam } from '../nn/adam.js';
import { WasmKernels } from '../nn/kernels.js';
import { Network, parameterCount, type Shape } from '../nn/network.js';
import { Parameters } from '../nn/parameters.js';
import { type Arrays, optimiserArrays } from './arrays.js';
import { OffPolicy, type OffPolicyOptions } from './off_policy.js';
import { TwinCritics } from './twin_critics.js';

export interface Td3Options extends OffPolicyOptions {
  /** Share of the way the targets move when they do. */
  readonly targetShare: number;
  /** Updates of the critics to one of the policy and the targets. */
  readonly policyEvery: number;
  /** Deviations of the noise on actions taken and on the target's, where an action's bounds stand for ± 1. */
  readonly explorationNoise: number;
  readonly targetNoise: number;
  /** The target's noise is held within ± this. */
  readonly targetNoiseMax: number;
}

const TD3_DEFAULTS: Td3Options = {
  environments: 1,
  warmupSteps: 1000,
  capacity: 50_000,
  minibatch: 128,
  updateEvery: 1,
  updates: 1,
  discount: 0.99,
  learningRate: 1e-3,
  annealLearningRate: false,
  hidden: [64, 64],
  targetShare: 0.005,
  policyEvery: 2,
  explorationNoise: 0.1,
  targetNoise: 0.2,
  targetNoiseMax: 0.5,
};

export class Td3 extends OffPolicy {
  readonly options: Td3Options;
  protected readonly magic = 0x33445456; // "VTD3"
  readonly #parameters: Parameters;
  readonly #targetParameters: Parameters;
  readonly #adam: Adam;
  readonly #actor: Network;
  readonly #targetActor: Network;
  readonly #critics: TwinCritics;
  readonly #targets: TwinCritics;
  readonly #criticAdam: Adam;
  readonly #kernels = new WasmKernels();
  readonly #nextActions: Float32Array;
  readonly #worth: Float32Array;

  constructor(make: MakeEnvironment, seed: number, totalSteps: number, options: Partial<Td3Options> = {}) {
    const all = { ...TD3_DEFAULTS, ...options };
    super(make, seed, totalSteps, all);
    if (!this.range.bounded) throw new RangeError('TD3 wants actions in a bounded box');
    this.options = all;
    const kernels = this.#kernels;
    const { size } = this.vector.observationSpace;
    const actionSize = this.range.size;
    const rows = Math.max(all.environments, all.minibatch);
    const shape: Shape = { sizes: [size, ...all.hidden, actionSize], hidden: 'relu', output: 'tanh' };
    this.#parameters = new Parameters(kernels, parameterCount(shape));
    this.#actor = new Network(kernels, shape, rows, this.#parameters);
    this.#targetParameters = new Parameters(kernels, parameterCount(shape));
    this.#targetActor = new Network(kernels, shape, rows, this.#targetParameters);
    this.#critics = new TwinCritics(kernels, size, actionSize, all.hidden, rows);
    this.#targets = new TwinCritics(kernels, size, actionSize, all.hidden, rows);
    this.#actor.initialiseUniform(this.random);
    this.#critics.initialise(this.random);
    this.#targetParameters.values.set(this.#parameters.values);
    this.#targets.parameters.values.set(this.#critics.parameters.values);
    this.#adam = new Adam(kernels, this.#parameters);
    this.#criticAdam = new Adam(kernels, this.#critics.parameters);
    this.#nextActions = new Float32Array(rows * actionSize);
    this.#worth = new Float32Array(rows);
  }

  protected decide(observations: Float32Array, rows: number, raw: Float32Array, deterministic: boolean): void {
    this.#actor.input.set(observations);
    const actions = this.#actor.forward(rows);
    const { explorationNoise } = this.options;
    for (let i = 0; i < rows * this.range.size; i++) {
      const noise = deterministic ? 0 : this.random.normal(0, explorationNoise);
      raw[i] = within(1, (actions[i] as number) + noise);
    }
  }

  protected update(rate: number): Record<string, number> {
    const { minibatch: rows, policyEvery, targetShare } = this.options;
    const criticLoss = this.#updateCritics(rows, rate);
    if ((this.#criticAdam.steps[0] as number) % policyEvery === 0) {
      this.#updateActor(rows, rate);
      this.#targets.follow(this.#critics, targetShare);
      this.#kernels.blend(this.#parameters.values, this.#targetParameters.values, targetShare);
    }
    let value = 0;
    for (let row = 0; row < rows; row++) value += (this.#worth[row] as number) / rows;
    return { critic_loss: criticLoss, value };
  }

  protected learned(): Arrays {
    return {
      actor: this.#parameters.values,
      targetActor: this.#targetParameters.values,
      critics: this.#critics.parameters.values,
      targets: this.#targets.parameters.values,
      ...optimiserArrays('actor', this.#adam),
      ...optimiserArrays('critics', this.#criticAdam),
    };
  }

  /** Towards r + γ min Q(s′, a′), with a′ of the target policy and noise. */
  #updateCritics(rows: number, rate: number): number {
    const { targetNoise, targetNoiseMax, discount } = this.options;
    const { observations, actions, rewards, nextObservations, terminated } = this.batch;
    this.#targetActor.input.set(nextObservations);
    const next = this.#targetActor.forward(rows);
    for (let i = 0; i < rows * this.range.size; i++) {
      const noise = within(targetNoiseMax, this.random.normal(0, targetNoise));
      this.#nextActions[i] = within(1, (next[i] as number) + noise);
    }
    this.#targets.forward(nextObservations, this.#nextActions, rows);
    for (let row = 0; row < rows; row++) {
      const lower = Math.min(this.#targets.first.output[row] as number, this.#targets.second.output[row] as number);
      this.#worth[row] = (rewards[row] as number) + discount * (1 - (terminated[row] as number)) * lower;
    }
    this.#critics.forward(observations, actions, rows);
    const loss = this.#critics.backward(this.#worth, rows);
    this.#criticAdam.step(rate);
    return loss;
  }

  /** Up the first critic's value of the policy's actions: the loss is −Q₁(s, μ(s)). */
  #updateActor(rows: number, rate: number): void {
    const { observations } = this.batch;
    this.#actor.input.set(observations);
    const actions = this.#actor.forward(rows);
    const { first } = this.#critics;
    this.#critics.forward(observations, actions, rows);
    first.outputGradient.fill(-1 / rows, 0, rows);
    first.backward(rows, 'input');
    const { outputGradient } = this.#actor;
    outputGradient.fill(0);
    this.#critics.addActionGradient(first, rows, outputGradient);
    this.#actor.backward(rows, 'parameters');
    this.#adam.step(rate);
  }
}

/** x, held within ± `bound`. */
function within(bound: number, x: number): number {
  return Math.min(bound, Math.max(-bound, x));
}
