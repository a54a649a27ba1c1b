// One retraining as the registry keeps it: a folder `runs/N` with what was asked for and what came of it (run.json),
// the incumbent policy, the state of the agent, and the candidate. So a run that was cut off goes on, and one that is
// over can be looked at, repeated, or gone on from.
//
//   running ──▶ passed ──▶ published as a version
//      │  └───▶ refused    by the gate for policies
//      ├──────▶ nothing    too little in the log
//      └──────▶ failed     it cannot go on

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readWhole, replaceDurably } from '../../../server/event_log/disk.js';
import { realDisk } from '../../../server/event_log/real_disk.js';

const FOLDER = 'runs';
const FILE = 'run.json';
/** In a run's folder. */
export const AGENT_FILE = 'agent.state';
export const BEST_FILE = 'best.state';
export const CANDIDATE_FILE = 'candidate.policy';
export const INCUMBENT_FILE = 'incumbent.policy';

const figures = z.record(z.string(), z.number());
const runSchema = z.object({
  number: z.number().int().min(1),
  state: z.enum(['running', 'passed', 'refused', 'nothing', 'failed']),
  /** Why it is in this state, in words and numbers. */
  reason: z.string(),
  created: z.iso.datetime(),
  ended: z.iso.datetime().optional(),
  /** Version whose policy is the incumbent, and the run whose agent it goes on from; 0: from a new one. */
  parent: z.number().int().min(0),
  from: z.number().int().min(0),
  /** The version it was published as. */
  version: z.number().int().optional(),
  config: z.object({
    seed: z.number(),
    steps: z.number(),
    cpu_share: z.number(),
    sigma: z.number(),
    auctions_min: z.number(),
    /** The event log, and since when it is read. */
    events: z.string(),
    since: z.iso.datetime(),
    /** Days lived through at once, slots of each between two updates, seconds between two checkpoints. */
    environments: z.number(),
    rollout_steps: z.number(),
    checkpoint_s: z.number(),
    /** Days of an evaluation; worlds it is judged in, and days of each. */
    episodes: z.number(),
    worlds: z.number(),
    days: z.number(),
  }),
  /** Steps of the agent when it began and now. */
  first_step: z.number(),
  step: z.number(),
  /** Of the agent that evaluated best, which the candidate is of. */
  best_step: z.number(),
  /** Returns: per cent won above the pacer alone, on days of the same kind as those of training. */
  evaluations: z.array(z.object({ step: z.number(), return: z.number(), error: z.number(), episodes: z.number() })),
  /** Together, however often it was cut off. */
  wall_s: z.number(),
  cpu_s: z.number(),
  data: z
    .object({
      ...{ range: z.string(), records: z.number(), auctions: z.number() },
      ...{ campaigns: z.number(), campaigns_held: z.number(), decisions: z.number() },
    })
    .optional(),
  metrics: z.object({ candidate: figures, incumbent: figures }).optional(),
  /** Estimates from logged decisions, with the ends of their 95% intervals. */
  off_policy: z.record(z.string(), z.unknown()).optional(),
  /** SHA-256 of the files beside it. */
  files: z.record(z.string(), z.string()).default({}),
});
export type PolicyRun = z.infer<typeof runSchema>;

/** Folder of a run. */
function runFolder(modelsDir: string, number: number): string {
  return join(modelsDir, FOLDER, String(number));
}

/** Writes what is known of a run, durably. Throws what the disk throws. */
export async function writeRun(modelsDir: string, run: PolicyRun): Promise<void> {
  const folder = runFolder(modelsDir, run.number);
  await mkdir(folder, { recursive: true });
  await replaceDurably(realDisk, folder, FILE, Buffer.from(`${JSON.stringify(run)}\n`));
}

/** A file of a run, durably. */
export async function writeRunFile(modelsDir: string, number: number, name: string, bytes: Uint8Array): Promise<void> {
  const folder = runFolder(modelsDir, number);
  await mkdir(folder, { recursive: true });
  await replaceDurably(realDisk, folder, name, bytes);
}

/** A file of a run; undefined if there is none. */
export async function readRunFile(modelsDir: string, number: number, name: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readWhole(realDisk, join(runFolder(modelsDir, number), name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The run of a number; undefined if there is none that can be read. */
export async function readRun(modelsDir: string, number: number): Promise<PolicyRun | undefined> {
  const text = await readFile(join(runFolder(modelsDir, number), FILE), 'utf8').catch(() => ''); // none, or not yet one
  try {
    const read = runSchema.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch {
    return undefined; // no JSON: the same as none
  }
}

/** All runs that can be read, oldest first. */
export async function listRuns(modelsDir: string): Promise<PolicyRun[]> {
  const runs = await Promise.all((await numbersOf(modelsDir)).map((number) => readRun(modelsDir, number)));
  return runs.filter((run) => run !== undefined);
}

/** A number above those of all runs there are. */
export async function nextRunNumber(modelsDir: string): Promise<number> {
  return Math.max(0, ...(await numbersOf(modelsDir))) + 1;
}

/** Deletes the oldest runs but those named. */
export async function pruneRuns(modelsDir: string, keep: number, spared: ReadonlySet<number>): Promise<void> {
  const numbers = await numbersOf(modelsDir);
  for (const number of numbers.slice(0, Math.max(0, numbers.length - keep))) {
    if (!spared.has(number)) await rm(runFolder(modelsDir, number), { recursive: true, force: true });
  }
}

async function numbersOf(modelsDir: string): Promise<number[]> {
  const names = await readdir(join(modelsDir, FOLDER)).catch(() => []); // no run yet
  return names
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
