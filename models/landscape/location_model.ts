// Where the logarithm of the price to win lies in a context: a linear accelerated failure time model with logistic
// errors, learned one observation at a time.
//
//   ln price = intercept + sum over positions k of scale[k] × weight[feature at k] + sigma × logistic error
//
// Each number learned is a normal distribution of its own, mean and variance, updated by assumed density filtering
// (Opper 1998; Graepel et al., "Web-scale Bayesian click-through rate prediction", ICML 2010): what is not known well
// moves far, what was seen often stands firm, and nothing needs a learning rate. The prior's variance is the shrinkage.
// An error of a rare feature's context is then shared by what could be wrong, not blamed on everything alike. The
// likelihood is that of censored data: density of a known price, survival of a lost bid, distribution of a won one
// (Wu, Yeh and Chen, "Predicting winning price in real time bidding with censored data", KDD 2015).
//
// scale[k] learns which positions matter: that of a field that only fits noise goes down, and all its weights with it.
// A feature never seen counts as the mean one of its position, by traffic. So the level of the market may lie in the
// intercept or in the weights of hours and days, which the data alone cannot tell apart when they come one after the
// other, and the next hour starts from the ones before.
// What was learned is forgotten towards its prior variance (Kulhavý and Zarrop, "On a general concept of forgetting",
// Int. J. Control 58(4), 1993): markets move.

/** The price to win is known (0), at most a price (1), above a price (2). */
export const EXACT = 0;
export const BELOW = 1;
export const ABOVE = 2;
export type Known = typeof EXACT | typeof BELOW | typeof ABOVE;

export interface LocationOptions {
  /** Feature indices are below this. */
  readonly features: number;
  /** Features of every context, each position a field of its own. */
  readonly positions: number;
  /** Prior deviation of a feature's weight, in units of the logarithm of the price. */
  readonly weightDeviation: number;
  /** Updates after which what was learned weighs 1/e. */
  readonly memory: number;
}

const INTERCEPT_MEAN = Math.log(1e6);
const INTERCEPT_VARIANCE = 9;
const SCALE_VARIANCE = 0.3;
const SCALE_MAX = 4;
/** Below this a position says nothing, and a new feature starts from 0. */
const SCALE_MIN = 0.01;
const SIGMA_START = 0.5;
const SIGMA_MIN = 0.05;
const SIGMA_MAX = 3;
/** Steps of ln sigma: one through the observations so far, as if there had been a few before; never below the last. */
const SIGMA_HEAD_START = 20;
const SIGMA_STEP_MIN = 0.002;
const SIGMA_MOVE_MAX = 0.2;
const NEVER_SEEN = 255;
/** Numbers that stand before those of the positions, and numbers of a position. */
const SCALARS = 4;
const EACH = 3;
const SCALE = SCALARS;
const VARIANCE = SCALARS + 1;
const MEAN = SCALARS + 2;

export class LocationModel {
  /** Intercept, its variance, ln sigma, updates; then of each position scale, its variance, mean of scaled weights. */
  readonly #numbers: Float64Array;
  /** Mean and variance of each feature's weight, side by side. */
  readonly #weights: Float64Array;
  /** Position at which a feature was first seen: its scale is that position's. */
  readonly #positions: Uint8Array;
  readonly #options: LocationOptions;

