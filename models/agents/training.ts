// Training: rounds of an agent until its steps are done or a callback says enough.

import { setImmediate } from 'node:timers/promises';
import type { Agent, Round } from './agent.js';

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
