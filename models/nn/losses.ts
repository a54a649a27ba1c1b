// Losses over the rows of a batch: each returns its mean, and writes the mean's derivatives.

export interface PpoRows {
  /** Under the policy that drew the actions, and under the one that learns. */
  readonly oldLogProbabilities: Float32Array;
  readonly logProbabilities: Float32Array;
  readonly entropies: Float32Array;
  readonly advantages: Float32Array;
}

export interface PpoPolicyLoss {
  readonly loss: number;
  readonly entropy: number;
  /** Estimate of the Kullback–Leibler divergence from the old policy: mean of r − 1 − log r (Schulman 2020). */
  readonly divergence: number;
  /** Share of the rows whose ratio lies outside the clip range. */
  readonly clipped: number;
}

/**
 * −min(r A, clip(r, 1 ± `clip`) A) − `entropyWeight` × H, where r is the ratio of the two probabilities (Schulman et
 * al. 2017, equations 7 and 9).
 */
export function ppoPolicyLoss(
  { oldLogProbabilities, logProbabilities, entropies, advantages }: PpoRows,
  rows: number,
  clip: number,
  entropyWeight: number,
  byLogProbability: Float32Array,
  byEntropy: Float32Array,
): PpoPolicyLoss {
  let [loss, entropy, divergence, clipped] = [0, 0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const log = (logProbabilities[i] as number) - (oldLogProbabilities[i] as number);
    const ratio = Math.exp(log);
    const advantage = advantages[i] as number;
    const free = ratio * advantage;
    const bound = Math.min(1 + clip, Math.max(1 - clip, ratio)) * advantage;
    loss -= Math.min(free, bound);
    byLogProbability[i] = free <= bound ? -free / rows : 0;
    byEntropy[i] = -entropyWeight / rows;
    entropy += entropies[i] as number;
    divergence += ratio - 1 - log;
    clipped += Number(Math.abs(ratio - 1) > clip);
  }
  return {
    loss: (loss - entropyWeight * entropy) / rows,
    entropy: entropy / rows,
    divergence: divergence / rows,
    clipped: clipped / rows,
  };
}

/**
 * `weight` × ½ (V − R)²; with `clip`, the larger of it and that of V held within ± clip of the old value (as in the
 * original PPO code; Andrychowicz et al. 2021 found no use in it).
 */
export function valueLoss(
  values: Float32Array,
  oldValues: Float32Array,
  returns: Float32Array,
  rows: number,
  weight: number,
  clip: number | undefined,
  gradient: Float32Array,
): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i] as number;
    const old = oldValues[i] as number;
    const error = value - (returns[i] as number);
    const held = clip === undefined ? value : old + Math.min(clip, Math.max(-clip, value - old));
    const heldError = held - (returns[i] as number);
    const free = error * error >= heldError * heldError;
    loss += free ? error * error : heldError * heldError;
    gradient[i] = free ? (weight * error) / rows : 0; // where the clipped one counts, it does not move with V
  }
  return (weight * 0.5 * loss) / rows;
}

/** ½ (x − target)². */
export function squaredLoss(x: Float32Array, targets: Float32Array, rows: number, gradient: Float32Array): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const error = (x[i] as number) - (targets[i] as number);
    loss += 0.5 * error * error;
    gradient[i] = error / rows;
  }
  return loss / rows;
}

/**
 * Huber's loss with its bend at 1, of the chosen one of each row's `n` values; the others have no part (Mnih et al.
 * 2015 clip the error the same way).
 */
export function chosenHuberLoss(
  values: Float32Array,
  n: number,
  chosen: Float32Array,
  targets: Float32Array,
  rows: number,
  gradient: Float32Array,
): number {
  let loss = 0;
  gradient.fill(0, 0, rows * n);
  for (let i = 0; i < rows; i++) {
    const at = i * n + (chosen[i] as number);
    const error = (values[at] as number) - (targets[i] as number);
    loss += Math.abs(error) <= 1 ? 0.5 * error * error : Math.abs(error) - 0.5;
    gradient[at] = Math.min(1, Math.max(-1, error)) / rows;
  }
  return loss / rows;
}

/**
 * α log π − min(Q₁, Q₂), the loss of SAC's actor (Haarnoja et al. 2018, equation 7, with twin critics): derivatives by
 * the log probabilities and by each critic's value.
 */
export function softActorLoss(
  alpha: number,
  logProbabilities: Float32Array,
  first: Float32Array,
  second: Float32Array,
  rows: number,
  byLogProbability: Float32Array,
  byFirst: Float32Array,
  bySecond: Float32Array,
): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const [q1, q2] = [first[i] as number, second[i] as number];
    loss += alpha * (logProbabilities[i] as number) - Math.min(q1, q2);
    byLogProbability[i] = alpha / rows;
    byFirst[i] = q1 <= q2 ? -1 / rows : 0;
    bySecond[i] = q1 <= q2 ? 0 : -1 / rows;
  }
  return loss / rows;
}
