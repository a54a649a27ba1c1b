// Upper confidence bounds: play the arm that might be best, as far as what was seen of it allows. Rewards lie in 0 to
// 1.

import { root } from '../statistics/quadrature.js';
import { drawIndex, type Policy, shareOfBest, type Tally } from './policy.js';

/**
 * The highest mean that an arm may reasonably have.
 * @param logTotal natural logarithm of the rewards counted over all arms, at least 0
 */
export type Bound = (tally: Tally, logTotal: number) => number;

/** UCB1, from Hoeffding's bound (Auer, Cesa-Bianchi and Fischer, Machine Learning 47, 2002, figure 1). */
export const ucb1: Bound = ({ weight, sum }, logTotal) => sum / weight + Math.sqrt((2 * logTotal) / weight);

/** UCB1-tuned, with the arm's own variance (the same, section 4). */
export const ucb1Tuned: Bound = ({ weight, sum, squares }, logTotal) => {
  const mean = sum / weight;
  const variance = Math.max(0, squares / weight - mean * mean) + Math.sqrt((2 * logTotal) / weight);
  return mean + Math.sqrt((logTotal / weight) * Math.min(0.25, variance));
};

/** Divergence of two coins, p from q (Kullback and Leibler). */
export function divergence(p: number, q: number): number {
  const part = (x: number, y: number): number => (x > 0 ? x * Math.log(x / y) : 0);
  return part(p, q) + part(1 - p, 1 - q);
}

/**
 * KL-UCB: the highest mean whose divergence from what was seen is small enough (Garivier and Cappé, COLT 2011, with
 * c = 0 as they advise). Reaches the lower bound of Lai and Robbins for coins.
 */
export const klUcb: Bound = ({ weight, sum }, logTotal) => {
  const mean = Math.min(1, Math.max(0, sum / weight));
  const ceiling = 1 - 1e-12;
  if (mean >= ceiling) return 1;
  const allowed = logTotal / weight;
  if (divergence(mean, ceiling) <= allowed) return ceiling;
  return root((q) => divergence(mean, q) - allowed, mean, ceiling);
};

/** Plays the highest bound; arms not played yet come first. Ties are drawn alike. */
export function upperBounds(bound: Bound): Policy {
  const probabilities = (tallies: readonly Tally[]): number[] => {
    const total = tallies.reduce((sum, { weight }) => sum + weight, 0);
    const logTotal = Math.max(0, Math.log(total));
    return shareOfBest(tallies.map((tally) => (tally.weight > 0 ? bound(tally, logTotal) : Number.POSITIVE_INFINITY)));
  };
  return {
    bounded: true,
    select: (tallies, _, random) => drawIndex(probabilities(tallies), random),
    probabilities,
  };
}
