// `npm run policy -- train`: PPO on synthetic days; a policy file in the end.

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { checkpoints, Evaluator, progress, writeCheckpoint } from '../agents/callbacks.js';
import type { Evaluation } from '../agents/evaluation.js';
import type { Ppo } from '../agents/ppo.js';
import { train } from '../agents/training.js';
import { BidEnvironment, type DrawTask } from '../environments/bid/bid_environment.js';
import { isStateError } from '../state.js';
import { isExportProblem, softened } from './export.js';
import { campaignIn, failed, misused, optionsOf } from './options.js';
import { writePolicyFile } from './policy_file.js';
import { mixedTasks } from './replay.js';
import { exported, newAgent } from './training.js';

const EVALUATIONS = 10;
const EPISODES = 60;
const SEED = 1;
const CHECKPOINT_ROUNDS = 4;

const HELP = `Usage: npm run policy -- train --steps N --out FILE [options]

Trains a policy by PPO on days of synthetic campaigns (models/environments/bid), and writes the policy to a file.

  --steps N          slots to live through; 96 are a day (a million takes about half an hour of one core)
  --out FILE         the policy, about 20 kB
  --seed S           of weights, days and actions (default ${SEED})
  --sigma X          standard deviation of the output with which the policy will explore live (default 0: it does not)
  --strength X       share of what was learned that the policy does, above 0 (default 1); synthetic days are not real
  --agent FILE       keeps the whole state of the agent there, and goes on from it if it is there
  --log FILE         every second day is of a log of auctions, as npm run evaluate reads it
  --columns A,B,…    its columns (default click,price,pctr)
  --evaluations N    how often it is evaluated on days of its own; the best is written (default ${EVALUATIONS})
  --episodes N       days of an evaluation (default ${EPISODES})
  --json             one line on standard output for each evaluation, and one in the end
  --help             this text

Returns are per cent of what the pacer alone wins, above it.
`;

