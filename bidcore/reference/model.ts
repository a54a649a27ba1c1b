// A model image as numbers: the factorization machine, the calibration tables, the landscape and the policy, at the
// places `assembly/model_layout.ts` gives them.

import { exponential } from '../../assembly/exponential.js';
import * as layout from '../../assembly/model_layout.js';
import { remember } from './remember.js';

/** `MODEL_BYTES` bytes laid out as in `assembly/model_layout.ts`. */
export type ModelImage = Uint8Array;

/** Views of one image; an index is a byte offset of the layout divided by the width of its numbers. */
export interface ModelNumbers {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
}

const F32_BYTES = 4;
const F64_BYTES = 8;
const U32_BYTES = 4;

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
      u32: new Uint32Array(buffer, byteOffset, length / U32_BYTES),
    };
  });
}

/** Index in `ModelNumbers.f32` of a byte offset. */
export const f32At = (offset: number): number => offset / F32_BYTES;

/** Win probabilities of an exchange in a context. */
export interface Landscape {
  /** Ascending, CPM micros of the book's currency. */
  readonly gridMicros: Float64Array;
  /** Probability that a bid of `level` times the grid's price wins. */
  readonly win: Float64Array;
  /** Price level of the context. */
  readonly level: number;
}

/**
 * Slot of an exchange in the calibration and landscape tables: the first from 1 on that names it, else 0, which is for
 * all others.
 * @param exchangeFeature index of its feature
 */
export function exchangeSlot(image: ModelImage, exchangeFeature: number): number {
  const { u32 } = modelNumbers(image);
  for (let slot = 1; slot < layout.EXCHANGE_SLOTS; slot++) {
    if (u32[layout.MODEL_EXCHANGES / U32_BYTES + slot] === exchangeFeature) return slot;
  }
  return 0;
}

/** What prices to win are multiples of in a context of these features. */
export function priceLevel(image: ModelImage, features: readonly number[]): number {
  const { f32 } = modelNumbers(image);
  let sum = 0;
  for (const feature of features) {
    const record = layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE;
    sum += f32[f32At(record + layout.FEATURE_WEIGHT_LANDSCAPE)] as number;
  }
  return exponential(Math.min(Math.max(sum, -layout.LANDSCAPE_LOG_MAX), layout.LANDSCAPE_LOG_MAX));
}

/** The landscape of a slot of the tables, at a price level. */
export function landscapeOf(image: ModelImage, slot: number, level: number): Landscape {
  const { f64 } = modelNumbers(image);
  const at = (offset: number): Float64Array => {
    const start = (layout.MODEL_LANDSCAPE + offset) / F64_BYTES;
    return f64.subarray(start, start + layout.LANDSCAPE_PRICES);
  };
  return {
    gridMicros: at(layout.LANDSCAPE_GRID),
    level,
    win: at(layout.LANDSCAPE_WIN + slot * layout.LANDSCAPE_TABLE_BYTES),
  };
}
