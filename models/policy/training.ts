// How policies are trained: PPO in the bid environment. Its options for this task, and what is made of the agent in
// the end. The reward is what a slot won above the pacer alone, and the sum over the day, undiscounted, is the aim.

import type { PolicyWeights } from '../../bidcore/policy/policy_weights.js';
import { Ppo } from '../agents/ppo.js';
import type { PpoOptions } from '../agents/ppo_options.js';
import { BidEnvironment, type DrawTask } from '../environments/bid/bid_environment.js';
import { BID_PPO } from '../environments/registry.js';
import { type ExportProblem, HIDDEN, policyOf, rangesSeen } from './export.js';

/** As in `npm run rl -- --env bid`: 32 days at once, 24,576 slots a round. */
const POLICY_PPO: Partial<PpoOptions> = { ...BID_PPO, hidden: [HIDDEN, HIDDEN] };

const RANGE_EPISODES = 100;
/** Another sequence than that of training. */
const RANGE_SEED = 0x52414e47;

/** @param draw makes a new source of tasks for each environment */
export function newAgent(draw: () => DrawTask, seed: number, steps: number, options: Partial<PpoOptions> = {}): Ppo {
  return new Ppo(() => new BidEnvironment(draw()), seed, steps, { ...POLICY_PPO, ...options });
}

/**
 * The policy of an agent as it is now.
 * @param sigma of the live policy's output; 0: it does not explore
 * @param episodes in which the ranges of its inputs are measured
 */
export function exported(
  agent: Ppo,
  draw: () => DrawTask,
  sigma: number,
  episodes = RANGE_EPISODES,
): PolicyWeights | ExportProblem {
  const act = (inputs: Float32Array, deterministic: boolean): Float32Array =>
    agent.act(inputs, deterministic) as Float32Array;
  const ranges = rangesSeen(act, new BidEnvironment(draw()), episodes, RANGE_SEED);
  return policyOf(agent.exportActor(), ranges, sigma);
}
