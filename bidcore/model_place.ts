// A model's way into the shared memory: verified, then copied to where no request reads. 50 ms of work, so a bidder has
// it done beside the control thread.

import { copyInSteps, isModelFileError, type ModelFileError, readModelFile } from './model_file.js';
import { type Rest, restless } from './steps.js';

/** A model that stands in the shared memory, and is not in force yet. */
export interface PlacedModel {
  readonly version: number;
  /** When it was made, milliseconds since the epoch. */
  readonly createdMs: number;
  /** The file as it came; perhaps not in the buffer it came in. */
  readonly file: Uint8Array;
}

/**
 * Brings a model file to an address of the shared memory. What does not verify is not written. The buffer that was
 * given may be gone afterwards: the file is in the answer.
 */
export type PlaceModel = (file: Uint8Array, at: number) => Promise<PlacedModel | ModelFileError>;

/**
 * The work itself, in the thread that calls.
 * @param rest called between steps
 */
export function placeModel(
  file: Uint8Array,
  memory: ArrayBufferLike,
  at: number,
  rest: Rest = restless,
): PlacedModel | ModelFileError {
  const model = readModelFile(file, rest);
  if (isModelFileError(model)) return model;
  copyInSteps(model.image, new Uint8Array(memory, at, model.image.length), rest);
  return { version: model.version, createdMs: model.createdMs, file };
}
