// How good probabilities are. All take the predictions and the outcomes of the same examples, in the same order:
// `predictions` from 0 to 1, `labels` 0 or 1. A figure that the examples cannot give (no examples, or only one outcome)
// is NaN. Examples of different weights are not needed here: what is held back is held back whole.

/** Bins of `ece` where nothing else is said. */
const ECE_BINS = 20;
/** A predicted probability is held this far off 0 and 1, so that one certain mistake does not cost infinity. */
const CERTAIN = 1e-12;

/**
 * Area under the ROC curve: the chance that a positive is predicted above a negative, ties counting half (the
 * Mann-Whitney statistic; Fawcett, "An introduction to ROC analysis", 2006).
 */
export function auc(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = ascending(predictions, labels);
  let positives = 0;
  let ranks = 0; // sum of the ranks of the positives, from 1; tied predictions share their mean rank
  for (let from = 0; from < order.length; ) {
    let to = from;
    let tied = 0;
    while (to < order.length && at(predictions, order, to) === at(predictions, order, from)) {
      tied += at(labels, order, to);
      to++;
    }
    ranks += (tied * (from + 1 + to)) / 2;
    positives += tied;
    from = to;
  }
  const negatives = order.length - positives;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Mean of −ln of the probability of what happened, in nats. */
export function logLoss(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  sameLength(predictions, labels);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const p = Math.min(Math.max(predictions[i] as number, CERTAIN), 1 - CERTAIN);
    sum -= labels[i] === 1 ? Math.log(p) : Math.log1p(-p);
  }
  return sum / labels.length;
}

/**
 * Log loss over that of always predicting the rate of these examples: below 1 says more than the rate does (He et al.,
 * ADKDD 2014, section 3).
 */
export function normalisedEntropy(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  const rate = total(labels) / labels.length;
  const entropy = -(rate * Math.log(rate) + (1 - rate) * Math.log1p(-rate));
  return logLoss(predictions, labels) / entropy;
}

/** Positives predicted over positives seen: above 1 is too high (He et al., ADKDD 2014, section 3). */
export function calibrationRatio(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  sameLength(predictions, labels);
  const seen = total(labels);
  return seen === 0 ? Number.NaN : total(predictions) / seen;
}

/**
 * Expected calibration error: the mean distance of predicted and seen rate over bins of equally many examples, in order
 * of prediction. Bins of equal width (Naeini, Cooper, Hauskrecht, AAAI 2015) would put all rates of an ad log in one;
 * equal counts are what Nguyen and O'Connor (EMNLP 2015) take. Equal predictions are never parted.
 * @param bins at most so many
 */
export function ece(predictions: ArrayLike<number>, labels: ArrayLike<number>, bins = ECE_BINS): number {
  const order = ascending(predictions, labels);
  const { length } = order;
  let error = 0;
  for (let from = 0; from < length; ) {
    const edge = Math.floor((from * bins) / length) + 1; // past the bins that ties have used up
    let to = Math.max(from + 1, Math.round((edge * length) / bins));
    while (to < length && at(predictions, order, to) === at(predictions, order, to - 1)) to++;
    let excess = 0;
    for (let i = from; i < to; i++) excess += at(predictions, order, i) - at(labels, order, i);
    error += Math.abs(excess);
    from = to;
  }
  return error / length;
}

/** Indices of examples by rising prediction. */
function ascending(predictions: ArrayLike<number>, labels: ArrayLike<number>): Uint32Array {
  sameLength(predictions, labels);
  const order = Uint32Array.from({ length: predictions.length }, (_, i) => i);
  return order.sort((a, b) => (predictions[a] as number) - (predictions[b] as number));
}

const at = (values: ArrayLike<number>, order: Uint32Array, i: number): number => values[order[i] as number] as number;

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

function sameLength(predictions: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (predictions.length !== labels.length) {
    throw new Error(`${predictions.length} predictions of ${labels.length} examples`);
  }
}
