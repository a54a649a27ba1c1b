// The gate: whether a candidate may follow the model that is live, judged on the same held-back examples.
//
//   worse           the log loss of each example with one model less that with the other, averaged: a paired
//                   difference, whose confidence bounds are normal (central limit; the pairing takes out what both find
//                   hard). Worse is what is above 0 at the lower end of 95%. What is above 0 at all, and by more than
//                   MARGIN of the loss at the upper end, is refused too: traffic so thin does not show that it is as
//                   good.
//   not calibrated  clicks predicted for each that came, against limits that are the wider the fewer there are; and the
//                   expected calibration error, less what chance alone gives so many examples.
//   too little      fewer examples or clicks than say anything.
//
// Clicks, conversions and prices are judged each for itself: what one of them learned does not wait for the others.

import { Z_95, Z_999 } from '../../bidcore/statistics/normal.js';
import { auc, calibrationRatio, ece, logLoss, normalisedEntropy } from '../metrics/metrics.js';

/** What the upper bound of the difference may be, of the live model's loss. */
const MARGIN = 0.05;
/** How far predicted and seen may be apart in the long run; added to what chance does to so many clicks (99.9%). */
const RATIO_TOLERANCE = 0.15;
/** The error of calibration that may be, of the rate, above chance. */
const ECE_TOLERANCE = 0.25;
const ECE_BINS = 10;

/** What is judged: predictions of both models for the same examples. */
export interface Trial {
  readonly labels: ArrayLike<number>;
  readonly candidate: ArrayLike<number>;
  readonly incumbent: ArrayLike<number>;
}

export interface Least {
  readonly examples: number;
  readonly positives: number;
}

export const LEAST_CLICKS: Least = { examples: 200, positives: 10 };
export const LEAST_CONVERSIONS: Least = { examples: 100, positives: 10 };

export interface Verdict {
  readonly passes: boolean;
  /** Why not, or how well, with numbers. */
  readonly reason: string;
}

/** Figures of one model on held-back examples; those that the examples cannot give are left out. */
export function figuresOf(predictions: ArrayLike<number>, labels: ArrayLike<number>): Record<string, number> {
  const figures = {
    examples: labels.length,
    auc: auc(predictions, labels),
    log_loss: logLoss(predictions, labels),
    ne: normalisedEntropy(predictions, labels),
    calibration: calibrationRatio(predictions, labels),
    ece: labels.length === 0 ? Number.NaN : ece(predictions, labels, ECE_BINS),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}

/** Judges the predictions of one target. */
export function judge({ labels, candidate, incumbent }: Trial, least: Least): Verdict {
  const n = labels.length;
  const positives = sum(labels);
  if (n < least.examples || positives < least.positives) {
    const needed = `${least.examples} with ${least.positives} positives are the least`;
    return refused(`too little held-back traffic: ${n} examples with ${positives} positives; ${needed}`);
  }
  const worse = worseProblem(pairedLosses(labels, candidate, incumbent), logLoss(incumbent, labels));
  if (worse !== undefined) return refused(worse);
  const calibration = ratioProblem(sum(candidate), positives) ?? eceProblem(candidate, labels);
  if (calibration !== undefined) return refused(calibration);
  const [now, before] = [logLoss(candidate, labels), logLoss(incumbent, labels)];
  const ratio = sum(candidate) / positives;
  return {
    passes: true,
    reason: `log loss ${short(now)} against ${short(before)}, calibration ${short(ratio)}, on ${n} held-back examples`,
  };
}

/** Judges win probabilities: the mean negative log likelihood must not be worse. */
export function judgeLosses(candidate: readonly number[], incumbent: readonly number[], least: number): Verdict {
  const n = candidate.length;
  if (n < least) return refused(`too few held-back prices: ${n}; ${least} are the least`);
  const mean = sum(incumbent) / n;
  const problem = worseProblem(
    Float64Array.from(candidate, (loss, i) => loss - (incumbent[i] as number)),
    mean,
  );
  if (problem !== undefined) return refused(problem);
  return { passes: true, reason: `price loss ${short(sum(candidate) / n)} against ${short(mean)}, of ${n} held back` };
}

/** Predicted against seen: what is wrong with it; undefined if nothing. */
export function ratioProblem(predicted: number, seen: number): string | undefined {
  const ratio = predicted / seen;
  const wide = (1 + RATIO_TOLERANCE) * Math.exp(Z_999 / Math.sqrt(seen));
  if (ratio <= wide && ratio >= 1 / wide) return undefined;
  const limits = `${short(1 / wide)} to ${short(wide)}`;
  return `out of calibration: ${short(predicted)} predicted, ${seen} seen, ratio ${short(ratio)}; ${limits} is allowed`;
}

function worseProblem(differences: Float64Array, lossOfIncumbent: number): string | undefined {
  const { mean, error } = meanOf(differences);
  const [lower, upper] = [mean - Z_95 * error, mean + Z_95 * error];
  const allowed = MARGIN * lossOfIncumbent;
  if (mean <= 0 || (lower <= 0 && upper <= allowed)) return undefined;
  const bounds = `${short(lower)} to ${short(upper)}`;
  const what = lower > 0 ? 'worse than the live model' : 'not shown to be as good as the live model';
  return `${what}: its loss is higher by ${short(mean)} (95%: ${bounds}; at most ${short(allowed)} may be)`;
}

/**
 * The expected calibration error grows with chance: of n examples in equal bins with rates p it is about
 * Σ √(2 p (1 − p) / (π n_bin)) / bins, if the model is right.
 */
function eceProblem(predictions: ArrayLike<number>, labels: ArrayLike<number>): string | undefined {
  const found = ece(predictions, labels, ECE_BINS);
  const n = labels.length;
  const sorted = Float64Array.from(predictions).sort();
  let chance = 0;
  for (let bin = 0; bin < ECE_BINS; bin++) {
    const part = sorted.subarray(Math.floor((bin * n) / ECE_BINS), Math.floor(((bin + 1) * n) / ECE_BINS));
    if (part.length === 0) continue;
    const p = sum(part) / part.length;
    chance += (part.length / n) * Math.sqrt((2 * p * (1 - p)) / (Math.PI * part.length));
  }
  const allowed = 2 * chance + ECE_TOLERANCE * (sum(labels) / n);
  if (found <= allowed) return undefined;
  return `out of calibration: expected calibration error ${short(found)}; ${short(allowed)} is allowed`;
}

function pairedLosses(
  labels: ArrayLike<number>,
  candidate: ArrayLike<number>,
  incumbent: ArrayLike<number>,
): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, i) => {
    const label = labels[i] as number;
    return lossOf(candidate[i] as number, label) - lossOf(incumbent[i] as number, label);
  });
}

const SURE = 1e-12;

/** Negative log likelihood of one outcome. */
export function lossOf(predicted: number, label: number): number {
  return -Math.log(Math.max(label === 1 ? predicted : 1 - predicted, SURE));
}

function meanOf(values: Float64Array): { mean: number; error: number } {
  const mean = sum(values) / values.length;
  const variance = values.reduce((total, x) => total + (x - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

function refused(reason: string): Verdict {
  return { passes: false, reason };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

export function short(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
