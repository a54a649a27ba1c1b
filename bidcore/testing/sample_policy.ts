// A policy for tests and benchmarks: weights of the size training leaves, from a seed. It has learned nothing, and says
// something else to every input.

import { type PolicyWeights, zeroPolicy } from '../policy/policy_weights.js';
import { seededRandom } from './random.js';

/** Range of each input in which it speaks. */
export const SAMPLE_RANGE = 4;

/** @param sigma standard deviation with which it explores */
export function samplePolicy(seed: number, sigma = 0): PolicyWeights {
  const random = seededRandom(seed);
  const policy = zeroPolicy();
  const { mean, scale, low, high, w1, b1, w2, b2, w3, b3 } = policy;
  // He et al. 2015: weights that keep the size of what passes; the last layer makes outputs of some tenths.
  const fill = (weights: Float32Array, scaleOf: number): void => {
    for (let i = 0; i < weights.length; i++) weights[i] = (random() * 2 - 1) * scaleOf;
  };
  fill(w1, Math.sqrt(6 / mean.length));
  fill(w2, Math.sqrt(6 / b1.length));
  fill(w3, Math.sqrt(3 / b2.length));
  for (const weights of [mean, b1, b2, b3]) fill(weights, 0.1);
  scale.forEach((_, i) => {
    scale[i] = 0.5 + i / 8;
  });
  low.fill(-SAMPLE_RANGE);
  high.fill(SAMPLE_RANGE);
  return { ...policy, sigma };
}
