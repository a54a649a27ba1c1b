// What a model image bids: win probability and shaded bid of a context, read from the bytes the bidders get by the slow
// twin's own code. What is measured here is what bids.

import { exchangeSlot, type Landscape, landscapeOf, priceLevel } from '../../bidcore/reference/model.js';
import { shade, winProbability } from '../../bidcore/reference/shade.js';

export class PublishedLandscape {
  readonly #image: Uint8Array;

  /** @param image MODEL_BYTES; not to be written while this is in use */
  constructor(image: Uint8Array) {
    this.#image = image;
  }

  /** Probability that a bid wins. */
  winProbability(features: Uint32Array, exchangeFeature: number, bidMicros: number): number {
    return winProbability(bidMicros, this.#landscape(features, exchangeFeature));
  }

  /** The bid with the highest expected surplus for a value, in first price, without a floor. CPM micros. */
  bid(features: Uint32Array, exchangeFeature: number, valueMicros: number): number {
    return shade(valueMicros, 0, this.#landscape(features, exchangeFeature));
  }

  #landscape(features: Uint32Array, exchangeFeature: number): Landscape {
    const slot = exchangeSlot(this.#image, exchangeFeature);
    return landscapeOf(this.#image, slot, priceLevel(this.#image, [...features]));
  }
}
