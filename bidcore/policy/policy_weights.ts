// The weights of a policy as arrays, and their place in a model's image (POLICY_* in assembly/model_layout.ts).

import * as l from '../../assembly/model_layout.js';
import { POLICY_INPUT_NAMES } from './slot_inputs.js';

/**
 * A network of 12-64-64-1 with relu. Arrays of weights are rows of one input each: that from input i to output j stands
 * at i × outputs + j.
 */
export interface PolicyWeights {
  /** An input x enters as (x − mean) × scale; 12 each. */
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  /** Range of each input that training has seen, both ends in it; 12 each. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** 12 × 64, 64, 64 × 64, 64, 64 × 1, 1. */
  readonly w1: Float32Array;
  readonly b1: Float32Array;
  readonly w2: Float32Array;
  readonly b2: Float32Array;
  readonly w3: Float32Array;
  readonly b3: Float32Array;
  /** Standard deviation of the output, which is drawn; 0: it is not. */
  readonly sigma: number;
}

/** Stands for a range without an end: files hold finite numbers only. */
const ENDLESS = 1e30;
/** Largest weight, mean and scale: with it, and inputs within ±10, the output is a finite 32-bit float. */
const WEIGHT_MAX = 1e3;
/** Largest deviation: the multiplier's bounds are 1.9 apart. */
const SIGMA_MAX = 2;

const HIDDEN = Number(l.POLICY_HIDDEN);
const INPUTS = Number(l.POLICY_INPUTS);
const RANGES = { low: [l.POLICY_LOW, INPUTS], high: [l.POLICY_HIGH, INPUTS] } as const;
const WEIGHTS = {
  mean: [l.POLICY_MEAN, INPUTS],
  scale: [l.POLICY_SCALE, INPUTS],
  w1: [l.POLICY_W1, INPUTS * HIDDEN],
  b1: [l.POLICY_B1, HIDDEN],
  w2: [l.POLICY_W2, HIDDEN * HIDDEN],
  b2: [l.POLICY_B2, HIDDEN],
  w3: [l.POLICY_W3, HIDDEN],
  b3: [l.POLICY_B3, 1],
} as const;
const ARRAYS = { ...WEIGHTS, ...RANGES };
type ArrayName = keyof typeof ARRAYS;
const NAMES = Object.keys(ARRAYS) as ArrayName[];

/** A policy that says 1 to everything, what a model has that none was trained for. */
export function zeroPolicy(): PolicyWeights {
  const arrays = Object.fromEntries(NAMES.map((name) => [name, new Float32Array(ARRAYS[name][1])]));
  const weights = { ...(arrays as Record<ArrayName, Float32Array>), sigma: 0 };
  weights.scale.fill(1);
  weights.low.fill(-ENDLESS);
  weights.high.fill(ENDLESS);
  return weights;
}

/** True of a policy that says 1 whatever it sees, and does not explore. */
export function isZeroPolicy({ w3, b3, sigma }: PolicyWeights): boolean {
  return sigma === 0 && b3[0] === 0 && w3.every((weight) => weight === 0);
}

/** Writes a policy into a model's image. Throws where a policy is none, `policyProblem` says why. */
export function writePolicy(image: Uint8Array, weights: PolicyWeights): void {
  const problem = policyProblem(weights);
  if (problem !== undefined) throw new Error(`no policy: ${problem}`);
  const block = new Uint8Array(l.POLICY_BYTES);
  const f32 = new Float32Array(block.buffer);
  for (const name of NAMES) f32.set(weights[name], ARRAYS[name][0] / 4);
  f32[l.POLICY_SIGMA / 4] = weights.sigma;
  image.set(block, l.MODEL_POLICY);
}

/** The policy of a model's image, in arrays of its own. */
export function readPolicy(image: Uint8Array): PolicyWeights {
  // A copy, because a view of floats needs an aligned start.
  const { buffer } = Uint8Array.from(image.subarray(l.MODEL_POLICY, l.MODEL_POLICY + l.POLICY_BYTES));
  const f32 = new Float32Array(buffer);
  const arrays = NAMES.map((name) => [name, f32.slice(ARRAYS[name][0] / 4, ARRAYS[name][0] / 4 + ARRAYS[name][1])]);
  const sigma = f32[l.POLICY_SIGMA / 4] as number;
  return { ...(Object.fromEntries(arrays) as Record<ArrayName, Float32Array>), sigma };
}

/** Why weights are no policy that may bid; undefined if they are one. */
export function policyProblem(weights: PolicyWeights): string | undefined {
  const isLong = NAMES.find((name) => weights[name].length !== ARRAYS[name][1]);
  if (isLong !== undefined) return `${isLong} has ${weights[isLong].length} numbers, not ${ARRAYS[isLong][1]}`;
  for (const name of Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]) {
    if (!weights[name].every((x) => Math.abs(x) <= WEIGHT_MAX)) return `${name}: not finite or too large`;
  }
  const { low, high, sigma } = weights;
  const isRange = (i: number): boolean =>
    (low[i] as number) >= -ENDLESS_F32 &&
    (high[i] as number) <= ENDLESS_F32 &&
    (low[i] as number) <= (high[i] as number);
  const input = POLICY_INPUT_NAMES.find((_, i) => !isRange(i));
  if (input !== undefined) return `the range of ${input} is none`;
  return sigma >= 0 && sigma <= SIGMA_MAX ? undefined : `a deviation of ${sigma} is not between 0 and ${SIGMA_MAX}`;
}

const ENDLESS_F32 = Math.fround(ENDLESS);
