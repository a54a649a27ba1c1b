// Options of `npm run simulate -- --policy`, read and checked.

import { parseArgs } from 'node:util';
import type { Tampering } from '../exchange/books.js';
import { numberOption, UsageError } from '../exchange/options.js';

export const HELP = `npm run simulate -- --policy [options]

What the policy is worth beside exchanges whose prices drift: days in virtual time, the same auctions, rivals, users and
luck for two bidders in this process, of which one has the policy and one the pacer alone. Budgets bind. At the end the
books of exchanges and bidders must be equal to the micro. docs/exchange-simulator.md says what is simulated.

  --policy-file FILE  the policy, as npm run policy -- train writes it (default: the first in models/policies)
  --seeds N           worlds (default 10)
  --seed S            the first of them (default 1)
  --auctions N        a day (default 100000)
  --days N            days (default 1)
  --drift X           how much prices drift: 0 not at all, 1 as usual (default), 2 twice as much
  --people N          users (default 20000)
  --report FILE.svg   a picture, and beside it FILE.json
  --inject WHAT       to see the check fail: dropped (the exchange forgets a bill) or altered (by one micro)
  --json              one JSON object a line on standard output: a line a seed, then the whole
  --help

Exit code 1 if books differ, a budget was exceeded or a notice was never answered; 2 if called wrongly.`;

export interface PolicyOptions {
  readonly help: boolean;
  readonly policyFile: string | undefined;
  readonly seeds: number;
  readonly seed: number;
  readonly auctions: number;
  readonly days: number;
  readonly drift: number;
  readonly people: number;
  readonly report: string | undefined;
  readonly tampering: Tampering | undefined;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const OPTIONS = {
  policy: flag,
  'policy-file': text,
  seeds: text,
  seed: text,
  auctions: text,
  days: text,
  drift: text,
  people: text,
  report: text,
  inject: text,
  json: flag,
  help: flag,
} as const;

/** Reads the command line. Throws UsageError. */
export function readPolicyOptions(args: readonly string[]): PolicyOptions {
  const values = parsed(args);
  const number = (
    name: 'seeds' | 'seed' | 'auctions' | 'days' | 'drift' | 'people',
    fallback: number,
    min: number,
    max: number,
  ): number => numberOption(name, values[name], { fallback, min, max, whole: name !== 'drift' });
  const { inject } = values;
  if (inject !== undefined && inject !== 'dropped' && inject !== 'altered') {
    throw new UsageError(`--inject is dropped or altered, not ${inject}`);
  }
  return {
    help: values.help,
    policyFile: values['policy-file'],
    seeds: number('seeds', 10, 1, 1000),
    seed: number('seed', 1, 0, 1e9),
    auctions: number('auctions', 100_000, 1000, 1e7),
    days: number('days', 1, 1, 30),
    drift: number('drift', 1, 0, 5),
    people: number('people', 20_000, 1, 1e6),
    report: values.report,
    tampering: inject,
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('.')[0] as string);
  }
}
