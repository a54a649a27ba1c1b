// The bid multiplier of a campaign: a multilayer perceptron of 12-64-64-1 with relu over what is seen of the campaign,
// run once a slot, and not asked outside of what it has seen. The twin of assembly/policy.ts; rules: docs/policy.md.

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from '../../assembly/limits.js';
import * as layout from '../../assembly/model_layout.js';
import { isZeroPolicy, type PolicyWeights, readPolicy } from '../policy/policy_weights.js';
import { POLICY_INPUT_NAMES, type PolicyInputName } from '../policy/slot_inputs.js';
import type { ModelImage } from './model.js';
import { remember } from './remember.js';

const { fround } = Math;

/** What a policy says to the inputs of a slot. */
export interface PolicyAnswer {
  /** Of the output, 32-bit floats; both 0 where the policy was not asked. */
  readonly mean: number;
  readonly sigma: number;
  /** What was drawn of it: the mean where the policy does not explore. */
  readonly output: number;
  /** 1 plus the output, within the bounds of `assembly/limits.ts`. */
  readonly multiplier: number;
  /** Inputs out of the range the policy has seen: if there is any, it is not asked. */
  readonly outside: readonly PolicyInputName[];
}

const policies = new WeakMap<ModelImage, PolicyWeights>();

/**
 * What the policy of a model says.
 * @param inputs in the order of `POLICY_INPUT_NAMES`, 32-bit floats
 * @param normal a draw from the standard normal, for a policy that explores
 */
export function policyAnswer(model: ModelImage, inputs: ArrayLike<number>, normal: number): PolicyAnswer {
  const policy = policyOf(model);
  const outside = POLICY_INPUT_NAMES.filter((_, i) => {
    const x = inputs[i] as number;
    return !(x >= (policy.low[i] as number) && x <= (policy.high[i] as number));
  });
  if (outside.length > 0) return { mean: 0, sigma: 0, output: 0, multiplier: 1, outside };
  const mean = outputOf(policy, inputs);
  const output = fround(mean + fround(policy.sigma * fround(normal)));
  const multiplier = fround(Math.min(Math.max(fround(1 + output), fround(MULTIPLIER_MIN)), MULTIPLIER_MAX));
  return { mean, sigma: policy.sigma, output, multiplier, outside };
}

/** True of a model whose policy nobody has trained: it says 1 to everything. */
export function isWithoutPolicy(model: ModelImage): boolean {
  return isZeroPolicy(policyOf(model));
}

function policyOf(model: ModelImage): PolicyWeights {
  return remember(policies, model, () => readPolicy(model));
}

function outputOf({ mean, scale, w1, b1, w2, b2, w3, b3 }: PolicyWeights, inputs: ArrayLike<number>): number {
  const normal = mean.map((centre, i) => fround((inputs[i] as number) - centre) * (scale[i] as number));
  const hidden1 = dense(normal, w1, b1, layout.POLICY_HIDDEN).map(relu);
  const hidden2 = dense(hidden1, w2, b2, layout.POLICY_HIDDEN).map(relu);
  return dense(hidden2, w3, b3, 1)[0] as number;
}

/** One layer; the weight from input i to output j stands at i × outputs + j. */
function dense(x: Float32Array, weights: Float32Array, biases: Float32Array, outputs: number): Float32Array {
  const y = biases.slice();
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < outputs; j++) {
      y[j] = (y[j] as number) + fround((x[i] as number) * (weights[i * outputs + j] as number));
    }
  }
  return y;
}

function relu(x: number): number {
  return Math.max(x, 0);
}
