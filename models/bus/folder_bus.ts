// The bus in the folder `models` of a data folder: N.model, N.json beside it, live.json. Each file is replaced as a
// whole and durably. Who changes something holds the folder's lock; a crash between two files leaves entries that the
// pointer contradicts, and the pointer is right (registry.ts).

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { modelFileName, POINTER_FILE, readPointer, writePointer } from '../../bidcore/model_pointer.js';
import { readWhole, replaceDurably, UNFINISHED } from '../../server/event_log/disk.js';
import { isEventLogError } from '../../server/event_log/errors.js';
import { folderLock, type Held } from '../../server/event_log/lock.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import { stepAside } from '../../server/redis/models.js';
import { type ModelEntry, readEntry, writeEntry } from '../registry/entry.js';
import { away, type BusProblem, isBusProblem, type ModelBus, type Shelf, type ShelfChange } from './shelf.js';

/** Folders of locks, within that of the models. */
const CHANGES = '.changes';
const TRAINER = '.trainer';
const LOCK_TRIES = 60;

export class FolderBus implements ModelBus {
  readonly where: string;
  #trainer: Held | undefined;

  constructor(folder: string) {
    this.where = folder;
  }

  read(): Promise<Shelf | BusProblem> {
    return this.#trying('cannot be read', async () => {
      const names = await realDisk.list(this.where).catch(missingIsEmpty);
      const pointer = names.includes(POINTER_FILE) ? readPointer(await this.#text(POINTER_FILE)) : undefined;
      if (names.includes(POINTER_FILE) && pointer === undefined) throw new Error(`${POINTER_FILE} holds no pointer`);
      const entries = new Map<number, ModelEntry>();
      const broken = new Map<number, string>();
      for (const name of names) {
        const version = Number(/^(\d+)\.json$/.exec(name)?.[1]);
        if (Number.isNaN(version)) continue;
        const entry = await this.#entry(name, version);
        if (entry === undefined) continue;
        if ('problem' in entry) broken.set(version, `${name}: ${entry.problem}`);
        else entries.set(version, entry);
      }
      return { pointer, entries, broken };
    });
  }

  /** Undefined: it was removed meanwhile. */
  async #entry(name: string, version: number): Promise<ModelEntry | { readonly problem: string } | undefined> {
    try {
      return readEntry(await this.#text(name), version);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      return { problem: (error as Error).message };
    }
  }

  update(change: (shelf: Shelf) => ShelfChange | undefined): Promise<Shelf | BusProblem> {
    return this.#trying('cannot be changed', async () => {
      const lock = await this.#lock();
      try {
        const shelf = await this.read();
        if (isBusProblem(shelf)) return shelf;
        const wanted = change(shelf);
        if (wanted === undefined) return shelf;
        for (const entry of wanted.entries ?? []) await this.#replace(`${entry.version}.json`, writeEntry(entry));
        if (wanted.pointer !== undefined) await this.#replace(POINTER_FILE, writePointer(wanted.pointer));
        for (const version of wanted.removed ?? []) await this.#unlink(`${version}.json`);
        return after(shelf, wanted);
      } finally {
        await lock.release();
      }
    });
  }

  writeModel(version: number, file: Uint8Array): Promise<BusProblem | undefined> {
    return this.#trying('cannot be written', async () => {
      await realDisk.makeFolder(this.where);
      await this.#replace(modelFileName(version), file);
      return undefined;
    });
  }

  readModel(version: number): Promise<Uint8Array | undefined | BusProblem> {
    return this.#trying('cannot be read', async () => {
      try {
        return new Uint8Array(await readWhole(realDisk, join(this.where, modelFileName(version))));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    });
  }

  models(): Promise<readonly number[] | BusProblem> {
    return this.#trying('cannot be read', async () => {
      const names = await realDisk.list(this.where).catch(missingIsEmpty);
      return names.flatMap((name) => /^(\d+)\.model$/.exec(name)?.[1] ?? []).map(Number);
    });
  }

  deleteModel(version: number): Promise<BusProblem | undefined> {
    return this.#trying('cannot be changed', async () => {
      for (const name of [modelFileName(version), `${modelFileName(version)}${UNFINISHED}`]) await this.#unlink(name);
      return undefined;
    });
  }

  sweep(beforeMs: number): Promise<BusProblem | undefined> {
    return this.#trying('cannot be changed', async () => {
      const names = await realDisk.list(this.where).catch(missingIsEmpty);
      for (const name of names.filter((any) => any.endsWith(UNFINISHED))) {
        const writtenMs = await stat(join(this.where, name)).then(
          ({ mtimeMs }) => mtimeMs,
          () => Number.POSITIVE_INFINITY, // in its place by now
        );
        if (writtenMs < beforeMs) await this.#unlink(name);
      }
      return undefined;
    });
  }

  lease(): Promise<'held' | { readonly holder: string } | BusProblem> {
    return this.#trying('cannot be locked', async () => {
      if (this.#trainer !== undefined) return 'held';
      const folder = join(this.where, TRAINER);
      await realDisk.makeFolder(folder);
      const lock = await folderLock(folder);
      if (isEventLogError(lock)) return { holder: lock.problem };
      this.#trainer = lock;
      return 'held';
    });
  }

  async close(): Promise<void> {
    await this.#trainer?.release();
    this.#trainer = undefined;
  }

  async #lock(): Promise<Held> {
    const folder = join(this.where, CHANGES);
    await realDisk.makeFolder(folder);
    for (let attempt = 0; ; attempt++) {
      const lock = await folderLock(folder);
      if (!isEventLogError(lock)) return lock;
      if (attempt >= LOCK_TRIES) throw new Error(lock.problem);
      await stepAside(attempt);
    }
  }

  async #text(name: string): Promise<string> {
    return (await readWhole(realDisk, join(this.where, name))).toString();
  }

  async #replace(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(`${content}\n`) : content;
    await replaceDurably(realDisk, this.where, name, bytes);
  }

  async #unlink(name: string): Promise<void> {
    await realDisk.unlink(join(this.where, name)).catch(missingIsEmpty);
  }

  /** What the disk refuses comes back as a value. */
  async #trying<T>(doing: string, work: () => Promise<T>): Promise<T | BusProblem> {
    try {
      return await work();
    } catch (error) {
      return away(`${this.where} ${doing}: ${(error as Error).message}`);
    }
  }
}

/** A shelf as a change leaves it. */
export function after(shelf: Shelf, change: ShelfChange): Shelf {
  const entries = new Map(shelf.entries);
  for (const entry of change.entries ?? []) entries.set(entry.version, entry);
  for (const version of change.removed ?? []) entries.delete(version);
  return { pointer: change.pointer ?? shelf.pointer, entries, broken: shelf.broken };
}

function missingIsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
