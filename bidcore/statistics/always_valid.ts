// Tests that hold however often they are looked at, and whenever they are stopped: the mixture sequential probability
// ratio test (Robbins, Annals of Mathematical Statistics 41, 1970; for experiments: Johari, Koomen, Pekelis and Walsh,
// "Always valid inference", Operations Research 70, 2022, sections 4 and 5).
//
// The likelihood ratio of an estimate d with variance V, of an effect that is normal with deviation τ against none, is
//
//   Λ = √(V / (V + τ²)) exp(τ² d² / (2 V (V + τ²)))
//
// and with no effect it is a martingale: it ever reaches 1/α with a chance of at most α (Ville). So min 1/Λ over all
// looks is a p-value, and the effects that Λ has never ruled out are a confidence sequence. V is estimated (their
// section 5), so the first looks should come when an arm has some tens of values, and of successes and failures.

import type { Moments } from './moments.js';

/** What an experiment has shown so far; plain JSON, to keep and go on with. */
export interface AlwaysValid {
  /** Smallest so far. */
  readonly p: number;
  /** Bounds of the effect: what all looks so far have left. Null: none yet. */
  readonly lower: number | null;
  readonly upper: number | null;
}

export const NOT_LOOKED: AlwaysValid = { p: 1, lower: null, upper: null };

export interface AlwaysValidPlan {
  /** Standard deviation of the effects that are expected (τ, above 0): effects of this size are found soonest. */
  readonly effectDeviation: number;
  /** Chance that the confidence sequence ever misses the effect, 0 to 1. */
  readonly alpha: number;
}

/** An estimated effect and its variance. */
export interface Effect {
  readonly estimate: number;
  readonly variance: number;
}

/** The difference of two means, second less first; of an unknown variance where an arm has fewer than two values. */
export function effectOfMeans(first: Moments, second: Moments): Effect {
  const variance = first.n < 2 || second.n < 2 ? Infinity : first.variance / first.n + second.variance / second.n;
  return { estimate: second.mean - first.mean, variance };
}

/**
 * The difference of two proportions, second less first. The variance is that of shares with half a success and half a
 * failure more in each arm, so that none or all of few do not pass for certain.
 */
export function effectOfProportions(successes1: number, n1: number, successes2: number, n2: number): Effect {
  if (n1 === 0 || n2 === 0) return { estimate: 0, variance: Infinity };
  const variance = (successes: number, n: number): number => {
    const share = (successes + 0.5) / (n + 1);
    return (share * (1 - share)) / n;
  };
  return {
    estimate: successes2 / n2 - successes1 / n1,
    variance: variance(successes1, n1) + variance(successes2, n2),
  };
}

/**
 * Takes one more look. Of an effect whose variance is unknown, or 0, nothing is learned.
 * @returns the p-value and bounds from now on; if bounds have crossed, which has a chance below alpha, both are where
 * they met
 */
export function look(before: AlwaysValid, { estimate, variance }: Effect, plan: AlwaysValidPlan): AlwaysValid {
  if (!(variance > 0 && Number.isFinite(variance))) return before;
  const mixed = plan.effectDeviation ** 2;
  const whole = variance + mixed;
  const spread = Math.log(whole / variance);
  const logRatio = ((mixed * estimate * estimate) / (variance * whole) - spread) / 2;
  const half = Math.sqrt(((variance * whole) / mixed) * (spread - 2 * Math.log(plan.alpha)));
  const lower = Math.max(before.lower ?? -Infinity, estimate - half);
  const upper = Math.min(before.upper ?? Infinity, estimate + half);
  const p = Math.min(before.p, Math.exp(-Math.max(0, logRatio)));
  return lower <= upper ? { p, lower, upper } : { p, lower: (lower + upper) / 2, upper: (lower + upper) / 2 };
}
