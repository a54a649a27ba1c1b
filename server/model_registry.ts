// The registry of models as the control plane reaches it: by the command `gavel models`, run as a process of its own
// and found by its path. Its rules are those of models/, which server/ does not import; what both know is JSON.

import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { z } from 'zod';
import { MODELS_SCRIPT } from './files.js';

/** A Redis that is away is waited for a few seconds by the command itself. */
const MS_MAX = 30_000;
const NAMED_MAX = 400;

const figures = z.record(z.string(), z.number());

/** A version as the registry tells it; what else stands there is handed on. */
export const modelEntry = z.looseObject({
  version: z.int(),
  state: z.enum(['candidate', 'trial', 'active', 'retired', 'refused', 'rolled_back', 'broken']),
  reason: z.string(),
  parent: z.int().optional(),
  created: z.iso.datetime().optional(),
  origin: z.string().optional(),
  data: z.looseObject({}).optional(),
  parts: z.array(z.string()).optional(),
  metrics: z.object({ candidate: figures, incumbent: figures }).optional(),
  training: z.record(z.string(), z.unknown()).optional(),
  alerts: z.array(z.object({ at: z.iso.datetime(), test: z.string(), text: z.string() })).default([]),
});
export type ModelEntry = z.output<typeof modelEntry>;

/** A retraining of the policy. */
const policyRun = z.looseObject({
  number: z.int(),
  state: z.enum(['running', 'passed', 'refused', 'nothing', 'failed']),
  reason: z.string(),
  created: z.iso.datetime(),
  ended: z.iso.datetime().optional(),
  version: z.int().optional(),
  config: z.record(z.string(), z.unknown()),
  metrics: z.object({ candidate: figures, incumbent: figures }).optional(),
  wall_s: z.number(),
  cpu_s: z.number(),
});
export type PolicyRun = z.output<typeof policyRun>;

/** Why the registry did not do what it was asked. */
export interface RegistryRefusal {
  readonly code: 'registry_refused';
  readonly problem: string;
}

export function isRefusal(value: object): value is RegistryRefusal {
  return 'code' in value && value.code === 'registry_refused';
}

export class ModelRegistry {
  /** One at a time: each is a process. */
  #last: Promise<unknown> = Promise.resolve();

  /** All versions, the oldest first. */
  list(): Promise<readonly ModelEntry[] | RegistryRefusal> {
    return this.#all(modelEntry, ['list']);
  }

  /** @param version or `live` */
  async show(version: string): Promise<ModelEntry | RegistryRefusal> {
    return this.#one(modelEntry, ['show', version]);
  }

  /** Retrainings of the policy on this node. */
  runs(): Promise<readonly PolicyRun[] | RegistryRefusal> {
    return this.#all(policyRun, ['runs']);
  }

  promote(version: string, reason: string): Promise<Promoted | RegistryRefusal> {
    return this.#one(promoted, ['promote', version, `--reason=${named(reason)}`]);
  }

  /** @param to undefined: to the parent of what is live */
  rollBack(to: number | undefined, reason: string): Promise<RolledBack | RegistryRefusal> {
    const where = to === undefined ? [] : [String(to)];
    return this.#one(rolledBack, ['rollback', ...where, `--reason=${named(reason)}`]);
  }

  prune(keep: number): Promise<Pruned | RegistryRefusal> {
    return this.#one(pruned, ['prune', `--keep=${keep}`]);
  }

  async #all<T>(schema: z.ZodType<T>, args: readonly string[]): Promise<readonly T[] | RegistryRefusal> {
    const output = await this.#run(args);
    if (typeof output !== 'string') return output;
    const lines = output.split('\n').filter((line) => line !== '');
    return lines.map((line) => schema.parse(JSON.parse(line)));
  }

  async #one<T extends object>(schema: z.ZodType<T>, args: readonly string[]): Promise<T | RegistryRefusal> {
    const output = await this.#run(args);
    return typeof output === 'string' ? schema.parse(JSON.parse(output)) : output;
  }

  /** What it prints. */
  #run(args: readonly string[]): Promise<string | RegistryRefusal> {
    const next = this.#last.then(() => run(args));
    this.#last = next;
    return next;
  }
}

export const promoted = z.strictObject({ active: z.int(), sequence: z.int() });
export const rolledBack = promoted.extend({ rolled_back: z.int() });
export const pruned = z.strictObject({ pruned: z.array(z.int()) });
type Promoted = z.output<typeof promoted>;
type RolledBack = z.output<typeof rolledBack>;
type Pruned = z.output<typeof pruned>;

/** A reason as it may stand on a command line. */
function named(reason: string): string {
  return reason.replaceAll('\0', '').slice(0, NAMED_MAX);
}

function run(args: readonly string[]): Promise<string | RegistryRefusal> {
  const child = spawn(process.execPath, [MODELS_SCRIPT, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: MS_MAX,
  });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL); // bids come first
  let [output, problem] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem += text;
  });
  return new Promise((resolve) => {
    const refused = (text: string) => resolve({ code: 'registry_refused', problem: text });
    child.once('error', (error) => refused(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else refused(problem.split('\n')[0]?.replace(/^gavel: /, '') || `gavel models ended with ${signal ?? code}`);
    });
  });
}
