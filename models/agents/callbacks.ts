// Callbacks of a training: evaluation with early stop, checkpoints in files, progress.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MakeEnvironment } from '../environments/environment.js';
import type { Agent, Round } from './agent.js';
import { type Evaluation, evaluate } from './evaluation.js';
import type { Callback } from './training.js';

export interface EvaluatorOptions {
  readonly makeEnvironment: MakeEnvironment;
  /** Steps between two evaluations, at least. */
  readonly every: number;
  readonly episodes: number;
  readonly seed: number;
  /** Ends the training at this mean return. */
  readonly stopAt?: number;
  /** Ends it after so many evaluations in a row without a better one. */
  readonly patience?: number;
  readonly evaluated?: (evaluation: Evaluation, agent: Agent) => void;
}

/** Evaluates now and then, and keeps the agent as it was at its best. */
export class Evaluator {
  readonly #options: EvaluatorOptions;
  #last = 0;
  #worse = 0;
  #best: { readonly mean: number; readonly steps: number; readonly state: Uint8Array } | undefined;

  constructor(options: EvaluatorOptions) {
    this.#options = options;
  }

  /** Steps of the agent at the last evaluation; 0 before the first. */
  get evaluatedAt(): number {
    return this.#last;
  }

  /** The best mean return so far (of equals the latest), when it was, and the agent's state then. */
  get best(): { readonly mean: number; readonly steps: number; readonly state: Uint8Array } | undefined {
    return this.#best;
  }

  /** Evaluates after the round that completes another `every` steps, counted from 0: also after a resume. */
  readonly callback: Callback = (agent) => (due(agent, this.#options.every) ? this.evaluate(agent) : false);

  /** Evaluates at once; true if that is reason to stop. */
  evaluate(agent: Agent): boolean {
    const { makeEnvironment, episodes, seed, stopAt, patience, evaluated } = this.#options;
    const evaluation = evaluate(agent, makeEnvironment, episodes, seed);
    this.#last = agent.steps;
    if (this.#best === undefined || evaluation.mean >= this.#best.mean) {
      // What only equals the best is not an improvement, but the policy has learned longer.
      this.#worse = evaluation.mean > (this.#best?.mean ?? Number.NEGATIVE_INFINITY) ? 0 : this.#worse + 1;
      this.#best = { mean: evaluation.mean, steps: agent.steps, state: agent.save() };
    } else {
      this.#worse++;
    }
    evaluated?.(evaluation, agent);
    return (stopAt !== undefined && evaluation.mean >= stopAt) || (patience !== undefined && this.#worse >= patience);
  }
}

/** Writes a state so that a reader finds the old one or the new one, whole. The folder is made if there is none. */
export function writeCheckpoint(folder: string, name: string, state: Uint8Array): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(`${file}.new`, state);
  renameSync(`${file}.new`, file);
}

/** Writes the agent's state into `folder` every so many steps. */
export function checkpoints(folder: string, name: string, every: number): Callback {
  return (agent) => {
    if (due(agent, every)) writeCheckpoint(folder, name, agent.save());
    return false;
  };
}

/** True if the agent's last round completed another `every` steps. */
function due({ steps, roundSteps }: Agent, every: number): boolean {
  return Math.floor(steps / every) > Math.floor((steps - roundSteps) / every);
}

/** Episodes whose mean return progress shows. */
const RECENT = 20;
const PROGRESS_MS = 2000;

/** A line every two seconds: steps, mean return of the last episodes, steps a second, figures of the last round. */
export function progress(print: (line: string) => void): Callback {
  const recent: number[] = [];
  let [lastMs, lastSteps] = [performance.now(), -1];
  return (agent: Agent, { episodes, figures }: Round) => {
    recent.push(...episodes.map((episode) => episode.return));
    if (recent.length > RECENT) recent.splice(0, recent.length - RECENT);
    if (lastSteps < 0) lastSteps = agent.steps - agent.roundSteps;
    const now = performance.now();
    if (now - lastMs < PROGRESS_MS) return false;
    const rate = Math.round(((agent.steps - lastSteps) / (now - lastMs)) * 1000);
    const sum = recent.reduce((all, value) => all + value, 0);
    const mean = recent.length === 0 ? '–' : (sum / recent.length).toPrecision(4);
    const rest = Object.entries(figures).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
    print([`step ${agent.steps}`, `return ${mean}`, `${rate} steps/s`, ...rest].join(', '));
    [lastMs, lastSteps] = [now, agent.steps];
    return false;
  };
}
