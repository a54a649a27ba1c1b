// What a policy says to the inputs of a slot: by the slow twin of the bid path, so that a replay bids as a bidder does.

import * as l from '../../assembly/model_layout.js';
import { type PolicyWeights, writePolicy } from '../../bidcore/policy/policy_weights.js';
import { type PolicyAnswer, policyAnswer } from '../../bidcore/reference/policy.js';

/** Answers without exploration. */
export function answering(weights: PolicyWeights): (inputs: ArrayLike<number>) => PolicyAnswer {
  // The start of a model's image, as far as the policy's part goes.
  const head = new Uint8Array(l.MODEL_POLICY + l.POLICY_BYTES);
  writePolicy(head, weights);
  return (inputs) => policyAnswer(head, inputs, 0);
}
