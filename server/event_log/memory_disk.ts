// A disk in memory for tests and simulations, as mean as POSIX allows. It keeps what has been synced apart from what has
// only been written; `crash` gives the disk as the next start may find it:
//
//   written bytes   in order up to any operation; the write at which it ends arrives in any subset of its sectors
//   names           made, renamed and unlinked in order up to any of them since the folder was last synced
//   failed fsync    as on Linux: the file reads as written, the next fsync succeeds, and what was pending is on the disk
//                   in any subset of its sectors ("fsyncgate": https://wiki.postgresql.org/wiki/Fsync_Errors)

import { dirname } from 'node:path/posix';
import { Random } from '../../bidcore/fuzz/random.js';
import type { Disk, DiskFile } from './disk.js';

const SECTOR_BYTES = 512;

type Change = { readonly write: Buffer; readonly offset: number } | { readonly length: number };
type Rename = { readonly set: string; readonly inode: Inode } | { readonly remove: string };

interface Inode {
  /** As it is read. */
  seen: Buffer;
  /** As it is on the platter. */
  durable: Buffer;
  pending: Change[];
}

export type DiskAction = 'open' | 'write' | 'truncate' | 'fdatasync' | 'rename' | 'unlink' | 'syncFolder';

export interface MemoryDiskOptions {
  readonly seed?: number;
  /** Bytes of all files together, beyond which a write ends with ENOSPC, having written what fitted. */
  readonly capacityBytes?: number;
}

export class MemoryDisk implements Disk {
  capacityBytes: number;
  /** Called before each change; what it throws is that action's failure. */
  before: (action: DiskAction, path: string) => void = () => undefined;
  readonly #random: Random;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #pendingNames: Rename[] = [];
  #off = false;

  constructor({ seed = 1, capacityBytes = Number.POSITIVE_INFINITY }: MemoryDiskOptions = {}) {
    this.#random = new Random(seed);
    this.capacityBytes = capacityBytes;
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    await this.#act('open', path);
    let inode = this.#names.get(path);
    if (mode === 'create') {
      if (inode === undefined) {
        inode = { seen: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] };
        this.#rename({ set: path, inode });
      } else this.#change(inode, { length: 0 });
    }
    if (inode === undefined) throw diskError('ENOENT', path);
    return this.#file(inode, path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#act('rename', from);
    const inode = this.#names.get(from);
    if (inode === undefined) throw diskError('ENOENT', from);
    this.#rename({ set: to, inode });
    this.#rename({ remove: from });
  }

  async unlink(path: string): Promise<void> {
    await this.#act('unlink', path);
    if (!this.#names.has(path)) throw diskError('ENOENT', path);
    this.#rename({ remove: path });
  }

  async list(folder: string): Promise<string[]> {
    return [...this.#names.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  async makeFolder(): Promise<void> {
    await null; // folders are only the beginnings of paths here
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#act('syncFolder', folder);
    for (const change of this.#pendingNames) apply(this.#durableNames, change);
    this.#pendingNames = [];
  }

  /** Ends this disk, and gives what the next start finds. */
  crash(): MemoryDisk {
    this.#off = true;
    const random = this.#random;
    const after = new MemoryDisk({ seed: random.u32(), capacityBytes: this.capacityBytes });
    const names = new Map(this.#durableNames);
    for (const change of this.#pendingNames.slice(0, random.int(0, this.#pendingNames.length))) apply(names, change);
    const survivors = new Map<Inode, Inode>();
    for (const [path, inode] of names) {
      const bytes = survivors.get(inode)?.seen ?? this.#survivingBytes(inode);
      const survivor = survivors.get(inode) ?? { seen: bytes, durable: bytes, pending: [] };
      survivors.set(inode, survivor);
      after.#names.set(path, survivor);
      after.#durableNames.set(path, survivor);
    }
    return after;
  }

  /** A file as it is read now. */
  bytesOf(path: string): Buffer {
    const inode = this.#names.get(path);
    if (inode === undefined) throw diskError('ENOENT', path);
    return Buffer.from(inode.seen);
  }

  /** Puts a file there, durably. */
  put(path: string, bytes: Uint8Array): void {
    const inode = { seen: Buffer.from(bytes), durable: Buffer.from(bytes), pending: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** The same files on another disk, all of them durable: a crash of this one then leaves that one alone. */
  copy(seed: number): MemoryDisk {
    const copy = new MemoryDisk({ seed, capacityBytes: this.capacityBytes });
    for (const [path, { seen }] of this.#names) copy.put(path, seen);
    return copy;
  }

  #file(inode: Inode, path: string): DiskFile {
    return {
      size: async () => inode.seen.length,
      read: async (into, offset) => inode.seen.copy(into, 0, offset),
      write: async (bytes, offset) => {
        await this.#act('write', path);
        const used = [...new Set(this.#names.values())].reduce((sum, { seen }) => sum + seen.length, 0);
        const room = inode.seen.length - offset + Math.max(0, this.capacityBytes - used);
        this.#change(inode, { write: Buffer.from(bytes.subarray(0, room)), offset });
        if (room < bytes.length) throw diskError('ENOSPC', path);
      },
      truncate: async (length) => {
        await this.#act('truncate', path);
        this.#change(inode, { length });
      },
      fdatasync: async () => {
        try {
          await this.#act('fdatasync', path);
        } catch (error) {
          inode.durable = this.#survivingBytes(inode);
          inode.pending = [];
          throw error;
        }
        inode.durable = inode.pending.reduce(changed, inode.durable);
        inode.pending = [];
      },
      close: async () => undefined,
    };
  }

  async #act(action: DiskAction, path: string): Promise<void> {
    await null;
    if (this.#off) throw diskError('EIO', `${path}: the power is off`);
    this.before(action, path);
  }

  #change(inode: Inode, change: Change): void {
    inode.seen = changed(inode.seen, change);
    inode.pending.push(change);
  }

  #rename(change: Rename): void {
    apply(this.#names, change);
    this.#pendingNames.push(change);
  }

  #survivingBytes({ durable, pending }: Inode): Buffer {
    const random = this.#random;
    const whole = random.int(0, pending.length);
    const kept = pending.slice(0, whole).reduce(changed, durable);
    const last = pending[whole];
    if (last === undefined || !('write' in last)) return kept;
    if (random.chance(0.5))
      return changed(kept, { ...last, write: last.write.subarray(0, random.int(0, last.write.length)) });
    let torn = kept;
    for (let start = 0; start < last.write.length; ) {
      const end = Math.min(last.write.length, start + SECTOR_BYTES - ((last.offset + start) % SECTOR_BYTES));
      if (random.chance(0.5))
        torn = changed(torn, { write: last.write.subarray(start, end), offset: last.offset + start });
      start = end;
    }
    return torn;
  }
}

/** An error as Node's file functions throw them. */
export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function changed(bytes: Buffer, change: Change): Buffer {
  if ('length' in change) {
    return change.length <= bytes.length
      ? Buffer.from(bytes.subarray(0, change.length))
      : Buffer.concat([bytes, Buffer.alloc(change.length - bytes.length)]);
  }
  if (change.write.length === 0) return bytes;
  const out = Buffer.alloc(Math.max(bytes.length, change.offset + change.write.length));
  bytes.copy(out);
  change.write.copy(out, change.offset);
  return out;
}

function apply(names: Map<string, Inode>, change: Rename): void {
  if ('set' in change) names.set(change.set, change.inode);
  else names.delete(change.remove);
}
