// `npm run tune`: how near the tuner comes to the minimum of known functions, next to random search.

import { parseArgs } from 'node:util';
import { KNOWN_FUNCTIONS } from './known_functions.js';
import { gapOfRandom, gapOfTuner } from './race.js';

const NAMES = Object.keys(KNOWN_FUNCTIONS) as (keyof typeof KNOWN_FUNCTIONS)[];

const HELP = `Usage: npm run tune -- [options]

Looks for the minimum of a function that is known, with Bayesian optimisation and with random search.

  --function NAME   ${NAMES.join(', ')}; all of them if left out
  --evaluations N   of the function, by each search (default 60; at most 500)
  --seeds K         searches, seeded 1 to K (default 5; at most 100)
  --json            one JSON object a line:
                    {"function","seed","evaluations","gap","random_gap","gap_ratio","seconds"}
  --help            this text

gap is how far the best point found lies above the minimum; random_gap the median of 101 random searches with as many
evaluations; gap_ratio the first over the second. Code: bidcore/tuning/; what it is: docs/tuning.md.
`;

interface Wanted {
  readonly names: readonly (keyof typeof KNOWN_FUNCTIONS)[];
  readonly evaluations: number;
  readonly seeds: number;
  readonly json: boolean;
}

function main(): number {
  const wanted = read();
  if (wanted === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    process.stderr.write(`tune: ${wanted}\n\n${HELP}`);
    return 2;
  }
  const { names, evaluations, seeds, json } = wanted;
  if (!json) process.stdout.write(`function    seed evaluations        gap     random   seconds\n`);
  for (const name of names) {
    for (let seed = 1; seed <= seeds; seed++) {
      process.stderr.write(`tune: ${name}, seed ${seed} of ${seeds}\n`);
      const started = performance.now();
      const gap = gapOfTuner(KNOWN_FUNCTIONS[name], evaluations, seed);
      const seconds = (performance.now() - started) / 1000;
      const random = gapOfRandom(KNOWN_FUNCTIONS[name], evaluations, seed);
      const row = { function: name, seed, evaluations, gap, random_gap: random, gap_ratio: gap / random, seconds };
      process.stdout.write(json ? `${JSON.stringify(row)}\n` : textOf(row));
    }
  }
  return 0;
}

function textOf(
  row: { function: string; seed: number; evaluations: number } & Record<string, number | string>,
): string {
  const cell = (value: number | string | undefined): string => Number(value).toExponential(2).padStart(11);
  const head = `${row.function.padEnd(12)}${String(row.seed).padStart(4)}${String(row.evaluations).padStart(12)}`;
  return `${head}${cell(row['gap'])}${cell(row['random_gap'])}${Number(row['seconds']).toFixed(1).padStart(10)}\n`;
}

/** What is wanted; a text that is not `help` says what is wrong. */
function read(): Wanted | string {
  let values: { function?: string; evaluations: string; seeds: string; json: boolean; help: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        function: { type: 'string' },
        evaluations: { type: 'string', default: '60' },
        seeds: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return (error as Error).message;
  }
  if (values.help) return 'help';
  const names = NAMES.filter((name) => values.function === undefined || values.function === name);
  if (names.length === 0) return `no function ${values.function}; there are ${NAMES.join(', ')}`;
  const [evaluations, seeds] = [Number(values.evaluations), Number(values.seeds)];
  if (!whole(evaluations, 500)) return `--evaluations wants a whole number from 1 to 500, not ${values.evaluations}`;
  if (!whole(seeds, 100)) return `--seeds wants a whole number from 1 to 100, not ${values.seeds}`;
  return { names, evaluations, seeds, json: values.json };
}

function whole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

process.exitCode = main();
