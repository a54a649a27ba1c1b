// `npm run policy -- judge`: the gate for policies by hand, on synthetic worlds and on those of an event log.

import { judgePolicy } from './judge.js';
import { campaignIn, failed, misused, optionsOf, policyIn } from './options.js';
import { readLog } from './read_log.js';
import { replay } from './replay.js';
import { estimateOf } from './retraining/retrain.js';

const SEED = 1;
const WORLDS = 60;
const DAYS = 4;
const PROGRESS_MS = 2000;

const HELP = `Usage: npm run policy -- judge --candidate FILE [--incumbent FILE] [options]

Lives through the same days with both policies, from many starts and with many budgets, and says whether the candidate
may follow: better by more than chance, no day misspent, and not contradicted by logged decisions. Exits with 0 also
if it may not.

  --candidate FILE   a policy file
  --incumbent FILE   the policy it is to follow (default: none, the pacer alone)
  --events FOLDER    an event log: every second world is of its newest days, and its decisions are asked
  --log FILE         a log of auctions: every second world is of it
  --columns A,B,…    its columns, as npm run evaluate takes them (default click,price,pctr)
  --worlds N         campaigns that are made up for it (default ${WORLDS}), at least 12
  --days N           days of each, at least 40 in all (default ${DAYS})
  --seed S           of the worlds (default ${SEED})
  --json             one line on standard output
  --help             this text
`;

const OPTIONS = {
  candidate: { type: 'string' },
  incumbent: { type: 'string' },
  events: { type: 'string' },
  log: { type: 'string' },
  columns: { type: 'string', default: 'click,price,pctr' },
  worlds: { type: 'string', default: String(WORLDS) },
  days: { type: 'string', default: String(DAYS) },
  seed: { type: 'string', default: String(SEED) },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export async function judgeCommand(args: readonly string[]): Promise<number> {
  const values = optionsOf(args, OPTIONS);
  if (typeof values === 'string') return misused(values, HELP);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [worlds, days, seed] = [values.worlds, values.days, values.seed].map(Number) as [number, number, number];
  if (values.candidate === undefined) return misused('wants --candidate', HELP);
  if (!Number.isInteger(worlds) || worlds < 1) return misused(`--worlds ${values.worlds}: wants a whole number`, HELP);
  if (!Number.isInteger(days) || days < 1) return misused(`--days ${values.days}: wants a whole number from 1`, HELP);
  if (seed >>> 0 !== seed) return misused(`--seed ${values.seed}: wants a whole number below 2^32`, HELP);
  const candidate = policyIn(values.candidate);
  const incumbent = values.incumbent === undefined ? undefined : policyIn(values.incumbent);
  if (typeof candidate === 'string') return failed(candidate);
  if (typeof incumbent === 'string') return failed(incumbent);
  const log = values.events === undefined ? undefined : await readLog(values.events, 0, seed);
  if (log !== undefined && 'code' in log) return failed(log.problem);
  const own = values.log === undefined ? undefined : await campaignIn(values.log, values.columns);
  if (typeof own === 'string') return failed(own);
  const logged = [...(log?.market.campaigns().held ?? []), ...(own === undefined ? [] : [own])];
  if (log !== undefined) process.stderr.write(`policy: ${logged.length} campaigns of the log have enough auctions\n`);

  let toldMs = performance.now();
  const rest = (done: number, all: number): void => {
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    process.stderr.write(`policy: ${done} of ${all} days\n`);
  };
  const replays = await replay(candidate, incumbent, { seed, worlds, days, logged, rest });
  const { verdict, difference, figures } = judgePolicy(
    replays,
    log === undefined ? undefined : estimateOf(candidate, log.decisions),
  );
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...verdict, difference_percent: difference, ...figures })}\n`);
    return 0;
  }
  process.stdout.write(`${verdict.passes ? 'passes' : 'refused'}: ${verdict.reason}\n`);
  for (const [name, its] of Object.entries(figures.candidate)) {
    const other = figures.incumbent[name] ?? Number.NaN;
    process.stdout.write(
      `  ${name.padEnd(18)}${its.toPrecision(6).padStart(10)}${other.toPrecision(6).padStart(12)}\n`,
    );
  }
  return 0;
}
