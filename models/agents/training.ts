// Training: rounds of an agent until its steps are done or a callback says enough.

import { setImmediate } from 'node:timers/promises';
import type { MakeEnvironment } from '../environments/environment.js';
import type { Agent, Round } from './agent.js';
import { Ppo } from './ppo.js';
import type { PpoOptions } from './ppo_options.js';

/** Called after every round, in order; true ends the training after this round. It may wait, as to spare the CPU. */
export type Callback = (agent: Agent, round: Round) => boolean | Promise<boolean>;

/** The event loop gets a turn this often, for signals and timers. */
const TURN_MS = 100;

/**
 * Lets the agent learn while another round fits: never more than `steps` steps in all, counting those it has.
 *
 * @returns what ended it
 */
export async function train(
  agent: Agent,
  steps: number,
  callbacks: readonly Callback[],
): Promise<'steps' | 'callback'> {
  let turn = performance.now();
  while (agent.steps + agent.roundSteps <= steps) {
    const round = agent.learn();
    let enough = false;
    for (const callback of callbacks) {
      const said = callback(agent, round);
      if (typeof said === 'boolean' ? said : await said) enough = true;
    }
    if (enough) return 'callback';
    if (performance.now() - turn > TURN_MS) {
      await setImmediate();
      turn = performance.now();
    }
  }
  return 'steps';
}

export interface PpoTraining {
  readonly makeEnvironment: MakeEnvironment;
  readonly options?: Partial<PpoOptions>;
  readonly seed: number;
  readonly steps: number;
  readonly callbacks?: readonly Callback[];
}

/** A new PPO agent, trained. */
export async function trainPpo(training: PpoTraining): Promise<Ppo> {
  const { makeEnvironment, options, seed, steps, callbacks = [] } = training;
  const agent = new Ppo(makeEnvironment, seed, steps, options);
  await train(agent, steps, callbacks);
  return agent;
}
