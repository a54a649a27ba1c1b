// The environments `npm run rl` knows: how each is made, and which agents learn it with which options.

import type { AgentOptions } from '../agents/agents.js';
import { BidEnvironment } from './bid/bid_environment.js';
import { DiscreteBidEnvironment } from './bid/discrete_bid_environment.js';
import { syntheticTasks } from './bid/synthetic_task.js';
import { CartPole } from './cart_pole.js';
import type { MakeEnvironment } from './environment.js';
import { Pendulum } from './pendulum.js';

export interface RegisteredEnvironment {
  /** One line for `--help`. */
  readonly doc: string;
  readonly make: MakeEnvironment;
  /** The agents that can act in it, each with what differs from its defaults. */
  readonly agents: Partial<AgentOptions>;
}

const CART_POLE: Partial<AgentOptions> = {
  ppo: {
    ...{ environments: 8, rolloutSteps: 32, minibatch: 256, epochs: 20, discount: 0.98, lambda: 0.8 },
    ...{ learningRate: 1e-3, annealClip: true, normaliseObservations: false, scaleRewards: false },
  },
  dqn: {},
};

const PENDULUM: Partial<AgentOptions> = {
  ppo: {
    ...{ environments: 4, rolloutSteps: 1024, minibatch: 64, epochs: 10, discount: 0.95, learningRate: 1e-3 },
    normaliseObservations: false,
  },
  sac: {},
  td3: {},
};

/** Undiscounted: only the sum over the day counts. */
export const BID_PPO: NonNullable<AgentOptions['ppo']> = {
  ...{ environments: 32, rolloutSteps: 768, minibatch: 2048, epochs: 5, discount: 1, lambda: 0.9 },
  ...{ learningRate: 5e-4, entropyWeight: 0.002, activation: 'relu', logDeviation: -1.8 },
};
const BID_DISCRETE: Partial<AgentOptions> = {
  dqn: { environments: 8, discount: 1, capacity: 200_000, minibatch: 256, learningRate: 3e-4, targetEvery: 1000 },
};

export const ENVIRONMENTS: Readonly<Record<string, RegisteredEnvironment>> = {
  cartpole: { doc: 'CartPole-v1: balance a pole, 500 is the most', make: () => new CartPole(), agents: CART_POLE },
  pendulum: { doc: 'Pendulum-v1: swing up and hold, about −150', make: () => new Pendulum(), agents: PENDULUM },
  bid: {
    doc: 'a day of a campaign, its multiplier once a slot; return: per cent won above the pacer alone',
    make: () => new BidEnvironment(syntheticTasks()),
    agents: { ppo: BID_PPO },
  },
  'bid-discrete': {
    doc: 'the same with nine multipliers to choose from',
    make: () => new DiscreteBidEnvironment(syntheticTasks()),
    agents: BID_DISCRETE,
  },
};
