// `npm run policy -- train-dqn`: trains action values by DQN, for the race (npm run evaluate). Bidders do not run them.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Evaluator, progress } from '../agents/callbacks.js';
import { Dqn } from '../agents/dqn.js';
import { train } from '../agents/training.js';
import { DiscreteBidEnvironment } from '../environments/bid/discrete_bid_environment.js';
import { syntheticTasks } from '../environments/bid/synthetic_task.js';
import { BID_DQN } from '../environments/registry.js';
import { writeActionValues } from '../race/bidders/action_values.js';

const EVALUATIONS = 10;
const EPISODES = 120;

const HELP = `Usage: npm run policy -- train-dqn --steps N --out FILE [--seed S]

Trains action values by DQN on days of synthetic campaigns, as npm run rl -- --env bid-discrete --agent dqn does, and
writes those that did best in ${EVALUATIONS} evaluations to a file.
`;

export async function trainDqnCommand(args: readonly string[]): Promise<number> {
  const wanted = wantedOf(args);
  if (wanted === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    process.stderr.write(`policy: ${wanted}\n\n${HELP}`);
    return 2;
  }
  const { steps, seed, out } = wanted;
  const make = (): DiscreteBidEnvironment => new DiscreteBidEnvironment(syntheticTasks());
  const agent = new Dqn(make, seed, steps, BID_DQN);
  const evaluator = new Evaluator({
    ...{ makeEnvironment: make, every: Math.floor(steps / EVALUATIONS), episodes: EPISODES, seed: seed + 2 ** 32 },
    evaluated: ({ mean }, { steps: at }) => process.stderr.write(`policy: step ${at}: ${mean.toFixed(3)}\n`),
  });
  await train(agent, steps, [progress((line) => process.stderr.write(`policy: ${line}\n`)), evaluator.callback]);
  const { best } = evaluator;
  if (best !== undefined) agent.restore(best.state);
  writeFileSync(out, writeActionValues(agent.exportNetwork()));
  process.stdout.write(`${out}: return ${(best?.mean ?? Number.NaN).toPrecision(4)} after ${best?.steps} steps\n`);
  return 0;
}

function wantedOf(args: readonly string[]): { steps: number; seed: number; out: string } | string {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { steps: text, seed: { ...text, default: '1' }, out: text, help: { type: 'boolean', default: false } },
    });
    if (values.help) return 'help';
    const [steps, seed] = [Number(values.steps), Number(values.seed)];
    if (!Number.isInteger(steps) || steps < 1) return '--steps wants a whole number from 1';
    if (seed >>> 0 !== seed) return `--seed ${values.seed}: wants a whole number below 2^32`;
    return values.out === undefined ? '--out is needed' : { steps, seed, out: values.out };
  } catch (error) {
    return (error as Error).message; // an option nobody knows, or one without its value
  }
}
