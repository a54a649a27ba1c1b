// What a policy is worth: returns of whole episodes by its best actions, in an environment nothing is learned from.

import type { MakeEnvironment } from '../environments/environment.js';
import { Random } from '../random.js';
import type { Agent } from './agent.js';

export interface Evaluation {
  /** Undiscounted return of each episode. */
  readonly returns: readonly number[];
  readonly mean: number;
  /** Standard deviation of the returns, with n − 1; 0 of a single one. */
  readonly deviation: number;
}

/** Runs `episodes` episodes by deterministic actions; equal seeds give the same episodes to every policy. */
export function evaluate(agent: Agent, make: MakeEnvironment, episodes: number, seed: number): Evaluation {
  const environment = make();
  const seeds = new Random(seed);
  const returns = Array.from({ length: episodes }, () => {
    let { observation } = environment.reset(seeds.u32());
    for (let total = 0; ; ) {
      const step = environment.step(agent.act(observation, true));
      total += step.reward;
      if (step.terminated || step.truncated) return total;
      observation = step.observation;
    }
  });
  const mean = returns.reduce((sum, value) => sum + value, 0) / episodes;
  const squares = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { returns, mean, deviation: episodes < 2 ? 0 : Math.sqrt(squares / (episodes - 1)) };
}
