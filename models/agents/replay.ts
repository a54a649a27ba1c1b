// The replay buffer of agents that learn off policy (Lin 1992; Mnih et al. 2015): the latest transitions, drawn from
// uniformly with repetition.

import type { Random } from '../random.js';
import type { Arrays } from './arrays.js';

/** Where a batch is gathered to: rows of transitions. */
export class Transitions {
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  readonly nextObservations: Float32Array;
  /** 1 where nothing follows; an episode that was merely cut off goes on. */
  readonly terminated: Float32Array;

  constructor(rows: number, observationSize: number, actionSize: number) {
    this.observations = new Float32Array(rows * observationSize);
    this.actions = new Float32Array(rows * actionSize);
    this.rewards = new Float32Array(rows);
    this.nextObservations = new Float32Array(rows * observationSize);
    this.terminated = new Float32Array(rows);
  }
}

export class Replay {
  readonly #capacity: number;
  readonly #observationSize: number;
  readonly #actionSize: number;
  readonly #rows: Transitions;
  #size = 0;
  #next = 0;

  /** @param capacity transitions kept; later ones take the place of the oldest */
  constructor(capacity: number, observationSize: number, actionSize: number) {
    this.#capacity = capacity;
    this.#observationSize = observationSize;
    this.#actionSize = actionSize;
    this.#rows = new Transitions(capacity, observationSize, actionSize);
  }

  get size(): number {
    return this.#size;
  }

  /** Keeps a transition; the arrays are copied. */
  add(
    observation: Float32Array,
    action: Float32Array,
    reward: number,
    nextObservation: Float32Array,
    terminated: boolean,
  ): void {
    const rows = this.#rows;
    const at = this.#next;
    rows.observations.set(observation, at * this.#observationSize);
    rows.actions.set(action, at * this.#actionSize);
    rows.rewards[at] = reward;
    rows.nextObservations.set(nextObservation, at * this.#observationSize);
    rows.terminated[at] = Number(terminated);
    this.#next = (at + 1) % this.#capacity;
    this.#size = Math.min(this.#size + 1, this.#capacity);
  }

  /** Fills `batch` with `count` transitions drawn. There must be one. */
  draw(count: number, random: Random, batch: Transitions): void {
    if (this.#size === 0) throw new Error('nothing to draw from');
    for (let row = 0; row < count; row++) {
      const at = random.integer(this.#size);
      copyRow(this.#rows.observations, at, batch.observations, row, this.#observationSize);
      copyRow(this.#rows.actions, at, batch.actions, row, this.#actionSize);
      copyRow(this.#rows.nextObservations, at, batch.nextObservations, row, this.#observationSize);
      batch.rewards[row] = this.#rows.rewards[at] as number;
      batch.terminated[row] = this.#rows.terminated[at] as number;
    }
  }

  /** What is in it, and where the next goes; views, to be written out at once. */
  save(): Arrays {
    const { observations, actions, rewards, nextObservations, terminated } = this.#rows;
    const n = this.#size;
    return {
      replay: Uint32Array.of(n, this.#next),
      replayObservations: observations.subarray(0, n * this.#observationSize),
      replayActions: actions.subarray(0, n * this.#actionSize),
      replayRewards: rewards.subarray(0, n),
      replayNextObservations: nextObservations.subarray(0, n * this.#observationSize),
      replayTerminated: terminated.subarray(0, n),
    };
  }

  /** Goes on with what `save` gave of a buffer of the same capacity and sizes. */
  restore(arrays: Arrays): void {
    const [size, next] = arrays['replay'] as unknown as [number, number];
    this.#size = size;
    this.#next = next;
    this.#rows.observations.set(arrays['replayObservations'] as Float32Array);
    this.#rows.actions.set(arrays['replayActions'] as Float32Array);
    this.#rows.rewards.set(arrays['replayRewards'] as Float32Array);
    this.#rows.nextObservations.set(arrays['replayNextObservations'] as Float32Array);
    this.#rows.terminated.set(arrays['replayTerminated'] as Float32Array);
  }
}

function copyRow(from: Float32Array, fromRow: number, to: Float32Array, toRow: number, width: number): void {
  for (let d = 0; d < width; d++) to[toRow * width + d] = from[fromRow * width + d] as number;
}