const OPTIONS = {
  steps: { type: 'string' },
  out: { type: 'string' },
  seed: { type: 'string', default: String(SEED) },
  sigma: { type: 'string', default: '0' },
  strength: { type: 'string', default: '1' },
  agent: { type: 'string' },
  log: { type: 'string' },
  columns: { type: 'string', default: 'click,price,pctr' },
  evaluations: { type: 'string', default: String(EVALUATIONS) },
  episodes: { type: 'string', default: String(EPISODES) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

interface Wanted {
  readonly steps: number;
  readonly out: string;
  readonly seed: number;
  readonly sigma: number;
  readonly strength: number;
  readonly agent: string | undefined;
  readonly log: string | undefined;
  readonly columns: string;
  readonly evaluations: number;
  readonly episodes: number;
  readonly json: boolean;
}

export async function trainCommand(args: readonly string[]): Promise<number> {
  const wanted = wantedOf(args);
  if (wanted === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') return misused(wanted, HELP);
  const campaign = wanted.log === undefined ? undefined : await campaignIn(wanted.log, wanted.columns);
  if (typeof campaign === 'string') return failed(campaign);
  const draw = (): DrawTask => mixedTasks(campaign === undefined ? [] : [campaign]);
  const agent = newAgent(draw, wanted.seed, wanted.steps);
  const problem = takeUp(agent, wanted.agent);
  if (problem !== undefined) return failed(problem);
  const startedMs = performance.now();
  const best = await trained(agent, draw, wanted);
  const whole = exported(agent, draw, wanted.sigma);
  if (isExportProblem(whole)) return failed(whole.problem);
  const weights = softened(whole, wanted.strength);
  const file = writePolicyFile(weights);
  try {
    writeFileSync(wanted.out, file);
  } catch (error) {
    return failed((error as Error).message);
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const { low, high } = weights;
  const [from, to] = [[...low], [...high]].map((numbers) => numbers.map((x) => Number(x.toPrecision(4))));
  const told = { out: wanted.out, steps: best.steps, return: Number(best.mean.toPrecision(4)), seconds };
  process.stdout.write(
    wanted.json
      ? `${JSON.stringify({ ...told, seed: wanted.seed, sigma: wanted.sigma, low: from, high: to })}\n`
      : `${told.out}: return ${told.return} after ${told.steps} steps, ${seconds} s\n`,
  );
  return 0;
}

/** Trains to the end, and leaves the agent as it was at its best. */
async function trained(
  agent: Ppo,
  draw: () => DrawTask,
  wanted: Wanted,
): Promise<{ readonly mean: number; readonly steps: number }> {
  const { steps, evaluations, episodes, seed, json } = wanted;
  const evaluated = ({ mean, deviation }: Evaluation, { steps: at }: { readonly steps: number }): void => {
    const error = deviation / Math.sqrt(episodes);
    if (json) process.stdout.write(`${JSON.stringify({ step: at, return: mean, error, episodes })}\n`);
    process.stderr.write(`policy: step ${at}: evaluated ${mean.toFixed(3)} ± ${error.toFixed(3)}\n`);
  };
  const evaluator = new Evaluator({
    makeEnvironment: () => new BidEnvironment(draw()),
    every: Math.floor(steps / evaluations),
    // Other days than those of training, which draws its seeds from the same 32 bits but in another sequence.
    ...{ episodes, seed: seed + 2 ** 32, evaluated },
  });
  const kept =
    wanted.agent === undefined
      ? []
      : [checkpoints(dirname(wanted.agent), basename(wanted.agent), CHECKPOINT_ROUNDS * agent.roundSteps)];
  const shown = progress((line) => process.stderr.write(`policy: ${line}\n`));
  await train(agent, steps, [shown, evaluator.callback, ...kept]);
  if (wanted.agent !== undefined) writeCheckpoint(dirname(wanted.agent), basename(wanted.agent), agent.save());
  if (evaluator.evaluatedAt < agent.steps || evaluator.best === undefined) evaluator.evaluate(agent);
  const { best } = evaluator;
  if (best === undefined) throw new Error('an evaluation that leaves no best');
  const refused = agent.restore(best.state);
  if (refused !== undefined) throw new Error(refused.problem);
  return best;
}

/** Goes on where a file of before left off; why not, if it cannot. */
function takeUp(agent: Ppo, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error).message;
  }
  const refused = agent.restore(bytes);
  if (isStateError(refused)) return `${file}: ${refused.problem}`;
  process.stderr.write(`policy: goes on from step ${agent.steps} of ${file}\n`);
  return undefined;
}

function wantedOf(args: readonly string[]): Wanted | string {
  const values = optionsOf(args, OPTIONS);
  if (typeof values === 'string') return values;
  if (values.help) return 'help';
  const { out, agent, log, columns, json } = values;
  const [steps, seed, sigma, strength, evaluations, episodes] = [
    values.steps ?? 'none',
    values.seed,
    values.sigma,
    values.strength,
    values.evaluations,
    values.episodes,
  ].map(Number) as [number, number, number, number, number, number];
  if (!Number.isInteger(steps) || steps < 1) return '--steps wants a whole number from 1';
  if (out === undefined) return 'wants --out';
  if (seed >>> 0 !== seed) return `--seed ${values.seed}: wants a whole number below 2^32`;
  if (!(sigma >= 0 && sigma <= 1)) return `--sigma ${values.sigma}: wants a number from 0 to 1`;
  if (!(strength > 0 && strength <= 1)) return `--strength ${values.strength}: wants a number above 0, at most 1`;
  if (!Number.isInteger(evaluations) || evaluations < 1) return '--evaluations wants a whole number from 1';
  if (!Number.isInteger(episodes) || episodes < 2) return '--episodes wants a whole number from 2';
  return { steps, out, seed, sigma, strength, agent, log, columns, evaluations, episodes, json };
}
