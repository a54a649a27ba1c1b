// `gavel models`: lists the registry, and promotes, rolls back, prunes and imports by hand. It works beside a running
// bidder and sidecar, on the bus they use: Redis with REDIS_URL, else the folder of GAVEL_DATA_DIR.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isModelFileError, readModelFile } from '../../bidcore/model_file.js';
import { writePolicy } from '../../bidcore/policy/policy_weights.js';
import { isBusProblem, type Shelf } from '../bus/shelf.js';
import { readPolicyFile } from '../policy/policy_file.js';
import { listRuns } from '../policy/retraining/run.js';
import { openBus, readSettings } from '../sidecar/settings.js';
import { isStateError } from '../state.js';
import { brokenLine, entryLine, entryText, HEADINGS, RUN_HEADINGS, runLine } from './cli_text.js';
import type { ModelEntry } from './entry.js';
import { type Draft, isKeeperProblem, Keeper } from './keeper.js';
import { entriesOf, entryOf, promote } from './registry.js';

const HELP = `gavel models - the models that were trained, and which is live

  gavel models list [--json]             All versions: state, parent, when, what it learned from, how it was judged.
  gavel models show VERSION [--json]     Everything that is known of a version; "live" is the one that bids.
  gavel models promote VERSION           Makes it the model that bids, in every bidder on the bus, within a second.
  gavel models rollback [VERSION]        Takes the live model back: to its parent, or to VERSION.
  gavel models import FILE [--promote]   Verifies a model file and adds it as a candidate, or makes it live. It keeps
                                         its version if that is above all there are and at most 2^31; else it gets one.
  gavel models policy FILE [--promote]   The live model with the policy of a file (docs/policy.md), as a candidate, or
                                         live.
  gavel models runs [--json]             Retrainings of the policy on this node: what came of each, and what it used.
  gavel models prune [--keep N]          Deletes the bytes of old versions; keeps the live ones, their parent, the
                                         newest N   (5), and candidates younger than an hour.

  --reason TEXT    promote, rollback, import, policy: kept in the registry
  --json           one JSON object, list: one a line

The bus is Redis if REDIS_URL is set, else the folder models in GAVEL_DATA_DIR (.gavel unless set). A bidder with
GAVEL_MODEL follows no bus.
Exit status: 0 done, 1 it could not be done, 2 the command line is not understood.
`;

const KEEP = 5;

interface Request {
  readonly keeper: Keeper;
  readonly modelsDir: string;
  readonly what: string | undefined;
  readonly reason: string | undefined;
  readonly json: boolean;
  readonly promote: boolean;
  readonly keep: number;
}

class Misused extends Error {}
class Failed extends Error {}

const VERBS: Readonly<Record<string, (request: Request) => Promise<string>>> = {
  list,
  show,
  promote: promoteByHand,
  rollback: rollBackByHand,
  import: importFile,
  policy: policyFile,
  prune,
  runs,
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0); // who reads it has seen enough
});
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    process.stdout.write(await run(args));
    return 0;
  } catch (error) {
    if (!(error instanceof Misused) && !(error instanceof Failed)) throw error;
    process.stderr.write(`gavel: ${error.message}\n`);
    if (error instanceof Misused) process.stderr.write('gavel: gavel models --help says what is understood\n');
    return error instanceof Misused ? 2 : 1;
  }
}

async function run(args: readonly string[]): Promise<string> {
  const [name = '', ...rest] = args;
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined)
    throw new Misused(name === '' ? `models ${Object.keys(VERBS).join('|')}` : `no command models ${name}`);
  const { values, positionals } = parse(rest);
  const [what, ...more] = positionals;
  if (more.length > 0) throw new Misused(`models ${name} does not take ${more.join(' ')}`);
  const keep = Number(values.keep ?? KEEP);
  if (!Number.isInteger(keep) || keep < 0) throw new Misused(`--keep ${values.keep} is not a number of versions`);
  const settings = readSettings(process.env);
  if ('problems' in settings) throw new Failed(settings.problems.join('; '));
  const bus = openBus(settings, `gavel-${settings.node}-command`);
  try {
    const { reason, json = false, promote: now = false } = values;
    return await verb({
      keeper: new Keeper(bus),
      modelsDir: settings.modelsDir,
      what,
      reason,
      json,
      promote: now,
      keep,
    });
  } finally {
    await bus.close();
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        promote: { type: 'boolean' },
        reason: { type: 'string' },
        keep: { type: 'string' },
      },
    });
  } catch (error) {
    throw new Misused((error as Error).message);
  }
}

async function list({ keeper, json, what }: Request): Promise<string> {
  if (what !== undefined) throw new Misused(`models list does not take ${what}`);
  const shelf = done(await keeper.read());
  const broken = [...shelf.broken].map(([version, reason]) => ({ version, state: 'broken' as const, reason }));
  const entries = [...entriesOf(shelf), ...broken].sort((a, b) => a.version - b.version);
  if (json) return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  if (entries.length === 0) return `no models in ${keeper.bus.where} yet\n`;
  const lines = entries.map((entry) => (entry.state === 'broken' ? brokenLine(entry) : entryLine(entry)));
  return `${[HEADINGS, ...lines].join('\n')}\n`;
}

