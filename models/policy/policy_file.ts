// A policy as a file of its own, about 20 kB: the policy's part of a model's image (POLICY_* in
// assembly/model_layout.ts), framed (models/state.ts); and what a policy says, by the slow twin of the bid path.

import * as l from '../../assembly/model_layout.js';
import { type PolicyWeights, policyProblem, readPolicy, writePolicy } from '../../bidcore/policy/policy_weights.js';
import { type PolicyAnswer, policyAnswer } from '../../bidcore/reference/policy.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../state.js';

const MAGIC = 0x4c505647; // "GVPL"
/** Goes up with the policy's part of the layout. */
const VERSION = 1;

export function writePolicyFile(weights: PolicyWeights): Uint8Array {
  return frameState(MAGIC, VERSION, [headOf(weights).subarray(l.MODEL_POLICY)]);
}

/** The policy of a file, or why it is none that may bid. */
export function readPolicyFile(bytes: Uint8Array): PolicyWeights | StateError {
  const body = unframeState(MAGIC, VERSION, bytes);
  if (isStateError(body)) return body;
  if (body.length !== l.POLICY_BYTES) return invalidState(`${body.length} bytes of policy, not ${l.POLICY_BYTES}`);
  const head = new Uint8Array(l.MODEL_POLICY + l.POLICY_BYTES);
  head.set(body, l.MODEL_POLICY);
  const weights = readPolicy(head);
  const problem = policyProblem(weights);
  return problem === undefined ? weights : invalidState(problem);
}

/** What a policy says to inputs, without exploration, as the bidder's reference computes it. */
export function answering(weights: PolicyWeights): (inputs: ArrayLike<number>) => PolicyAnswer {
  const head = headOf(weights);
  return (inputs) => policyAnswer(head, inputs, 0);
}

/** The start of a model's image, as far as the policy's part goes. */
function headOf(weights: PolicyWeights): Uint8Array {
  const head = new Uint8Array(l.MODEL_POLICY + l.POLICY_BYTES);
  writePolicy(head, weights);
  return head;
}
