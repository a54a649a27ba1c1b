// The probability of each of several independent variables to be the largest: what Thompson sampling plays each arm
// with. The density of one times the distributions of the others, integrated over panels that are fine where any of
// the variables is.

import { integrateAll } from '../statistics/quadrature.js';

/** A variable, over a scale on which it is smooth. All variables of a call have the same scale. */
export interface Variable {
  density(x: number): number;
  /** Probability below x. */
  below(x: number): number;
  /** Where it mostly lies. */
  readonly middle: number;
  /** How far from the middle it may lie: all but some 1e-12 of it, below and above. */
  readonly reach: readonly [number, number];
}

/** Panels on each side of a middle: each twice as wide as the one within. */
const PANELS = 8;
const PROBABILITY_MIN = 1e-15;

/** The probabilities, 1 in all, to about 1e-9. */
export function probabilitiesOfBest(variables: readonly Variable[]): number[] {
  // Below this some variable is nearly never, so the largest is not either.
  const from = Math.max(...variables.map(({ middle, reach }) => middle - reach[0]));
  const to = Math.max(...variables.map(({ middle, reach }) => middle + reach[1]));
  const inner = variables.flatMap(edgesOf).filter((x) => x > from && x < to);
  const edges = [...new Set([from, ...inner, to])].sort((a, b) => a - b);
  const sums = integrateAll((x) => terms(variables, x), edges, variables.length);
  const whole = sums.reduce((sum, probability) => sum + probability, 0);
  return sums.map((probability) => probability / whole);
}

function edgesOf({ middle, reach }: Variable): number[] {
  const sides = Array.from({ length: PANELS }, (_, k) => 2 ** -k);
  return [middle, ...sides.flatMap((share) => [middle - share * reach[0], middle + share * reach[1]])];
}

function terms(variables: readonly Variable[], x: number): number[] {
  const below = variables.map((variable) => variable.below(x));
  const all = below.reduce((product, p) => product * p, 1);
  if (all < PROBABILITY_MIN) {
    // Dividing by one of the factors would lose digits: multiply the others.
    return variables.map(({ density }, i) => {
      const others = below.reduce((product, p, j) => (j === i ? product : product * p), 1);
      return others > 0 ? density(x) * others : 0;
    });
  }
  return variables.map(({ density }, i) => (density(x) * all) / (below[i] as number));
}
