// Memory that model files are read into, used again and again: 21 MB that are new each time would have the control
// thread's whole heap collected at each model, by threads that take the cores from bids. Shared, so that the thread
// that loads models reads it where it is.

import { MODEL_BYTES, MODEL_HEADER_BYTES } from '../../assembly/model_layout.js';

/** The longest file that can be a model. */
export const MODEL_FILE_BYTES = MODEL_HEADER_BYTES + MODEL_BYTES;

export class ModelBuffers {
  readonly #buffers: SharedArrayBuffer[] = [];

  /** A buffer that none of these files is in. */
  take(inUse: readonly Uint8Array[]): Uint8Array<SharedArrayBuffer> {
    let free = this.#buffers.find((buffer) => inUse.every((file) => file.buffer !== buffer));
    if (free === undefined) {
      free = new SharedArrayBuffer(MODEL_FILE_BYTES);
      this.#buffers.push(free);
    }
    return new Uint8Array(free);
  }
}
