// The bus of a node that is alone: the folder `models` in its data folder. The pointer's file is looked at many times a
// second; that costs one stat.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelPointer, modelFileName, POINTER_FILE, readPointer } from '../../bidcore/model_pointer.js';
import { fingerprint, watchFile } from '../file_watch.js';
import type { FeedProblem, ModelFeed } from './feed.js';

const LOOK_MS = 50;

export class FolderFeed implements ModelFeed {
  readonly where: string;
  /** Of the pointer that was read last. */
  #seen: string | undefined;

  constructor(folder: string) {
    this.where = folder;
  }

  async pointer(): Promise<ModelPointer | undefined | FeedProblem> {
    const path = join(this.where, POINTER_FILE);
    this.#seen = await fingerprint(path); // before it is read: a change in between is then seen as one
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? undefined : { problem: message };
    }
    return readPointer(text) ?? { problem: `${path} holds no pointer` };
  }

  async file(version: number): Promise<Uint8Array | FeedProblem> {
    try {
      const read = await readFile(join(this.where, modelFileName(version)));
      // Plain bytes: a Buffer's slice is a view where an array's is a copy.
      return new Uint8Array(read.buffer, read.byteOffset, read.length);
    } catch (error) {
      return { problem: (error as Error).message };
    }
  }

  follow(changed: () => Promise<void>, signal: AbortSignal): void {
    void watchFile(join(this.where, POINTER_FILE), this.#seen, LOOK_MS, signal, changed);
  }

  close(): void {
    // it holds nothing open
  }
}
