// Soft actor-critic (Haarnoja et al. 2018) for actions in a bounded box: twin critics, a Gaussian policy squashed by
// tanh, and a temperature that learns to keep the policy's entropy at a target (second paper, 1812.05905).

import type { MakeEnvironment } from '../environments/environment.js';
import { Adam } from '../nn/adam.js';
import { WasmKernels } from '../nn/kernels.js';
import { softActorLoss } from '../nn/losses.js';
import { Network, parameterCount, type Shape } from '../nn/network.js';
import { Parameters } from '../nn/parameters.js';
import { SquashedGaussian } from '../nn/squashed_gaussian.js';
import { type Arrays, optimiserArrays } from './arrays.js';
import { OffPolicy, type OffPolicyOptions } from './off_policy.js';
import { TwinCritics } from './twin_critics.js';

export interface SacOptions extends OffPolicyOptions {
  /** Share of the way the target critics move at an update. */
  readonly targetShare: number;
  /** The first temperature. */
  readonly temperature: number;
  /** Entropy to keep, in nats for each number of an action, where an action's bounds stand for ± 1. */
  readonly entropy: number;
}

const SAC_DEFAULTS: SacOptions = {
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
  temperature: 1,
  entropy: -1,
};

export class Sac extends OffPolicy {
  readonly options: SacOptions;
  protected readonly magic = 0x43415356; // "VSAC"
  readonly #head: SquashedGaussian;
  readonly #actor: Network;
  readonly #actorParameters: Parameters;
  readonly #actorAdam: Adam;
  readonly #critics: TwinCritics;
  readonly #targets: TwinCritics;
  readonly #criticAdam: Adam;
  /** Logarithm of the temperature. */
  readonly #temperature: Parameters;
  readonly #temperatureAdam: Adam;
  readonly #drawn: Float32Array;
  readonly #logProbabilities: Float32Array;
  readonly #worth: Float32Array;
  readonly #byAction: Float32Array;
  readonly #byLogProbability: Float32Array;

  constructor(make: MakeEnvironment, seed: number, totalSteps: number, options: Partial<SacOptions> = {}) {
    const all = { ...SAC_DEFAULTS, ...options };
    super(make, seed, totalSteps, all);
    if (!this.range.bounded) throw new RangeError('SAC wants actions in a bounded box');
    this.options = all;
    const { size } = this.vector.observationSpace;
    const actionSize = this.range.size;
    const rows = Math.max(all.environments, all.minibatch);
    this.#head = new SquashedGaussian(actionSize, rows);
    const shape: Shape = { sizes: [size, ...all.hidden, this.#head.outputs], hidden: 'relu' };
    const kernels = new WasmKernels();
    this.#actorParameters = new Parameters(kernels, parameterCount(shape));
    this.#actor = new Network(kernels, shape, rows, this.#actorParameters);
    this.#critics = new TwinCritics(kernels, size, actionSize, all.hidden, rows);
    this.#targets = new TwinCritics(kernels, size, actionSize, all.hidden, rows);
    this.#temperature = new Parameters(kernels, 1);
    this.#actor.initialiseUniform(this.random);
    this.#critics.initialise(this.random);
    this.#targets.parameters.values.set(this.#critics.parameters.values);
    this.#temperature.values[0] = Math.log(all.temperature);
    this.#actorAdam = new Adam(kernels, this.#actorParameters);
    this.#criticAdam = new Adam(kernels, this.#critics.parameters);
    this.#temperatureAdam = new Adam(kernels, this.#temperature);
    this.#drawn = new Float32Array(rows * actionSize);
    this.#logProbabilities = new Float32Array(rows);
    this.#worth = new Float32Array(rows);
    this.#byAction = new Float32Array(rows * actionSize);
    this.#byLogProbability = new Float32Array(rows);
  }

  protected decide(observations: Float32Array, rows: number, raw: Float32Array, deterministic: boolean): void {
    this.#actor.input.set(observations);
    const outputs = this.#actor.forward(rows);
    if (deterministic) this.#head.mode(outputs, rows, raw);
    else this.#head.sample(outputs, rows, this.random, raw, this.#logProbabilities);
  }

  protected update(rate: number): Record<string, number> {
    const { minibatch: rows } = this.options;
    const alpha = Math.exp(this.#temperature.values[0] as number);
    const criticLoss = this.#updateCritics(alpha, rows, rate);
    const actorLoss = this.#updateActor(alpha, rows, rate);
    let entropy = 0;
    for (let row = 0; row < rows; row++) entropy -= (this.#logProbabilities[row] as number) / rows;
    // Of the loss log α × (entropy − target): where the policy is surer than wanted, the temperature rises.
    this.#temperature.gradients[0] = entropy - this.options.entropy * this.range.size;
    this.#temperatureAdam.step(rate);
    this.#targets.follow(this.#critics, this.options.targetShare);
    return { critic_loss: criticLoss, actor_loss: actorLoss, entropy, temperature: alpha };
  }

  protected learned(): Arrays {
    return {
      actor: this.#actorParameters.values,
      critics: this.#critics.parameters.values,
      targets: this.#targets.parameters.values,
      temperature: this.#temperature.values,
      ...optimiserArrays('actor', this.#actorAdam),
      ...optimiserArrays('critics', this.#criticAdam),
      ...optimiserArrays('temperature', this.#temperatureAdam),
    };
  }

  /** Towards r + γ (min Q(s′, a′) − α log π(a′)), with a′ of the policy as it is. */
  #updateCritics(alpha: number, rows: number, rate: number): number {
    const { observations, actions, rewards, nextObservations, terminated } = this.batch;
    this.decide(nextObservations, rows, this.#drawn, false);
    this.#targets.forward(nextObservations, this.#drawn, rows);
    for (let row = 0; row < rows; row++) {
      const lower = Math.min(this.#targets.first.output[row] as number, this.#targets.second.output[row] as number);
      const next = lower - alpha * (this.#logProbabilities[row] as number);
      this.#worth[row] = (rewards[row] as number) + this.options.discount * (1 - (terminated[row] as number)) * next;
    }
    this.#critics.forward(observations, actions, rows);
    const loss = this.#critics.backward(this.#worth, rows);
    this.#criticAdam.step(rate);
    return loss;
  }

  #updateActor(alpha: number, rows: number, rate: number): number {
    const { observations } = this.batch;
    const { first, second } = this.#critics;
    this.decide(observations, rows, this.#drawn, false);
    this.#critics.forward(observations, this.#drawn, rows);
    const byLog = this.#byLogProbability;
    const loss = softActorLoss(
      alpha,
      this.#logProbabilities,
      first.output,
      second.output,
      rows,
      byLog,
      first.outputGradient,
      second.outputGradient,
    );
    this.#byAction.fill(0);
    for (const critic of [first, second]) {
      critic.backward(rows, 'input');
      this.#critics.addActionGradient(critic, rows, this.#byAction);
    }
    const { output, outputGradient } = this.#actor;
    this.#head.backward(output, this.#drawn, rows, this.#byAction, byLog, outputGradient);
    this.#actor.backward(rows, 'parameters');
    this.#actorAdam.step(rate);
    return loss;
  }
}
