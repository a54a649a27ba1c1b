// The whole server against the server of another checkout of Gavel, side by side: what a change costs or gains. Both
// get the same bodies, and books that both understand, so both are made by the other checkout's own code: `npm run
// build` there, and name its folder with `--before`. The model is each checkout's own.
//
// A canned server is the unit, as in `throughput`: the three take turns, the two Gavels in alternating order, and each
// ratio is a median over rounds. The server has one core, the load the other.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Benchmark, type Context, middleAds } from './benchmark.js';
import { type Loader, type LoadResult, makeLoader } from './load.js';
import { median } from './measure.js';
import { describeAnswers } from './outcomes.js';
import { canPin, hasWrk, type ServerProcess } from './processes.js';
import { cannedServer, gavelServer, type Material, makeMaterial } from './subjects.js';

const BODIES = 1000;

export const against: Benchmark = {
  name: 'against',
  help: 'the server against that of another built checkout (--before DIR), on its bodies and book; only by name',
  byNameOnly: true,
  run,
};

/** What the other checkout's benchmarks export. */
interface Checkout {
  readonly requests: typeof import('./requests.js');
  readonly book: typeof import('./book.js');
  readonly subjects: typeof import('./subjects.js');
}

async function load(folder: string): Promise<Checkout> {
  const module = (name: string): Promise<unknown> =>
    import(pathToFileURL(join(resolve(folder), 'dist/bench', `${name}.js`)).href);
  const [requests, book, subjects] = await Promise.all(['requests', 'book', 'subjects'].map(module));
  return { requests, book, subjects } as Checkout;
}

interface Subject {
  readonly server: ServerProcess;
  readonly material: Material;
}

async function run(context: Context): Promise<void> {
  const { before: other, seed, report, size } = context;
  if (other === undefined) throw new Error('against needs --before DIR, another checkout of Gavel that is built');
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
  const servers: ServerProcess[] = [];
  const started = async (server: Promise<ServerProcess>): Promise<ServerProcess> => {
    servers.push(await server);
    return server;
  };
  try {
    const checkout = await load(other);
    const bodies = checkout.requests.generatedBodies(BODIES, seed, checkout.requests.TWO_KB);
    const folderOf = (name: string): string => {
      const path = join(folder, name);
      mkdirSync(path);
      return path;
    };
    const ads = middleAds(size);
    const materialBefore = await checkout.subjects.makeMaterial(folderOf('before'), ads, seed, bodies);
    const file = checkout.book.campaignFile(ads, seed);
    const materialAfter = await makeMaterial(folderOf('after'), ads, seed, bodies, file);
    const canned = await started(cannedServer(materialBefore));
    const before = { material: materialBefore, server: await started(checkout.subjects.gavelServer(materialBefore)) };
    const after = { material: materialAfter, server: await started(gavelServer(materialAfter)) };
    for (const [name, { material }] of Object.entries({ before, after })) {
      report.work(`against ${name}`, material.answers.hash, describeAnswers(material.answers, bodies.length));
    }
    if (!canPin) report.progress('  one core, or no taskset: server and load share what there is');
    const loader = makeLoader(hasWrk ? 'wrk' : 'node', bodies, folder);
    for (const server of servers) await loader.run(server, size.roundSeconds); // warm-up
    reportRounds(context, await rounds(context, loader, canned, before, after));
  } finally {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Round {
  /** Runs of the canned server before and behind the two. */
  readonly canned: readonly [LoadResult, LoadResult];
  readonly before: LoadResult;
  readonly after: LoadResult;
}

async function rounds(
  { size, report }: Context,
  loader: Loader,
  canned: ServerProcess,
  before: Subject,
  after: Subject,
): Promise<Round[]> {
  const on = (server: ServerProcess): Promise<LoadResult> => loader.run(server, size.roundSeconds);
  const all: Round[] = [];
  let last = await on(canned);
  for (let n = 0; n < size.rounds; n++) {
    const early = n % 2 === 0 ? await on(before.server) : undefined;
    const second = await on(after.server);
    const first = early ?? (await on(before.server));
    const behind = await on(canned);
    all.push({ canned: [last, behind], before: first, after: second });
    last = behind;
    const line = ({ requestsPerSecond, cpuUs }: LoadResult): string =>
      `${Math.round(requestsPerSecond)}/s (${cpuUs.toFixed(1)} us CPU each)`;
    report.progress(
      `  round ${n + 1} of ${size.rounds}: before ${line(first)}, after ${line(second)}, canned ${line(behind)}`,
    );
  }
  return all;
}

function reportRounds({ report }: Context, all: readonly Round[]): void {
  const errors = all.reduce((sum, { before, after }) => sum + before.errors + after.errors, 0);
  if (errors > 0) throw new Error(`${errors} requests failed; the figures are void`);
  const speed = (result: LoadResult): number => result.requestsPerSecond;
  const thrift = (result: LoadResult): number => 1 / result.cpuUs;
  for (const [kind, unit, of] of [
    ['', 'requests a second', speed],
    ['_cpu', 'requests in a CPU second', thrift],
  ] as const) {
    const toCanned = (which: 'before' | 'after') => (round: Round) =>
      of(round[which]) / ((of(round.canned[0]) + of(round.canned[1])) / 2);
    const figure = (name: string, value: (round: Round) => number, note: string): void =>
      report.figure(`throughput${kind}_ratio_${name}`, median(all.map(value)), 'ratio', `${unit}, ${note}`);
    figure('before', toCanned('before'), 'the other checkout / canned');
    figure('after', toCanned('after'), 'this one / canned');
    figure('change', ({ before, after }) => of(after) / of(before) - 1, 'this one / the other, less 1');
  }
}
