// The factorization machine (Rendle, "Factorization Machines", ICDM 2010) and its online update.
//
//   logit = bias + sum of w + pairs(S, Q)           the hot path's: assembly/features.ts
//   g     = weight × (p − y)                        gradient of the log loss by the logit
//   w     : FTRL-Proximal, per coordinate (McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013)
//   v     : AdaGrad, per coordinate (Duchi, Hazan, Singer, JMLR 2011) on g × (S − v) + weight × L2 × v
//
// An index that stands c times in an example stands c times in the sums, as it does in the hot path, so its gradient
// is c times as large; it is updated once.

import { pairs } from '../../../assembly/features';
import { FEATURES } from '../../../assembly/model_layout';
import {
  RECORD_BYTES, RECORD_FACTORS, RECORD_N, RECORD_SQUARES, RECORD_STAMP, RECORD_WEIGHT, RECORD_Z, TRAINER_BIAS,
  TRAINER_RECORDS, TRAINER_SUMS,
} from './layout';

/** FTRL-Proximal: step size alpha, beta, and the two penalties. */
let alpha: f32 = 0;
let beta: f32 = 0;
let l1: f32 = 0;
let l2: f32 = 0;
/** AdaGrad: step size and penalty. */
let factorStep: f32 = 0;
let factorL2: f32 = 0;
let withFactors: bool = false;
/** Number of the example at hand, and whether one of its indices stands in it more than once. */
let stamp: u32 = 0;
let repeated: bool = false;

/** Sets what the update depends on; `FmOptions` says what each is. */
export function configure(
  ftrlAlpha: f32, ftrlBeta: f32, ftrlL1: f32, ftrlL2: f32, adaStep: f32, adaL2: f32, factors: bool,
): void {
  alpha = ftrlAlpha;
  beta = ftrlBeta;
  l1 = ftrlL1;
  l2 = ftrlL2;
  factorStep = adaStep;
  factorL2 = adaL2;
  withFactors = factors;
}

// @ts-ignore: decorator
@inline
function recordOf(index: u32): usize {
  return TRAINER_RECORDS + <usize>index * RECORD_BYTES;
}

/** True if all indices are of features. */
export function areFeatures(indices: usize, count: i32): bool {
  let all: u32 = 0;
  for (let i = 0; i < count; i++) all |= load<u32>(indices + (<usize>i << 2));
  return all < <u32>FEATURES;
}

/** Logit of an example, and its sums in TRAINER_SUMS. */
// @ts-ignore: decorator
@inline
function logitOf(indices: usize, count: i32, learning: bool): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let q0 = f32x4.splat(0);
  let q1 = f32x4.splat(0);
  let linear: f32 = 0;
  for (let i = 0; i < count; i++) {
    const record = recordOf(load<u32>(indices + (<usize>i << 2)));
    if (withFactors) {
      const v0 = v128.load(record, RECORD_FACTORS);
      const v1 = v128.load(record, RECORD_FACTORS + 16);
      s0 = f32x4.add(s0, v0);
      s1 = f32x4.add(s1, v1);
      q0 = f32x4.add(q0, f32x4.mul(v0, v0));
      q1 = f32x4.add(q1, f32x4.mul(v1, v1));
    }
    linear += load<f32>(record, RECORD_WEIGHT);
    if (learning) {
      if (load<u32>(record, RECORD_STAMP) == stamp) repeated = true;
      store<u32>(record, stamp, RECORD_STAMP);
    }
  }
  v128.store(TRAINER_SUMS, s0);
  v128.store(TRAINER_SUMS, s1, 16);
  v128.store(TRAINER_SUMS, q0, 32);
  v128.store(TRAINER_SUMS, q1, 48);
  return load<f32>(TRAINER_BIAS, RECORD_WEIGHT) + linear + pairs(TRAINER_SUMS);
}

// @ts-ignore: decorator
@inline
function sigmoid(x: f32): f32 {
  return <f32>(1 / (1 + Math.exp(-<f64>x)));
}

/** Probability of an example. */
export function predictOne(indices: usize, count: i32): f32 {
  return sigmoid(logitOf(indices, count, false));
}

