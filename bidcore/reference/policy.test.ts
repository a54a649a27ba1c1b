// The twin of the policy: its network against a straightforward computation, where it is asked, what it draws.

import t from 'tap';
import * as layout from '../../assembly/model_layout.js';
import { type PolicyWeights, writePolicy, zeroPolicy } from '../policy/policy_weights.js';
import { POLICY_INPUT_NAMES } from '../policy/slot_inputs.js';
import { seededRandom } from '../testing/random.js';
import { SAMPLE_RANGE, samplePolicy } from '../testing/sample_policy.js';
import { policyAnswer } from './policy.js';

function imageOf(policy: PolicyWeights): Uint8Array {
  const image = new Uint8Array(layout.MODEL_BYTES);
  writePolicy(image, policy);
  return image;
}

/** The network in doubles, from its description. */
function network({ mean, scale, w1, b1, w2, b2, w3, b3 }: PolicyWeights, x: readonly number[]): number {
  const layer = (input: readonly number[], weights: Float32Array, biases: Float32Array): number[] =>
    [...biases].map((bias, j) =>
      input.reduce((sum, v, i) => sum + v * (weights[i * biases.length + j] as number), bias),
    );
  const relu = (v: number): number => Math.max(v, 0);
  const normal = x.map((v, i) => (v - (mean[i] as number)) * (scale[i] as number));
  return layer(layer(layer(normal, w1, b1).map(relu), w2, b2).map(relu), w3, b3)[0] as number;
}

t.test('the multiplier is 1 plus the output of the network, within bounds', async (t) => {
  let free = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const policy = samplePolicy(seed);
    const random = seededRandom(seed);
    const inputs = POLICY_INPUT_NAMES.map(() => Math.fround(random() * 2 - 1));
    const output = network(policy, inputs);
    const answer = policyAnswer(imageOf(policy), inputs, 0);
    const expected = Math.min(Math.max(1 + output, 0.1), 2);
    if (expected === 1 + output) free++;
    t.ok(Math.abs(answer.mean - output) <= 2e-6, `seed ${seed}: ${answer.mean}, ${output}`);
    t.ok(Math.abs(answer.multiplier - expected) <= 2e-6, `seed ${seed}: ${answer.multiplier}, ${expected}`);
    t.equal(answer.output, answer.mean, 'nothing is drawn');
  }
  t.ok(free >= 10 && free < 30, `${free} of them are not at a bound`);
});

t.test('a policy of zeros leaves the price alone', async (t) => {
  const inputs = POLICY_INPUT_NAMES.map((_, i) => i - 6);
  t.match(policyAnswer(imageOf(zeroPolicy()), inputs, 3), { multiplier: 1, mean: 0, sigma: 0, outside: [] });
});

t.test('out of the range of an input it says 1, and which input that is', async (t) => {
  const image = imageOf({ ...samplePolicy(2, 0.1), low: new Float32Array(12).fill(-SAMPLE_RANGE) });
  const inputs = POLICY_INPUT_NAMES.map(() => SAMPLE_RANGE);
  t.same(policyAnswer(image, inputs, 1).outside, [], 'its ends are in the range');
  t.not(policyAnswer(image, inputs, 1).multiplier, 1);
  const out = inputs.map((x, i) => (i === 4 ? x + 1e-6 : x)).map(Math.fround);
  t.same(policyAnswer(image, out, 1).outside, ['ctr']);
  t.match(policyAnswer(image, out, 1), { multiplier: 1, mean: 0, sigma: 0, output: 0 });
  t.same(policyAnswer(image, [...inputs.slice(0, 11), Number.NaN], 0).outside, ['traffic']);
});

t.test('a policy that explores adds what is drawn to its mean, before the bounds', async (t) => {
  const image = imageOf({ ...zeroPolicy(), sigma: 0.25 });
  const at = (normal: number): number => policyAnswer(image, new Array(12).fill(0), normal).multiplier;
  t.equal(at(1), 1.25);
  t.equal(at(-2), 0.5);
  t.equal(at(100), 2);
  t.equal(at(-100), Math.fround(0.1));
});
