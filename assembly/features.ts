// Hashed features of the request and the impression, and the sums of the factorization machine over them. Training
// reads the same features, from this code (`featuresOf`), so scoring and training cannot see different ones.
// Rules: docs/decisions.md section 4. Source of the model: Rendle, "Factorization Machines", ICDM 2010.

import { context, formats, request } from './arena';
import { exponential } from './exponential';
import * as facts from './facts';
import { featureIndex, hashNumber } from './hash';
import * as m from './memory_map';
import {
  FEATURE_STRIDE, FEATURE_WEIGHT_CTR, FEATURE_WEIGHT_CVR, FEATURE_WEIGHT_LANDSCAPE, LANDSCAPE_LOG_MAX, MODEL_BIAS_CTR,
  MODEL_BIAS_CVR, MODEL_EXCHANGES, MODEL_FEATURES,
} from './model_layout';

let model: usize = 0;

/** Takes the model that the next calls are about. */
export function setModel(address: usize): void {
  model = address;
}

// @ts-ignore: decorator
@inline
function feature(n: i32, field: i32, hash: u64): void {
  store<u32>(context + (<usize>n << 2), featureIndex(field, hash), m.CONTEXT_FEATURES);
}

/** Hashes the features of the request at hand. */
export function hashRequestFeatures(): void {
  feature(0, m.FIELD_EXCHANGE, facts.exchange);
  feature(1, m.FIELD_INVENTORY, facts.inventory == 0 ? 0 : facts.hashOf(facts.inventory));
  feature(2, m.FIELD_DOMAIN, facts.domain);
  feature(3, m.FIELD_BUNDLE, facts.bundle);
  feature(4, m.FIELD_PUBLISHER, facts.publisher);
  feature(5, m.FIELD_CATEGORY, facts.categorySlots > 0 ? load<u64>(facts.categories) : 0);
  feature(6, m.FIELD_COUNTRY, load<u64>(request, m.REQUEST_COUNTRY));
  feature(7, m.FIELD_REGION, load<u64>(request, m.REQUEST_REGION));
  feature(8, m.FIELD_CITY, facts.city);
  feature(9, m.FIELD_DEVICE_TYPE, load<u64>(request, m.REQUEST_DEVICE_TYPE));
  feature(10, m.FIELD_OS, load<u64>(request, m.REQUEST_OS));
  feature(11, m.FIELD_LANGUAGE, load<u64>(request, m.REQUEST_LANGUAGE));
  feature(12, m.FIELD_CONNECTION, load<u64>(request, m.REQUEST_CONNECTION));
  feature(13, m.FIELD_CARRIER, load<u64>(request, m.REQUEST_CARRIER));
  feature(14, m.FIELD_HOUR, facts.hashOf(facts.hour));
  feature(15, m.FIELD_WEEKDAY, facts.hashOf(facts.weekday));
}

/** Hashes the features of an impression, behind those of its request. */
export function hashImpFeatures(imp: usize): void {
  feature(16, m.FIELD_SLOT_SIZE, slotSize(imp));
  feature(17, m.FIELD_TAG, load<u64>(imp, m.IMP_TAG));
  const video = (load<i32>(imp, m.IMP_FLAGS) & m.IMP_VIDEO) != 0;
  const position = load<u64>(imp, m.IMP_POSITION);
  const ofVideo = position == 0 && video;
  feature(18, m.FIELD_POSITION, ofVideo ? load<u64>(imp + m.IMP_VIDEO_RECORD, m.STREAM_POSITION) : position);
  feature(19, m.FIELD_INTERSTITIAL, facts.hashOf(<i32>((load<i32>(imp, m.IMP_FLAGS) & m.IMP_INTERSTITIAL) != 0)));
}

function sizeHash(width: i32, height: i32): u64 {
  const usable = <u32>width - 1 < 65535 && <u32>height - 1 < 65535;
  return usable ? hashNumber((<u64>width << 16) | <u64>height) : 0;
}

/** The first usable fixed format, else the banner's size, else the video's. */
function slotSize(imp: usize): u64 {
  const count = load<i32>(imp, m.IMP_FORMATS + 4);
  for (let i = 0; i < count; i++) {
    const format = formats + <usize>(load<i32>(imp, m.IMP_FORMATS) + i) * m.FORMAT_STRIDE;
    const hash = sizeHash(load<i32>(format, m.FORMAT_WIDTH), load<i32>(format, m.FORMAT_HEIGHT));
    if (hash != 0) return hash;
  }
  const own = sizeHash(load<i32>(imp, m.IMP_WIDTH), load<i32>(imp, m.IMP_HEIGHT));
  if (own != 0 || (load<i32>(imp, m.IMP_FLAGS) & m.IMP_VIDEO) == 0) return own;
  const video = imp + m.IMP_VIDEO_RECORD;
  return sizeHash(load<i32>(video, m.STREAM_WIDTH), load<i32>(video, m.STREAM_HEIGHT));
}

