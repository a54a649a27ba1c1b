// Requests a second of the whole server with one worker, side by side with three others that get the same bodies over
// the same connections: the same front without a bidder (canned answers), and the slow twin behind the same front and
// behind Fastify, which is what a team would otherwise write.
//
// The servers take turns, Gavel before and after each other one, and a ratio is the median over neighbouring rounds:
// what the machine does meanwhile hits both. Server and load each have their own core.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Context } from './benchmark.js';
import { type Loader, type LoadResult, makeLoader } from './load.js';
import { median } from './measure.js';
import { describeAnswers } from './outcomes.js';
import { canPin, hasWrk, type ServerProcess } from './processes.js';
import { generatedBodies, TWO_KB } from './requests.js';
import {
  cannedServer,
  gavelServer,
  makeMaterial,
  type StartServer,
  twinFastifyServer,
  twinUwsServer,
} from './subjects.js';

const ADS = 10_000;
const BODIES = 1000;

const OTHERS: readonly [string, StartServer][] = [
  ['canned', cannedServer],
  ['twin_uws', twinUwsServer],
  ['twin_fastify', twinFastifyServer],
];

export const throughput: Benchmark = {
  name: 'throughput',
  help: 'the server against canned answers and against the slow twin behind uWebSockets.js and Fastify',
  run,
};

async function run(context: Context): Promise<void> {
  const { seed, report } = context;
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
  try {
    const bodies = generatedBodies(BODIES, seed, TWO_KB);
    const material = await makeMaterial(folder, ADS, seed, bodies);
    report.work('throughput', material.answers.hash, describeAnswers(material.answers, bodies.length));
    report.figure('throughput_bid_share', material.answers.bids / bodies.length, 'share', 'of the 2 KB bodies');
    if (!canPin) report.progress('  one core, or no taskset: server and load share what there is');
    const loader = makeLoader(hasWrk ? 'wrk' : 'node', bodies, folder);
    if (loader.name === 'node') {
      report.progress('  no wrk: our own client may be slower than the server, ratios are of CPU time per request');
    }
    const gavel = await gavelServer(material);
    try {
      await loader.run(gavel, context.size.roundSeconds); // warm-up
      const all: LoadResult[] = [];
      for (const [name, start] of OTHERS) {
        const other = await start(material);
        try {
          all.push(...(await compare(context, loader, gavel, other, name)));
        } finally {
          await other.stop();
        }
      }
      absolute(context, 'gavel', all);
    } finally {
      await gavel.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rounds of Gavel and another server in turn. Returns Gavel's. */
async function compare(
  { size, report }: Context,
  loader: Loader,
  gavel: ServerProcess,
  other: ServerProcess,
  name: string,
): Promise<LoadResult[]> {
  await loader.run(other, size.roundSeconds); // warm-up
  const mine: LoadResult[] = [await loader.run(gavel, size.roundSeconds)];
  const theirs: LoadResult[] = [];
  for (let round = 0; round < size.rounds; round++) {
    theirs.push(await loader.run(other, size.roundSeconds));
    mine.push(await loader.run(gavel, size.roundSeconds));
    report.progress(
      `  round ${round + 1} of ${size.rounds}: gavel ${line(mine[round + 1])}, ${name} ${line(theirs[round])}`,
    );
  }
  // Each round of the other stands between two of Gavel's.
  const neighbours = theirs.map((result, n) => ({
    result,
    before: mine[n] as LoadResult,
    after: mine[n + 1] as LoadResult,
  }));
  const speed = median(
    neighbours.map(
      ({ result, before, after }) =>
        (before.requestsPerSecond + after.requestsPerSecond) / 2 / result.requestsPerSecond,
    ),
  );
  const cpu = median(neighbours.map(({ result, before, after }) => result.cpuUs / ((before.cpuUs + after.cpuUs) / 2)));
  const byWrk = loader.name === 'wrk';
  report.figure(
    `throughput_ratio_${name}`,
    byWrk ? speed : cpu,
    'ratio',
    byWrk ? `requests a second, gavel / ${name}` : 'CPU time per request (no wrk)',
  );
  report.figure(`throughput_cpu_ratio_${name}`, cpu, 'ratio', `CPU time per request, ${name} / gavel`);
  absolute({ size, report }, name, theirs);
  return mine;
}

function absolute({ report }: Pick<Context, 'size' | 'report'>, name: string, results: readonly LoadResult[]): void {
  const of = (pick: (result: LoadResult) => number): number => median(results.map(pick));
  report.figure(
    `requests_per_s_${name}`,
    of((r) => r.requestsPerSecond),
    '1/s',
    `server core busy ${(100 * of((r) => r.cpuShare)).toFixed(0)}%`,
  );
  report.figure(
    `request_us_p50_${name}`,
    of((r) => r.p50Us),
    'us',
  );
  report.figure(
    `request_us_p99_${name}`,
    of((r) => r.p99Us),
    'us',
  );
  report.figure(
    `cpu_us_per_request_${name}`,
    of((r) => r.cpuUs),
    'us',
  );
  const errors = results.reduce((sum, r) => sum + r.errors, 0);
  if (errors > 0) throw new Error(`${name}: ${errors} requests failed; the figures are void`);
}

function line(result: LoadResult | undefined): string {
  return result === undefined
    ? '-'
    : `${Math.round(result.requestsPerSecond)}/s (${result.cpuUs.toFixed(1)} us CPU each)`;
}
