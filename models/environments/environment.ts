// What an agent acts in: Gymnasium's interface (Towers et al. 2024, "Gymnasium: A Standard Interface for Reinforcement
// Learning Environments").

import type { Box, Discrete } from './spaces.js';

/** A discrete action is its number, one of a box its vector. */
export type Action = Float32Array | number;

/** What a step says besides: numbers by name, for reports; agents do not read it. */
export type Info = Readonly<Record<string, number>>;

export interface Start {
  readonly observation: Float32Array;
  readonly info: Info;
}

export interface Step {
  readonly observation: Float32Array;
  readonly reward: number;
  /** The episode ended in a state worth nothing further: nothing is expected after it. */
  readonly terminated: boolean;
  /** The episode was cut off from outside, as by a limit of steps: the value of what would have come is estimated. */
  readonly truncated: boolean;
  readonly info: Info;
}

/**
 * One world, one episode at a time.
 *
 * After `reset(seed)` everything that follows is settled by the seed and the actions, whatever happened in the
 * environment before: this is how episodes are repeated, compared, and resumed from a checkpoint. `reset()` without a
 * seed goes on with the generator of the last.
 *
 * The array of an observation may be used again by the next call: who keeps it, copies it. After an episode's end,
 * `step` throws until the next `reset`.
 */
export interface Environment<A extends Action = Action> {
  readonly observationSpace: Box;
  readonly actionSpace: Box | Discrete;
  /** @param seed a whole number from 0 to 2^53 − 1 */
  reset(seed?: number): Start;
  /** @param action one the action space contains; another throws */
  step(action: A): Step;
}

/** Makes environments of one kind, each independent of the others. */
export type MakeEnvironment = () => Environment;
