// The distribution of the errors, without a form given to it, from counts that are censored on both sides: Turnbull's
// self-consistent estimate ("Nonparametric estimation of a survivorship function with doubly censored data", JASA 69,
// 1974). Observations known only to lie at most in a bin are spread over the bins below as the estimate so far has it;
// what then is known or above has the product-limit estimate of Kaplan and Meier (1958); both are repeated until
// nothing moves.
//
// Where data is thin the hazard of each bin leans on another estimate, as if `strength` observations had been seen
// under that one: the posterior mean under a beta process (Hjort, Annals of Statistics 18(3), 1990). All exchanges
// together lean on the logistic distribution; one exchange leans on all together. Beyond the highest bid ever made
// nothing is at risk, and the estimate is what it leans on, scaled to what is left.

import { BIN_WIDTH, BINS, type Counts, FIRST_BIN_AT } from './residual_counts.js';

/** Probability that the price is in a bin, if it is not below. */
export type Hazards = Float64Array;

const ROUNDS_MAX = 200;
/** Probability that moves between bins in a round when nothing is gained by another. */
const SETTLED = 1e-4;

/** Hazards of the logistic distribution around 0. */
export function logisticHazards(sigma: number): Hazards {
  const survival = (x: number): number => 1 / (1 + Math.exp(x / sigma));
  return Float64Array.from({ length: BINS }, (_, bin) => {
    const left = FIRST_BIN_AT + bin * BIN_WIDTH;
    return 1 - survival(left + BIN_WIDTH) / survival(left);
  });
}

/** Hazards of counts, leaning on others with the weight of `strength` observations. */
export function fitHazards({ exact, below, above }: Counts, leaning: Hazards, strength: number): Hazards {
  const hazards = new Float64Array(BINS);
  productLimit(exact, above, leaning, strength, hazards);
  if (!below.some((count) => count > 0)) return hazards;
  // The first round knows nothing of those below: it starts from what is leant on.
  const mass = new Float64Array(BINS);
  massOf(leaning, mass);
  const events = new Float64Array(BINS);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    spreadBelow(below, mass, events);
    for (let bin = 0; bin < BINS; bin++) events[bin] = (events[bin] as number) + (exact[bin] as number);
    productLimit(events, above, leaning, strength, hazards);
    if (massOf(hazards, mass) < SETTLED) break;
  }
  return hazards;
}

function productLimit(
  events: Float64Array,
  above: Float64Array,
  leaning: Hazards,
  strength: number,
  hazards: Hazards,
): void {
  let atRisk = 0;
  for (let bin = 0; bin < BINS; bin++) atRisk += (events[bin] as number) + (above[bin] as number);
  for (let bin = 0; bin < BINS; bin++) {
    const event = events[bin] as number;
    const left = above[bin] as number;
    // A bid in the bin was at risk for half of it.
    const hazard = (event + strength * (leaning[bin] as number)) / (atRisk - left / 2 + strength);
    hazards[bin] = Math.min(hazard, 1);
    atRisk = Math.max(0, atRisk - event - left);
  }
}

/** Spreads each bin's observations over the bins below and half of its own, in proportion to the mass there. */
function spreadBelow(below: Float64Array, mass: Float64Array, spread: Float64Array): void {
  let under = 0;
  let from = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const own = mass[bin] as number;
    const to = under + own / 2;
    // What each unit of mass below gets from this bin; for now in the place of the bin.
    spread[bin] = to > 0 ? (below[bin] as number) / to : 0;
    under += own;
  }
  for (let bin = BINS - 1; bin >= 0; bin--) {
    const share = spread[bin] as number;
    spread[bin] = (mass[bin] as number) * (from + share / 2);
    from += share;
  }
}

/** Writes the probability of each bin over the last one; returns how much moved. */
function massOf(hazards: Hazards, mass: Float64Array): number {
  let survival = 1;
  let moved = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const own = survival * (hazards[bin] as number);
    moved += Math.abs(own - (mass[bin] as number));
    mass[bin] = own;
    survival -= own;
  }
  return moved;
}

/** Probability that the error is below the left end of each bin, and, last, below the right end of the last. */
export function distributionOf(hazards: Hazards): Float64Array {
  const distribution = new Float64Array(BINS + 1);
  let survival = 1;
  for (let bin = 0; bin < BINS; bin++) {
    survival *= 1 - (hazards[bin] as number);
    distribution[bin + 1] = 1 - survival;
  }
  return distribution;
}

/** Probability that the error is below x: linear within a bin. */
export function probabilityBelow(distribution: Float64Array, x: number): number {
  const at = Math.min(Math.max((x - FIRST_BIN_AT) / BIN_WIDTH, 0), BINS);
  const bin = Math.min(Math.floor(at), BINS - 1);
  const left = distribution[bin] as number;
  return left + ((distribution[bin + 1] as number) - left) * (at - bin);
}

/** Of the grid's points half follow the mass, half are even over where it lies. */
const TAIL = 0.0005;

/**
 * Errors at which tables are published, strictly ascending: dense where the distributions rise, and never far apart.
 * @param distributions those of the tables
 */
export function gridOf(distributions: readonly Float64Array[], points: number): Float64Array {
  const mean = Float64Array.from({ length: BINS + 1 }, (_, bin) => {
    return distributions.reduce((sum, d) => sum + (d[bin] as number), 0) / distributions.length;
  });
  const low = Math.max(mean.findIndex((p) => p > TAIL) - 1, 0);
  const above = mean.findIndex((p) => p >= 1 - TAIL);
  const high = above < 0 ? BINS : Math.max(above, low + 1);
  const first = mean[low] as number;
  const mass = (mean[high] as number) - first;
  const level = (bin: number): number =>
    ((mass > 0 ? ((mean[bin] as number) - first) / mass : 0) + (bin - low) / (high - low)) / (mass > 0 ? 2 : 1);
  const grid = new Float64Array(points);
  let bin = low;
  for (let i = 0; i < points; i++) {
    const wanted = i / (points - 1);
    while (bin < high - 1 && level(bin + 1) < wanted) bin++;
    const left = level(bin);
    const within = Math.min((wanted - left) / (level(bin + 1) - left), 1);
    grid[i] = FIRST_BIN_AT + (bin + within) * BIN_WIDTH;
  }
  return grid;
}
