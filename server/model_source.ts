// Brings the model file into the hot path: read, verify, load, flip. A file with problems changes nothing.

import { readFile } from 'node:fs/promises';
import { MODEL_HEADER_BYTES } from '../assembly/model_layout.js';
import type { Control } from '../bidcore/control.js';
import type { LiveModel } from './situation.js';

/** Why a model file was refused. */
export interface ModelProblem {
  readonly problem: string;
}

export class ModelSource {
  readonly #control: Control;
  readonly #path: string;
  #live: (LiveModel & { readonly createdMs: number }) | undefined;

  constructor(control: Control, path: string) {
    this.#control = control;
    this.#path = path;
  }

  /** Loads the file as it is now. */
  async load(): Promise<{ version: number } | ModelProblem> {
    let file: Uint8Array;
    try {
      const read = await readFile(this.#path);
      // Plain bytes: a Buffer's slice is a view where an array's is a copy.
      file = new Uint8Array(read.buffer, read.byteOffset, read.length);
    } catch (error) {
      return { problem: (error as Error).message };
    }
    const loaded = await this.#control.loadModel(file);
    if ('problem' in loaded) return loaded;
    const { version, createdMs } = loaded;
    this.#live = { version, image: loaded.file.subarray(MODEL_HEADER_BYTES), createdMs };
    return loaded;
  }

  /** When the file that was loaded was made, milliseconds since the epoch; undefined before the first one. */
  get createdMs(): number | undefined {
    return this.#live?.createdMs;
  }

  /** The live model as the reference bidder reads it. Throws before the first one. */
  get live(): LiveModel {
    if (this.#live === undefined) throw new Error('no model is live');
    return this.#live;
  }
}

/** Tells a model that was loaded from the problem of one that was not. */
export function isModelProblem(value: { version: number } | ModelProblem): value is ModelProblem {
  return 'problem' in value;
}
