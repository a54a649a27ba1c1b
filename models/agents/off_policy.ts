// What DQN, SAC and TD3 share: they step environments by a policy that explores, keep every transition, and learn from
// draws of all of them. A subclass says how it acts and how it learns from one batch.

import type { Action, MakeEnvironment } from '../environments/environment.js';
import { VectorEnvironment } from '../environments/vector.js';
import { Random } from '../random.js';
import { isStateError, type StateError } from '../state.js';
import { ActionRange } from './action_range.js';
import type { Agent, Round } from './agent.js';
import { type Arrays, copyArrays, packArrays, unpackArrays } from './arrays.js';
import { Replay, Transitions } from './replay.js';

export interface OffPolicyOptions {
  /** Environments stepped together. */
  readonly environments: number;
  /** Steps before the first update; they are taken at random. */
  readonly warmupSteps: number;
  /** Transitions kept. */
  readonly capacity: number;
  /** Rows of an update. */
  readonly minibatch: number;
  /** Rounds (a step of each environment) between updates, and how many there are then. */
  readonly updateEvery: number;
  readonly updates: number;
  readonly discount: number;
  readonly learningRate: number;
  /** Falling in a straight line to 0 over all steps. */
  readonly annealLearningRate: boolean;
  readonly hidden: readonly number[];
}

export abstract class OffPolicy implements Agent {
  readonly roundSteps: number;
  protected readonly random: Random;
  protected readonly vector: VectorEnvironment;
  protected readonly range: ActionRange;
  protected readonly batch: Transitions;
  readonly #common: OffPolicyOptions;
  readonly #totalSteps: number;
  readonly #replay: Replay;
  readonly #raw: Float32Array;
  readonly #actions: Float32Array;
  readonly #shape: string;
  /** Steps and rounds so far. */
  readonly #progress = new Float64Array(2);

  /**
   * @param seed of first weights, actions, draws and episodes
   * @param totalSteps to be learned from at most: schedules run over them
   */
  constructor(make: MakeEnvironment, seed: number, totalSteps: number, options: OffPolicyOptions) {
    this.#common = options;
    this.#totalSteps = totalSteps;
    this.random = new Random(seed);
    this.vector = new VectorEnvironment(make, options.environments, this.random.u32());
    this.range = new ActionRange(this.vector.actionSpace);
    this.roundSteps = options.environments;
    const { size } = this.vector.observationSpace;
    this.#replay = new Replay(options.capacity, size, this.range.size);
    this.batch = new Transitions(options.minibatch, size, this.range.size);
    this.#raw = new Float32Array(options.environments * this.range.size);
    this.#actions = new Float32Array(options.environments * this.range.size);
    const { environments, capacity, hidden } = options;
    const actions = this.vector.actionSpace.kind === 'discrete' ? this.vector.actionSpace.n : [this.range.size];
    this.#shape = JSON.stringify([environments, capacity, size, ...hidden, actions]);
  }

  get steps(): number {
    return this.#progress[0] as number;
  }

  act(observation: Float32Array, deterministic: boolean): Action {
    const raw = new Float32Array(this.range.size);
    this.decide(observation, 1, raw, deterministic);
    return this.range.toAction(raw);
  }

  learn(): Round {
    const { environments, warmupSteps, updateEvery, updates, learningRate, annealLearningRate } = this.#common;
    const { vector, range } = this;
    if (this.steps < warmupSteps) this.#anything();
    else this.decide(vector.observations, environments, this.#raw, false);
    range.toSpace(this.#raw, environments, this.#actions);
    const before = vector.observations.slice();
    const episodes = vector.step(this.#actions);
    const { size } = vector.observationSpace;
    for (let i = 0; i < environments; i++) {
      const row = (rows: Float32Array, width: number): Float32Array => rows.subarray(i * width, (i + 1) * width);
      const terminated = vector.terminated[i] === 1;
      const after = terminated || vector.truncated[i] === 1 ? vector.finalObservations : vector.observations;
      const reward = vector.rewards[i] as number;
      this.#replay.add(row(before, size), row(this.#raw, range.size), reward, row(after, size), terminated);
    }
    const rounds = (this.#progress[1] as number) + 1;
    this.#progress.set([this.steps + environments, rounds]);
    if (this.steps < warmupSteps || rounds % updateEvery !== 0) return { episodes, figures: {} };
    let figures = {};
    const rate = annealLearningRate ? learningRate * (1 - this.done) : learningRate;
    for (let n = 0; n < updates; n++) {
      this.#replay.draw(this.#common.minibatch, this.random, this.batch);
      figures = this.update(rate);
    }
    return { episodes, figures };
  }

  save(): Uint8Array {
    return packArrays(this.magic, this.#shape, {
      ...this.#arrays(),
      ...this.#replay.save(),
      random: this.random.save(),
      environments: this.vector.save(),
    });
  }

  restore(bytes: Uint8Array): StateError | undefined {
    const arrays = unpackArrays(this.magic, this.#shape, bytes);
    if (isStateError(arrays)) return arrays;
    const error = this.vector.restore(arrays['environments'] as Float64Array);
    if (error !== undefined) return error;
    copyArrays(arrays, this.#arrays());
    this.#replay.restore(arrays);
    this.random.restore(arrays['random'] as Uint32Array);
    return undefined;
  }

  /** Of its states. */
  protected abstract readonly magic: number;

  /** Numbers of actions (those of the space where discrete, else within ± 1) for rows of observations. */
  protected abstract decide(observations: Float32Array, rows: number, raw: Float32Array, deterministic: boolean): void;

  /** Learns from `batch`; returns figures for reports. */
  protected abstract update(rate: number): Record<string, number>;

  /** Networks and optimisers as they are: all a subclass keeps between rounds. */
  protected abstract learned(): Arrays;

  /** Share of all steps that is done. */
  protected get done(): number {
    return Math.min(1, this.steps / this.#totalSteps);
  }

  #arrays(): Arrays {
    return { progress: this.#progress, ...this.learned() };
  }

  /** Any actions of the space, each as likely. */
  #anything(): void {
    const { actionSpace } = this.vector;
    for (let i = 0; i < this.#raw.length; i++) {
      this.#raw[i] = actionSpace.kind === 'discrete' ? this.random.integer(actionSpace.n) : this.random.uniform(-1, 1);
    }
  }
}
