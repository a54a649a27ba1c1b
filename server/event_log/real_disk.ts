// The disk of the machine.

import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import type { Disk, DiskFile } from './disk.js';

const FLAGS = { read: 'r', write: 'r+', create: 'w+' } as const;

export const realDisk: Disk = {
  open: async (path, mode) => fileOf(await open(path, FLAGS[mode])),
  rename,
  unlink,
  list: (folder) => readdir(folder),
  makeFolder: async (folder) => {
    await mkdir(folder, { recursive: true });
  },
  syncFolder: async (folder) => {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

function fileOf(handle: Awaited<ReturnType<typeof open>>): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    read: async (into, offset) => {
      let done = 0;
      while (done < into.length) {
        const { bytesRead } = await handle.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    write: async (bytes, offset) => {
      // A write may be taken in part, as when the disk is nearly full; the next one then says why.
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    },
    truncate: (length) => handle.truncate(length),
    fdatasync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
