// The bus in the Redis that nodes share. A change is written only if nobody has changed anything since it was read;
// else it is made anew from what is there then. Pointer and entries change in one script, which also tells the bidders.

import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { readPointer, writePointer } from '../../bidcore/model_pointer.js';
import { RedisModels, type StoredModels, stepAside } from '../../server/redis/models.js';
import { describeAddress, type RedisAddress } from '../../server/redis/redis_url.js';
import { type ModelEntry, readEntry, writeEntry } from '../registry/entry.js';
import { after } from './folder_bus.js';
import {
  away,
  type BusProblem,
  LEASE_MS,
  type LeaseClaim,
  type ModelBus,
  type Shelf,
  type ShelfChange,
} from './shelf.js';

const COMMIT_TRIES = 60;

export class RedisBus implements ModelBus {
  readonly where: string;
  readonly #models: RedisModels;
  readonly #holder: string;
  #term = 0;

  /** @param name of this end, unique among those of a machine */
  constructor(address: RedisAddress, name: string, namespace?: string) {
    this.where = describeAddress(address);
    this.#models = new RedisModels(address, name, namespace);
    this.#holder = `${name}, process ${process.pid} of ${MACHINE}`;
  }

  async read(): Promise<Shelf | BusProblem> {
    const stored = await this.#models.read();
    return 'problem' in stored ? away(stored.problem) : this.#shelf(stored);
  }

  async update(change: (shelf: Shelf) => ShelfChange | undefined): Promise<Shelf | BusProblem> {
    for (let attempt = 0; attempt < COMMIT_TRIES; attempt++) {
      const stored = await this.#models.read();
      if ('problem' in stored) return away(stored.problem);
      const shelf = this.#shelf(stored);
      if ('problem' in shelf) return shelf;
      const wanted = change(shelf);
      if (wanted === undefined) return shelf;
      const done = await this.#models.commit(stored.sequence, {
        pointer: wanted.pointer && writePointer(wanted.pointer),
        entries: (wanted.entries ?? []).map((entry) => [entry.version, writeEntry(entry)] as const),
        removed: wanted.removed ?? [],
      });
      if (typeof done === 'object') return away(done.problem);
      if (done === 'done') return after(shelf, wanted);
      await stepAside(attempt);
    }
    return away(`${this.where}: others keep changing the registry`);
  }

  async writeModel(version: number, file: Uint8Array): Promise<BusProblem | undefined> {
    const problem = await this.#models.writeBlob(version, file);
    return problem && away(problem.problem);
  }

  async readModel(version: number): Promise<Uint8Array | undefined | BusProblem> {
    const bytes = await this.#models.blob(version, (length) => new Uint8Array(length));
    return bytes !== undefined && !(bytes instanceof Uint8Array) ? away(bytes.problem) : bytes;
  }

  async models(): Promise<readonly number[] | BusProblem> {
    const shelf = await this.read();
    if ('problem' in shelf) return shelf;
    const { pointer, entries } = shelf;
    const named = new Set([...entries.keys(), ...(pointer ? [pointer.control] : [])]);
    const kept = await this.#models.kept([...named]);
    return 'problem' in kept ? away(kept.problem) : kept;
  }

  async deleteModel(version: number): Promise<BusProblem | undefined> {
    const problem = await this.#models.deleteBlob(version);
    return problem && away(problem.problem);
  }

  async sweep(): Promise<undefined> {
    // What is left of a write bears its version's name: `deleteModel` takes it along.
  }

  get term(): number {
    return this.#term;
  }

  async lease(
    claim: LeaseClaim = { owner: this.#holder, term: 0 },
  ): Promise<'held' | { readonly holder: string } | BusProblem> {
    const lease = await this.#models.lease(this.#holder, LEASE_MS, claim);
    if ('problem' in lease) return away(lease.problem);
    const { holder, term } = lease;
    if (holder === this.#holder) {
      this.#term = term;
      return 'held';
    }
    if (isDeadHere(holder)) await this.#models.releaseLease(holder); // the next call may take it
    return { holder };
  }

  async close(): Promise<void> {
    await this.#models.releaseLease(this.#holder);
    this.#models.close();
  }

  #shelf({ pointer, entries }: StoredModels): Shelf | BusProblem {
    const read = pointer === undefined ? undefined : readPointer(pointer);
    if (pointer !== undefined && read === undefined) return away(`${this.where}: the pointer is broken`);
    const shelf = new Map<number, ModelEntry>();
    const broken = new Map<number, string>();
    for (const [version, text] of entries) {
      const entry = readEntry(text, version);
      if ('problem' in entry) broken.set(version, `entry ${version}: ${entry.problem}`);
      else shelf.set(version, entry);
    }
    return { pointer: read, entries: shelf, broken };
  }
}

/** Host and, where it has such, the namespace of process numbers: who has the same sees this process by its number. */
const MACHINE = `${hostname()} ${namespaceOfProcesses()}`.trim();

function namespaceOfProcesses(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // not Linux: the host has one
  }
}

/** Whether a holder was a process of this machine that is no more: nobody needs to wait until its lease expires. */
function isDeadHere(holder: string): boolean {
  const pid = holder.endsWith(` of ${MACHINE}`) ? Number(/process (\d+) of /.exec(holder)?.[1]) : Number.NaN;
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
