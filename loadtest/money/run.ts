// A run of the money simulator: history after history, in this process or in several, until one is broken or all have
// run.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Outcome, runHistory } from './history.js';
import { scenarioOf } from './scenario.js';
import { shrink } from './shrink.js';

export interface RunOptions {
  readonly seed: number;
  readonly seeds: number;
  /** This process takes every `of`th seed, from the `nth` on. */
  readonly share: { readonly nth: number; readonly of: number };
}

export interface Totals {
  histories: number;
  steps: number;
  virtualS: number;
  counts: Outcome['counts'];
  /** Seeds whose histories were broken. */
  broken: number[];
}

export function noTotals(): Totals {
  const counts = { bids: 0, refused: 0, notices: 0, billed: 0, late: 0, repeated: 0, failed: 0, grants: 0 };
  return { histories: 0, steps: 0, virtualS: 0, counts, broken: [] };
}

/** Runs the seeds of a share; the first broken history ends it. */
export async function run({ seed, seeds, share }: RunOptions, print: (line: string) => void): Promise<Totals> {
  const totals = noTotals();
  for (let n = share.nth; n < seeds; n += share.of) {
    const outcome = await runHistory(scenarioOf(seed + n));
    add(totals, {
      histories: 1,
      steps: outcome.steps,
      virtualS: outcome.virtualMs / 1000,
      counts: outcome.counts,
      broken: [],
    });
    if (outcome.problem === undefined) continue;
    totals.broken.push(seed + n);
    for (const line of await story(seed + n, outcome.problem)) print(line);
    break;
  }
  return totals;
}

export function add(totals: Totals, more: Totals): void {
  totals.histories += more.histories;
  totals.steps += more.steps;
  totals.virtualS += more.virtualS;
  for (const name of Object.keys(totals.counts) as (keyof Totals['counts'])[]) totals.counts[name] += more.counts[name];
  totals.broken.push(...more.broken);
}

/** A broken history, as short as it can be told. */
async function story(seed: number, problem: string): Promise<string[]> {
  const shortest = await shrink(scenarioOf(seed), problem);
  const { nodes, tickMs, leaseMs, bids, faults, campaigns } = shortest;
  const lines = [
    `BROKEN: seed ${seed}: ${problem}`,
    `in short, with ${bids.length} bids, ${faults.length} faults, ${nodes} nodes, ticks of ${tickMs} ms, ` +
      `leases of ${leaseMs} ms:`,
    ...campaigns.map((campaign) => JSON.stringify(campaign)),
  ];
  await runHistory(shortest, (line) => lines.push(line));
  lines.push(`all of it: npm run simulate -- --money --case ${seed}`);
  return lines;
}

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** The same in several processes. Each sends its totals when it ends. */
export async function runWorkers(
  { seed, seeds }: RunOptions,
  workers: number,
  print: (line: string) => void,
): Promise<Totals> {
  const totals = noTotals();
  await Promise.all(
    Array.from({ length: workers }, (_, nth) => {
      const args = ['--money', `--seed=${seed}`, `--seeds=${seeds}`, `--share=${nth}/${workers}`];
      const child = fork(MAIN, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', (more: Totals) => add(totals, more));
      return new Promise<void>((resolve) =>
        child.on('exit', (code, signal) => {
          // 1 is a broken history; anything else a process lost.
          if (code !== 0 && code !== 1) {
            print(`BROKEN: process ${nth} of the run ended with ${code ?? signal}`);
            totals.broken.push(-1);
          }
          resolve();
        }),
      );
    }),
  );
  return totals;
}
