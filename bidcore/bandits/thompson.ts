// Thompson sampling: an arm is played as often as it is the best one as far as one can know, by drawing from what is
// known of each and playing the highest (Thompson, Biometrika 25, 1933; Chapelle and Li, NIPS 2011).

import { incompleteBeta, logBeta } from '../statistics/beta.js';
import { studentBelow, studentDensity, studentQuantile } from '../statistics/student.js';
import { probabilitiesOfBest, type Variable } from './best_of.js';
import { drawBetaLogit, drawGamma, drawNormal } from './draws.js';
import type { Policy, Tally, Uniform } from './policy.js';

/** Index of the highest. Ties have probability 0. */
function highest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** Draws from a beta posterior cost two gamma draws an arm; its probabilities some milliseconds for ten arms. */
export function betaThompson(successes: number, failures: number): Policy {
  const posterior = ({ weight, sum }: Tally): readonly [number, number] =>
    // Rounding of discounted sums may leave a little less than nothing.
    [successes + Math.max(0, sum), failures + Math.max(0, weight - sum)];
  return {
    bounded: true,
    select: (tallies, _, random) => highest(tallies.map((tally) => drawBetaLogit(...posterior(tally), random))),
    probabilities: (tallies) => probabilitiesOfBest(tallies.map((tally) => logitOfBeta(...posterior(tally)))),
  };
}

/** A beta variable on the scale of its log odds, where its density has no poles. */
function logitOfBeta(a: number, b: number): Variable {
  const constant = logBeta(a, b);
  const spread = Math.sqrt(1 / a + 1 / b);
  const softplus = (y: number): number => Math.max(0, y) + Math.log1p(Math.exp(-Math.abs(y)));
  return {
    density: (y) => Math.exp(-a * softplus(-y) - b * softplus(y) - constant),
    below: (y) => incompleteBeta(1 / (1 + Math.exp(-y)), a, b, 1 / (1 + Math.exp(y))),
    middle: Math.log(a / b),
    reach: [Math.max(8 * spread, 30 / a), Math.max(8 * spread, 30 / b)],
  };
}

/** What is known of a normal variable before any reward: its mean, and its variance, in pseudo-observations. */
export interface NormalPrior {
  readonly mean: number;
  /** Observations that the mean is worth, above 0. */
  readonly meanWeight: number;
  /** Half the observations that the variance is worth, above 0. */
  readonly shape: number;
  /** Shape times the variance expected, above 0. */
  readonly scale: number;
}

/**
 * Parameters of the normal-inverse-gamma posterior, in the form of the prior (Murphy, "Conjugate Bayesian analysis of
 * the Gaussian distribution", 2007, section 6).
 */
export function normalPosterior(prior: NormalPrior, { weight, sum, squares }: Tally): NormalPrior {
  if (!(weight > 0)) return prior;
  const meanWeight = prior.meanWeight + weight;
  const own = sum / weight;
  const within = Math.max(0, squares - sum * own);
  const between = (prior.meanWeight * weight * (own - prior.mean) ** 2) / meanWeight;
  return {
    mean: (prior.meanWeight * prior.mean + sum) / meanWeight,
    meanWeight,
    shape: prior.shape + weight / 2,
    scale: prior.scale + (within + between) / 2,
  };
}

/** For rewards of any size, as values and revenue are: normal, with a mean and a variance that are not known. */
export function normalThompson(prior: NormalPrior): Policy {
  const draw = ({ mean, meanWeight, shape, scale }: NormalPrior, random: Uniform): number =>
    mean + Math.sqrt(scale / drawGamma(shape, random) / meanWeight) * drawNormal(random);
  return {
    bounded: false,
    select: (tallies, _, random) => highest(tallies.map((tally) => draw(normalPosterior(prior, tally), random))),
    probabilities: (tallies) => probabilitiesOfBest(tallies.map((tally) => meanOf(normalPosterior(prior, tally)))),
  };
}

/** The posterior of the mean: Student's t, moved and stretched (Murphy 2007, equation 110). */
function meanOf({ mean, meanWeight, shape, scale }: NormalPrior): Variable {
  const deviation = Math.sqrt(scale / shape / meanWeight);
  const far = deviation * studentQuantile(1 - 1e-10, 2 * shape);
  return {
    density: (x) => studentDensity((x - mean) / deviation, 2 * shape) / deviation,
    below: (x) => studentBelow((x - mean) / deviation, 2 * shape),
    middle: mean,
    reach: [far, far],
  };
}
