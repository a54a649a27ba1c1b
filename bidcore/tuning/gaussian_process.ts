// Gaussian process regression: what values a function may have where it was not tried, from where it was (Rasmussen and
// Williams, "Gaussian Processes for Machine Learning", algorithm 2.1). The kernel is Matérn's with ν = 5/2 and a length
// scale for each dimension (their equation 4.17; for tuning: Snoek, Larochelle and Adams, NIPS 2012).
//
// Values are standardised inside; the hyper-parameters are of the standardised values, and in logarithms.

import { ascend } from './ascend.js';
import { cholesky, dot, inverse, solveLower, solveUpper } from './cholesky.js';

/** Logarithms of: the length scale of each dimension, the standard deviation of the function, that of the noise. */
export type Hyper = readonly number[];

/** What is thought of the logarithms before any value: normal, of this mean and deviation. */
interface Belief {
  readonly mean: number;
  readonly deviation: number;
}
/** Over a box of side 1, scales from a tenth to a few; noise from next to nothing to all. */
const LENGTH: Belief = { mean: Math.log(0.5), deviation: 1 };
const SIGNAL: Belief = { mean: 0, deviation: 1 };
const NOISE: Belief = { mean: Math.log(0.01), deviation: 2 };
/** Logarithm of the least noise: a variance of 1e-8 keeps the matrix well conditioned. */
const NOISE_MIN = Math.log(1e-4);
const ROOT_5 = Math.sqrt(5);

export interface Prediction {
  readonly mean: number;
  /** Standard deviation of the function itself, without noise. */
  readonly deviation: number;
}

/** Matérn's kernel with ν = 5/2 at a scaled distance r: covariance at variance 1, and −its slope over r. */
function matern(r: number): { readonly value: number; readonly slope: number } {
  const decay = Math.exp(-ROOT_5 * r);
  return { value: (1 + ROOT_5 * r + (5 / 3) * r * r) * decay, slope: (5 / 3) * (1 + ROOT_5 * r) * decay };
}

function scaledDistance(a: readonly number[], b: readonly number[], inverseScales: readonly number[]): number {
  let squares = 0;
  for (let d = 0; d < inverseScales.length; d++) {
    squares += (((a[d] as number) - (b[d] as number)) * (inverseScales[d] as number)) ** 2;
  }
  return Math.sqrt(squares);
}

export class GaussianProcess {
  readonly #points: readonly (readonly number[])[];
  readonly #inverseScales: readonly number[];
  readonly #signal: number;
  readonly #factor: Float64Array;
  readonly #weights: Float64Array;
  readonly #center: number;
  readonly #unit: number;

