// The two ways to fit probabilities to counts at knots. Each starts from a curve that is believed until the counts say
// otherwise: the plain sigmoid for all traffic, the curve of all traffic for one exchange. Thin data moves it little.

import type { KnotCounts } from './knot_counts.js';

const NEWTON_STEPS_MAX = 50;
/** A step of shift and tilt below this ends the search. */
const STEP_MIN = 1e-10;
/** What the start of the isotonic fit counts for at each knot: so many of the rarer outcome. */
const PRIOR_OUTCOMES = 40;
/** Logits beyond this are 0 or 1 as far as anybody can count. */
const LOGIT_MAX = 30;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const logitOf = (p: number): number => Math.log(p) - Math.log1p(-p);

/**
 * Platt scaling (Platt, "Probabilistic outputs for support vector machines", 1999) of a curve: its logits are shifted
 * and tilted around their mean, to the largest likelihood with a normal prior on both. Newton's method, with halved
 * steps where one goes too far; the likelihood is concave.
 * @param start logits at the knots, rising
 * @param certainty of the start, as so many positives or, where these are the rarer, negatives
 * @returns logits at the knots, rising
 */
export function plattFit({ examples, positives }: KnotCounts, start: Float64Array, certainty: number): Float64Array {
  const total = examples.reduce((sum, count) => sum + count, 0);
  if (total === 0) return start;
  const mean = examples.reduce((sum, count, k) => sum + count * (start[k] as number), 0) / total;
  const at = (k: number, shift: number, tilt: number): number => {
    const x = start[k] as number;
    return x + shift + tilt * (x - mean);
  };
  const loss = (shift: number, tilt: number): number => {
    let sum = (certainty / 2) * (shift * shift + tilt * tilt);
    examples.forEach((count, k) => {
      if (count === 0) return;
      const x = at(k, shift, tilt);
      // ln(1 + e^x) that does not overflow.
      sum += count * (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))) - (positives[k] as number) * x;
    });
    return sum;
  };
  let [shift, tilt] = [0, 0];
  for (let i = 0; i < NEWTON_STEPS_MAX; i++) {
    let [g0, g1] = [certainty * shift, certainty * tilt];
    let [h00, h01, h11] = [certainty, 0, certainty];
    examples.forEach((count, k) => {
      if (count === 0) return;
      const d = (start[k] as number) - mean;
      const p = sigmoid(at(k, shift, tilt));
      const excess = count * p - (positives[k] as number);
      const curvature = count * p * (1 - p);
      g0 += excess;
      g1 += excess * d;
      h00 += curvature;
      h01 += curvature * d;
      h11 += curvature * d * d;
    });
    const determinant = h00 * h11 - h01 * h01;
    let [s, t] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
    const before = loss(shift, tilt);
    while (Math.abs(s) + Math.abs(t) > STEP_MIN && loss(shift - s, tilt - t) > before) [s, t] = [s / 2, t / 2];
    [shift, tilt] = [shift - s, tilt - t];
    if (Math.abs(s) + Math.abs(t) <= STEP_MIN) break;
  }
  // A curve that falls is no calibration: the order of predictions is the model's to get wrong, not ours to turn.
  tilt = Math.max(tilt, -1);
  return start.map((_, k) => at(k, shift, tilt));
}

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al., Annals of Mathematical Statistics 26, 1955; for
 * probabilities Zadrozny and Elkan, KDD 2002), of the counts with the start mixed in. Between the middles of the pools
 * it goes straight in the logit, not in steps (centred isotonic regression: Oron and Flournoy, Statistics in
 * Biopharmaceutical Research 9, 2017), which keeps the order of predictions.
 * @param start logits at the knots, rising
 * @returns logits at the knots, rising
 */
export function isotonicFit({ examples, positives }: KnotCounts, start: Float64Array): Float64Array {
  /** Pools of neighbouring knots: their weight, positives, and weight times place. */
  const pools: { weight: number; positives: number; place: number }[] = [];
  const rate = (pool: { weight: number; positives: number }): number => pool.positives / pool.weight;
  start.forEach((given, k) => {
    const logit = Math.min(Math.max(given, -LOGIT_MAX), LOGIT_MAX);
    const p = sigmoid(logit);
    const prior = PRIOR_OUTCOMES / Math.min(p, sigmoid(-logit));
    const weight = (examples[k] as number) + prior;
    let pool = { weight, positives: (positives[k] as number) + prior * p, place: weight * k };
    for (let last = pools.at(-1); last !== undefined && rate(last) >= rate(pool); last = pools.at(-1)) {
      pools.pop();
      pool = {
        weight: pool.weight + last.weight,
        positives: pool.positives + last.positives,
        place: pool.place + last.place,
      };
    }
    pools.push(pool);
  });
  const places = pools.map(({ place, weight }) => place / weight);
  const logits = pools.map((pool) => logitOf(rate(pool)));
  let right = 0;
  return start.map((_, k) => {
    while (right < places.length && (places[right] as number) < k) right++;
    if (right === 0) return logits[0] as number;
    if (right === places.length) return logits[right - 1] as number;
    const [x0, x1] = [places[right - 1] as number, places[right] as number];
    const [y0, y1] = [logits[right - 1] as number, logits[right] as number];
    return y0 + ((k - x0) / (x1 - x0)) * (y1 - y0);
  });
}
