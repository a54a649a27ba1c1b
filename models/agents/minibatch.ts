// Rows of one step of PPO's optimiser, gathered from a rollout.

const ADVANTAGE_EPSILON = 1e-8;

/** Rows of one minibatch. */
export class Minibatch {
  readonly actions: Float32Array;
  readonly oldLogProbabilities: Float32Array;
  readonly logProbabilities: Float32Array;
  readonly entropies: Float32Array;
  readonly advantages: Float32Array;
  readonly oldValues: Float32Array;
  readonly returns: Float32Array;
  readonly byLogProbability: Float32Array;
  readonly byEntropy: Float32Array;

  constructor(rows: number, actionSize: number) {
    this.actions = new Float32Array(rows * actionSize);
    this.oldLogProbabilities = new Float32Array(rows);
    this.logProbabilities = new Float32Array(rows);
    this.entropies = new Float32Array(rows);
    this.advantages = new Float32Array(rows);
    this.oldValues = new Float32Array(rows);
    this.returns = new Float32Array(rows);
    this.byLogProbability = new Float32Array(rows);
    this.byEntropy = new Float32Array(rows);
  }
}

/** Rows of `from` in this order. */
export function gather(from: Float32Array, order: Uint32Array, width: number, to: Float32Array): void {
  for (let i = 0; i < order.length; i++) {
    const start = (order[i] as number) * width;
    for (let d = 0; d < width; d++) to[i * width + d] = from[start + d] as number;
  }
}

/** Mean 0 and deviation 1. */
export function standardise(numbers: Float32Array, rows: number): void {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < rows; i++) sum += numbers[i] as number;
  const mean = sum / rows;
  for (let i = 0; i < rows; i++) squares += ((numbers[i] as number) - mean) ** 2;
  const scale = 1 / (Math.sqrt(squares / rows) + ADVANTAGE_EPSILON);
  for (let i = 0; i < rows; i++) numbers[i] = ((numbers[i] as number) - mean) * scale;
}
