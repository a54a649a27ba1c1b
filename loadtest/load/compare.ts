// `npm run loadtest -- compare`: Gavel beside a server with the same front that gives ready answers, which is what can
// be had at best. Both get the same requests over the same connections, in turn, and ratios are of neighbouring rounds:
// what the machine does meanwhile hits both.
//
//   capacity     requests a second by wrk (by our own closed loop, CPU time per request instead)
//   latency      p99 and p99.9 at 50% and 80% of Gavel's capacity, the same rate for both

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { campaignFile } from '../../bench/book.js';
import { BID_PATH } from '../../bench/load.js';
import { median } from '../../bench/measure.js';
import { hasWrk, type ServerProcess } from '../../bench/processes.js';
import { cannedServer, makeMaterial } from '../../bench/subjects.js';
import { bodiesOf, wrk } from './capacity.js';
import type { Options } from './options.js';
import type { Run } from './report.js';
import { addressOf, measure, say } from './run.js';
import { startGavel } from './target.js';

/** What is asked (issue 8). */
const CAPACITY_RATIO_MIN = 0.6;
const LATENCY_RATIO_MAX = 1.5;
const P99_US_MAX_AT_HALF = 1000;
const SHARES = [0.5, 0.8];

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is asked of it, if anything is. */
  readonly target?: string;
  readonly met?: boolean;
}

export interface Comparison {
  readonly figures: readonly Figure[];
  /** The runs of the last round. */
  readonly runs: readonly Run[];
  /** Whether the client was on time in every run; else percentiles are bounds from above, of both servers. */
  readonly trusted: boolean;
}

export async function compare(options: Options): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-compare-'));
  const servers: ServerProcess[] = [];
  const started = async (server: Promise<ServerProcess>): Promise<ServerProcess> => {
    servers.push(await server);
    return server;
  };
  try {
    const file = campaignFile(options.ads, 1);
    const material = await makeMaterial(folder, options.ads, 1, bodiesOf(options), file);
    const canned = await started(cannedServer(material));
    const gavel = await started(startGavel(material, options));
    const capacity = await compareCapacity(options, gavel, canned);
    const latency = await compareLatency(options, gavel, canned, options.capacity ?? capacity.requestsPerSecond);
    return { ...latency, figures: [...capacity.figures, ...latency.figures] };
  } finally {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareCapacity(options: Options, gavel: ServerProcess, canned: ServerProcess) {
  const { rounds, seconds } = options;
  const ratios: number[] = [];
  const [rates, cpu, cannedRates, cannedCpu]: [number[], number[], number[], number[]] = [[], [], [], []];
  await wrk(options, gavel, options.warmupSeconds);
  await wrk(options, canned, options.warmupSeconds);
  for (let round = 1; round <= rounds; round++) {
    const before = await wrk(options, gavel, seconds / 2);
    const theirs = await wrk(options, canned, seconds);
    const after = await wrk(options, gavel, seconds / 2);
    const ours = (before.requestsPerSecond + after.requestsPerSecond) / 2;
    const oursCpu = (before.cpuUs + after.cpuUs) / 2;
    ratios.push(hasWrk ? ours / theirs.requestsPerSecond : theirs.cpuUs / oursCpu);
    rates.push(ours);
    cpu.push(oursCpu);
    cannedRates.push(theirs.requestsPerSecond);
    cannedCpu.push(theirs.cpuUs);
    const failed = before.errors + theirs.errors + after.errors;
    if (failed > 0) throw new Error(`${failed} requests failed; the figures are void`);
    say(
      `round ${round} of ${rounds}: gavel ${Math.round(ours)}/s, canned ${Math.round(theirs.requestsPerSecond)}/s ` +
        `(${oursCpu.toFixed(1)} and ${theirs.cpuUs.toFixed(1)} us of CPU each)`,
    );
  }
  const ratio = median(ratios);
  const figures: Figure[] = [
    atLeast('capacity_ratio', ratio, hasWrk ? 'requests a second' : 'CPU time per request', CAPACITY_RATIO_MIN),
    { name: 'capacity_gavel', value: median(rates), unit: 'requests/s' },
    { name: 'capacity_canned', value: median(cannedRates), unit: 'requests/s' },
    { name: 'cpu_us_per_request_gavel', value: median(cpu), unit: 'us' },
    { name: 'cpu_us_per_request_canned', value: median(cannedCpu), unit: 'us' },
  ];
  return { figures, requestsPerSecond: median(rates) };
}

async function compareLatency(options: Options, gavel: ServerProcess, canned: ServerProcess, capacity: number) {
  const figures: Figure[] = [];
  const last: Run[] = [];
  let trusted = true;
  for (const share of SHARES) {
    const at = `${Math.round(share * 100)}%`;
    const rate = share * capacity;
    const [ours, theirs]: [Run[], Run[]] = [[], []];
    for (let round = 0; round < options.rounds; round++) {
      const runGavel = async (): Promise<number> =>
        ours.push(await measure(options, addressOf(gavel, BID_PATH), `gavel at ${at}`, { rate }));
      const runCanned = async (): Promise<number> =>
        theirs.push(
          await measure(options, addressOf(canned, BID_PATH), `canned at ${at}`, { rate, withoutNotices: true }),
        );
      // By turns first and second.
      for (const run of round % 2 === 0 ? [runGavel, runCanned] : [runCanned, runGavel]) await run();
    }
    const all = [...ours, ...theirs];
    trusted &&= all.every((run) => run.figures.p99_trusted && run.figures.p999_trusted);
    last.push(ours.at(-1) as Run, theirs.at(-1) as Run);
    const of = (runs: readonly Run[], key: 'p50_us' | 'p99_us' | 'p999_us'): number =>
      median(runs.map((run) => run.figures[key]));
    const ratio = (key: 'p99_us' | 'p999_us'): number =>
      median(ours.map((run, n) => run.figures[key] / (theirs[n] as Run).figures[key]));
    const named = at.replace('%', '');
    for (const [key, name] of [
      ['p99_us', 'p99'],
      ['p999_us', 'p999'],
    ] as const) {
      figures.push(atMost(`${name}_ratio_at_${named}`, ratio(key), 'ratio', LATENCY_RATIO_MAX));
      const mine = of(ours, key);
      const value = { name: `${name}_us_at_${named}_gavel`, value: mine, unit: 'us' };
      const isBound = key === 'p99_us' && share === 0.5;
      figures.push(isBound ? atMost(value.name, mine, 'us', P99_US_MAX_AT_HALF) : value);
      figures.push({ name: `${name}_us_at_${named}_canned`, value: of(theirs, key), unit: 'us' });
    }
    const cpu = median(ours.map(({ figures: run }) => run.server_cpu_us ?? Number.NaN));
    figures.push({ name: `cpu_us_per_request_at_${named}_gavel`, value: cpu, unit: 'us' });
  }
  return { figures, runs: last, trusted };
}

function atLeast(name: string, value: number, unit: string, bound: number): Figure {
  return { name, value, unit, target: `at least ${bound}`, met: value >= bound };
}

function atMost(name: string, value: number, unit: string, bound: number): Figure {
  return { name, value, unit, target: `at most ${bound}`, met: value <= bound };
}
