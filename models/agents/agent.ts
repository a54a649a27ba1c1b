// What every agent is: something that acts, learns round by round from environments of its own, and can be saved
// between two rounds and go on exactly.

import type { Action } from '../environments/environment.js';
import type { Episode } from '../environments/vector.js';
import type { StateError } from '../state.js';

/** What a round of learning did. */
export interface Round {
  /** Episodes that ended in it. */
  readonly episodes: readonly Episode[];
  /** Losses and the like by name, for reports; empty where nothing was learned yet. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Agent {
  /** Steps of environments seen so far, all together. */
  readonly steps: number;
  /** Steps a round takes. */
  readonly roundSteps: number;
  /**
   * The action for an observation, inside the action space. A deterministic one is the policy's best and leaves the
   * agent as it is; another is drawn with the generator it learns with.
   */
  act(observation: Float32Array, deterministic: boolean): Action;
  /** Takes `roundSteps` steps in its environments, and learns from them. */
  learn(): Round;
  /** Everything it needs to go on exactly as if it had not stopped: also buffers, generators, environments. */
  save(): Uint8Array;
  /** Goes on from a state of an agent with the same options. Nothing has changed if it is refused. */
  restore(bytes: Uint8Array): StateError | undefined;
}
