// The environments `npm run rl` knows: how each is made, and which agents learn it with which options.

import type { AgentOptions } from '../agents/agents.js';
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
  ppo: { environments: 4, rolloutSteps: 1024, minibatch: 64, epochs: 10, discount: 0.9, learningRate: 1e-3 },
  sac: {},
  td3: {},
};

export const ENVIRONMENTS: Readonly<Record<string, RegisteredEnvironment>> = {
  cartpole: { doc: 'CartPole-v1: balance a pole, 500 is the most', make: () => new CartPole(), agents: CART_POLE },
  pendulum: { doc: 'Pendulum-v1: swing up and hold, about −150', make: () => new Pendulum(), agents: PENDULUM },
};
