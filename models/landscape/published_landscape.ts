// What a model image bids: win probability and shaded bid of a context, read from the bytes the bidders get, with the
// slow twin's own shading (docs/learning.md section 2). What is measured here is what bids.

import * as layout from '../../assembly/model_layout.js';
import { f32At, type Landscape, modelNumbers } from '../../bidcore/reference/model.js';
import { shade, winProbability } from '../../bidcore/reference/shade.js';

const OFFSET_MAX = 8;

export class PublishedLandscape {
  readonly #image: Uint8Array;
  readonly #tables = new Map<number, Landscape>();

  /** @param image MODEL_BYTES; not to be written while this is in use */
  constructor(image: Uint8Array) {
    this.#image = image;
    const exchanges = new DataView(image.buffer, image.byteOffset + layout.MODEL_EXCHANGES, layout.EXCHANGE_SLOTS * 4);
    for (let slot = 0; slot < layout.EXCHANGE_SLOTS; slot++) {
      this.#tables.set(slot === 0 ? layout.NO_EXCHANGE : exchanges.getUint32(4 * slot, true), this.#table(slot));
    }
    // A slot that no exchange has must not stand for slot 0.
    this.#tables.set(layout.NO_EXCHANGE, this.#table(0));
  }

  /** Probability that a bid wins. */
  winProbability(features: Uint32Array, exchangeFeature: number, bidMicros: number): number {
    return winProbability(bidMicros / this.#scale(features), this.#tableOf(exchangeFeature));
  }

  /** The bid with the highest expected surplus for a value, in first price, without a floor. CPM micros. */
  bid(features: Uint32Array, exchangeFeature: number, valueMicros: number): number {
    const scale = this.#scale(features);
    return scale * shade(valueMicros / scale, 0, this.#tableOf(exchangeFeature));
  }

  #scale(features: Uint32Array): number {
    const { f32 } = modelNumbers(this.#image);
    let sum = 0;
    for (const feature of features) {
      const record = layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE;
      sum += f32[f32At(record + layout.FEATURE_WEIGHT_LANDSCAPE)] as number;
    }
    return Math.exp(Math.min(Math.max(sum, -OFFSET_MAX), OFFSET_MAX));
  }

  #tableOf(exchangeFeature: number): Landscape {
    return (this.#tables.get(exchangeFeature) ?? this.#tables.get(layout.NO_EXCHANGE)) as Landscape;
  }

  #table(slot: number): Landscape {
    const { f64 } = modelNumbers(this.#image);
    const at = (offset: number): Float64Array => {
      const start = (layout.MODEL_LANDSCAPE + offset) / 8;
      return f64.subarray(start, start + layout.LANDSCAPE_PRICES);
    };
    return {
      gridMicros: at(layout.LANDSCAPE_GRID),
      win: at(layout.LANDSCAPE_WIN + slot * layout.LANDSCAPE_TABLE_BYTES),
    };
  }
}
