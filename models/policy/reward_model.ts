// A model of the reward of a decision, for the doubly robust estimate: ridge regression on the inputs, the action, its
// square, and the action times each input. It is linear in the first two moments of the action, so what it expects of a
// Gaussian policy has a closed form. Fitted on some episodes and asked about others (cross-fitting: Chernozhukov et al.
// 2018), or it would know the answers.

import type { Decision } from './off_policy.js';

/** Mean of an action and of its square. */
export interface Action {
  readonly mean: number;
  readonly square: number;
}

/** Of the penalty, in rows: as many rows of nothing are added for each coefficient. Inputs are of order 1. */
const RIDGE = 1;
export const FOLDS = 5;

export class RewardModel {
  readonly #coefficients: Float64Array;

  constructor(rows: readonly Decision[]) {
    this.#coefficients = fitted(rows);
  }

  expected(inputs: ArrayLike<number>, action: Action): number {
    const features = featuresOf(inputs, action);
    let sum = 0;
    for (let i = 0; i < features.length; i++) sum += (features[i] as number) * (this.#coefficients[i] as number);
    return sum;
  }
}

function featuresOf(inputs: ArrayLike<number>, { mean, square }: Action): Float64Array {
  const size = inputs.length;
  const features = new Float64Array(2 * size + 3);
  features[0] = 1;
  features[1] = mean;
  features[2] = square;
  for (let i = 0; i < size; i++) {
    features[3 + i] = inputs[i] as number;
    features[3 + size + i] = (inputs[i] as number) * mean;
  }
  return features;
}

/** (XᵀX + ridge) β = Xᵀy; the constant is not penalised. */
function fitted(rows: readonly Decision[]): Float64Array {
  const size = 2 * (rows[0]?.inputs.length ?? 0) + 3;
  const matrix = Array.from({ length: size }, () => new Float64Array(size + 1));
  for (const { inputs, output, reward } of rows) {
    const features = featuresOf(inputs, { mean: output, square: output * output });
    for (let i = 0; i < size; i++) {
      const row = matrix[i] as Float64Array;
      const x = features[i] as number;
      for (let j = 0; j < size; j++) row[j] = (row[j] as number) + x * (features[j] as number);
      row[size] = (row[size] as number) + x * reward;
    }
  }
  matrix.forEach((row, i) => {
    row[i] = (row[i] as number) + (i === 0 ? 1e-9 : RIDGE);
  });
  return solved(matrix);
}

/** Gaussian elimination of a positive definite system with its right side as the last column. */
function solved(matrix: readonly Float64Array[]): Float64Array {
  const size = matrix.length;
  for (let at = 0; at < size; at++) {
    const pivot = matrix[at] as Float64Array;
    for (let below = at + 1; below < size; below++) {
      const row = matrix[below] as Float64Array;
      const factor = (row[at] as number) / (pivot[at] as number);
      if (factor === 0) continue;
      for (let j = at; j <= size; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number);
    }
  }
  const solution = new Float64Array(size);
  for (let at = size - 1; at >= 0; at--) {
    const row = matrix[at] as Float64Array;
    let rest = row[size] as number;
    for (let j = at + 1; j < size; j++) rest -= (row[j] as number) * (solution[j] as number);
    solution[at] = rest / (row[at] as number);
  }
  return solution;
}
