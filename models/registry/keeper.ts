// The registry on a bus: publishes models and takes the steps of registry.ts, each as one change. Bytes first, then the
// pointer: a bidder that meets a pointer finds what it names.

import { createHash } from 'node:crypto';
import { MODEL_LAYOUT_HASH } from '../../assembly/generated.js';
import { writeModelFile } from '../../bidcore/model_file.js';
import { resting, stepsOf } from '../../bidcore/steps.js';
import { type BusProblem, isBusProblem, type ModelBus, type Shelf, type ShelfChange } from '../bus/shelf.js';
import type { ModelEntry } from './entry.js';
import { isRegistryProblem, nextVersion, prune, type RegistryProblem, rollback, UNDER_WAY_MS } from './registry.js';

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
   * Gives an image a number and an entry, and stores its bytes. Nothing goes live by it. The entry says that the bytes
   * are coming until they are there; if they cannot be written, it goes again.
   * @param draft its state is `candidate`, or `refused`: then the bytes are not stored
   * @param above the version is higher than this, if that leaves numbers for those to come
   */
  async add(image: Uint8Array, draft: Draft, above = 0): Promise<ModelEntry | KeeperProblem> {
    const nowMs = this.#nowMs();
    const created = new Date(nowMs).toISOString();
    const base = { ...draft, created, alerts: [], sha256: '', layout: MODEL_LAYOUT_HASH };
    let version = 0;
    const reserved = await this.take((shelf) => {
      const next = nextVersion(shelf, above);
      if (typeof next !== 'number') return next;
      version = next;
      return { entries: [{ ...base, version, bytes: draft.state === 'refused' ? 'gone' : 'coming' }] };
    });
    if (isKeeperProblem(reserved)) return reserved;
    const rest = resting(); // bids are made on the same cores
    const file = writeModelFile(image, version, nowMs, rest);
    const hash = createHash('sha256');
    for (const step of stepsOf(file)) {
      hash.update(step);
      rest();
    }
    const entry: ModelEntry = { ...base, version, sha256: hash.digest('hex') };
    if (draft.state === 'refused') {
      const refused: ModelEntry = { ...entry, bytes: 'gone' };
      return (await this.describe(version, () => refused)) ?? refused;
    }
    const problem = await this.bus.writeModel(version, file);
    if (problem === undefined) return (await this.describe(version, () => entry)) ?? entry;
    // As far as the bus still takes it; `prune` does what is left of this.
    await this.bus.update(() => ({ removed: [version] }));
    await this.bus.deleteModel(version);
    return problem;
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

  /** Deletes what nobody needs (registry.ts). Gives the versions whose bytes went. */
  async prune(keep: number): Promise<readonly number[] | KeeperProblem> {
    const nowMs = this.#nowMs();
    // Listed first: what is listed has an entry by the time of the change, or has lost it.
    const kept = await this.kept();
    if (isBusProblem(kept)) return kept;
    let removed: readonly number[] = [];
    const shelf = await this.take((now) => {
      const change = prune(now, keep, nowMs);
      removed = change.removed ?? [];
      return change;
    });
    if (isKeeperProblem(shelf)) return shelf;
    const { pointer, entries, broken } = shelf;
    const versions = [...kept].filter((version) => {
      if (version === pointer?.control || version === pointer?.candidate?.version) return false;
      const entry = entries.get(version);
      return entry === undefined ? !broken.has(version) : entry.bytes === 'gone';
    });
    for (const version of new Set([...versions, ...removed])) {
      const problem = await this.bus.deleteModel(version);
      if (problem !== undefined) return problem;
    }
    return (await this.bus.sweep(nowMs - UNDER_WAY_MS)) ?? versions;
  }
}
