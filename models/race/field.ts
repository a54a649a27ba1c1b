// Who races: the table of entrants. One more is one more line.

import { DUAL } from './bidders/dual.js';
import { DQN, PPO } from './bidders/learned.js';
import { ORTB } from './bidders/ortb.js';
import { paced } from './bidders/paced.js';
import { PID } from './bidders/pid.js';
import { CONST, LIN, MCPC } from './bidders/static.js';
import type { Entrant } from './entrant.js';

export const FIELD: Readonly<Record<string, Entrant>> = {
  ppo: PPO,
  dqn: DQN,
  value_pacer: paced("the product's pacer, plan `value`, without a policy", 'value'),
  lin_pacer: paced("the product's pacer, plan `even`: as in production", 'even'),
  dual: DUAL,
  pid: PID,
  ortb: ORTB,
  lin: LIN,
  mcpc: MCPC,
  const: CONST,
};
