// Several environments stepped together, with flat arrays: row i of each is environment i's.
//
// Autoreset is Gymnasium's SAME_STEP: the step that ends an episode already returns the first observation of the next;
// the last of the one that ended stands in `finalObservations`. Each episode starts from a seed drawn here, so a state
// in the middle of an episode is its seed and the actions since, and restoring takes these steps again.

import { RANDOM_WORDS, Random } from '../random.js';
import { invalidState, type StateError } from '../state.js';
import type { Environment, MakeEnvironment } from './environment.js';
import type { Box, Discrete } from './spaces.js';

/** An episode that ended: its undiscounted return and its steps. */
export interface Episode {
  readonly return: number;
  readonly steps: number;
}

/** Where an environment stands: the seed of its episode, and all actions since, flat. */
interface Place {
  seed: number;
  actions: number[];
  return: number;
  steps: number;
}

export class VectorEnvironment {
  readonly count: number;
  readonly observationSpace: Box;
  readonly actionSpace: Box | Discrete;
  /** Numbers of an action in the flat array: 1 if it is discrete. */
  readonly actionSize: number;
  /** Of the current episodes, count × observation size. */
  readonly observations: Float32Array;
  /** Rows count where an episode has just ended; the others are of earlier steps. */
  readonly finalObservations: Float32Array;
  readonly rewards: Float32Array;
  /** 0 or 1. */
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly #environments: readonly Environment[];
  readonly #places: Place[];
  readonly #random: Random;

  /** @param seed of the seeds of all episodes */
  constructor(make: MakeEnvironment, count: number, seed: number) {
    this.count = count;
    this.#environments = Array.from({ length: count }, make);
    const first = this.#environments[0];
    if (first === undefined) throw new RangeError('no environment');
    this.observationSpace = first.observationSpace;
    this.actionSpace = first.actionSpace;
    this.actionSize = first.actionSpace.kind === 'box' ? first.actionSpace.size : 1;
    this.observations = new Float32Array(count * this.observationSpace.size);
    this.finalObservations = new Float32Array(count * this.observationSpace.size);
    this.rewards = new Float32Array(count);
    this.terminated = new Uint8Array(count);
    this.truncated = new Uint8Array(count);
    this.#random = new Random(seed);
    this.#places = this.#environments.map(() => ({ seed: 0, actions: [], return: 0, steps: 0 }));
    for (let i = 0; i < count; i++) this.#start(i);
  }

  /**
   * One step of each.
   *
   * @param actions count × `actionSize`; each inside the action space
   * @returns the episodes that ended with it
   */
  step(actions: Float32Array): Episode[] {
    const ended: Episode[] = [];
    const size = this.observationSpace.size;
    for (let i = 0; i < this.count; i++) {
      const environment = this.#environments[i] as Environment;
      const place = this.#places[i] as Place;
      const { observation, reward, terminated, truncated } = environment.step(this.#action(actions, i));
      for (let n = 0; n < this.actionSize; n++) place.actions.push(actions[i * this.actionSize + n] as number);
      place.return += reward;
      place.steps++;
      this.rewards[i] = reward;
      this.terminated[i] = Number(terminated);
      this.truncated[i] = Number(truncated && !terminated);
      if (terminated || truncated) {
        ended.push({ return: place.return, steps: place.steps });
        this.finalObservations.set(observation, i * size);
        this.#start(i);
      } else {
        this.observations.set(observation, i * size);
      }
    }
    return ended;
  }

  /** Where every environment stands, as f64: words of the generator, then of each its seed, steps and actions. */
  save(): Float64Array {
    const places = this.#places.flatMap(({ seed, steps, actions }) => [seed, steps, ...actions]);
    return Float64Array.from([...this.#random.save(), ...places]);
  }

  /** Goes on from `state`, by taking the steps of each current episode again. */
  restore(state: Float64Array): StateError | undefined {
    const lengths = this.#lengths(state);
    if (lengths === undefined) return invalidState(`not a state of ${this.count} such environments`);
    this.#random.restore(Uint32Array.from(state.subarray(0, RANDOM_WORDS)));
    let at = RANDOM_WORDS;
    lengths.forEach((steps, i) => {
      this.#begin(i, state[at] as number);
      at += 2;
      const place = this.#places[i] as Place;
      for (let n = 0; n < steps; n++, at += this.actionSize) {
        const actions = state.subarray(at, at + this.actionSize);
        const action = this.actionSpace.kind === 'box' ? Float32Array.from(actions) : (actions[0] as number);
        const { observation, reward } = (this.#environments[i] as Environment).step(action);
        place.actions.push(...actions);
        place.return += reward;
        place.steps++;
        this.observations.set(observation, i * this.observationSpace.size);
      }
    });
    return undefined;
  }

  /** Steps of each environment in a state, or nothing if its length does not fit them. */
  #lengths(state: Float64Array): number[] | undefined {
    const lengths: number[] = [];
    let at = RANDOM_WORDS;
    for (let i = 0; i < this.count; i++) {
      const steps = state[at + 1] ?? -1;
      if (!Number.isInteger(steps) || steps < 0) return undefined;
      lengths.push(steps);
      at += 2 + steps * this.actionSize;
    }
    return at === state.length ? lengths : undefined;
  }

  #start(i: number): void {
    this.#begin(i, this.#random.u32());
  }

  #begin(i: number, seed: number): void {
    const { observation } = (this.#environments[i] as Environment).reset(seed);
    this.observations.set(observation, i * this.observationSpace.size);
    this.#places[i] = { seed, actions: [], return: 0, steps: 0 };
  }

  #action(actions: Float32Array, i: number): Float32Array | number {
    if (this.actionSpace.kind === 'discrete') return actions[i] as number;
    return actions.slice(i * this.actionSize, (i + 1) * this.actionSize);
  }
}
