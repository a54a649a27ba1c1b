// How policies are trained: PPO in the bid environment. Its options for this task, and what is made of the agent in
// the end. The reward is what a slot won above the pacer alone, and the sum over the day, undiscounted, is the aim.

import { Ppo } from '../agents/ppo.js';
import type { PpoOptions } from '../agents/ppo_options.js';
import { BidEnvironment, type DrawTask } from '../environments/bid/bid_environment.js';
import { type ExportProblem, policyOf, rangesSeen } from './export.js';
import { HIDDEN, type PolicyWeights } from './weights.js';

/** Sixteen days at once, 6144 slots a round; first deviations of a tenth of the way from the centre to the bounds. */
export const POLICY_PPO: Partial<PpoOptions> = {
  environments: 16,
  rolloutSteps: 384,
  minibatch: 512,
  epochs: 6,
  discount: 1,
  lambda: 0.95,
  learningRate: 3e-4,
  hidden: [HIDDEN, HIDDEN],
  activation: 'relu',
  logDeviation: -2.3,
};

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
