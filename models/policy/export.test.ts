// What a policy's file says is what the agent does, and outside of what it has seen it says nothing.

import { test } from 'tap';
import { BidEnvironment } from '../environments/bid/bid_environment.js';
import { syntheticTask } from '../environments/bid/synthetic_task.js';
import { Random } from '../random.js';
import { isStateError } from '../state.js';
import { isExportProblem, softened } from './export.js';
import { answering, readPolicyFile, writePolicyFile } from './policy_file.js';
import { exported, newAgent } from './training.js';

const SMALL = { environments: 2, rolloutSteps: 96, epochs: 20, learningRate: 3e-3 };

test('the policy in the file is the agent, within the ranges of its inputs', (t) => {
  const agent = newAgent(() => syntheticTask, 7, 384, SMALL);
  agent.learn();
  agent.learn();
  const weights = exported(agent, () => syntheticTask, 0.05, 4);
  if (isExportProblem(weights)) throw new Error(weights.problem);
  const file = writePolicyFile(weights);
  t.match(readPolicyFile(file.subarray(0, 1000)), { code: 'invalid_state' });
  t.match(readPolicyFile(file.map((byte, i) => (i === 500 ? byte ^ 1 : byte))), { problem: /CRC/ });
  const policy = readPolicyFile(file);
  if (isStateError(policy)) throw new Error(policy.problem);
  t.equal(policy.sigma, Math.fround(0.05));
  const answer = answering(policy);
  const environment = new BidEnvironment(syntheticTask);
  let { observation } = environment.reset(99);
  let [worst, inside, outside, moved] = [0, 0, 0, 0];
  for (let slot = 0; slot < 96; slot++) {
    const action = (agent.act(observation, true) as Float32Array)[0] as number;
    const isInside = observation.every((x, i) => x >= (policy.low[i] as number) && x <= (policy.high[i] as number));
    const multiplier = answer(observation).multiplier;
    if (isInside) {
      inside++;
      worst = Math.max(worst, Math.abs(multiplier - (1 + action)));
      moved = Math.max(moved, Math.abs(action));
    } else {
      outside++;
      t.equal(multiplier, 1, 'outside it says 1');
    }
    ({ observation } = environment.step(Float32Array.of(action)));
  }
  t.ok(inside > 60, `${inside} slots inside, ${outside} outside`);
  t.ok(moved > 0.02, `the agent has learned to act: ${moved}`);
  t.ok(worst < 1e-5, `farthest apart ${worst}`);
  const far = observation.slice().fill(0);
  far[1] = (policy.high[1] as number) + 0.01;
  t.equal(answer(far).multiplier, 1, 'outside it says 1');
  far[1] = Number.NaN;
  t.equal(answer(far).multiplier, 1, 'what is no number is outside');
  t.end();
});

test('a softened policy goes as far from 1 as it is told', (t) => {
  const agent = newAgent(() => syntheticTask, 7, 384, SMALL);
  agent.learn();
  agent.learn();
  const weights = exported(agent, () => syntheticTask, 0, 2);
  if (isExportProblem(weights)) throw new Error(weights.problem);
  const random = new Random(5);
  const [whole, soft] = [answering(weights), answering(softened(weights, 0.25))];
  for (let n = 0; n < 50; n++) {
    const inputs = weights.low.map((low, i) => random.uniform(low, weights.high[i] as number));
    t.ok(Math.abs(soft(inputs).mean - 0.25 * whole(inputs).mean) < 1e-6);
  }
  t.end();
});

test('an agent that no model file can hold is refused', (t) => {
  const agent = newAgent(() => syntheticTask, 7, 384, { ...SMALL, hidden: [8, 8] });
  const weights = exported(agent, () => syntheticTask, 0, 2);
  t.match(weights, { code: 'not_a_policy', problem: /12-8 relu/ });
  const smooth = newAgent(() => syntheticTask, 7, 384, { ...SMALL, activation: 'tanh' });
  t.match(
    exported(smooth, () => syntheticTask, 0, 2),
    { code: 'not_a_policy', problem: /tanh/ },
  );
  const untrained = newAgent(() => syntheticTask, 7, 384, SMALL);
  t.match(
    exported(untrained, () => syntheticTask, 0, 2),
    { code: 'not_a_policy', problem: /scale/ },
  );
  t.end();
});
