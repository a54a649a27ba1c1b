// Options of `npm run rl`.

import { parseArgs } from 'node:util';
import { ENVIRONMENTS, type RegisteredEnvironment } from '../environments/registry.js';
import { REWARDS, type RewardName } from '../environments/rewards/rewards.js';
import { AGENTS } from './agents.js';
import type { Run } from './run.js';

const EPISODES_MIN = 20;
const EPISODES = 100;
const EVALUATIONS = 20;

export const HELP = `Usage: npm run rl -- --env NAME --agent NAME --steps N [options]

Trains an agent, once for each seed, and prints the returns of its policy in episodes it has not seen.

  --env NAME         ${Object.entries(ENVIRONMENTS)
    .map(([name, { doc, agents }]) => `${name.padEnd(10)} ${doc} (${Object.keys(agents).join(', ')})`)
    .join(`\n${' '.repeat(21)}`)}
  --agent NAME       ${AGENTS.join(', ')}
  --reward NAME      ${Object.keys(REWARDS).join(', ')}: what the agent is paid for, where the
                     environment has a choice (${Object.keys(ENVIRONMENTS)
                       .filter((name) => ENVIRONMENTS[name]?.paidBy !== undefined)
                       .join(', ')}; docs/environments.md)
  --steps N          steps of the environment to learn from, at most
  --seeds K          how many seeds (default 1)
  --seed FIRST       the first of them (default 0)
  --eval-every N     steps between evaluations of the policy (default a ${EVALUATIONS}th of --steps)
  --episodes N       episodes the returns are of (default ${EPISODES}, at least ${EPISODES_MIN})
  --stop-at RETURN   end a training early at an evaluation with this mean return
  --patience N       end it after N evaluations in a row without a better one
  --checkpoint DIR   write the agent's whole state there at each evaluation, at the end and on Ctrl-C: ENV-AGENT-SEED
                     (with --reward ENV-REWARD-AGENT-SEED) with .last.state and .best.state
  --resume           go on from .last.state where there is one; with the same --steps exactly as if never stopped
  --json             one line for each seed: {"env","agent","steps","seed","return_mean","return_std","return_min",
                     "episodes","policy","best_steps","final_return_mean","steps_per_s","ended"},
                     and "reward" if it was named
  --help             this text

Actions are the policy's best (deterministic). The policy is the best one by evaluation (20 episodes, the same at each);
return_mean, return_std and return_min are then measured on --episodes fresh ones, as is final_return_mean, of the
policy the training ended with. steps_per_s is of training without evaluation. Progress is on standard error.
`;

const OPTIONS = {
  env: { type: 'string' },
  agent: { type: 'string' },
  reward: { type: 'string' },
  steps: { type: 'string' },
  seeds: { type: 'string', default: '1' },
  seed: { type: 'string', default: '0' },
  'eval-every': { type: 'string' },
  episodes: { type: 'string', default: String(EPISODES) },
  'stop-at': { type: 'string' },
  patience: { type: 'string' },
  checkpoint: { type: 'string' },
  resume: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Runs of one agent in one environment: one for each seed. */
export interface Runs extends Run {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly json: boolean;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** What the arguments ask for: runs, the help, or what is wrong with them. */
export function parseOptions(args: readonly string[]): Runs | 'help' | { readonly problem: string } {
  let values: Values;
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS }));
  } catch (error) {
    return { problem: (error as Error).message }; // an option nobody knows, or one without its value
  }
  if (values.help) return 'help';
  const runs = runsOf(values);
  return typeof runs === 'string' ? { problem: runs } : runs;
}

/** The environment, paid by a reward if one is named, or what is wrong with that. */
function paid(environment: RegisteredEnvironment | undefined, name: string | undefined) {
  if (environment === undefined || name === undefined) return environment;
  if (!Object.hasOwn(REWARDS, name)) return `--reward wants ${Object.keys(REWARDS).join(', ')}; not "${name}" for`;
  if (environment.paidBy === undefined) return 'there is no --reward to choose for';
  return { ...environment, make: environment.paidBy(REWARDS[name as RewardName]) };
}

/** What is to be run, or what is wrong with the options. */
function runsOf(values: Values): Runs | string {
  const environment = paid(ENVIRONMENTS[values.env ?? ''], values.reward);
  const agent = AGENTS.find((name) => name === values.agent);
  if (environment === undefined) return `--env wants ${Object.keys(ENVIRONMENTS).join(', ')}`;
  if (typeof environment === 'string') return `${environment} ${values.env}`;
  if (agent === undefined) return `--agent wants ${AGENTS.join(', ')}`;
  const fitting = Object.keys(environment.agents);
  if (!fitting.includes(agent)) return `--agent ${agent} is not for ${values.env}, which wants ${fitting.join(', ')}`;
  if (values.steps === undefined) return 'wants --steps';
  const steps = Number(values.steps);
  const evaluateEvery = Number(values['eval-every'] ?? Math.max(1, Math.floor(steps / EVALUATIONS)));
  const wholes = {
    ...{ steps, seeds: Number(values.seeds), 'eval-every': evaluateEvery },
    ...{ episodes: Number(values.episodes), patience: Number(values.patience ?? 1) },
  };
  for (const [name, value] of Object.entries(wholes)) {
    if (!Number.isSafeInteger(value) || value < 1) return `--${name} wants a whole number from 1`;
  }
  const firstSeed = Number(values.seed);
  if (!Number.isSafeInteger(firstSeed) || firstSeed < 0) return '--seed wants a whole number from 0';
  if (wholes.episodes < EPISODES_MIN) return `--episodes wants at least ${EPISODES_MIN}`;
  const stopAt = Number(values['stop-at'] ?? 0);
  if (!Number.isFinite(stopAt) || values['stop-at'] === '') return '--stop-at wants a number';
  if (values.resume && values.checkpoint === undefined) return '--resume wants --checkpoint';
  return {
    ...{ name: values.env as string, environment, agent, steps, evaluateEvery, episodes: wholes.episodes },
    ...(values.reward === undefined ? {} : { reward: values.reward }),
    ...(values['stop-at'] === undefined ? {} : { stopAt }),
    ...(values.patience === undefined ? {} : { patience: wholes.patience }),
    ...(values.checkpoint === undefined ? {} : { checkpoint: values.checkpoint }),
    ...{ resume: values.resume, json: values.json, firstSeed, seeds: wholes.seeds },
  };
}