/** Learns an example, and returns what its probability was before. */
export function learnOne(indices: usize, count: i32, label: f32, weight: f32): f32 {
  stamp = stamp + 1 == 0 ? 1 : stamp + 1; // 0 means untouched
  repeated = false;
  const p = sigmoid(logitOf(indices, count, true));
  const g = weight * (p - label);
  stepWeight(TRAINER_BIAS, g, 0, 0);
  if (!repeated) {
    for (let i = 0; i < count; i++) stepRecord(recordOf(load<u32>(indices + (<usize>i << 2))), g, weight);
  } else {
    stepRepeated(indices, count, g, weight);
  }
  return p;
}

/** As the loop over an example's indices, each index once. */
function stepRepeated(indices: usize, count: i32, g: f32, weight: f32): void {
  const end = indices + (<usize>count << 2);
  for (let at = indices; at < end; at += 4) {
    const index = load<u32>(at);
    let times: f32 = 0;
    let isFirst = true;
    for (let other = indices; other < end; other += 4) {
      if (load<u32>(other) != index) continue;
      times += 1;
      if (other < at) isFirst = false;
    }
    if (isFirst) stepRecord(recordOf(index), g * times, weight);
  }
}

// @ts-ignore: decorator
@inline
function stepRecord(record: usize, g: f32, weight: f32): void {
  stepWeight(record, g, l1, l2);
  if (!withFactors) return;
  const gradient = f32x4.splat(g);
  const penalty = f32x4.splat(weight * factorL2);
  stepFactors(record, v128.load(TRAINER_SUMS), gradient, penalty);
  stepFactors(record + 16, v128.load(TRAINER_SUMS, 16), gradient, penalty);
}

/** FTRL-Proximal, algorithm 1 of the paper. */
// @ts-ignore: decorator
@inline
function stepWeight(record: usize, g: f32, lasso: f32, ridge: f32): void {
  const n = load<f32>(record, RECORD_N);
  const grown = n + g * g;
  const root = sqrt<f32>(grown);
  const z = load<f32>(record, RECORD_Z) + g - (root - sqrt<f32>(n)) / alpha * load<f32>(record, RECORD_WEIGHT);
  const excess = max<f32>(abs<f32>(z) - lasso, 0);
  store<f32>(record, copysign<f32>(excess, -z) / ((beta + root) / alpha + ridge), RECORD_WEIGHT);
  store<f32>(record, z, RECORD_Z);
  store<f32>(record, grown, RECORD_N);
}

/** AdaGrad on four factors; the 1 under the root keeps first steps small. */
// @ts-ignore: decorator
@inline
function stepFactors(at: usize, sum: v128, gradient: v128, penalty: v128): void {
  const v = v128.load(at, RECORD_FACTORS);
  const d = f32x4.add(f32x4.mul(gradient, f32x4.sub(sum, v)), f32x4.mul(penalty, v));
  const squares = f32x4.add(v128.load(at, RECORD_SQUARES), f32x4.mul(d, d));
  const step = f32x4.div(
    f32x4.mul(f32x4.splat(factorStep), d),
    f32x4.sqrt(f32x4.add(f32x4.splat(1), squares)),
  );
  v128.store(at, squares, RECORD_SQUARES);
  v128.store(at, f32x4.sub(v, step), RECORD_FACTORS);
}

/**
 * Gives a record the weight that a model has, so that the first update starts from it: the z whose closed form it is.
 * @param penalised false for the bias
 */
export function takeWeight(record: usize, weight: f32, penalised: bool): void {
  const lasso: f32 = penalised ? l1 : 0;
  const ridge: f32 = penalised ? l2 : 0;
  const rate = (beta + sqrt<f32>(load<f32>(record, RECORD_N))) / alpha + ridge;
  store<f32>(record, weight, RECORD_WEIGHT);
  store<f32>(record, weight == 0 ? 0 : -(weight * rate + copysign<f32>(lasso, weight)), RECORD_Z);
}

/** Numbers examples from here on; a restored trainer goes on where it was. */
export function setStamp(last: u32): void {
  stamp = last;
}

/** Number of the last example. */
export function lastStamp(): u32 {
  return stamp;
}
