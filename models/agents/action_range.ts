// Between the numbers a policy works with and the actions of a space. In a box that is bounded on all sides, −1 and 1
// of the policy are its bounds, whatever its units; actions of another box are taken as they are, held within bounds.

import type { Box, Discrete } from '../environments/spaces.js';

export class ActionRange {
  /** Numbers of an action: 1 for a discrete one. */
  readonly size: number;
  /** action = centre + half × what the policy says. */
  readonly centre: Float32Array;
  readonly half: Float32Array;
  readonly #space: Box | Discrete;

  constructor(space: Box | Discrete) {
    this.#space = space;
    this.size = space.kind === 'box' ? space.size : 1;
    this.centre = new Float32Array(this.size);
    this.half = new Float32Array(this.size).fill(1);
    if (space.kind === 'discrete' || ![...space.low, ...space.high].every(Number.isFinite)) return;
    this.centre = space.low.map((low, i) => (low + (space.high[i] as number)) / 2);
    this.half = space.low.map((low, i) => ((space.high[i] as number) - low) / 2);
  }

  /** True if every action of the space stands for a policy's numbers between −1 and 1. */
  get bounded(): boolean {
    return this.#space.kind === 'box' && [...this.#space.low, ...this.#space.high].every(Number.isFinite);
  }

  /** Actions of the space from `rows` rows of the policy's numbers. */
  toSpace(raw: Float32Array, rows: number, actions: Float32Array): void {
    const space = this.#space;
    for (let i = 0; i < rows * this.size; i++) {
      if (space.kind === 'discrete') {
        actions[i] = raw[i] as number;
        continue;
      }
      const d = i % this.size;
      const action = (this.centre[d] as number) + (this.half[d] as number) * (raw[i] as number);
      actions[i] = Math.min(space.high[d] as number, Math.max(space.low[d] as number, action));
    }
  }

  /** One action as the environment wants it: a number if it is discrete, else a copy. */
  toAction(raw: Float32Array): Float32Array | number {
    const action = new Float32Array(this.size);
    this.toSpace(raw, 1, action);
    return this.#space.kind === 'discrete' ? (action[0] as number) : action;
  }
}
