// `npm run fuzz -- --api`: fuzzes the admin API of a Gavel that it starts, until time or failures end it.

import { parseArgs } from 'node:util';
import { fuzzApi } from './fuzz.js';

const HELP = `npm run fuzz -- --api [options]

Starts a Gavel with an embedded database and calls every operation of its OpenAPI document, with examples spoilt by
hostile values, wrong types, deep or broken JSON, headers that repeat or lie, half-sent bodies. A 5xx, no answer, or an
error without its envelope is a failure.

  --seconds N   how long (default 30)
  --calls N     at most so many calls
  --seed S      where to start, 0 to 4294967295 (default: from the clock); equal seeds make equal calls
  --json        totals as one JSON object on standard output
  --help

Exit code 1 if a call failed.`;

const SEED_MAX = 2 ** 32 - 1;

process.exitCode = await main();

async function main(): Promise<number> {
  const parsed = parsedOptions();
  if (typeof parsed === 'string') {
    console.error(`fuzz: ${parsed}`);
    return 2;
  }
  const { seed, seconds, calls, json, help } = parsed;
  if (help) {
    console.log(HELP);
    return 0;
  }
  console.error(`fuzz: admin API, seed ${seed}`);
  const last: (() => unknown)[] = [];
  const owner = { teardown: (work: () => unknown) => void last.push(work) };
  try {
    const from = performance.now();
    const tally = await fuzzApi(owner, { seed, seconds, calls }, (made) => console.error(`fuzz: ${made} calls`));
    const took = ((performance.now() - from) / 1000).toFixed(0);
    for (const failure of tally.failures) console.error(`fuzz: ${failure}`);
    const answers = Object.entries(tally.statuses).map(([status, count]) => `${status}: ${count}`);
    console.error(`fuzz: ${tally.calls} calls in ${took} s, ${tally.failures.length} failures; ${answers.join(', ')}`);
    if (json) console.log(JSON.stringify({ seed, ...tally }));
    return tally.failures.length > 0 ? 1 : 0;
  } finally {
    for (const work of last.reverse()) await work();
  }
}

interface Options {
  readonly seed: number;
  readonly seconds: number;
  readonly calls: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** The options, or what is wrong with them. */
function parsedOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        api: { type: 'boolean' },
        seconds: { type: 'string', default: '30' },
        calls: { type: 'string', default: '1000000000' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const whole = (name: string, text: string, max: number): number => {
      const value = Number(text);
      if (!Number.isInteger(value) || value < 0 || value > max) {
        throw new Error(`--${name} takes an integer from 0 to ${max}, not ${text}`);
      }
      return value;
    };
    return {
      seed: whole('seed', values.seed ?? String(Math.floor(Date.now() / 1000) % 10_000_000), SEED_MAX),
      seconds: whole('seconds', values.seconds, 1e7),
      calls: whole('calls', values.calls, 1e9),
      json: values.json,
      help: values.help,
    };
  } catch (error) {
    return (error as Error).message;
  }
}
