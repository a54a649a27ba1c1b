// The agents there are, by name.

import type { MakeEnvironment } from '../environments/environment.js';
import type { Agent } from './agent.js';
import { Dqn, type DqnOptions } from './dqn.js';
import { Ppo } from './ppo.js';
import type { PpoOptions } from './ppo_options.js';
import { Sac, type SacOptions } from './sac.js';
import { Td3, type Td3Options } from './td3.js';

export const AGENTS = ['ppo', 'dqn', 'sac', 'td3'] as const;
export type AgentName = (typeof AGENTS)[number];

/** For each agent, what differs from its defaults. */
export interface AgentOptions {
  readonly ppo: Partial<PpoOptions>;
  readonly dqn: Partial<DqnOptions>;
  readonly sac: Partial<SacOptions>;
  readonly td3: Partial<Td3Options>;
}

/** A new agent. Actions it cannot take throw a RangeError: DQN wants discrete ones, SAC and TD3 a bounded box. */
export function makeAgent(
  name: AgentName,
  make: MakeEnvironment,
  seed: number,
  totalSteps: number,
  options: Partial<AgentOptions>,
): Agent {
  switch (name) {
    case 'ppo':
      return new Ppo(make, seed, totalSteps, options.ppo);
    case 'dqn':
      return new Dqn(make, seed, totalSteps, options.dqn);
    case 'sac':
      return new Sac(make, seed, totalSteps, options.sac);
    case 'td3':
      return new Td3(make, seed, totalSteps, options.td3);
  }
}
