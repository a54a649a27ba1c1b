// Scoring: for each candidate ad the probability of a click and of a conversion, its value, and what it is willing to
// pay; the best of a slot. Rules: docs/decisions.md sections 4 and 5.

import { context } from './arena';
import { book, isEmpty } from './bitmaps';
import { asPrice, floorOfAd } from './floors';
import { prepareImpContext, prepareRequestContext, priceLevelOfContext, sumLanes } from './features';
import { isCapped } from './frequency';
import * as m from './memory_map';
import {
  CALIBRATION_KNOTS, CALIBRATION_KNOTS_PER_LOGIT, CALIBRATION_LOGIT_MAX, CALIBRATION_SLOT_BYTES,
  CALIBRATION_TABLE_BYTES, MODEL_CALIBRATION,
} from './model_layout';
import { asksMoney, availableMicros, isDrawnOut, quantityOf } from './money';
import { BELOW_FLOOR, CAMPAIGN_CLOSED, FREQUENCY_CAPPED, NO_BUDGET, PACED, REASON_NONE } from './reasons';

let vectors: usize = 0;
let calibration: usize = 0;
let bounds: usize = 0;
let most: usize = 0;

/** The best of the slot so far: ad, -1 if none; what it is willing to pay, CPM micros; its multiplier. */
export let bestAd: i32 = -1;
export let bestWilling: f64 = 0;
export let bestMultiplier: f32 = 1;
/** The furthest gate a candidate of the slot reached. */
export let slotReason: i32 = REASON_NONE;
/** In a fixed-price slot its price in base micros; negative elsewhere. */
let fixedPrice: f64 = -1;
/** An ad whose bound is below this cannot reach the floor of the slot. */
let boundMin: f64 = 0;
/** The impression at hand, and whether its context and that of the request are summed: only predictions need them. */
let contextImp: usize = 0;
let requestReady: bool = false;
let impReady: bool = false;
/** The impression's price level, 0 while nobody has asked: only shading does. */
let level: f64 = 0;
/** Impressions that the one at hand counts for. */
let quantity: f64 = 1;
/** True if the floor of the slot depends on the ad's duration. */
let byDuration: bool = false;

/**
 * Takes the book, the vectors and the model that the next calls are about.
 * @param slot of the model's tables, as the exchange has it
 */
export function setScoring(book: usize, vectorHalf: usize, model: usize, slot: i32): void {
  vectors = vectorHalf;
  bounds = <usize>load<u32>(book, m.BOOK_BOUNDS);
  most = <usize>load<u32>(book, m.BOOK_MOST);
  calibration = model + MODEL_CALIBRATION + <usize>slot * CALIBRATION_SLOT_BYTES;
}

/** Starts a request: nothing is predicted yet. */
export function startRequest(): void {
  requestReady = false;
}

/** Starts an impression. */
export function startImp(imp: usize): void {
  contextImp = imp;
  impReady = false;
  level = 0;
  quantity = quantityOf(imp);
}

function prepareContext(): void {
  if (!requestReady) prepareRequestContext();
  prepareImpContext(contextImp);
  requestReady = impReady = true;
}

/** The price level of the impression: what its prices to win are multiples of. */
export function priceLevel(): f64 {
  if (level == 0) {
    if (!impReady) prepareContext();
    level = priceLevelOfContext();
  }
  return level;
}

/**
 * Starts a slot.
 * @param fixed its fixed price in base micros, or negative
 * @param least the least a bid must be, in base micros; 0 if that depends on the ad
 * @param durations whether it depends on the ad's duration
 */
export function startSlot(fixed: f64, least: f64, durations: bool): void {
  byDuration = durations;
  boundMin = least * (1 - 1e-9); // what rounding may add cannot make up for
  bestAd = -1;
  bestWilling = 0;
  bestMultiplier = 1;
  slotReason = REASON_NONE;
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
  if (!impReady) prepareContext();
  const vector = vectors + <usize>ad * m.VECTOR_STRIDE;
  const sums = context + m.CONTEXT_IMP;
  const dot = sumLanes(
    f32x4.mul(v128.load(sums, m.CONTEXT_CTR_SUM), v128.load(vector, m.VECTOR_CTR)),
    f32x4.mul(v128.load(sums, m.CONTEXT_CTR_SUM + 16), v128.load(vector, m.VECTOR_CTR + 16)),
  );
  return calibrated(calibration, load<f32>(sums, m.CONTEXT_SCORE_CTR) + load<f32>(vector, m.VECTOR_BIAS_CTR) + dot);
}

/** Probability of a conversion behind a click; asked after that of the click. */
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

/** True unless the best of the slot pays more than an ad ever may. */
// @ts-ignore: decorator
@inline
export function canWin(ad: i32): bool {
  return <f64>load<f32>(bounds + (<usize>ad << 2)) > bestWilling;
}

/** Markup type of an ad. */
// @ts-ignore: decorator
@inline
export function typeOf(ad: i32): i32 {
  return <i32>load<u8>(vectors + <usize>ad * m.VECTOR_STRIDE, m.VECTOR_TYPE);
}

/** Duration of a video or audio ad, in seconds. */
// @ts-ignore: decorator
@inline
export function durationOf(ad: i32): i32 {
  return <i32>load<u16>(vectors + <usize>ad * m.VECTOR_STRIDE, m.VECTOR_DURATION);
}

/** Hash of the first advertiser domain of an ad. */
// @ts-ignore: decorator
@inline
export function advertiserOf(ad: i32): u64 {
  return load<u64>(vectors + <usize>ad * m.VECTOR_STRIDE, m.VECTOR_ADVERTISER);
}

/** Address of the state of an ad's campaign. */
// @ts-ignore: decorator
@inline
export function campaignOf(ad: i32): usize {
  return <usize>load<u32>(vectors + <usize>ad * m.VECTOR_STRIDE, m.VECTOR_CAMPAIGN);
}

