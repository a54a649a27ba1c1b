// One training of `npm run rl`: from its checkpoint or from nothing, with evaluations, to the returns of its policy.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisteredEnvironment } from '../environments/registry.js';
import type { StateError } from '../state.js';
import type { Agent } from './agent.js';
import { type AgentName, makeAgent } from './agents.js';
import { checkpoints, Evaluator, progress, writeCheckpoint } from './callbacks.js';
import { type Evaluation, evaluate } from './evaluation.js';
import { type Callback, train } from './training.js';

/** Seeds of the episodes a policy is chosen by, and of those it is judged by. */
const CHOICE_SEED = 1_000_003;
const TEST_SEED = 2_000_003;
const CHOICE_EPISODES = 20;

export interface Run {
  /** Name of the environment. */
  readonly name: string;
  readonly environment: RegisteredEnvironment;
  readonly agent: AgentName;
  /** Name of the reward, where one was chosen. */
  readonly reward?: string;
  readonly steps: number;
  readonly evaluateEvery: number;
  /** Episodes the policy is judged by. */
  readonly episodes: number;
  readonly stopAt?: number;
  readonly patience?: number;
  /** Folder of checkpoints. */
  readonly checkpoint?: string;
  readonly resume: boolean;
}

export interface Outcome {
  readonly seed: number;
  /** Learned from. */
  readonly steps: number;
  /** Of the policy that evaluated best, and of the one at the end. */
  readonly best: Evaluation;
  readonly final: Evaluation;
  /** Steps the best had. */
  readonly bestSteps: number;
  /** Of training, without evaluation; 0 if there was none. */
  readonly stepsPerSecond: number;
  readonly ended: 'steps' | 'early';
}

/** Trains and judges; a checkpoint that is not of this agent is an error. Progress goes to `print`. */
export async function runSeed(
  run: Run,
  seed: number,
  interrupted: AbortSignal,
  print: (line: string) => void,
): Promise<Outcome | StateError | 'interrupted'> {
  const { environment, steps, evaluateEvery, checkpoint } = run;
  const { make, agents } = environment;
  const fresh = (): Agent => makeAgent(run.agent, make, seed, steps, agents);
  const stem = [run.name, ...(run.reward === undefined ? [] : [run.reward]), run.agent, seed].join('-');
  const files = { last: `${stem}.last.state`, best: `${stem}.best.state` };
  const agent = fresh();
  let spentMs = 0;
  const evaluator = new Evaluator({
    ...{ makeEnvironment: make, every: evaluateEvery, episodes: CHOICE_EPISODES, seed: CHOICE_SEED },
    ...(run.stopAt === undefined ? {} : { stopAt: run.stopAt }),
    ...(run.patience === undefined ? {} : { patience: run.patience }),
    evaluated: ({ mean, deviation }, { steps: at }) =>
      print(`evaluated at ${at}: ${mean.toPrecision(4)} ± ${deviation.toPrecision(3)}`),
  });
  if (run.resume && checkpoint !== undefined) {
    const error = resume(agent, fresh, evaluator, join(checkpoint, files.last), join(checkpoint, files.best));
    if (error !== undefined) return error;
    print(`goes on at ${agent.steps}`);
  }
  const from = agent.steps;
  const callbacks: Callback[] = [progress(print), () => interrupted.aborted];
  const evaluating: Callback = (learning, round) => {
    const started = performance.now();
    const before = evaluator.best?.steps;
    const enough = evaluator.callback(learning, round);
    const best = evaluator.best;
    if (checkpoint !== undefined && best !== undefined && best.steps !== before) {
      writeCheckpoint(checkpoint, files.best, best.state);
    }
    spentMs += performance.now() - started;
    return enough;
  };
  callbacks.push(evaluating);
  if (checkpoint !== undefined) callbacks.push(checkpoints(checkpoint, files.last, evaluateEvery));
  const started = performance.now();
  const ended = await train(agent, steps, callbacks);
  const seconds = (performance.now() - started - spentMs) / 1000;
  if (checkpoint !== undefined) {
    writeCheckpoint(checkpoint, files.last, agent.save());
    print(`written to ${join(checkpoint, files.last)} at ${agent.steps}`);
  }
  if (interrupted.aborted) return 'interrupted';
  if (evaluator.evaluatedAt !== agent.steps) evaluator.evaluate(agent);
  const learned = { steps: agent.steps, final: evaluate(agent, make, run.episodes, TEST_SEED) };
  const { best } = evaluator;
  if (best === undefined) throw new Error('no evaluation was made');
  if (checkpoint !== undefined) writeCheckpoint(checkpoint, files.best, best.state);
  const error = agent.restore(best.state);
  if (error !== undefined) return error;
  return {
    seed,
    ...learned,
    best: evaluate(agent, make, run.episodes, TEST_SEED),
    bestSteps: best.steps,
    stepsPerSecond: learned.steps === from ? 0 : (learned.steps - from) / seconds,
    ended: ended === 'steps' ? 'steps' : 'early',
  };
}

/** Restores the agent, and the best so far, whose return is measured again: it is the same. */
function resume(
  agent: Agent,
  fresh: () => Agent,
  evaluator: Evaluator,
  last: string,
  best: string,
): StateError | undefined {
  if (!existsSync(last)) return undefined;
  const error = agent.restore(readFileSync(last));
  if (error !== undefined || !existsSync(best)) return error;
  const earlier = fresh();
  const bestError = earlier.restore(readFileSync(best));
  if (bestError === undefined) evaluator.evaluate(earlier);
  return bestError;
}
