// What a bidder needs of the bus: the pointer, the bytes of a version, and word of a change. The folder of a node that
// is alone and Redis are the two there are. Rules: docs/learning.md section 4.

import type { ModelPointer } from '../../bidcore/model_pointer.js';

/** A model file in shared memory: all threads read it where it is. */
export type ModelBytes = Uint8Array<SharedArrayBuffer>;

/** The bus does not answer, or what it has is unusable. */
export interface FeedProblem {
  readonly problem: string;
}

export interface ModelFeed {
  /** Where it looks, for people. */
  readonly where: string;
  /** The pointer as it stands; undefined where nothing was ever published. */
  pointer(): Promise<ModelPointer | undefined | FeedProblem>;
  /**
   * The bytes of a model file, in memory that is used again: they stay until the next call, and while they are in use.
   * @param inUse files that must stay as they are
   */
  file(version: number, inUse: readonly Uint8Array[]): Promise<ModelBytes | FeedProblem>;
  /** Told of each model that went live, with its bytes: a feed may keep a copy. */
  wentLive?(pointer: ModelPointer, version: number, file: Uint8Array): Promise<void>;
  /** Calls `changed` soon after each change of the pointer, and perhaps more often, until `signal` is aborted. */
  follow(changed: () => Promise<void>, signal: AbortSignal): void;
  close(): void;
}

/** Tells a problem from what was asked for. */
export function isFeedProblem(value: object | undefined): value is FeedProblem {
  return value !== undefined && 'problem' in value;
}
