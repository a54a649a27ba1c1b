// The hashed features of a bid as they travel in tokens and events: 27 indices of 18 bits each,
// feature 0 in the lowest bits.
// Rules: docs/learning.md section 1.

import { FEATURE_BITS } from '../assembly/model_layout.js';

/** Features of a request and its impression, then those of the ad. */
export const CONTEXT_FEATURE_COUNT = 20;
const AD_FEATURE_COUNT = 7;
export const FEATURE_COUNT = CONTEXT_FEATURE_COUNT + AD_FEATURE_COUNT;
export const FEATURE_LIST_BYTES = Math.ceil((FEATURE_COUNT * FEATURE_BITS) / 8);

/** Of a bid made before tokens had features. */
export const NO_FEATURES = new Uint8Array(0);

/** The bytes of 27 indices. Throws if there are not as many, or one does not fit. */
export function packFeatures(features: ArrayLike<number>): Uint8Array {
  if (features.length !== FEATURE_COUNT) throw new Error(`${features.length} features, not ${FEATURE_COUNT}`);
  const bytes = new Uint8Array(FEATURE_LIST_BYTES);
  for (let i = 0; i < FEATURE_COUNT; i++) {
    const index = features[i] as number;
    if (index >>> FEATURE_BITS !== 0) throw new Error(`feature ${i}: ${index} is no index`);
    for (let bit = i * FEATURE_BITS, rest = index, left = FEATURE_BITS; left > 0; ) {
      const room = Math.min(8 - (bit & 7), left);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) | ((rest & ((1 << room) - 1)) << (bit & 7));
      rest >>>= room;
      bit += room;
      left -= room;
    }
  }
  return bytes;
}

/** The indices of packed features. Throws if the bytes are not as many as they must be. */
export function unpackFeatures(bytes: Uint8Array): Uint32Array {
  if (bytes.length !== FEATURE_LIST_BYTES) throw new Error(`${bytes.length} bytes of features`);
  const features = new Uint32Array(FEATURE_COUNT);
  for (let i = 0; i < FEATURE_COUNT; i++) {
    const bit = i * FEATURE_BITS;
    const at = bit >> 3;
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    // 18 bits that start at bit 6 or less of a byte lie in three bytes.
    features[i] = (word >>> (bit & 7)) & ((1 << FEATURE_BITS) - 1);
  }
  return features;
}
