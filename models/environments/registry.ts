// The environments `npm run rl` knows: how each is made, and which agents learn it with which options.

import type { AgentOptions } from '../agents/agents.js';
import { BidEnvironment } from './bid/bid_environment.js';
import { DiscreteBidEnvironment } from './bid/discrete_bid_environment.js';
import { syntheticTask } from './bid/synthetic_task.js';
import { makeBudget } from './budget/budget.js';
import { makeCampaign } from './campaign.js';
import { CartPole } from './cart_pole.js';
import type { MakeEnvironment } from './environment.js';
import { makeExchanges } from './exchanges.js';
import { Pendulum } from './pendulum.js';
import type { MakeReward } from './rewards/reward.js';

export interface RegisteredEnvironment {
  /** One line for `--help`. */
  readonly doc: string;
  readonly make: MakeEnvironment;
  /** The same, paid by another reward; absent where there is one only. */
  readonly paidBy?: (reward: MakeReward) => MakeEnvironment;
  /** The agents that can act in it, each with what differs from its defaults. */
  readonly agents: Partial<AgentOptions>;
}

const CART_POLE: Partial<AgentOptions> = {
  ppo: {
    ...{ environments: 8, rolloutSteps: 32, minibatch: 256, epochs: 20, discount: 0.98, lambda: 0.8 },
    ...{ learningRate: 1e-3, annealClip: true, normaliseObservations: false, scaleRewards: false },
  },
  dqn: {
    ...{ updateEvery: 256, updates: 128, targetEvery: 128, minibatch: 128, capacity: 100_000, discount: 0.98 },
    ...{ learningRate: 2.3e-3, rewardScale: 0.02, explorationShare: 0.16 },
  },
};

const PENDULUM: Partial<AgentOptions> = {
  ppo: {
    ...{ environments: 4, rolloutSteps: 1024, minibatch: 64, epochs: 10, discount: 0.95, learningRate: 1e-3 },
    normaliseObservations: false,
  },
  sac: {},
  td3: {},
};

/** Days of 48 slots; undiscounted, as what counts is the sum. */
const DAYS: Partial<AgentOptions> = {
  ppo: {
    ...{ environments: 8, rolloutSteps: 192, minibatch: 256, epochs: 10, discount: 1, learningRate: 1e-3 },
    logDeviation: -0.7,
  },
  sac: { discount: 1 },
  td3: { discount: 1 },
};

/** Undiscounted: only the sum over the day counts. */
export const BID_PPO: NonNullable<AgentOptions['ppo']> = {
  ...{ environments: 64, rolloutSteps: 768, minibatch: 4096, epochs: 4, discount: 1, lambda: 0.95 },
  ...{ learningRate: 3e-4, activation: 'relu', logDeviation: -2.3 },
};
/** A reward says most of what an action was good for: a short horizon keeps the noise of the rest of the day out. */
export const BID_DQN: NonNullable<AgentOptions['dqn']> = {
  ...{ environments: 8, warmupSteps: 5000, capacity: 300_000, minibatch: 512, updateEvery: 8, updates: 4 },
  ...{ discount: 0.5, learningRate: 1e-4, targetEvery: 500, explorationShare: 0.3, rewardScale: 10 },
};

export const ENVIRONMENTS: Readonly<Record<string, RegisteredEnvironment>> = {
  cartpole: { doc: 'CartPole-v1: balance a pole, 500 is the most', make: () => new CartPole(), agents: CART_POLE },
  pendulum: { doc: 'Pendulum-v1: swing up and hold, about −150', make: () => new Pendulum(), agents: PENDULUM },
  budget: {
    doc: 'a budget divided among campaigns; the value of an equal division is 1',
    make: makeBudget(),
    paidBy: (reward) => makeBudget({ reward }),
    agents: DAYS,
  },
  campaign: {
    doc: 'a campaign with ad groups and a target for the cost of a conversion',
    make: makeCampaign(),
    paidBy: (reward) => makeCampaign({ reward }),
    agents: DAYS,
  },
  exchanges: {
    doc: 'a campaign on exchanges that differ; the value of equal bids, paced, is 1',
    make: makeExchanges(),
    paidBy: (reward) => makeExchanges({ reward }),
    agents: DAYS,
  },
  bid: {
    doc: 'a day of a campaign, its multiplier once a slot; return: per cent won above the pacer alone',
    make: () => new BidEnvironment(syntheticTask),
    paidBy: (reward) => () => new BidEnvironment(syntheticTask, reward()),
    agents: { ppo: BID_PPO },
  },
  'bid-discrete': {
    doc: 'the same with seven multipliers to choose from',
    make: () => new DiscreteBidEnvironment(syntheticTask),
    paidBy: (reward) => () => new DiscreteBidEnvironment(syntheticTask, reward()),
    agents: { dqn: BID_DQN },
  },
};