/** Packs four features from an address on: 9 bytes at another, written as 16. */
// @ts-ignore: decorator
@inline
function packFour(features: usize, to: usize): void {
  const fourth = <u64>load<u32>(features, 12);
  const three = <u64>load<u32>(features) | (<u64>load<u32>(features, 4) << 18) | (<u64>load<u32>(features, 8) << 36);
  store<u64>(to, three | (fourth << 54));
  store<u64>(to, fourth >> 10, 8);
}

/**
 * Packs the hashed features of the impression last prepared, as they stand in tokens: 18 bits each, the first in the
 * lowest bits. Writes 52 bytes, of which 45 count.
 */
export function packContextFeatures(to: usize): void {
  const features = context + m.CONTEXT_FEATURES;
  for (let group: usize = 0; group < 5; group++) packFour(features + (group << 4), to + group * 9);
}

/** Packs the hashed features of an ad: 16 bytes, the last 2 bits 0. */
export function packAdFeatures(detail: usize, to: usize): void {
  const features = detail + m.DETAIL_FEATURES;
  packFour(features, to);
  const three =
    (<u64>load<u32>(features, 16) << 8) | (<u64>load<u32>(features, 20) << 26) | (<u64>load<u32>(features, 24) << 44);
  store<u64>(to, load<u64>(to, 8) | three, 8);
}

/** Which of the model's tables the exchange at hand has: the first slot that names it, else 0. */
export function exchangeSlot(): i32 {
  const wanted = i32x4.splat(<i32>featureIndex(m.FIELD_EXCHANGE, facts.exchange));
  const at = model + MODEL_EXCHANGES;
  const named =
    i32x4.bitmask(i32x4.eq(v128.load(at), wanted)) |
    (i32x4.bitmask(i32x4.eq(v128.load(at, 16), wanted)) << 4) |
    (i32x4.bitmask(i32x4.eq(v128.load(at, 32), wanted)) << 8) |
    (i32x4.bitmask(i32x4.eq(v128.load(at, 48), wanted)) << 12);
  return named == 0 ? 0 : ctz(named);
}

/** The price level of the impression last prepared: the landscape's prices are multiples of it. */
export function priceLevelOfContext(): f64 {
  let sum: f64 = 0;
  for (let n = 0; n < m.REQUEST_FEATURES + m.IMP_FEATURES; n++) {
    const index = <usize>load<u32>(context + (<usize>n << 2), m.CONTEXT_FEATURES);
    sum += <f64>load<f32>(model + MODEL_FEATURES + index * FEATURE_STRIDE, FEATURE_WEIGHT_LANDSCAPE);
  }
  const limit = <f64>LANDSCAPE_LOG_MAX;
  return exponential(min(max(sum, -limit), limit));
}

/** Adds features to sums: S += v, Q += v × v, L += w, for CTR and CVR. */
export function addFeatures(sums: usize, indices: usize, count: i32): void {
  for (let half: usize = 0; half < 64; half += 32) {
    const to = sums + (half << 1); // CTR sums and squares, then those of CVR
    let s0 = v128.load(to);
    let s1 = v128.load(to, 16);
    let q0 = v128.load(to, 32);
    let q1 = v128.load(to, 48);
    for (let i = 0; i < count; i++) {
      const record = model + MODEL_FEATURES + <usize>load<u32>(indices + (<usize>i << 2)) * FEATURE_STRIDE + half;
      const v0 = v128.load(record);
      const v1 = v128.load(record, 16);
      s0 = f32x4.add(s0, v0);
      s1 = f32x4.add(s1, v1);
      q0 = f32x4.add(q0, f32x4.mul(v0, v0));
      q1 = f32x4.add(q1, f32x4.mul(v1, v1));
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, q0, 32);
    v128.store(to, q1, 48);
  }
  let ctr = load<f32>(sums, m.CONTEXT_LINEAR_CTR);
  let cvr = load<f32>(sums, m.CONTEXT_LINEAR_CVR);
  for (let i = 0; i < count; i++) {
    const record = model + MODEL_FEATURES + <usize>load<u32>(indices + (<usize>i << 2)) * FEATURE_STRIDE;
    ctr += load<f32>(record, FEATURE_WEIGHT_CTR);
    cvr += load<f32>(record, FEATURE_WEIGHT_CVR);
  }
  store<f32>(sums, ctr, m.CONTEXT_LINEAR_CTR);
  store<f32>(sums, cvr, m.CONTEXT_LINEAR_CVR);
}

