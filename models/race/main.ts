// `npm run evaluate`: a fair race of bidders over a log, at equal budgets, against the best that could have been had.
// What is raced, how, and how to read it: docs/race.md.

import { writeFileSync } from 'node:fs';
import { Crew, type Task } from './crew.js';
import { costOf } from './day.js';
import { partOf, readLog } from './log.js';
import { HELP, type Options, optionsOf } from './options.js';
import { pictureOf } from './picture.js';
import type { Row, TunedField } from './race.js';
import { summaryOf } from './summary.js';
import { tableOf } from './table.js';

/** Without a training log, this share of the log is one. */
const TRAIN_SHARE = 1 / 4;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`evaluate: ${options.problem}\n\n${HELP}`);
    return 2;
  }
  const rows = await raced(options);
  if (typeof rows === 'string') {
    process.stderr.write(`evaluate: ${rows}\n`);
    return 1;
  }
  if (options.svg !== undefined) {
    try {
      writeFileSync(options.svg, pictureOf(rows));
    } catch (error) {
      process.stderr.write(`evaluate: ${(error as Error).message}\n`);
      return 1;
    }
    say(`wrote ${options.svg}`);
  }
  if (options.json) process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  else {
    const champion = options.policies.includes('ppo') ? 'ppo' : (options.policies[0] as string);
    process.stdout.write(options.prices.map((price) => tableOf(summaryOf(rows, price, champion))).join('\n'));
  }
  return 0;
}

function say(text: string): void {
  process.stderr.write(`evaluate: ${text}\n`);
}

/** All days of the race, or why there is none. */
async function raced(options: Options): Promise<Row[] | string> {
  const logs = await logsOf(options);
  if (typeof logs === 'string') return logs;
  const { train, test } = logs;
  const { shares, deviations, policies, prices, stresses, seeds, threads } = options;
  for (const [name, { price }] of Object.entries(logs)) {
    say(`${name}: ${price.length} auctions, together ${Math.round(costOf(logs[name as 'train' | 'test']))}`);
  }
  const crew = new Crew({ train, test, shares, deviations, policies }, threads);
  try {
    const tunings = prices.flatMap((rule) => shares.map((share): Task => ({ kind: 'tune', rule, share })));
    const tuned: TunedField = Object.assign(
      {},
      ...(await crew.all(tunings, progress('tuned for', tunings.length, 'budgets'))).map((done) => done.tuned),
    );
    for (const [key, values] of Object.entries(tuned)) {
      say(
        `${key}: ${Object.entries(values)
          .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
          .join(', ')}`,
      );
    }
    const worlds = prices.flatMap((rule) =>
      stresses.flatMap((stress) =>
        Array.from({ length: seeds }, (_, seed): Task => ({ kind: 'run', rule, stress, seed, tuned })),
      ),
    );
    const done = await crew.all(worlds, progress('raced in', worlds.length, 'worlds'));
    return done.flatMap(({ rows = [] }) => [...rows]);
  } finally {
    await crew.end();
  }
}

async function logsOf({ log, train, columns }: Options) {
  const test = await readLog(log, columns);
  if ('problem' in test) return test.problem;
  if (train === undefined) {
    const count = test.price.length;
    const cut = Math.floor(count * TRAIN_SHARE);
    say(`no --train: tuning on the first ${cut} auctions, racing on the other ${count - cut}`);
    return { train: partOf(test, 0, cut), test: partOf(test, cut, count) };
  }
  const past = await readLog(train, columns);
  return 'problem' in past ? past.problem : { train: past, test };
}

/** Says now and then how far it is. */
function progress(what: string, all: number, unit: string): (done: number) => void {
  let saidMs = Date.now();
  return (done) => {
    if (done < all && Date.now() - saidMs < 5000) return;
    saidMs = Date.now();
    say(`${what} ${done} of ${all} ${unit}`);
  };
}
