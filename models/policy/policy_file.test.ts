// Policies in files and in model images: what was written is read, what is no policy is refused, with the reason.

import t from 'tap';
import * as layout from '../../assembly/model_layout.js';
import { isModelFileError, readModelFile, writeModelFile } from '../../bidcore/model_file.js';
import {
  isZeroPolicy,
  type PolicyWeights,
  readPolicy,
  writePolicy,
  zeroPolicy,
} from '../../bidcore/policy/policy_weights.js';
import { samplePolicy } from '../../bidcore/testing/sample_policy.js';
import { seedModel } from '../seed_model.js';
import { readPolicyFile, writePolicyFile } from './policy_file.js';

t.test('a policy comes back from its file and from an image as it was', async (t) => {
  const policy = { ...samplePolicy(1), sigma: 0.25 };
  t.same(readPolicyFile(writePolicyFile(policy)), policy);
  const image = seedModel(1);
  t.ok(isZeroPolicy(readPolicy(image)), 'the first model says 1 to everything');
  const before = image.slice();
  writePolicy(image, policy);
  t.same(readPolicy(image), policy);
  const end = layout.MODEL_POLICY + layout.POLICY_BYTES;
  t.ok(Buffer.from(before.subarray(0, layout.MODEL_POLICY)).equals(image.subarray(0, layout.MODEL_POLICY)));
  t.ok(Buffer.from(before.subarray(end)).equals(image.subarray(end)), 'the rest of the image is as it was');
  t.notOk(isModelFileError(readModelFile(writeModelFile(image, 1, 0))));
});

t.test('rows of the layout are aligned for vectors, and nothing overlaps', async (t) => {
  for (const at of [layout.POLICY_W1, layout.POLICY_B1, layout.POLICY_W2, layout.POLICY_B2, layout.POLICY_W3]) {
    t.equal((layout.MODEL_POLICY + at) % 16, 0);
  }
  t.ok(layout.POLICY_SIGMA + 4 <= layout.POLICY_BYTES);
  t.equal(layout.MODEL_POLICY + layout.POLICY_BYTES, layout.MODEL_CALIBRATION);
});

t.test('what is no policy is neither written nor read', async (t) => {
  const broken: [Partial<PolicyWeights>, RegExp][] = [
    [{ b1: new Float32Array(64).fill(Number.NaN) }, /b1: not finite/],
    [{ w2: new Float32Array(4096).fill(2000) }, /w2: not finite or too large/],
    [{ low: new Float32Array(12).fill(1), high: new Float32Array(12) }, /the range of budget_left is none/],
    [{ high: new Float32Array(12).fill(Infinity) }, /the range of budget_left is none/],
    [{ sigma: -1 }, /a deviation of -1/],
    [{ w1: new Float32Array(8) }, /w1 has 8 numbers, not 768/],
  ];
  for (const [part, why] of broken) t.throws(() => writePolicyFile({ ...zeroPolicy(), ...part }), why);
  const image = seedModel(1);
  new Float32Array(image.buffer)[(layout.MODEL_POLICY + layout.POLICY_SIGMA) / 4] = Number.NaN;
  t.match(readModelFile(writeModelFile(image, 1, 0)), { code: 'invalid_model_file', problem: /policy: a deviation/ });
  const file = writePolicyFile(zeroPolicy());
  t.match(readPolicyFile(file.subarray(0, 100)), { code: 'invalid_state' });
  const damaged = file.slice();
  damaged[200] = (damaged[200] as number) ^ 1;
  t.match(readPolicyFile(damaged), { problem: /CRC/ });
  t.match(readPolicyFile(writeModelFile(image, 1, 0)), { problem: /magic/ });
});
