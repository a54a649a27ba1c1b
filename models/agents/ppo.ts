// Proximal policy optimisation (Schulman et al. 2017), with the details that decide whether it learns (Huang et al.
// 2022, "The 37 Implementation Details of Proximal Policy Optimization"): a network each for actor and critic,
// orthogonal first weights, one norm for all gradients. Where an episode is cut off (truncated), the value of its final
// observation stands for what would have come (Pardo et al. 2018); where it terminates, nothing does.

import type { Action, MakeEnvironment } from '../environments/environment.js';
import { type Episode, VectorEnvironment } from '../environments/vector.js';
import { Adam } from '../nn/adam.js';
import { Categorical, DiagonalGaussian, type PolicyHead } from '../nn/heads.js';
import { WasmKernels } from '../nn/kernels.js';
import { ppoPolicyLoss, valueLoss } from '../nn/losses.js';
import { type Layer, Network, parameterCount, type Shape } from '../nn/network.js';
import { Parameters } from '../nn/parameters.js';
import { Random } from '../random.js';
import { isStateError, type StateError } from '../state.js';
import { ActionRange } from './action_range.js';
import type { Agent, Round } from './agent.js';
import { type Arrays, copyArrays, optimiserArrays, packArrays, unpackArrays } from './arrays.js';
import { gather, Minibatch, standardise } from './minibatch.js';
import { NORMALISED_MAX, Normaliser } from './normaliser.js';
import { PPO_DEFAULTS, type PpoOptions } from './ppo_options.js';
import { Rollout } from './rollout.js';

const MAGIC = 0x4f505056; // "VPPO"
const ADAM_EPSILON = 1e-5;

/** A trained actor as plain numbers, for programs that run it elsewhere. */
export interface ExportedActor {
  /** Of the network that maps normalised observations to means (continuous) or logits (discrete); copies. */
  readonly layers: readonly Layer[];
  /** Input i is (observation − mean) × scale, held within ± inputMax. */
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly inputMax: number;
  /** Action i is centre + half × output, held within the bounds of the action space. */
  readonly centre: Float32Array;
  readonly half: Float32Array;
  /** Logarithm of the deviation of each output about its mean; empty where actions are discrete. */
  readonly logDeviation: Float32Array;
}

export class Ppo implements Agent {
  readonly options: PpoOptions;
  readonly roundSteps: number;
  readonly #totalSteps: number;
  readonly #vector: VectorEnvironment;
  readonly #range: ActionRange;
  readonly #random: Random;
  readonly #parameters: Parameters;
  readonly #adam: Adam;
  readonly #actor: Network;
  readonly #critic: Network;
  readonly #head: PolicyHead;
  readonly #logDeviation: Float32Array;
  readonly #observations: Normaliser;
  readonly #returns = new Normaliser(1);
  /** Discounted return of each environment so far, for the scale of rewards. */
  readonly #running: Float64Array;
  readonly #rollout: Rollout;
  readonly #order: Uint32Array;
  readonly #batch: Minibatch;
  readonly #shape: string;
  /** Steps seen. */
  readonly #progress = new Float64Array(1);

  /**
   * @param seed of first weights, actions and episodes
   * @param totalSteps to be learned from at most: what anneals, anneals over them
   */
  constructor(make: MakeEnvironment, seed: number, totalSteps: number, options: Partial<PpoOptions> = {}) {
    const all = { ...PPO_DEFAULTS, ...options };
    this.options = all;
    this.#totalSteps = totalSteps;
    this.#random = new Random(seed);
    this.#vector = new VectorEnvironment(make, all.environments, this.#random.u32());
    const rolloutSteps = Math.max(1, Math.min(all.rolloutSteps, Math.floor(totalSteps / all.environments)));
    this.roundSteps = rolloutSteps * all.environments;
    const { observationSpace, actionSpace } = this.#vector;
    this.#range = new ActionRange(actionSpace);
    const outputs = actionSpace.kind === 'discrete' ? actionSpace.n : actionSpace.size;
    const shape = (last: number): Shape => ({
      sizes: [observationSpace.size, ...all.hidden, last],
      hidden: all.activation,
    });
    const [actor, critic] = [shape(outputs), shape(1)];
    const deviations = actionSpace.kind === 'discrete' ? 0 : outputs;
    const rowsMax = Math.max(all.environments, Math.min(all.minibatch, this.roundSteps));
    const kernels = new WasmKernels();
    this.#parameters = new Parameters(kernels, parameterCount(actor) + parameterCount(critic) + deviations);
    this.#actor = new Network(kernels, actor, rowsMax, this.#parameters);
    this.#critic = new Network(kernels, critic, rowsMax, this.#parameters);
    const own = this.#parameters.take(deviations);
    own.values.fill(all.logDeviation);
    this.#logDeviation = own.values;
    this.#head = actionSpace.kind === 'discrete' ? new Categorical(outputs) : new DiagonalGaussian(own);
    this.#actor.initialiseOrthogonal(this.#random, Math.SQRT2, 0.01);
    this.#critic.initialiseOrthogonal(this.#random, Math.SQRT2, 1);
    this.#adam = new Adam(kernels, this.#parameters, { epsilon: ADAM_EPSILON, normMax: all.gradientNormMax });
    this.#observations = new Normaliser(observationSpace.size);
    this.#running = new Float64Array(all.environments);
    this.#rollout = new Rollout(rolloutSteps, all.environments, observationSpace.size, this.#range.size);
    this.#order = new Uint32Array(this.roundSteps);
    this.#batch = new Minibatch(rowsMax, this.#range.size);
    this.#shape = JSON.stringify([actor, critic, deviations, all.environments, all.normaliseObservations]);
    if (all.normaliseObservations) this.#observations.count(this.#vector.observations, all.environments);
  }

