// What the learning of a factorization machine depends on, and the values it has where nothing else is said.

export interface FmOptions {
  /** Step size of the weights: alpha of FTRL-Proximal. */
  readonly weightStep: number;
  /** What holds the first steps of a weight back: beta of FTRL-Proximal. */
  readonly weightBeta: number;
  /** Penalties of the weights. The first leaves a weight at 0 until its gradients add up to more. */
  readonly weightL1: number;
  readonly weightL2: number;
  /** False learns weights only: logistic regression. */
  readonly factors: boolean;
  /** Step size of the factors (AdaGrad). */
  readonly factorStep: number;
  /** Penalty of the factors, an example. */
  readonly factorL2: number;
  /** New factors are uniform between minus this and this. */
  readonly factorSpread: number;
  /** Seed of the new factors, an unsigned 32-bit number. */
  readonly seed: number;
}

/** Chosen on splits of the training file of a9a and on generated ad logs: docs/prediction.md section 2. */
export const FM_DEFAULTS: FmOptions = {
  weightStep: 0.1,
  weightBeta: 1,
  weightL1: 0,
  weightL2: 1,
  factors: true,
  factorStep: 0.03,
  factorL2: 0.002,
  factorSpread: 0.05,
  seed: 1,
};

/**
 * Options with defaults.
 * @throws if one is out of its range: that is a mistake of the caller, not of data
 */
export function fmOptions(given: Partial<FmOptions>): FmOptions {
  const options = { ...FM_DEFAULTS, ...given };
  const { seed, weightStep, weightBeta } = options;
  const penalties = [options.weightL1, options.weightL2, options.factorL2, options.factorSpread, options.factorStep];
  const holds =
    penalties.every((value) => value >= 0 && Number.isFinite(value)) &&
    [weightStep, weightBeta].every((value) => value > 0 && Number.isFinite(value)) &&
    seed >>> 0 === seed;
  if (!holds) throw new Error(`options of a factorization machine: ${JSON.stringify(options)}`);
  return options;
}
