// Scoring: for each candidate ad the probability of a click and of a conversion, its value, and what it is willing to
// pay; the best of a slot. Rules: docs/decisions.md sections 4 and 5.

import { context } from './arena';
import { sumLanes } from './features';
import * as m from './memory_map';
import {
  CALIBRATION_KNOTS, CALIBRATION_KNOTS_PER_LOGIT, CALIBRATION_LOGIT_MAX, CALIBRATION_SLOT_BYTES, CALIBRATION_TABLES,
  CALIBRATION_TABLE_BYTES, MODEL_CALIBRATION,
} from './model_layout';
import { CAMPAIGN_CLOSED, NO_BUDGET, NO_DEAL } from './reasons';

let ads: usize = 0;
let vectors: usize = 0;
let calibration: usize = 0;
let bounds: usize = 0;

/** The best of the slot so far: ad, -1 if none; what it is willing to pay, CPM micros; its multiplier. */
export let bestAd: i32 = -1;
export let bestWilling: f64 = 0;
export let bestMultiplier: f32 = 1;
/** The furthest gate a candidate of the slot reached. */
export let slotReason: i32 = NO_DEAL;
/** In a fixed-price slot its price in base micros; negative elsewhere. */
let fixedPrice: f64 = -1;

/** Takes the book, the vectors and the model that the next calls are about. */
export function setScoring(book: usize, vectorHalf: usize, model: usize, exchange: i32): void {
  ads = <usize>load<u32>(book, m.BOOK_AD_TABLE);
  vectors = vectorHalf;
  bounds = <usize>load<u32>(book, m.BOOK_BOUNDS);
  calibration = model + MODEL_CALIBRATION + <usize>(exchange % CALIBRATION_TABLES) * CALIBRATION_SLOT_BYTES;
}

/** Starts a slot. */
export function startSlot(fixed: f64): void {
  bestAd = -1;
  bestWilling = 0;
  bestMultiplier = 1;
  slotReason = NO_DEAL;
  fixedPrice = fixed;
}

/** Probability at a logit: piecewise linear between the knots of a calibration table. */
// @ts-ignore: decorator
@inline
function calibrated(table: usize, logit: f32): f32 {
  const limit = <f32>CALIBRATION_LOGIT_MAX;
  const x = (min(max(logit, -limit), limit) + limit) * <f32>CALIBRATION_KNOTS_PER_LOGIT;
  const i = min(<i32>x, CALIBRATION_KNOTS - 2);
  const knot = table + (<usize>i << 2);
  const low = load<f32>(knot);
  return low + (x - <f32>i) * (load<f32>(knot, 4) - low);
}

/** Probability of a click. */
// @ts-ignore: decorator
@inline
export function clickRate(ad: i32): f32 {
  const vector = vectors + <usize>ad * m.VECTOR_STRIDE;
  const sums = context + m.CONTEXT_IMP;
  const dot = sumLanes(
    f32x4.mul(v128.load(sums, m.CONTEXT_CTR_SUM), v128.load(vector, m.VECTOR_CTR)),
    f32x4.mul(v128.load(sums, m.CONTEXT_CTR_SUM + 16), v128.load(vector, m.VECTOR_CTR + 16)),
  );
  return calibrated(calibration, load<f32>(sums, m.CONTEXT_SCORE_CTR) + load<f32>(vector, m.VECTOR_BIAS_CTR) + dot);
}

/** Probability of a conversion behind a click. */
// @ts-ignore: decorator
@inline
export function conversionRate(ad: i32): f32 {
  const vector = vectors + <usize>ad * m.VECTOR_STRIDE;
  const sums = context + m.CONTEXT_IMP;
  const dot = sumLanes(
    f32x4.mul(v128.load(sums, m.CONTEXT_CVR_SUM), v128.load(vector, m.VECTOR_CVR)),
    f32x4.mul(v128.load(sums, m.CONTEXT_CVR_SUM + 16), v128.load(vector, m.VECTOR_CVR + 16)),
  );
  return calibrated(
    calibration + CALIBRATION_TABLE_BYTES,
    load<f32>(sums, m.CONTEXT_SCORE_CVR) + load<f32>(vector, m.VECTOR_BIAS_CVR) + dot,
  );
}

// @ts-ignore: decorator
@inline
function reached(reason: i32): void {
  slotReason = max(slotReason, reason);
}

/** Holds a candidate against the best of the slot. */
// @ts-ignore: decorator
@inline
export function consider(ad: i32): void {
  // It cannot beat the best (0 while there is none), and as there is one, no gate of this ad decides the slot's reason.
  if (<f64>load<f32>(bounds + (<usize>ad << 2)) <= bestWilling) return;
  const record = ads + <usize>ad * m.AD_STRIDE;
  const campaign = <usize>load<u32>(record, m.AD_CAMPAIGN);
  if (load<u32>(campaign, m.CAMPAIGN_OPEN) == 0) {
    reached(CAMPAIGN_CLOSED);
    return;
  }
  const goal = load<i32>(record, m.AD_GOAL);
  let value = load<f64>(record, m.AD_GOAL_MICROS);
  if (goal != m.GOAL_CPM) {
    value = value * 1000 * <f64>clickRate(ad);
    if (goal == m.GOAL_CPA) value *= <f64>conversionRate(ad);
  }
  const multiplier: f32 = fixedPrice >= 0 ? 1 : load<f32>(campaign, m.CAMPAIGN_MULTIPLIER);
  const willing = min(value * <f64>multiplier, load<f64>(record, m.AD_CAP_MICROS));
  const cost = fixedPrice >= 0 ? fixedPrice : willing;
  if (<f64>atomic.load<i64>(campaign, m.CAMPAIGN_AVAILABLE_MICROS) * 1000 < cost) {
    reached(NO_BUDGET);
    return;
  }
  // Candidates come in ascending order, so of equals the lowest stays.
  if (willing > bestWilling || bestAd < 0) {
    bestAd = ad;
    bestWilling = willing;
    bestMultiplier = multiplier;
  }
}

/** Considers every ad of the AND of two bitmaps. */
export function considerBitmap(candidates: usize, also: usize, bytes: usize): void {
  for (let o: usize = 0; o < bytes; o += 8) {
    let word = load<u64>(candidates + o) & load<u64>(also + o);
    const first = <i32>(o << 3);
    for (; word != 0; word &= word - 1) consider(first + <i32>ctz(word));
  }
}
