// What the hot path predicts with a model, from the features of a bid alone: the slow twin's arithmetic, to the bit.
// Features of past bids are in their tokens and events, so a candidate can be judged on traffic it never saw.

import { MODEL_BYTES } from '../assembly/model_layout.js';
import { CONTEXT_FEATURE_COUNT, FEATURE_COUNT } from '../bidcore/feature_list.js';
import { type Prediction, predictFeatures } from '../bidcore/reference/predict.js';

export class ModelScorer {
  readonly #image: Uint8Array;

  /** @param image of MODEL_BYTES; it must not change while it is scored with */
  constructor(image: Uint8Array) {
    if (image.length !== MODEL_BYTES) throw new Error(`a model has ${MODEL_BYTES} bytes, not ${image.length}`);
    this.#image = image;
  }

  /**
   * Rates of a bid, calibrated for its exchange.
   * @param features the 27 of a bid, as `unpackFeatures` gives them
   */
  score(features: ArrayLike<number>): Prediction {
    if (features.length !== FEATURE_COUNT) throw new Error(`${features.length} features, not ${FEATURE_COUNT}`);
    const all = Array.from(features);
    return predictFeatures(this.#image, all.slice(0, CONTEXT_FEATURE_COUNT), all.slice(CONTEXT_FEATURE_COUNT));
  }
}
