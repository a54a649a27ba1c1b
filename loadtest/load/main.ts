// The command line of the load test: `npm run loadtest -- [verb] [options]`.

import { existsSync, writeFileSync } from 'node:fs';
import { canPin } from '../../bench/processes.js';
import { UsageError } from '../exchange/options.js';
import { textTable } from '../exchange/text_table.js';
import { measureCapacity, smoke, wrk } from './capacity.js';
import { LoadError } from './client.js';
import { compare } from './compare.js';
import { measureCores } from './cores.js';
import { measureLatency } from './latency.js';
import { HELP, type Options, readOptions } from './options.js';
import { measureOverload } from './overload.js';
import { csvText, htmlText, type Run, tableText } from './report.js';
import { say } from './run.js';
import { ownTarget, runningTarget, type Target } from './target.js';

const CAPACITY_SECONDS = 3;

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else process.exitCode = await main(options);
} catch (error) {
  if (error instanceof UsageError) {
    say(`${error.message}; --help lists the options`);
    process.exitCode = 2;
  } else if (error instanceof LoadError) {
    say(error.message);
    process.exitCode = 1;
  } else throw error;
}

async function main(options: Options): Promise<number> {
  const { verb, replay } = options;
  if (replay !== undefined && !existsSync(replay)) throw new UsageError(`--replay: no file ${replay}`);
  if (!canPin) say('one core, or no taskset: server and client share what there is, and latencies are of both');
  if (verb === 'compare') return compared(options);
  if (verb === 'cores') return coresCompared(options);
  const target = options.url === undefined ? await ownTarget(options) : runningTarget(options.url);
  try {
    switch (verb) {
      case 'latency':
        return await latency(options, target);
      case 'capacity':
        return await capacity(options, target);
      case 'smoke':
        return await smoked(options, target);
      case 'overload':
        return await overload(options, target);
    }
  } finally {
    await target.stop();
  }
}

function line(value: object): void {
  console.log(JSON.stringify(value));
}

async function latency(options: Options, target: Target): Promise<number> {
  const { runs, knee } = await measureLatency(options, target);
  for (const run of runs) tellRun(options, run);
  if (options.json && knee !== undefined) line({ type: 'knee', requests_per_s: knee });
  finish(options, `Latency of ${options.url ?? 'Gavel'}`, runs);
  const missed = runs.filter(({ broken }) => broken.length > 0);
  if (options.objective.length > 0) say(missed.length === 0 ? 'the objective is kept' : 'the objective is missed');
  return missed.length > 0 ? 1 : 0;
}

function tellRun({ json }: Options, { figures, result, broken }: Run): void {
  if (!json) return;
  const { outcomes, errors, phases, notices, waited } = result;
  line({ type: 'run', ...figures, outcomes, errors, phases, notices, waited, broken });
}

/** What every verb with runs ends with: files, and the table where it is not JSON. */
function finish({ json, html, csv }: Options, title: string, runs: readonly Run[]): void {
  if (csv !== undefined) writeFileSync(csv, csvText(runs));
  if (html !== undefined) writeFileSync(html, htmlText(title, runs));
  if (!json) console.log(tableText(runs));
}

async function capacity(options: Options, target: Target): Promise<number> {
  const all = await measureCapacity(options, target);
  for (const one of all) {
    if (options.json) line({ type: 'capacity', ...one });
    else {
      const cpu = one.server_cpu_us === undefined ? '' : `, ${one.server_cpu_us.toFixed(1)} us of CPU each`;
      const bound = one.client_bound ? '; the client was the bottleneck' : '';
      const errors = one.errors > 0 ? `, ${one.errors} failed` : '';
      console.log(`${one.tool}: ${Math.round(one.requests_per_s)} requests a second${cpu}${errors}${bound}`);
    }
  }
  return all.some(({ errors }) => errors > 0) ? 1 : 0;
}

async function smoked(options: Options, target: Target): Promise<number> {
  const { missed, ...result } = await smoke(options, target);
  if (options.json) line({ type: 'smoke', ...result, missed });
  else
    console.log(`${result.requests} requests: ${result.bids} bids, ${result.no_bids} without, ${result.errors} failed`);
  for (const problem of missed) say(problem);
  return missed.length > 0 ? 1 : 0;
}

async function overload(options: Options, target: Target): Promise<number> {
  const { pid, port } = target;
  if (options.capacity === undefined && pid === undefined) throw new UsageError('overload of --url needs --capacity');
  const measured = async (): Promise<number> =>
    (await wrk(options, { port, pid: pid as number }, CAPACITY_SECONDS)).requestsPerSecond;
  const { run, phases, recovery_s, missed } = await measureOverload(
    options,
    target,
    options.capacity ?? (await measured()),
  );
  tellRun(options, run);
  finish(options, 'Overload', [run]);
  const recovered = Number.isFinite(recovery_s) ? recovery_s : null;
  if (options.json) line({ type: 'overload', recovery_s: recovered, missed });
  else {
    const rows = phases.map((phase, n) => [
      ['before', 'twice the capacity', 'after'][n] as string,
      ...[phase.offered_per_s, phase.answered_per_s - phase.shed_per_s, phase.shed_per_s, phase.errors_per_s].map((x) =>
        x.toFixed(0),
      ),
      (phase.latency.p99_us / 1000).toFixed(2),
    ]);
    const head = ['', 'offered/s', 'answered/s', 'shed/s', 'errors/s', 'p99 ms of answered'];
    console.log(`\n${textTable([head, ...rows])}\nwell again ${recovered ?? 'later than was watched'} s after`);
  }
  for (const problem of missed) say(problem);
  return missed.length > 0 ? 1 : 0;
}

async function compared(options: Options): Promise<number> {
  const { figures, runs, trusted } = await compare(options);
  for (const run of runs) tellRun(options, run);
  finish(options, 'Gavel beside canned answers', runs);
  if (options.json) for (const figure of figures) line({ type: 'figure', ...figure });
  else {
    const rows = figures.map(({ name, value, unit, target = '', met }) => [
      name,
      `${Number(value.toPrecision(5))}`,
      unit,
      target,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ]);
    console.log(`\n${textTable(rows)}`);
  }
  if (!trusted) say('the client was late itself in some runs: percentiles are bounds from above, of both servers');
  return figures.some(({ met }) => met === false) ? 1 : 0;
}

async function coresCompared(options: Options): Promise<number> {
  const all = await measureCores(options);
  for (const one of all) {
    if (options.json) line({ type: 'cores', ...one });
    else {
      const { workers, achieved_per_s, server_cpu_us } = one;
      console.log(
        `${workers} workers: ${Math.round(achieved_per_s)} a second, ${server_cpu_us.toFixed(1)} us of CPU each`,
      );
    }
  }
  return 0;
}
