// The registry on a bus: publishes models and takes the steps of registry.ts, each as one change. Bytes first, then the
// pointer: a bidder that meets a pointer finds what it names.

import { createHash } from 'node:crypto';
import { MODEL_LAYOUT_HASH } from '../../assembly/generated.js';
import { writeModelFile } from '../../bidcore/model_file.js';
import { type BusProblem, isBusProblem, type ModelBus, type Shelf, type ShelfChange } from '../bus/shelf.js';
import type { ModelEntry } from './entry.js';
import { entriesOf, isRegistryProblem, nextVersion, prunable, type RegistryProblem, rollback } from './registry.js';

export type KeeperProblem = BusProblem | RegistryProblem;

/** What is known of a version before it has a number. */
export type Draft = Omit<ModelEntry, 'version' | 'created' | 'sha256' | 'layout' | 'alerts'>;

export function isKeeperProblem(value: object): value is KeeperProblem {
  return isBusProblem(value) || isRegistryProblem(value);
}

export class Keeper {
  readonly bus: ModelBus;
  readonly #nowMs: () => number;

  constructor(bus: ModelBus, nowMs: () => number = Date.now) {
    this.bus = bus;
    this.#nowMs = nowMs;
  }

  read(): Promise<Shelf | BusProblem> {
    return this.bus.read();
  }

  /**
   * Gives an image a number and an entry, and stores its bytes. Nothing goes live by it.
   * @param draft its state is `candidate`, or `refused`: then the bytes are not stored
   * @param above the version is higher than this
   */
  async add(image: Uint8Array, draft: Draft, above = 0): Promise<ModelEntry | BusProblem> {
    const nowMs = this.#nowMs();
    let entry: ModelEntry | undefined;
    const reserved = await this.bus.update((shelf) => {
      const version = nextVersion(shelf, above);
      const created = new Date(nowMs).toISOString();
      entry = { ...draft, version, created, alerts: [], sha256: '', layout: MODEL_LAYOUT_HASH };
      return { entries: [entry] };
    });
    if (isBusProblem(reserved)) return reserved;
    if (entry === undefined) throw new Error('a version was reserved without an entry');
    const file = writeModelFile(image, entry.version, nowMs);
    const stored: ModelEntry = { ...entry, sha256: sha256Of(file) };
    if (draft.state !== 'refused') {
      const problem = await this.bus.writeModel(stored.version, file);
      if (problem !== undefined) return problem;
    }
    return (await this.describe(stored.version, () => stored)) ?? stored;
  }

  /** Takes a step of registry.ts. */
  async take(step: (shelf: Shelf, nowMs: number) => ShelfChange | RegistryProblem): Promise<Shelf | KeeperProblem> {
    let problem: RegistryProblem | undefined;
    const shelf = await this.bus.update((now) => {
      const change = step(now, this.#nowMs());
      problem = isRegistryProblem(change) ? change : undefined;
      return isRegistryProblem(change) ? undefined : change;
    });
    return problem ?? shelf;
  }

  /** Rolls back; what can be gone back to is asked of the bus. */
  async rollBack(reason: string, to?: number): Promise<Shelf | KeeperProblem> {
    const kept = await this.kept();
    if (isBusProblem(kept)) return kept;
    return this.take((shelf, nowMs) => rollback(shelf, kept, reason, nowMs, to));
  }

  /** Changes what an entry says. */
  async describe(version: number, change: (entry: ModelEntry) => ModelEntry): Promise<BusProblem | undefined> {
    const shelf = await this.bus.update(({ entries }) => {
      const entry = entries.get(version);
      return entry === undefined ? undefined : { entries: [change(entry)] };
    });
    return isBusProblem(shelf) ? shelf : undefined;
  }

  /** Versions whose bytes are on the bus. */
  async kept(): Promise<ReadonlySet<number> | BusProblem> {
    const versions = await this.bus.models();
    return isBusProblem(versions) ? versions : new Set(versions);
  }

  /** Deletes what nobody needs. Gives the versions whose bytes went. */
  async prune(keep: number): Promise<readonly number[] | BusProblem> {
    const shelf = await this.bus.update((now) => ({ removed: prunable(now, keep).entries }));
    if (isBusProblem(shelf)) return shelf;
    const kept = await this.kept();
    if (isBusProblem(kept)) return kept;
    const known = new Set(entriesOf(shelf).map(({ version }) => version));
    const goes = new Set(prunable(shelf, keep).models);
    // Bytes of versions that have no entry any more go too.
    const versions = [...kept].filter((version) => goes.has(version) || !known.has(version));
    for (const version of versions) {
      if (version === shelf.pointer?.control || version === shelf.pointer?.candidate?.version) continue;
      const problem = await this.bus.deleteModel(version);
      if (problem !== undefined) return problem;
    }
    return versions;
  }
}

export function sha256Of(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex');
}
