// `npm run fuzz`: compares the hot path with its slow twin on random cases until time or a failure ends it.

import { parseArgs } from 'node:util';
import { bookNumber, CASES_A_BOOK } from './cases.js';
import { realBodies } from './corpus.js';
import { reportFailure } from './failure_report.js';
import { Fuzzer, signature, type Tally } from './fuzzer.js';
import { World } from './world.js';

const HELP = `npm run fuzz -- [options]

Answers random OpenRTB bodies with the hot path and with the reference bidder, and compares reason and response to the
byte; checks every response by the rules of OpenRTB as well. Bodies are generated, or real ones from
../shared/openrtb/*.jsonl where that folder exists, as they are and changed.

  --seconds N       how long (default 30)
  --cases N         at most so many cases
  --seed S          where to start, 0 to 10,000,000 (default: from the clock); equal seeds run equal cases
  --per-book N      cases until the next book and model (default 3000, at most ${CASES_A_BOOK})
  --case SEED       only this case, in full
  --failures N      go on until N different failures were found (default 1)
  --json            totals as one JSON object on standard output
  --help

Exit code 1 if a case failed: a difference, a broken rule, a trap.`;

/** Time to make a failing body smaller. */
const MINIMISE_MS = 20_000;
const PROGRESS_MS = 2000;

const nowMs = (): number => performance.now();

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    'per-book': { type: 'string', default: '3000' },
    case: { type: 'string' },
    failures: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** What whoever called can mend. */
class UsageError extends Error {}

function numberOption(name: string, text: string, max: number): number {
  const value = Number(text);
  const min = name === 'per-book' ? 1 : 0;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} takes an integer from ${min} to ${max}, not ${text}`);
  }
  return value;
}

if (options.help) console.log(HELP);
else process.exitCode = await run().catch(usage);

function usage(error: unknown): number {
  if (!(error instanceof UsageError)) throw error;
  console.error(`fuzz: ${error.message}`);
  return 2;
}

async function run(): Promise<number> {
  const real = realBodies();
  const world = new World();
  const fuzzer = new Fuzzer(world, real, () => performance.now() * 1000);
  const seed =
    options.seed === undefined
      ? Math.floor(Date.now() / 1000) % 10_000_000
      : numberOption('seed', options.seed, 10_000_000);
  const seeds =
    options.case === undefined
      ? caseSeeds(
          seed,
          numberOption('per-book', options['per-book'], CASES_A_BOOK),
          numberOption('cases', options.cases ?? '1000000000', 1e9),
        )
      : [numberOption('case', options.case, Number.MAX_SAFE_INTEGER)];
  if (options.case === undefined)
    console.error(`fuzz: seed ${seed}, ${real.length > 0 ? `${real.length} real bodies and` : 'only'} generated ones`);
  const from = nowMs();
  const until = options.case === undefined ? from + numberOption('seconds', options.seconds, 1e7) * 1000 : Infinity;
  const wanted = numberOption('failures', options.failures, 1000);
  const found = new Set<string>();
  let progress = from + PROGRESS_MS;
  for (const one of seeds) {
    const finding = await fuzzer.run(one);
    if (finding !== undefined && !found.has(signature(finding))) {
      found.add(signature(finding));
      for (const line of reportFailure(finding, fuzzer, world, MINIMISE_MS, nowMs)) console.error(line);
      if (found.size >= wanted) break;
    }
    // What went wrong, and making the body smaller, has moved the counters.
    if (finding !== undefined) world.syncCounters();
    const now = nowMs();
    if (now >= until) break;
    if (now >= progress) {
      console.error(progressLine(fuzzer.tally, now - from));
      progress = now + PROGRESS_MS;
    }
  }
  report(fuzzer.tally, nowMs() - from, seed, found.size);
  return found.size > 0 ? 1 : 0;
}

/** The case numbers of a run: so many of one book, then of the next. */
function* caseSeeds(seed: number, perBook: number, cases: number): Generator<number> {
  for (let n = 0; n < cases; n += 1) yield bookNumber(seed, Math.floor(n / perBook)) * CASES_A_BOOK + (n % perBook);
}

function progressLine(tally: Tally, ms: number): string {
  const share = (count: number): string => `${((100 * count) / Math.max(1, tally.cases)).toFixed(1)}%`;
  const reasons = tally
    .ranked()
    .map(([label, count]) => `${label} ${share(count)}`)
    .join(', ');
  const rate = Math.round(tally.cases / (ms / 1000));
  const slowest = `slowest ${tally.slowestUs.toFixed(0)} us (case ${tally.slowestSeed})`;
  return `${tally.cases} cases, ${rate}/s, ${slowest}: ${reasons}`;
}

function report(tally: Tally, ms: number, seed: number, failures: number): void {
  console.error(progressLine(tally, ms));
  const seconds = (ms / 1000).toFixed(1);
  console.error(
    `fuzz: ${tally.cases} cases in ${seconds} s, ${tally.bids} with bids, ${failures} failures (seed ${seed})`,
  );
  if (!options.json) return;
  console.log(
    JSON.stringify({
      seed,
      cases: tally.cases,
      seconds: ms / 1000,
      bids: tally.bids,
      failures,
      slowest_us: tally.slowestUs,
      slowest_case: tally.slowestSeed,
      reasons: Object.fromEntries(tally.ranked()),
      kinds: Object.fromEntries(tally.kinds),
    }),
  );
}
