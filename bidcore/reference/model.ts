// A model image as numbers: the factorization machine, the calibration tables, the landscape and the policy, at the
// places `assembly/model_layout.ts` gives them.

import * as layout from '../../assembly/model_layout.js';
import { remember } from './remember.js';

/** `MODEL_BYTES` bytes laid out as in `assembly/model_layout.ts`. */
export type ModelImage = Uint8Array;

/** Views of one image; an index is a byte offset of the layout divided by the width of its numbers. */
export interface ModelNumbers {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

const F32_BYTES = 4;
const F64_BYTES = 8;

const numbersByImage = new WeakMap<ModelImage, ModelNumbers>();

/** The image as numbers, which are little-endian as the module's memory is. An unaligned image is copied once. */
export function modelNumbers(image: ModelImage): ModelNumbers {
  return remember(numbersByImage, image, () => {
    if (image.length !== layout.MODEL_BYTES) {
      throw new Error(`a model image of ${image.length} bytes, not ${layout.MODEL_BYTES}`);
    }
    const { buffer, byteOffset, length } = image.byteOffset % F64_BYTES === 0 ? image : Uint8Array.from(image);
    return {
      f32: new Float32Array(buffer, byteOffset, length / F32_BYTES),
      f64: new Float64Array(buffer, byteOffset, length / F64_BYTES),
    };
  });
}

/** Index in `ModelNumbers.f32` of a byte offset. */
export const f32At = (offset: number): number => offset / F32_BYTES;

/** One exchange's win probabilities. */
export interface Landscape {
  /** Ascending, CPM micros of the book's currency. */
  readonly gridMicros: Float64Array;
  /** Probability that a bid of the grid's price wins. */
  readonly win: Float64Array;
}

/** The landscape table of an exchange: tables are shared where a book has more exchanges than there are tables. */
export function landscapeOf(image: ModelImage, exchange: number): Landscape {
  const { f64 } = modelNumbers(image);
  const table = exchange % layout.LANDSCAPE_TABLES;
  const at = (offset: number): Float64Array => {
    const start = (layout.MODEL_LANDSCAPE + offset) / F64_BYTES;
    return f64.subarray(start, start + layout.LANDSCAPE_PRICES);
  };
  return {
    gridMicros: at(layout.LANDSCAPE_GRID),
    win: at(layout.LANDSCAPE_WIN + table * layout.LANDSCAPE_TABLE_BYTES),
  };
}