  /**
   * @param points of the unit box, at least one; all of one length
   * @param values finite, one for each point
   */
  constructor(points: readonly (readonly number[])[], values: readonly number[], hyper: Hyper) {
    const { center, unit, standard } = standardised(values);
    const dimensions = (points[0] as readonly number[]).length;
    this.#points = points;
    this.#inverseScales = hyper.slice(0, dimensions).map((log) => Math.exp(-log));
    this.#signal = Math.exp(2 * (hyper[dimensions] as number));
    const noise = Math.exp(2 * Math.max(NOISE_MIN, hyper[dimensions + 1] as number));
    const n = points.length;
    const covariance = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) covariance[i * n + j] = this.#between(points[i], points[j]);
      covariance[i * n + i] = this.#signal + noise;
    }
    this.#factor = cholesky(covariance, n);
    this.#weights = solveUpper(this.#factor, n, solveLower(this.#factor, n, standard));
    this.#center = center;
    this.#unit = unit;
  }

  #between(a: readonly number[] = [], b: readonly number[] = []): number {
    return this.#signal * matern(scaledDistance(a, b, this.#inverseScales)).value;
  }

  #covariances(point: readonly number[]): Float64Array {
    return Float64Array.from(this.#points, (other) => this.#between(point, other));
  }

  predict(point: readonly number[]): Prediction {
    const covariances = this.#covariances(point);
    const explained = solveLower(this.#factor, this.#points.length, covariances);
    const variance = Math.max(0, this.#signal - dot(explained, explained));
    return { mean: this.mean(point, covariances), deviation: this.#unit * Math.sqrt(variance) };
  }

  /** The mean alone, which costs a fraction of a prediction. */
  mean(point: readonly number[], covariances = this.#covariances(point)): number {
    return this.#center + this.#unit * dot(covariances, this.#weights);
  }

  /** One function of those that are possible, at these points. @param normal a source of standard normal numbers */
  draw(points: readonly (readonly number[])[], normal: () => number): Float64Array {
    const n = points.length;
    const explained = points.map((point) => solveLower(this.#factor, this.#points.length, this.#covariances(point)));
    const covariance = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const shared = dot(explained[i] as Float64Array, explained[j] as Float64Array);
        covariance[i * n + j] = this.#between(points[i], points[j]) - shared + (i === j ? 1e-10 * this.#signal : 0);
      }
    }
    const factor = cholesky(covariance, n);
    const numbers = Float64Array.from({ length: n }, normal);
    return Float64Array.from(points, (point, i) => {
      const apart = dot(factor.subarray(i * n, i * n + i + 1), numbers);
      return this.mean(point) + this.#unit * apart;
    });
  }
}

function standardised(values: readonly number[]) {
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  const unit = Math.sqrt(squares / values.length) || 1;
  return { center, unit, standard: Float64Array.from(values, (value) => (value - center) / unit) };
}

/**
 * Logarithm of the evidence for hyper-parameters, the marginal likelihood (Rasmussen and Williams, equation 5.8), and
 * of what was thought of them before; with its slopes (equation 5.9).
 */
export function evidence(
  points: readonly (readonly number[])[],
  values: readonly number[],
  hyper: Hyper,
): { readonly value: number; readonly slopes: number[] } {
  const n = points.length;
  const dimensions = (points[0] as readonly number[]).length;
  const { standard } = standardised(values);
  const inverseScales = hyper.slice(0, dimensions).map((log) => Math.exp(-log));
  const signal = Math.exp(2 * (hyper[dimensions] as number));
  const logNoise = hyper[dimensions + 1] as number;
  const noise = Math.exp(2 * Math.max(NOISE_MIN, logNoise));
  const covariance = new Float64Array(n * n);
  const bends = new Float64Array(n * n); // what the slopes by length scales have in common
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const r = scaledDistance(points[i] as readonly number[], points[j] as readonly number[], inverseScales);
      const { value, slope } = matern(r);
      covariance[i * n + j] = signal * value;
      bends[i * n + j] = signal * slope;
    }
    covariance[i * n + i] = signal + noise;
  }
  const factor = cholesky(covariance, n);
  const weights = solveUpper(factor, n, solveLower(factor, n, standard));
  const precision = inverse(factor, n);
  let value = -dot(standard, weights) / 2 - (n / 2) * Math.log(2 * Math.PI);
  const slopes = new Array<number>(dimensions + 2).fill(0);
  let traceOfSignal = 0;
  let traceOfNoise = 0;
  for (let i = 0; i < n; i++) {
    value -= Math.log(factor[i * n + i] as number);
    const own = (weights[i] as number) ** 2 - (precision[i * n + i] as number);
    traceOfNoise += own;
    traceOfSignal += own * signal;
    for (let j = 0; j < i; j++) {
      const shared = (weights[i] as number) * (weights[j] as number) - (precision[i * n + j] as number);
      traceOfSignal += 2 * shared * (covariance[i * n + j] as number);
      const bent = shared * (bends[i * n + j] as number);
      const [a, b] = [points[i] as readonly number[], points[j] as readonly number[]];
      for (let d = 0; d < dimensions; d++) {
        const apart = ((a[d] as number) - (b[d] as number)) * (inverseScales[d] as number);
        slopes[d] = (slopes[d] as number) + bent * apart * apart;
      }
    }
  }
  slopes[dimensions] = traceOfSignal;
  slopes[dimensions + 1] = logNoise > NOISE_MIN ? traceOfNoise * noise : 0;
  for (let k = 0; k < slopes.length; k++) {
    const { mean, deviation } = k < dimensions ? LENGTH : k === dimensions ? SIGNAL : NOISE;
    const apart = ((hyper[k] as number) - mean) / deviation;
    value -= (apart * apart) / 2;
    slopes[k] = (slopes[k] as number) - apart / deviation;
  }
  return { value, slopes };
}

/** Starts besides what was thought at first: scales all short, all long. */
const SHIFTS = [0, -1.2, 0.8];

/**
 * The likeliest hyper-parameters, climbed to from several starts; deterministic.
 * @param from those of fewer values, to begin at instead
 */
export function likeliest(points: readonly (readonly number[])[], values: readonly number[], from?: Hyper): Hyper {
  const dimensions = (points[0] as readonly number[]).length;
  const starts =
    from !== undefined
      ? [from]
      : SHIFTS.map((shift) => [...new Array<number>(dimensions).fill(LENGTH.mean + shift), SIGNAL.mean, NOISE.mean]);
  const tops = starts.map((start) => ascend((hyper) => evidence(points, values, hyper), start));
  return tops.reduce((best, top) => (top.value > best.value ? top : best)).point;
}
