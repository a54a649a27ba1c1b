// build/trainer.wasm: a factorization machine that learns, for one target (clicks or conversions). It is compiled from
// the sources of the hot path: the hash that makes an index of a feature, and the sum of pairs, are the same code.
// The layout of its memory is in layout.ts, the update in learn.ts; models/fm/fm_trainer.ts is the hold on it.

import { featureIndex, hashBytes, hashNumber } from '../../../assembly/hash';
import { FACTORS, FEATURES } from '../../../assembly/model_layout';
import {
  RECORD_BYTES, TRAINER_BIAS, TRAINER_BYTES, TRAINER_INDICES, TRAINER_LABELS, TRAINER_LENGTHS, TRAINER_PREDICTIONS,
  TRAINER_RECORDS, TRAINER_TEXT, TRAINER_WEIGHTS,
} from './layout';
import { areFeatures, learnOne, predictOne, takeWeight } from './learn';

export { configure, lastStamp, setStamp } from './learn';

/** True if static data and memory are as layout.ts says. */
export function layoutHolds(): bool {
  return __heap_base <= TRAINER_TEXT && TRAINER_BYTES <= <usize>memory.size() << 16;
}

/**
 * Makes all records new: no weight, small random factors.
 * @param spread factors are uniform between −spread and spread; without them no factor would ever move
 */
export function initialise(seed: u32, spread: f32): void {
  memory.fill(TRAINER_BIAS, 0, TRAINER_BYTES - TRAINER_BIAS);
  const base = seed * 0x9e3779b9;
  for (let index = 0; index < FEATURES; index++) {
    const record = TRAINER_RECORDS + <usize>index * RECORD_BYTES;
    for (let j = 0; j < FACTORS; j++) {
      const uniform = <f32>(scrambled(base + (index * FACTORS + j)) >> 8) / <f32>8388608;
      store<f32>(record + (<usize>j << 2), (uniform - 1) * spread);
    }
  }
}

/** A bijection of 32 bits without visible order (lowbias32, by Chris Wellons, public domain). */
function scrambled(n: u32): u32 {
  n = (n ^ (n >> 16)) * 0x21f0aaad;
  n = (n ^ (n >> 15)) * 0x735a2d97;
  return n ^ (n >> 15);
}

/**
 * Learns the first `examples` examples of the block, in order, with `indices` indices in all; their probabilities
 * before their own update go to the predictions.
 * @returns false, and nothing is learnt, if an index is of no feature
 */
export function learn(examples: i32, indices: i32): bool {
  if (!areFeatures(TRAINER_INDICES, indices)) return false;
  let at = TRAINER_INDICES;
  for (let i: usize = 0; i < <usize>examples; i++) {
    const count = load<i32>(TRAINER_LENGTHS + (i << 2));
    const label = <f32>load<u8>(TRAINER_LABELS + i);
    store<f32>(TRAINER_PREDICTIONS + (i << 2), learnOne(at, count, label, load<f32>(TRAINER_WEIGHTS + (i << 2))));
    at += <usize>count << 2;
  }
  return true;
}

/** As `learn`, but only predicts. */
export function predict(examples: i32, indices: i32): bool {
  if (!areFeatures(TRAINER_INDICES, indices)) return false;
  let at = TRAINER_INDICES;
  for (let i: usize = 0; i < <usize>examples; i++) {
    const count = load<i32>(TRAINER_LENGTHS + (i << 2));
    store<f32>(TRAINER_PREDICTIONS + (i << 2), predictOne(at, count));
    at += <usize>count << 2;
  }
  return true;
}

/** Sets the bias, in the logit of what is learnt from. */
export function setBias(weight: f32): void {
  takeWeight(TRAINER_BIAS, weight, false);
}

/** Sets the weight of a feature. */
export function setWeight(index: u32, weight: f32): void {
  takeWeight(TRAINER_RECORDS + <usize>index * RECORD_BYTES, weight, true);
}

/** Index of a number in a field. */
export function featureOfNumber(field: i32, n: i32): u32 {
  return featureIndex(field, hashNumber(<u64><i64>n));
}

/** Index of the text in TRAINER_TEXT in a field. */
export function featureOfText(field: i32, length: i32): u32 {
  return featureIndex(field, hashBytes(TRAINER_TEXT, length));
}