async function show({ keeper, json, what }: Request): Promise<string> {
  if (what === undefined) throw new Misused('models show VERSION');
  const shelf = done(await keeper.read());
  const version = what === 'live' ? (shelf.pointer?.control ?? 0) : versionOf(what);
  const entry = entryOf(shelf, version);
  if (entry === undefined) throw new Failed(noVersion(version, shelf));
  return json ? `${JSON.stringify(entry)}\n` : entryText(entry);
}

async function promoteByHand({ keeper, json, what, reason = 'promoted by hand' }: Request): Promise<string> {
  const version = versionOf(what);
  const shelf = done(await keeper.read());
  if (entryOf(shelf, version) === undefined) throw new Failed(noVersion(version, shelf));
  const kept = done(await keeper.kept());
  if (!kept.has(version)) throw new Failed(`the bytes of version ${version} are not kept`);
  const after = done(await keeper.take((now, nowMs) => promote(now, version, reason, nowMs)));
  return said(json, { active: version, sequence: after.pointer?.sequence }, `version ${version} is live`);
}

async function rollBackByHand({ keeper, json, what, reason = 'rolled back by hand' }: Request): Promise<string> {
  const to = what === undefined ? undefined : versionOf(what);
  const before = done(await keeper.read()).pointer?.control;
  const after = done(await keeper.rollBack(reason, to));
  const active = after.pointer?.control;
  const figures = { active, rolled_back: before, sequence: after.pointer?.sequence };
  return said(json, figures, `version ${before} was rolled back, version ${active} is live`);
}

async function importFile(request: Request): Promise<string> {
  const { keeper, what, reason } = request;
  if (what === undefined) throw new Misused('models import FILE');
  const file = readModelFile(bytesOf(what));
  if (isModelFileError(file)) throw new Failed(`${what}: ${file.problem}`);
  const parent = done(await keeper.read()).pointer?.control ?? 0;
  const why = reason ?? `imported from ${what}, where it was version ${file.version}`;
  const draft = { parent, state: 'candidate', reason: why, origin: 'imported' } as const;
  return added(request, done(await keeper.add(file.image, draft, file.version - 1)));
}

async function runs({ modelsDir, json }: Request): Promise<string> {
  const all = await listRuns(modelsDir);
  if (json) return all.map((each) => `${JSON.stringify(each)}\n`).join('');
  return `${[RUN_HEADINGS, ...all.map(runLine)].join('\n')}\n`;
}

async function policyFile(request: Request): Promise<string> {
  const { keeper, what, reason } = request;
  if (what === undefined) throw new Misused('models policy FILE');
  const bytes = bytesOf(what);
  const policy = readPolicyFile(bytes);
  if (isStateError(policy)) throw new Failed(`${what}: ${policy.problem}`);
  const parent = done(await keeper.read()).pointer?.control;
  if (parent === undefined) throw new Failed(`no model is live in ${keeper.bus.where}, and a policy needs one`);
  const file = await keeper.bus.readModel(parent);
  if (file === undefined || isBusProblem(file)) throw new Failed(file?.problem ?? `version ${parent} has no bytes`);
  const live = readModelFile(file);
  if (isModelFileError(live)) throw new Failed(`version ${parent}: ${live.problem}`);
  const image = Uint8Array.from(live.image);
  writePolicy(image, policy);
  const draft: Draft = {
    parent,
    state: 'candidate',
    reason: reason ?? `version ${parent} with the policy of ${what}`,
    origin: 'imported',
    parts: ['policy'],
    policy: { sha256: createHash('sha256').update(bytes).digest('hex') },
  };
  return added(request, done(await keeper.add(image, draft)));
}

function bytesOf(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new Failed(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** Says what became of a version that was added, once it is live where that is wanted. */
async function added({ keeper, json, reason, promote: now }: Request, entry: ModelEntry): Promise<string> {
  const { version } = entry;
  if (now) done(await keeper.take((at, nowMs) => promote(at, version, reason ?? 'imported and promoted', nowMs)));
  const what = now ? 'is live' : `is a candidate: gavel models promote ${version}`;
  return said(
    json,
    { version, state: now ? 'active' : 'candidate', sha256: entry.sha256 },
    `version ${version} ${what}`,
  );
}

async function prune({ keeper, json, keep }: Request): Promise<string> {
  const gone = done(await keeper.prune(keep));
  return said(json, { pruned: gone }, gone.length === 0 ? 'nothing to delete' : `deleted: ${gone.join(', ')}`);
}

function done<T extends object>(value: T): Exclude<T, { readonly problem: string }> {
  if (isKeeperProblem(value) || isBusProblem(value)) throw new Failed(value.problem);
  return value as Exclude<T, { readonly problem: string }>;
}

function versionOf(text: string | undefined): number {
  const version = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || version < 1) {
    throw new Misused(text === undefined ? 'name a version' : `"${text}" is no version`);
  }
  return version;
}

function noVersion(version: number, shelf: Shelf): string {
  const broken = shelf.broken.get(version);
  if (broken !== undefined) return `version ${version} cannot be used: ${broken}`;
  const known = entriesOf(shelf)
    .slice(-10)
    .map((entry) => entry.version);
  const there = known.length === 0 ? 'it is empty' : `the newest: ${known.join(', ')}`;
  return `no version ${version} in the registry; ${there}`;
}

function said(json: boolean, figures: object, text: string): string {
  return json ? `${JSON.stringify(figures)}\n` : `${text}\n`;
}
