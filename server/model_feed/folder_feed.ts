// The bus of a node that is alone: the folder `models` in its data folder. The pointer's file is looked at many times a
// second; that costs one stat.

import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelPointer, modelFileName, POINTER_FILE, readPointer } from '../../bidcore/model_pointer.js';
import { fingerprint, watchFile } from '../file_watch.js';
import type { FeedProblem, ModelBytes, ModelFeed } from './feed.js';
import { MODEL_FILE_BYTES, ModelBuffers } from './model_buffers.js';

const LOOK_MS = 50;
/** So little that no core is long busy with it. */
const READ_BYTES = 2 ** 17;

export class FolderFeed implements ModelFeed {
  readonly where: string;
  readonly #buffers = new ModelBuffers();
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

  async file(version: number, inUse: readonly Uint8Array[]): Promise<ModelBytes | FeedProblem> {
    const path = join(this.where, modelFileName(version));
    let file: FileHandle | undefined;
    try {
      file = await open(path);
      const { size } = await file.stat();
      if (size > MODEL_FILE_BYTES) return { problem: `${path} has ${size} bytes, a model ${MODEL_FILE_BYTES}` };
      const bytes = this.#buffers.take(inUse).subarray(0, size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await file.read(bytes, at, Math.min(READ_BYTES, size - at), at);
        if (bytesRead === 0) return { problem: `${path} ends early` };
        at += bytesRead;
      }
      return bytes;
    } catch (error) {
      return { problem: (error as Error).message };
    } finally {
      await file?.close();
    }
  }

  follow(changed: () => Promise<void>, signal: AbortSignal): void {
    void watchFile(join(this.where, POINTER_FILE), this.#seen, LOOK_MS, signal, changed);
  }

  close(): void {
    // it holds nothing open
  }
}
