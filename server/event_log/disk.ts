// What the event log asks of a disk: so little that a simulated one can stand in and lose, tear and refuse what a real
// one might (memory_disk.ts). Failures throw an error with a `code` as Node's own have; event_log.ts makes values of
// them.

export interface Disk {
  /** `read`, `write`: a file that is there. `create`: an empty file, whatever was there. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>;
  /** Replaces what is there. Not durable, as little as making or unlinking a file, before `syncFolder`. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names of the files in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  makeFolder(folder: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
}

export interface DiskFile {
  size(): Promise<number>;
  /** Fills `into` as far as the file goes, and says how far that was. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** Writes all of it, or throws with any part of it written. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  truncate(length: number): Promise<void>;
  fdatasync(): Promise<void>;
  close(): Promise<void>;
}

/** All bytes of a file. */
export async function readWhole(disk: Disk, path: string): Promise<Buffer> {
  const file = await disk.open(path, 'read');
  try {
    const bytes = Buffer.alloc(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

/** Large files are written a little at a time: bids are made on the same cores. */
const PIECE_BYTES = 2 ** 17;

/** Puts a file in its place so that after a crash it is there as a whole, the old one or the new one. */
export async function replaceDurably(disk: Disk, folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${folder}/${name}${UNFINISHED}`;
  const file = await disk.open(unfinished, 'create');
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await file.write(bytes.subarray(at, at + PIECE_BYTES), at);
    }
    await file.fdatasync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinished, `${folder}/${name}`);
  await disk.syncFolder(folder);
}

/** Ending of a file that is not yet in its place: what a crash leaves of it means nothing. */
export const UNFINISHED = '.new';
