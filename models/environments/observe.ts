// Observations of the market environments: numbers around 0, within ±OBSERVED_MAX, so that networks need not be told
// scales.

import { Box } from './spaces.js';

const OBSERVED_MAX = 5;

/** A space of `size` such numbers. */
export function observedSpace(size: number): Box {
  const high = new Float32Array(size).fill(OBSERVED_MAX);
  return new Box(
    high.map((each) => -each),
    high,
  );
}

/** A space of `size` numbers from −1 to 1, for actions. */
export function actionSpace(size: number): Box {
  const high = new Float32Array(size).fill(1);
  return new Box(
    high.map((each) => -each),
    high,
  );
}

/** Within the space. */
export function clamped(value: number): number {
  return Math.max(-OBSERVED_MAX, Math.min(OBSERVED_MAX, value));
}

/** Logarithm of a ratio; of nothing, as low as the space goes. */
export function logRatio(part: number, whole: number): number {
  return part > 0 && whole > 0 ? clamped(Math.log(part / whole)) : -OBSERVED_MAX;
}

/** Shares that add up to 1, from actions between −1 and 1: the greatest is at most exp(4), 55 times the least. */
export function sharesOf(actions: Float32Array, shares: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    const weight = Math.exp(2 * (actions[i] as number));
    shares[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] as number) / sum;
}

/** Mean distance between two rows of numbers. */
export function meanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}
