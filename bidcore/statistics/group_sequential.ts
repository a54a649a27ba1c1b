// Group-sequential tests: an experiment looked at a few times, with boundaries for |z| at each look such that all looks
// together have the chance of a false positive that was asked for. For a number of looks that is known, those of Pocock
// and of O'Brien and Fleming; for looks when they come, alpha spending. All by recursive numerical integration over the
// experiments that go on (Armitage, McPherson and Rowe, JRSS A 132, 1969; Jennison and Turnbull, "Group Sequential
// Methods with Applications to Clinical Trials", chapter 19).
//
// Looks are said by their information fraction: the share of the planned sample that has been seen, above 0, rising.

import { normalBelow, normalDensity, normalQuantile, twoSided } from './normal.js';
import { quadrature, root } from './quadrature.js';

/** |z| beyond which a boundary is not integrated: less than 1e-18 lies there. */
const Z_MAX = 9;

/** Experiments that go on after a look: where their z may lie, and how much of all lies there. */
type Going = readonly { readonly x: number; readonly mass: number }[];

/** A look: what z of it, given z of the look before. */
interface Look {
  readonly fraction: number;
  readonly before: number;
}

/** Mean and deviation of z at a look, given its value at the one before. */
function given({ fraction, before }: Look, x: number, drift: number): [number, number] {
  const mean = (x * Math.sqrt(before) + drift * (fraction - before)) / Math.sqrt(fraction);
  return [mean, Math.sqrt(1 - before / fraction)];
}

const START: Going = [{ x: 0, mass: 1 }];

/** How much of what went on crosses at this look. */
function crossing(going: Going, look: Look, boundary: number, drift: number): number {
  return going.reduce((sum, { x, mass }) => {
    const [mean, deviation] = given(look, x, drift);
    const outside = normalBelow((-boundary - mean) / deviation) + normalBelow((mean - boundary) / deviation);
    return sum + mass * outside;
  }, 0);
}

/** What goes on after this look. */
function within(going: Going, look: Look, boundary: number, drift: number): Going {
  const center = drift * Math.sqrt(look.fraction);
  const from = Math.max(-boundary, Math.min(0, center) - Z_MAX);
  const to = Math.min(boundary, Math.max(0, center) + Z_MAX);
  // A panel is no wider than three deviations of the step, which sixteen nodes integrate to 1e-12.
  const panels = Math.ceil((to - from) / (3 * (given(look, 0, 0)[1] as number)));
  return quadrature(from, to, panels).map(({ x, weight }) => {
    const density = going.reduce((sum, { x: before, mass }) => {
      const [mean, deviation] = given(look, before, drift);
      return sum + (mass * normalDensity((x - mean) / deviation)) / deviation;
    }, 0);
    return { x, mass: weight * density };
  });
}

function looksOf(fractions: readonly number[]): Look[] {
  return fractions.map((fraction, k) => {
    const before = k === 0 ? 0 : (fractions[k - 1] as number);
    if (!(fraction > before)) throw new Error(`information fractions must rise above 0: ${fractions.join(', ')}`);
    return { fraction, before };
  });
}

/**
 * Probability of crossing first at each look.
 * @param boundaries of |z|, one a look; may be infinite
 * @param drift expected z at fraction 1: 0 if there is no effect. Their sum is then the power
 */
export function crossingProbabilities(
  fractions: readonly number[],
  boundaries: readonly number[],
  drift: number,
): number[] {
  let going = START;
  return looksOf(fractions).map((look, k) => {
    const boundary = boundaries[k] ?? Number.POSITIVE_INFINITY;
    const crossed = crossing(going, look, boundary, drift);
    if (k < fractions.length - 1) going = within(going, look, boundary, drift);
    return crossed;
  });
}

/** The multiple of a shape of boundaries that has this chance of a false positive. */
function scaled(fractions: readonly number[], alpha: number, shape: (fraction: number) => number): number[] {
  const at = (c: number): number[] => fractions.map((fraction) => c * shape(fraction));
  const spent = (c: number): number => crossingProbabilities(fractions, at(c), 0).reduce((sum, p) => sum + p, 0);
  // The chance is between that of one look and that of all looks, each for itself (Bonferroni).
  const [one, all] = [normalQuantile(1 - alpha / 2), normalQuantile(1 - alpha / 2 / fractions.length)];
  const steepest = Math.min(...fractions.map(shape));
  const last = at(1).at(-1) ?? 1;
  return at(root((c) => Math.log(spent(c) / alpha), one / last, all / steepest));
}

/** Pocock's boundaries, the same at each look (Pocock, Biometrika 64, 1977). @param alpha two-sided */
export function pocock(fractions: readonly number[], alpha: number): number[] {
  return scaled(fractions, alpha, () => 1);
}

/** O'Brien and Fleming's, which fall with the root of the fraction (Biometrics 35, 1979). @param alpha two-sided */
export function obrienFleming(fractions: readonly number[], alpha: number): number[] {
  return scaled(fractions, alpha, (fraction) => 1 / Math.sqrt(fraction));
}

/** How much of a one-sided alpha may be spent by a fraction: 0 at 0, alpha from 1 on. */
export type Spending = (fraction: number, alpha: number) => number;

/** Spends little early, as O'Brien and Fleming do (Lan and DeMets, Biometrika 70, 1983). */
export const spendLate: Spending = (fraction, alpha) =>
  fraction > 0 ? twoSided(normalQuantile(1 - alpha / 2) / Math.sqrt(Math.min(1, fraction))) : 0;

/** Spends nearly evenly, as Pocock does (Lan and DeMets, 1983). */
export const spendEvenly: Spending = (fraction, alpha) =>
  alpha * Math.log(1 + (Math.E - 1) * Math.min(1, Math.max(0, fraction)));

/**
 * Boundaries for looks that were made, or are planned, at any fractions: each spends what `spending` allows by then and
 * the looks before have left, half of it on each side. Infinite where nothing is left to spend. Later looks do not
 * change those before.
 * @param alpha two-sided
 */
export function spendingBoundaries(fractions: readonly number[], alpha: number, spending: Spending): number[] {
  let going = START;
  let spent = 0;
  return looksOf(fractions).map((look) => {
    const allowed = 2 * spending(look.fraction, alpha / 2) - spent;
    const boundary = allowed > 1e-17 ? crossedBy(going, look, allowed) : Number.POSITIVE_INFINITY;
    spent += Math.max(0, allowed);
    going = within(going, look, boundary, 0);
    return boundary;
  });
}

function crossedBy(going: Going, look: Look, allowed: number): number {
  return root((z) => Math.log(crossing(going, look, z, 0) / allowed), 0, Z_MAX);
}
