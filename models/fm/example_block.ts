// Examples on their way into a trainer: many in one call, because a call of its own for each would cost more than the
// learning. The arrays have the layout of the trainer's memory, so that handing them over is a copy.

import { BLOCK_EXAMPLES, BLOCK_INDICES } from './assembly/layout.js';

export class ExampleBlock {
  /** Indices of the features of all examples, one after another. */
  readonly features = new Uint32Array(BLOCK_INDICES);
  /** How many of them each example has. */
  readonly lengths = new Uint32Array(BLOCK_EXAMPLES);
  /** 0 or 1. */
  readonly labels = new Uint8Array(BLOCK_EXAMPLES);
  /** What an example counts for; 1 where nothing else is said. */
  readonly weights = new Float32Array(BLOCK_EXAMPLES);
  #examples = 0;
  #indices = 0;

  /** Examples in it. */
  get examples(): number {
    return this.#examples;
  }

  /** Indices in it. */
  get indices(): number {
    return this.#indices;
  }

  /**
   * Adds an example.
   * @param count how many of `features` it has, from the first
   * @param weight above 0, finite
   * @returns false, and nothing is added, if the block has no room for it
   * @throws if it would fit into no block, or the weight is none
   */
  add(features: ArrayLike<number>, label: 0 | 1, weight = 1, count = features.length): boolean {
    if (count > BLOCK_INDICES) throw new Error(`an example of ${count} features; at most ${BLOCK_INDICES}`);
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) throw new Error(`an example of weight ${weight}`);
    if (this.#examples === BLOCK_EXAMPLES || this.#indices + count > BLOCK_INDICES) return false;
    for (let i = 0; i < count; i++) this.features[this.#indices + i] = features[i] as number;
    this.lengths[this.#examples] = count;
    this.labels[this.#examples] = label;
    this.weights[this.#examples] = weight;
    this.#examples++;
    this.#indices += count;
    return true;
  }

  clear(): void {
    this.#examples = 0;
    this.#indices = 0;
  }
}