/** Sum of eight lanes: the two halves lane by lane, then pairwise. */
// @ts-ignore: decorator
@inline
export function sumLanes(low: v128, high: v128): f32 {
  const s = f32x4.add(low, high);
  return (
    f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3))
  );
}

/** Pair interactions inside one set of features: 0.5 × sum of (S² − Q). */
export function pairs(sums: usize): f32 {
  const s0 = v128.load(sums);
  const s1 = v128.load(sums, 16);
  return (
    <f32>0.5 *
    sumLanes(
      f32x4.sub(f32x4.mul(s0, s0), v128.load(sums, 32)),
      f32x4.sub(f32x4.mul(s1, s1), v128.load(sums, 48)),
    )
  );
}

/** Hashes and sums the features of the request; the sums of each impression start from these. */
export function prepareRequestContext(): void {
  const sums = context + m.CONTEXT_REQUEST;
  memory.fill(sums, 0, m.CONTEXT_IMP - m.CONTEXT_REQUEST);
  hashRequestFeatures();
  addFeatures(sums, context + m.CONTEXT_FEATURES, m.REQUEST_FEATURES);
}

/** Hashes and sums the features of an impression, and scores its whole context. */
export function prepareImpContext(imp: usize): void {
  const sums = context + m.CONTEXT_IMP;
  memory.copy(sums, context + m.CONTEXT_REQUEST, m.CONTEXT_IMP - m.CONTEXT_REQUEST);
  hashImpFeatures(imp);
  addFeatures(sums, context + m.CONTEXT_FEATURES + (m.REQUEST_FEATURES << 2), m.IMP_FEATURES);
  const ctr = load<f32>(model, MODEL_BIAS_CTR) + load<f32>(sums, m.CONTEXT_LINEAR_CTR);
  const cvr = load<f32>(model, MODEL_BIAS_CVR) + load<f32>(sums, m.CONTEXT_LINEAR_CVR);
  store<f32>(sums, ctr + pairs(sums + m.CONTEXT_CTR_SUM), m.CONTEXT_SCORE_CTR);
  store<f32>(sums, cvr + pairs(sums + m.CONTEXT_CVR_SUM), m.CONTEXT_SCORE_CVR);
}

/**
 * Writes the vector of one ad: its factor sums and its own part of the score, for CTR and CVR, and what its records in
 * the book say.
 */
export function prepareAd(record: usize, detail: usize, vector: usize): void {
  const sums = context + m.CONTEXT_IMP;
  memory.fill(sums, 0, 256);
  addFeatures(sums, detail + m.DETAIL_FEATURES, m.AD_FEATURES);
  memory.copy(vector + m.VECTOR_CTR, sums + m.CONTEXT_CTR_SUM, 32);
  memory.copy(vector + m.VECTOR_CVR, sums + m.CONTEXT_CVR_SUM, 32);
  store<f32>(vector, load<f32>(sums, m.CONTEXT_LINEAR_CTR) + pairs(sums + m.CONTEXT_CTR_SUM), m.VECTOR_BIAS_CTR);
  store<f32>(vector, load<f32>(sums, m.CONTEXT_LINEAR_CVR) + pairs(sums + m.CONTEXT_CVR_SUM), m.VECTOR_BIAS_CVR);
  store<u32>(vector, load<u32>(record, m.AD_CAMPAIGN), m.VECTOR_CAMPAIGN);
  store<i32>(vector, load<i32>(record, m.AD_GOAL), m.VECTOR_GOAL);
  store<f64>(vector, load<f64>(record, m.AD_GOAL_MICROS), m.VECTOR_GOAL_MICROS);
  store<f64>(vector, load<f64>(record, m.AD_CAP_MICROS), m.VECTOR_CAP_MICROS);
  store<u32>(vector, load<u32>(record, m.AD_DURATION), m.VECTOR_DURATION); // and the markup type, the flags
  store<u64>(vector, load<u64>(detail, m.DETAIL_ADVERTISER), m.VECTOR_ADVERTISER);
}
