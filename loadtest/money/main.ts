// `npm run simulate -- --money`: runs the money of Gavel in virtual time, with faults, and looks whether what must be
// true stays true.

import { parseArgs } from 'node:util';
import { runHistory } from './history.js';
import { run, runWorkers, type Totals } from './run.js';
import { scenarioOf } from './scenario.js';

const HELP = `npm run simulate -- --money [options]

Runs histories of money in virtual time, one a seed: nodes that bid, notices, crashes, full disks, a broken network. A
history whose budgets, charges or leases are wrong ends the run and is told as short as it can be.
docs/simulation.md says what is simulated and what is checked.

  --seeds N      histories (default 200)
  --seed S       the first seed (default 0)
  --workers W    processes (default 1)
  --case SEED    only this history, told in full
  --json         totals as one JSON object on standard output
  --help

Exit code 1 if a history was broken.`;

const { values: options } = parseArgs({
  options: {
    money: { type: 'boolean', default: true },
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '0' },
    workers: { type: 'string', default: '1' },
    case: { type: 'string' },
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
  console.error(`simulate: ${error.message}`);
  return 2;
}

async function main(): Promise<number> {
  const [nth = 0, of = 1] = (options.share ?? '0/1').split('/').map(Number);
  const seed = numberOption('seed', options.seed, 0, 1e9);
  const wanted = { seed, seeds: numberOption('seeds', options.seeds, 1, 1e7), share: { nth, of } };
  const workers = numberOption('workers', options.workers, 1, 64);
  const from = performance.now();
  if (options.case !== undefined) {
    const outcome = await runHistory(scenarioOf(numberOption('case', options.case, 0, 1e9)), console.log);
    console.error(`simulate: ${outcome.problem ?? 'nothing is wrong'}`);
    return outcome.problem === undefined ? 0 : 1;
  }
  const totals = await (workers === 1 ? run(wanted, console.error) : runWorkers(wanted, workers, console.error));
  if (process.send !== undefined && options.share !== undefined) {
    await new Promise((resolve) => process.send?.(totals, undefined, {}, resolve));
    process.disconnect();
  } else report(totals, performance.now() - from);
  return totals.broken.length > 0 ? 1 : 0;
}

function report(totals: Totals, ms: number): void {
  const { histories, steps, virtualS, counts, broken } = totals;
  console.error(
    `simulate: ${histories} histories, ${Math.round(virtualS / 3600)} h of virtual time, ${steps} steps in ` +
      `${(ms / 1000).toFixed(1)} s: ${counts.bids} bids, ${counts.notices} notices booked, ${counts.billed} billed ` +
      `(${counts.late} late), ${counts.repeated} repeated, ${counts.failed} failed; ${broken.length} broken`,
  );
  if (options.json) console.log(JSON.stringify({ ...totals, seconds: ms / 1000 }));
}
