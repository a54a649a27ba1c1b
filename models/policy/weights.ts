// A policy as plain numbers: 12 inputs, two hidden layers of 64 with relu, one output, and what the model file carries
// besides (docs/policy.md section 1). As a file of its own it stands framed (models/state.ts), all as f32 in the order
// of the model's image:
//
//   frame │ mean 12 │ scale 12 │ low 12 │ high 12 │ W1 12 × 64 │ b1 64 │ W2 64 × 64 │ b2 64 │ W3 64 │ b3 │ sigma

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from '../../assembly/limits.js';
import { POLICY_INPUT_NAMES } from '../../bidcore/policy/slot_inputs.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../state.js';

const MAGIC = 0x4c505647; // "GVPL"
const VERSION = 1;
export const INPUTS = POLICY_INPUT_NAMES.length;
export const HIDDEN = 64;

/** Numbers of each array, in their order in the file. */
const SIZES = {
  mean: INPUTS,
  scale: INPUTS,
  low: INPUTS,
  high: INPUTS,
  w1: INPUTS * HIDDEN,
  b1: HIDDEN,
  w2: HIDDEN * HIDDEN,
  b2: HIDDEN,
  w3: HIDDEN,
  b3: 1,
} as const;
type Name = keyof typeof SIZES;

/**
 * Input i enters as (x − mean) × scale; outside low to high of any of them the policy does not speak. Weights from
 * input i to hidden j stand at i × 64 + j. `sigma` is the standard deviation of the output that is drawn; 0: it is not.
 */
export type PolicyWeights = Readonly<Record<Name, Float32Array>> & { readonly sigma: number };

export function writePolicyFile(weights: PolicyWeights): Uint8Array {
  const arrays = [...(Object.keys(SIZES) as Name[]).map((name) => weights[name]), Float32Array.of(weights.sigma)];
  return frameState(
    MAGIC,
    VERSION,
    arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

export function readPolicyFile(bytes: Uint8Array): PolicyWeights | StateError {
  const body = unframeState(MAGIC, VERSION, bytes);
  if (isStateError(body)) return body;
  const total = Object.values(SIZES).reduce<number>((sum, size) => sum + size, 1);
  if (body.length !== total * 4) return invalidState(`${body.length} bytes are no policy of ${total} numbers`);
  const numbers = new Float32Array(body.buffer as ArrayBuffer);
  let at = 0;
  const arrays = Object.entries(SIZES).map(([name, size]) => {
    at += size;
    return [name, numbers.slice(at - size, at)] as const;
  });
  return { ...(Object.fromEntries(arrays) as Record<Name, Float32Array>), sigma: numbers[at] as number };
}

/** What the policy's network says for the inputs of a slot; undefined outside the ranges it has seen. */
export function outputOf(weights: PolicyWeights, inputs: ArrayLike<number>): number | undefined {
  const { mean, scale, low, high, w1, b1, w2, b2, w3, b3 } = weights;
  const normal = new Float32Array(INPUTS);
  for (let i = 0; i < INPUTS; i++) {
    const x = inputs[i] as number;
    if (!(x >= (low[i] as number) && x <= (high[i] as number))) return undefined;
    normal[i] = (x - (mean[i] as number)) * (scale[i] as number);
  }
  const last = layer(layer(normal, w1, b1), w2, b2);
  return last.reduce((sum, x, i) => sum + x * (w3[i] as number), b3[0] as number);
}

/** The multiplier for the inputs of a slot, without exploration. */
export function multiplierOf(weights: PolicyWeights, inputs: ArrayLike<number>): number {
  return Math.min(MULTIPLIER_MAX, Math.max(MULTIPLIER_MIN, 1 + (outputOf(weights, inputs) ?? 0)));
}

/** A hidden layer with relu. */
function layer(x: Float32Array, weights: Float32Array, biases: Float32Array): Float32Array {
  const y = biases.slice();
  for (let i = 0; i < x.length; i++) {
    const factor = x[i] as number;
    if (factor === 0) continue;
    for (let j = 0; j < HIDDEN; j++) y[j] = (y[j] as number) + factor * (weights[i * HIDDEN + j] as number);
  }
  for (let j = 0; j < HIDDEN; j++) y[j] = Math.max(y[j] as number, 0);
  return y;
}
