// Models are verified and copied by a thread of the least priority, so that no bid waits for it: on Linux the system
// takes the core from it as soon as a worker has something to do. Started at the first model; it keeps no process
// alive.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ModelFileError } from '../../bidcore/model_file.js';
import type { PlacedModel } from '../../bidcore/model_place.js';

const SCRIPT = new URL('./model_loader_thread.js', import.meta.url);

export interface PlaceOrder {
  readonly file: Uint8Array;
  readonly at: number;
}

export class ModelLoader {
  readonly #memory: SharedArrayBuffer;
  #thread: Worker | undefined;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory.buffer as SharedArrayBuffer;
  }

  /**
   * Brings a file to an address of the shared memory (`PlaceModel`), one at a time. A buffer that is not shared goes to
   * the thread and comes back in the answer. Rejects if the thread dies.
   */
  async place(file: Uint8Array, at: number): Promise<PlacedModel | ModelFileError> {
    this.#thread ??= new Worker(SCRIPT, { workerData: this.#memory });
    const thread = this.#thread;
    thread.ref();
    const shared = file.buffer instanceof SharedArrayBuffer;
    // Only a buffer that is all the file's can be given away.
    const own = shared || file.byteLength === file.buffer.byteLength ? file : Uint8Array.from(file);
    const answered = once(thread, 'message'); // rejects at its 'error'
    thread.postMessage({ file: own, at } satisfies PlaceOrder, shared ? [] : [own.buffer as ArrayBuffer]);
    try {
      return (await answered)[0] as PlacedModel | ModelFileError;
    } finally {
      thread.unref();
    }
  }
}