  constructor(options: LocationOptions) {
    if (options.positions >= NEVER_SEEN) throw new Error(`${options.positions} positions are too many`);
    this.#options = options;
    this.#numbers = new Float64Array(SCALARS + EACH * options.positions);
    this.#numbers.set([INTERCEPT_MEAN, INTERCEPT_VARIANCE, Math.log(SIGMA_START), 0]);
    for (let k = 0; k < options.positions; k++) this.#numbers.set([1, SCALE_VARIANCE], SCALE + EACH * k);
    this.#weights = new Float64Array(2 * options.features);
    const variance = options.weightDeviation ** 2;
    for (let i = 1; i < this.#weights.length; i += 2) this.#weights[i] = variance;
    this.#positions = new Uint8Array(options.features).fill(NEVER_SEEN);
  }

  /** Location of a context of which nothing was ever seen: ln micros. */
  get intercept(): number {
    let sum = this.#numbers[0] as number;
    for (let k = 0; k < this.#options.positions; k++) sum += this.#numbers[MEAN + EACH * k] as number;
    return sum;
  }

  /** Scale of the logistic error. */
  get sigma(): number {
    return Math.exp(this.#numbers[2] as number);
  }

  /** What a feature adds to the intercept: its landscape weight. 0 of a feature never seen. */
  weightOf(feature: number): number {
    const position = this.#positions[feature] as number;
    if (position === NEVER_SEEN) return 0;
    const scaled = (this.#numbers[SCALE + EACH * position] as number) * (this.#weights[2 * feature] as number);
    return scaled - (this.#numbers[MEAN + EACH * position] as number);
  }

  /** Sum of a context's weights, without the intercept. */
  offset(features: Uint32Array): number {
    let sum = 0;
    for (let k = 0; k < features.length; k++) sum += this.weightOf(features[k] as number);
    return sum;
  }

  /**
   * Learns one observation.
   * @param logPrice of the price, or of the bid that bounds it
   * @param residual receives two numbers: logPrice less what was predicted for it before, and the variance of that
   *   prediction
   */
  learn(features: Uint32Array, logPrice: number, known: Known, residual: Float64Array): void {
    const numbers = this.#numbers;
    this.#forgetAndPlace(features);
    let predicted = numbers[0] as number;
    let variance = numbers[1] as number;
    for (let k = 0; k < features.length; k++) {
      const feature = features[k] as number;
      const weight = this.#weights[2 * feature] as number;
      const at = EACH * (this.#positions[feature] as number);
      const scale = numbers[SCALE + at] as number;
      predicted += scale * weight;
      variance +=
        scale * scale * (this.#weights[2 * feature + 1] as number) +
        (numbers[VARIANCE + at] as number) * weight * weight;
    }
    const error = logPrice - predicted;
    residual[0] = error;
    residual[1] = variance;
    const sigma = this.sigma;
    const e = error / sigma;
    // Gradient of the log likelihood by the location, its curvature (at most the information of a known price, so that
    // no step is longer than three sigma), and the gradient by ln sigma.
    let gradient: number;
    let curvature: number;
    let bySigma: number;
    if (known === EXACT) {
      const t = Math.tanh(e / 2);
      gradient = t / sigma;
      curvature = 1 / (3 * sigma * sigma);
      bySigma = e * t - 1;
    } else {
      const surprise = known === ABOVE ? sigmoid(e) : -sigmoid(-e);
      gradient = surprise / sigma;
      curvature = Math.min(Math.abs(surprise), 1 / 3) / (sigma * sigma);
      bySigma = e * surprise;
    }
    const damping = 1 + curvature * variance;
    this.#update(features, gradient / damping, curvature / damping);
    const updates = (numbers[3] as number) + 1;
    numbers[3] = updates;
    const step = Math.max(SIGMA_STEP_MIN, 1 / (SIGMA_HEAD_START + updates));
    const move = Math.min(Math.max(step * bySigma, -SIGMA_MOVE_MAX), SIGMA_MOVE_MAX);
    numbers[2] = Math.min(Math.max((numbers[2] as number) + move, Math.log(SIGMA_MIN)), Math.log(SIGMA_MAX));
  }

  /** Lets the variances of what an observation touches grow towards their priors, and gives new features a place. */
  #forgetAndPlace(features: Uint32Array): void {
    const { memory, weightDeviation, positions } = this.#options;
    if (features.length !== positions) throw new Error(`${features.length} features, not ${positions}`);
    const keep = 1 - 1 / memory;
    const lost = 1 - keep;
    const numbers = this.#numbers;
    const weights = this.#weights;
    numbers[1] = (numbers[1] as number) / (keep + (lost * (numbers[1] as number)) / INTERCEPT_VARIANCE);
    const lostOfPrior = lost / weightDeviation ** 2;
    for (let k = 0; k < features.length; k++) {
      const feature = features[k] as number;
      const scale = numbers[SCALE + EACH * k] as number;
      if (this.#positions[feature] === NEVER_SEEN) {
        this.#positions[feature] = k;
        weights[2 * feature] = scale > SCALE_MIN ? (numbers[MEAN + EACH * k] as number) / scale : 0;
      }
      const variance = weights[2 * feature + 1] as number;
      weights[2 * feature + 1] = variance / (keep + lostOfPrior * variance);
      const ofScale = numbers[VARIANCE + EACH * k] as number;
      numbers[VARIANCE + EACH * k] = ofScale / (keep + (lost * ofScale) / SCALE_VARIANCE);
    }
  }

  #update(features: Uint32Array, gain: number, certainty: number): void {
    const numbers = this.#numbers;
    const weights = this.#weights;
    const intercept = numbers[1] as number;
    numbers[0] = (numbers[0] as number) + intercept * gain;
    numbers[1] = intercept - intercept * intercept * certainty;
    const meanStep = Math.max(1 / ((numbers[3] as number) + 1), 1 / this.#options.memory);
    for (let k = 0; k < features.length; k++) {
      const feature = features[k] as number;
      const at = EACH * (this.#positions[feature] as number);
      const weight = weights[2 * feature] as number;
      const variance = weights[2 * feature + 1] as number;
      const scale = numbers[SCALE + at] as number;
      const scaleVariance = numbers[VARIANCE + at] as number;
      const mean = numbers[MEAN + at] as number;
      weights[2 * feature] = weight + scale * variance * gain;
      weights[2 * feature + 1] = variance - scale * scale * variance * variance * certainty;
      numbers[MEAN + at] = mean + meanStep * (scale * weight - mean);
      numbers[SCALE + at] = Math.min(Math.max(scale + scaleVariance * weight * gain, 0), SCALE_MAX);
      numbers[VARIANCE + at] = scaleVariance - scaleVariance * scaleVariance * weight * weight * certainty;
    }
  }

  /** All that was learned, as views of the model's own arrays: to be copied, or to be written over. */
  arrays(): readonly (Float64Array | Uint8Array)[] {
    return [this.#numbers, this.#weights, this.#positions];
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
