// `npm run fuzz`: compares the hot path with its slow twin on random cases until time or a failure ends it.

import { parseArgs } from 'node:util';
import { CASES_A_BOOK } from './cases.js';
import { type RunOptions, run } from './run.js';
import { finalJson, finalLines, progressLine, type Tally } from './tally.js';
import { reportToParent, runWorkers } from './workers.js';

const HELP = `npm run fuzz -- [options]

Answers random OpenRTB bodies with the hot path and with the reference bidder, and compares reason and response to the
byte; checks every response by the rules of OpenRTB as well. Bodies are generated, or real ones from
../shared/openrtb/*.jsonl where that folder exists, as they are and changed.

  --seconds N       how long (default 30)
  --cases N         at most so many cases
  --workers N       processes, each with books of its own (default 1)
  --seed S          where to start, 0 to 10,000,000 (default: from the clock); equal seeds run equal cases
  --per-book N      cases until the next book (default 3000, at most ${CASES_A_BOOK}); of large books a sixth
  --case SEED       only this case, in full
  --failures N      go on until N different failures were found (default 1)
  --json            totals as one JSON object on standard output
  --api             fuzzes the admin API instead (loadtest/api_fuzz/); --api --help says more
  --help

Kinds of cases: in books of all there is, whole requests (valid, recombined from parts, obstructed, reshaped, deviant,
with repeated keys, crowded, mutated; real ones). In books about one thing, requests of little else: consent string,
gdpr, gpp, signals; native, native text; stream (video and audio), pods. The last line counts bids by format and
outcomes.

Exit code 1 if a case failed: a difference, a broken rule, a trap.`;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    cases: { type: 'string', default: '1000000000' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'per-book': { type: 'string', default: '3000' },
    case: { type: 'string' },
    failures: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    // Between the processes of one run: `2/4` is the third of four.
    share: { type: 'string' },
  },
});

/** What whoever called can mend. */
class UsageError extends Error {}

function numberOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} takes an integer from ${min} to ${max}, not ${text}`);
  }
  return value;
}

if (options.help) console.log(HELP);
else process.exitCode = await main().catch(usage);

function usage(error: unknown): number {
  if (!(error instanceof UsageError)) throw error;
  console.error(`fuzz: ${error.message}`);
  return 2;
}

function runOptions(): RunOptions {
  const [nth = 0, of = 1] = (options.share ?? '0/1').split('/').map(Number);
  return {
    seed:
      options.seed === undefined
        ? Math.floor(Date.now() / 1000) % 10_000_000
        : numberOption('seed', options.seed, 0, 10_000_000),
    seconds: numberOption('seconds', options.seconds, 0, 1e7),
    cases: numberOption('cases', options.cases, 0, 1e9),
    perBook: numberOption('per-book', options['per-book'], 1, CASES_A_BOOK),
    onlyCase: options.case === undefined ? undefined : numberOption('case', options.case, 0, Number.MAX_SAFE_INTEGER),
    failures: numberOption('failures', options.failures, 1, 1000),
    share: { nth, of },
  };
}

async function main(): Promise<number> {
  const wanted = runOptions();
  if (options.share !== undefined) return reportToParent(wanted);
  const workers = numberOption('workers', options.workers, 1, 64);
  const from = performance.now();
  console.error(`fuzz: seed ${wanted.seed}, ${workers} ${workers === 1 ? 'process' : 'processes'}`);
  const watcher = {
    progress: (tally: Tally, ms: number): void => console.error(progressLine(tally, ms)),
    failure: (_signature: string, lines: readonly string[]): void => console.error(lines.join('\n')),
  };
  const one = workers === 1 || wanted.onlyCase !== undefined;
  const { tally, failures } = await (one ? run(wanted, watcher) : runWorkers(wanted, workers, watcher));
  const ms = performance.now() - from;
  for (const line of finalLines(tally, ms, wanted.seed, failures)) console.error(line);
  if (options.json) console.log(finalJson(tally, ms, wanted.seed, failures));
  return failures > 0 ? 1 : 0;
}
