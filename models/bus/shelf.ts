// The bus of models as a trainer and the commands see it: the pointer that bidders follow, the entries of the registry,
// the bytes of versions, and who trains. The folder of a node that is alone and Redis are the two there are.

import type { ModelPointer } from '../../bidcore/model_pointer.js';
import type { ModelEntry } from '../registry/entry.js';

/** What is on the bus at one moment. */
export interface Shelf {
  /** Undefined: nothing was ever published. */
  readonly pointer: ModelPointer | undefined;
  readonly entries: ReadonlyMap<number, ModelEntry>;
  /** Versions whose entries cannot be read, and why: damaged, or of a later program. They take part in nothing. */
  readonly broken: ReadonlyMap<number, string>;
}

/** What one change writes; all of it or nothing. */
export interface ShelfChange {
  readonly pointer?: ModelPointer | undefined;
  readonly entries?: readonly ModelEntry[];
  /** Versions whose entries go. */
  readonly removed?: readonly number[];
}

/** The bus cannot be reached, or the disk refuses. */
export interface BusProblem {
  readonly code: 'bus_away';
  readonly problem: string;
}

export interface ModelBus {
  /** For people. */
  readonly where: string;
  read(): Promise<Shelf | BusProblem>;
  /**
   * Changes what is there, seen as it is when nobody else changes it.
   * @param change may be called more than once; undefined: leaves all as it is
   */
  update(change: (shelf: Shelf) => ShelfChange | undefined): Promise<Shelf | BusProblem>;
  /** Puts the bytes of a version in their place, durably. Before a pointer names it. */
  writeModel(version: number, file: Uint8Array): Promise<BusProblem | undefined>;
  /** The bytes of a version; undefined if they are not kept. */
  readModel(version: number): Promise<Uint8Array | undefined | BusProblem>;
  /** Versions whose bytes are kept. */
  models(): Promise<readonly number[] | BusProblem>;
  /** Also what an interrupted write has left of it. */
  deleteModel(version: number): Promise<BusProblem | undefined>;
  /** Deletes what writes that were interrupted have left. @param beforeMs when they began, at the latest */
  sweep(beforeMs: number): Promise<BusProblem | undefined>;
  /**
   * Takes or keeps the right to train: `held`, or who has it. To be called again well within LEASE_MS.
   * @param claim where the one that asks stands
   */
  lease(claim?: LeaseClaim): Promise<'held' | { readonly holder: string } | BusProblem>;
  /**
   * Of the lease that is held: the one before, unless another owner has held it in between. Undefined where a lease
   * does not expire and its owner is always the same: a folder.
   */
  readonly term?: number | undefined;
  close(): Promise<void>;
}

/** Who wants to train: the owner of a checkpoint, whichever process goes on with it, and the checkpoint's term. */
export interface LeaseClaim {
  readonly owner: string;
  /** 0: none yet. */
  readonly term: number;
}

/** A sidecar that has not been heard of for so long is followed by another, milliseconds. */
export const LEASE_MS = 10_000;

export function isBusProblem(value: object | undefined): value is BusProblem {
  return value !== undefined && 'code' in value && value.code === 'bus_away';
}

export function away(problem: string): BusProblem {
  return { code: 'bus_away', problem };
}