  get steps(): number {
    return this.#progress[0] as number;
  }

  act(observation: Float32Array, deterministic: boolean): Action {
    this.#actor.input.set(observation);
    this.#normalise(this.#actor.input, 1);
    const outputs = this.#actor.forward(1);
    const raw = new Float32Array(this.#range.size);
    if (deterministic) this.#head.mode(outputs, 1, raw);
    else this.#head.sample(outputs, 1, this.#random, raw);
    return this.#range.toAction(raw);
  }

  learn(): Round {
    const episodes = this.#collect();
    return { episodes, figures: this.#update() };
  }

  save(): Uint8Array {
    return packArrays(MAGIC, this.#shape, {
      ...this.#parts(),
      random: this.#random.save(),
      environments: this.#vector.save(),
    });
  }

  restore(bytes: Uint8Array): StateError | undefined {
    const arrays = unpackArrays(MAGIC, this.#shape, bytes);
    if (isStateError(arrays)) return arrays;
    const error = this.#vector.restore(arrays['environments'] as Float64Array);
    if (error !== undefined) return error;
    copyArrays(arrays, this.#parts());
    this.#random.restore(arrays['random'] as Uint32Array);
    return undefined;
  }

  /** The actor as it is now, in numbers of its own. */
  exportActor(): ExportedActor {
    const { size } = this.#observations;
    const { normaliseObservations } = this.options;
    const each = (value: (i: number) => number): Float32Array =>
      Float32Array.from({ length: size }, (_, i) => value(i));
    return {
      layers: this.#actor.layers.map(({ inputs, outputs, activation, weights, biases }) => ({
        ...{ inputs, outputs, activation },
        weights: Float32Array.from(weights),
        biases: Float32Array.from(biases),
      })),
      mean: each((i) => (normaliseObservations ? this.#observations.mean(i) : 0)),
      scale: each((i) => (normaliseObservations ? this.#observations.scale(i) : 1)),
      inputMax: normaliseObservations ? NORMALISED_MAX : Number.POSITIVE_INFINITY,
      centre: this.#range.centre.slice(),
      half: this.#range.half.slice(),
      logDeviation: Float32Array.from(this.#logDeviation),
    };
  }

  /** All it knows, as it is, but for its generator and environments. */
  #parts(): Arrays {
    return {
      progress: this.#progress,
      values: this.#parameters.values,
      ...optimiserArrays('adam', this.#adam),
      observations: this.#observations.state,
      returns: this.#returns.state,
      running: this.#running,
    };
  }

  #normalise(rows: Float32Array, count: number): void {
    if (this.options.normaliseObservations) this.#observations.normalise(rows, count, rows);
  }

  /** Fills the rollout. */
  #collect(): Episode[] {
    const { environments, discount, lambda, normaliseObservations } = this.options;
    const rollout = this.#rollout;
    const vector = this.#vector;
    const size = vector.observationSpace.size;
    const actions = new Float32Array(environments * this.#range.size);
    const entropies = new Float32Array(environments);
    const episodes: Episode[] = [];
    for (let t = 0; t < rollout.steps; t++) {
      const start = t * environments;
      const part = (array: Float32Array, width: number): Float32Array =>
        array.subarray(start * width, (start + environments) * width);
      const raw = part(rollout.actions, this.#range.size);
      this.#actor.input.set(vector.observations);
      this.#normalise(this.#actor.input, environments);
      part(rollout.observations, size).set(this.#actor.input.subarray(0, environments * size));
      const outputs = this.#actor.forward(environments);
      this.#head.sample(outputs, environments, this.#random, raw);
      this.#head.evaluate(outputs, raw, environments, part(rollout.logProbabilities, 1), entropies);
      part(rollout.values, 1).set(this.#valuesOf(this.#actor.input, environments));
      this.#range.toSpace(raw, environments, actions);
      episodes.push(...vector.step(actions));
      if (normaliseObservations) this.#observations.count(vector.observations, environments);
      this.#takeRewards(start);
    }
    this.#actor.input.set(vector.observations);
    this.#normalise(this.#actor.input, environments);
    rollout.estimate(this.#valuesOf(this.#actor.input, environments), discount, lambda);
    this.#progress[0] = this.steps + this.roundSteps;
    return episodes;
  }

  /** The critic's values of rows that are normalised. */
  #valuesOf(rows: Float32Array, count: number): Float32Array {
    const size = this.#vector.observationSpace.size;
    this.#critic.input.set(rows.subarray(0, count * size));
    return this.#critic.forward(count).subarray(0, count);
  }

  /** Rewards and ends of the step at row `start`, scaled, with the value of what was cut off. */
  #takeRewards(start: number): void {
    const { discount, scaleRewards } = this.options;
    const { rewards, ended } = this.#rollout;
    const { terminated, truncated, finalObservations, observationSpace } = this.#vector;
    for (let i = 0; i < this.#vector.count; i++) {
      const reward = this.#vector.rewards[i] as number;
      this.#running[i] = discount * (this.#running[i] as number) + reward;
      if (scaleRewards) this.#returns.count([this.#running[i] as number], 1);
      const scaled = scaleRewards ? reward * this.#returns.scale(0) : reward;
      rewards[start + i] = scaleRewards ? Math.min(NORMALISED_MAX, Math.max(-NORMALISED_MAX, scaled)) : scaled;
      ended[start + i] = (terminated[i] as number) | (truncated[i] as number);
      if (ended[start + i] === 1) this.#running[i] = 0;
      if (truncated[i] === 0) continue;
      const { size } = observationSpace;
      const final = finalObservations.slice(i * size, (i + 1) * size);
      this.#normalise(final, 1);
      rewards[start + i] = (rewards[start + i] as number) + discount * (this.#valuesOf(final, 1)[0] as number);
    }
  }

  /** Learns from the rollout. */
  #update(): Record<string, number> {
    const { epochs, minibatch, learningRate, annealLearningRate, clip, annealClip, divergenceMax } = this.options;
    // Of the steps before this rollout: the first update is at the full rate, the last not at 0.
    const left = Math.max(0, 1 - (this.steps - this.roundSteps) / this.#totalSteps);
    const rate = annealLearningRate ? learningRate * left : learningRate;
    const clipNow = annealClip ? clip * left : clip;
    for (let i = 0; i < this.#order.length; i++) this.#order[i] = i;
    const sums: Record<string, number> = {};
    let batches = 0;
    update: for (let epoch = 0; epoch < epochs; epoch++) {
      this.#random.shuffle(this.#order);
      for (let start = 0; start < this.#order.length; start += minibatch) {
        const figures = this.#learnBatch(this.#order.subarray(start, start + minibatch), rate, clipNow);
        batches++;
        for (const [name, value] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + value;
        if (divergenceMax !== undefined && figures.divergence > divergenceMax) break update;
      }
    }
    const value = this.#rollout.values.reduce((sum, one) => sum + one, 0) / this.#rollout.rows;
    return { ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / batches])), value };
  }

  #learnBatch(order: Uint32Array, rate: number, clip: number): Record<string, number> & { divergence: number } {
    const { entropyWeight, valueWeight, valueClip, normaliseAdvantages } = this.options;
    const rollout = this.#rollout;
    const batch = this.#batch;
    const rows = order.length;
    const { size } = this.#observations;
    gather(rollout.observations, order, size, this.#actor.input);
    gather(rollout.observations, order, size, this.#critic.input);
    gather(rollout.actions, order, this.#range.size, batch.actions);
    gather(rollout.logProbabilities, order, 1, batch.oldLogProbabilities);
    gather(rollout.advantages, order, 1, batch.advantages);
    gather(rollout.values, order, 1, batch.oldValues);
    gather(rollout.returns, order, 1, batch.returns);
    if (normaliseAdvantages) standardise(batch.advantages, rows);
    const outputs = this.#actor.forward(rows);
    this.#head.evaluate(outputs, batch.actions, rows, batch.logProbabilities, batch.entropies);
    const policy = ppoPolicyLoss(batch, rows, clip, entropyWeight, batch.byLogProbability, batch.byEntropy);
    const toOutputs = this.#actor.outputGradient;
    this.#head.backward(outputs, batch.actions, rows, batch.byLogProbability, batch.byEntropy, toOutputs);
    this.#actor.backward(rows, 'parameters');
    const values = this.#critic.forward(rows);
    const toValues = this.#critic.outputGradient;
    const ofValues = valueLoss(values, batch.oldValues, batch.returns, rows, valueWeight, valueClip, toValues);
    this.#critic.backward(rows, 'parameters');
    const norm = this.#adam.step(rate);
    const { loss, entropy, divergence, clipped } = policy;
    return { policy_loss: loss, value_loss: ofValues, entropy, divergence, clipped, gradient_norm: norm };
  }
}
