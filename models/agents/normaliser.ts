// Running mean and deviation of numbers as they come (Welford 1962), for observations and returns of unknown scale.

/** Normalised numbers are held within ± this. */
export const NORMALISED_MAX = 10;
const EPSILON = 1e-8;

export class Normaliser {
  readonly size: number;
  /** Rows counted, then means, then sums of squared deviations. */
  readonly state: Float64Array;

  /** @param size numbers of a row */
  constructor(size: number) {
    this.size = size;
    this.state = new Float64Array(1 + 2 * size);
  }

  /** Counts `rows` rows in. */
  count(numbers: ArrayLike<number>, rows: number): void {
    const { state, size } = this;
    for (let row = 0; row < rows; row++) {
      const seen = (state[0] as number) + 1;
      state[0] = seen;
      for (let i = 0; i < size; i++) {
        const mean = state[1 + i] as number;
        const away = (numbers[row * size + i] as number) - mean;
        const moved = mean + away / seen;
        state[1 + i] = moved;
        state[1 + size + i] = (state[1 + size + i] as number) + away * ((numbers[row * size + i] as number) - moved);
      }
    }
  }

  mean(i: number): number {
    return this.state[1 + i] as number;
  }

  /** 1 / deviation; 1 before two rows were counted. */
  scale(i: number): number {
    const seen = this.state[0] as number;
    return seen < 2 ? 1 : 1 / Math.sqrt((this.state[1 + this.size + i] as number) / seen + EPSILON);
  }

  /** (x − mean) / deviation, held within ± NORMALISED_MAX; `to` may be `from`. */
  normalise(from: Float32Array, rows: number, to: Float32Array): void {
    for (let i = 0; i < this.size; i++) {
      const [mean, scale] = [Math.fround(this.mean(i)), Math.fround(this.scale(i))];
      for (let at = i; at < rows * this.size; at += this.size) {
        to[at] = Math.min(NORMALISED_MAX, Math.max(-NORMALISED_MAX, ((from[at] as number) - mean) * scale));
      }
    }
  }
}
