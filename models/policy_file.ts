// A policy in a file of its own: trained policies are shipped and handed about so; bidders get them inside a model
// (docs/policy.md). A frame as of a saved state (state.ts), and in it the policy as it stands in a model's image.

import * as l from '../assembly/model_layout.js';
import { type PolicyWeights, policyProblem, readPolicy, writePolicy } from '../bidcore/policy/policy_weights.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from './state.js';

const MAGIC = 0x504c5647; // "GVLP"
/** Counts up when inputs, network or layout change: a policy means nothing to others. */
const FORMAT = 1;

/** Throws where the weights are no policy. */
export function writePolicyFile(weights: PolicyWeights): Uint8Array {
  const image = new Uint8Array(l.MODEL_POLICY + l.POLICY_BYTES);
  writePolicy(image, weights);
  return frameState(MAGIC, FORMAT, [image.subarray(l.MODEL_POLICY)]);
}

/** The policy of a file, or why it is none that may bid. */
export function readPolicyFile(bytes: Uint8Array): PolicyWeights | StateError {
  const block = unframeState(MAGIC, FORMAT, bytes);
  if (isStateError(block)) return block;
  if (block.length !== l.POLICY_BYTES) return invalidState(`${block.length} bytes of policy, not ${l.POLICY_BYTES}`);
  const image = new Uint8Array(l.MODEL_POLICY + l.POLICY_BYTES);
  image.set(block, l.MODEL_POLICY);
  const weights = readPolicy(image);
  const problem = policyProblem(weights);
  return problem === undefined ? weights : invalidState(problem);
}