/** Holds a candidate against the best of the slot. */
// @ts-ignore: decorator
@inline
export function consider(ad: i32): void {
  // It cannot beat the best (0 while there is none), and as there is one, no gate of this ad decides the slot's reason.
  const bound = <f64>load<f32>(bounds + (<usize>ad << 2));
  if (bound <= bestWilling) return;
  if (bound >= boundMin) score(ad);
  else if (bestAd < 0 && slotReason < BELOW_FLOOR) considerBelow(ad, bound);
}

/** Finds the gate of an ad that cannot reach the floor, while there is no better reason. */
function considerBelow(ad: i32, bound: f64): void {
  const vector = vectors + <usize>ad * m.VECTOR_STRIDE;
  const campaign = <usize>load<u32>(vector, m.VECTOR_CAMPAIGN);
  const open = load<u32>(campaign, m.CAMPAIGN_OPEN) != 0;
  const capped = (load<u8>(vector, m.VECTOR_FLAGS) & <u8>m.FLAG_CAPPED) != 0;
  // No bid of it costs more than its bound.
  if (open && !capped && !isPaced(ad, campaign) && canPay(campaign, bound)) reached(BELOW_FLOOR);
  else score(ad);
}

/** The multiplier that an ad bids with; pacing leaves guaranteed ad groups alone. */
// @ts-ignore: decorator
@inline
function multiplierOf(vector: usize, campaign: usize): f32 {
  if ((load<u8>(vector, m.VECTOR_FLAGS) & <u8>m.FLAG_GUARANTEED) != 0) {
    return load<f32>(campaign, m.CAMPAIGN_POLICY_MULTIPLIER);
  }
  return load<f32>(m.MULTIPLIERS + (campaign - m.CAMPAIGNS) / (m.CAMPAIGN_STRIDE >> 2));
}

/** True if pacing keeps an ad out of the slot: one of fixed price, where no multiplier can lower what it bids. */
// @ts-ignore: decorator
@inline
function isPaced(ad: i32, campaign: usize): bool {
  if (fixedPrice < 0 || !asksMoney) return false;
  if ((load<u8>(vectors + <usize>ad * m.VECTOR_STRIDE, m.VECTOR_FLAGS) & <u8>m.FLAG_GUARANTEED) != 0) return false;
  return isDrawnOut(campaign, <usize>load<u32>(book, m.BOOK_AD_DETAILS) + <usize>ad * m.DETAIL_STRIDE);
}

/** True if a campaign can pay for the slot's price, or for what an ad is willing to pay. */
// @ts-ignore: decorator
@inline
function canPay(campaign: usize, willing: f64): bool {
  if (!asksMoney) return true;
  return availableMicros(campaign) * 1000 >= (fixedPrice >= 0 ? fixedPrice : willing) * quantity;
}

// @ts-ignore: decorator
@inline
function score(ad: i32): void {
  const vector = vectors + <usize>ad * m.VECTOR_STRIDE;
  const campaign = <usize>load<u32>(vector, m.VECTOR_CAMPAIGN);
  const goal = load<i32>(vector, m.VECTOR_GOAL);
  let value = load<f64>(vector, m.VECTOR_GOAL_MICROS);
  if (goal != m.GOAL_CPM) {
    value = value * 1000 * <f64>clickRate(ad);
    if (goal == m.GOAL_CPA) value *= <f64>conversionRate(ad);
  }
  const multiplier: f32 = fixedPrice >= 0 ? 1 : multiplierOf(vector, campaign);
  const willing = min(value * <f64>multiplier, load<f64>(vector, m.VECTOR_CAP_MICROS));
  // Candidates come in ascending order, so of equals the lowest stays. Of the others the state does not matter: as
  // there is a best, no gate decides the slot's reason.
  if (willing <= bestWilling && bestAd >= 0) return;
  if (load<u32>(campaign, m.CAMPAIGN_OPEN) == 0) {
    reached(CAMPAIGN_CLOSED);
    return;
  }
  const flags = <u32>load<u8>(vector, m.VECTOR_FLAGS);
  if ((flags & m.FLAG_CAPPED) != 0 && isCapped(ad, flags)) {
    reached(FREQUENCY_CAPPED);
    return;
  }
  if (isPaced(ad, campaign)) {
    reached(PACED);
    return;
  }
  if (!canPay(campaign, willing)) {
    reached(NO_BUDGET);
    return;
  }
  if (byDuration && asPrice(willing) < max(floorOf(ad), 1)) {
    reached(BELOW_FLOOR);
    return;
  }
  bestAd = ad;
  bestWilling = willing;
  bestMultiplier = multiplier;
}

/** The floor for an ad where it depends on its duration, whole micros of the response's currency. */
export function floorOf(ad: i32): f64 {
  return floorOfAd(contextImp, typeOf(ad), durationOf(ad));
}

/** Considers the candidates of a chunk that are also in another bitmap. */
export function considerChunk(candidates: usize, also: usize, o: usize): void {
  if (isEmpty(candidates + o)) return;
  for (let end = o + m.CHUNK_BYTES; o < end; o += 8) {
    let word = load<u64>(candidates + o) & load<u64>(also + o);
    const first = <i32>(o << 3);
    for (; word != 0; word &= word - 1) consider(first + <i32>ctz(word));
  }
}

/** True if the chunks from one on, `o` bytes into the bitmaps, can change nothing about the slot. */
export function isDecided(o: usize): bool {
  const rest = <f64>load<f32>(most + (o >> 4));
  if (bestAd >= 0) return rest <= bestWilling || rest < boundMin;
  return slotReason == BELOW_FLOOR && rest < boundMin;
}
