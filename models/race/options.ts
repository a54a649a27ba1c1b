// The command line of the race, checked.

import { parseArgs } from 'node:util';
import type { PriceRule } from './day.js';
import { FIELD } from './field.js';
import { type Columns, columnsOf } from './log.js';
import { BOUNDS } from './race.js';
import { STRESS_NAMES, STRESSES, type StressName } from './worlds.js';

const PRICES: readonly PriceRule[] = ['second', 'first'];
const POLICIES = [...Object.keys(FIELD), ...Object.keys(BOUNDS)];
const DEFAULTS = {
  columns: 'click,price,pctr',
  budgets: '1/32,1/16,1/8,1/4,1/2',
  price: PRICES.join(','),
  deviations: '-0.8,-0.4,-0.2,0,0.2,0.8,1.6',
  stress: STRESS_NAMES.join(','),
  seeds: '5',
  policies: POLICIES.join(','),
  threads: '2',
};

const lines = (table: Readonly<Record<string, string>>): string =>
  Object.entries(table)
    .map(([name, about]) => `  ${name.padEnd(14)} ${about}\n`)
    .join('');

export const HELP = `Usage: npm run evaluate -- --log FILE [options]

Races bidders over a day of the log's auctions with equal budgets, against what could have been had in hindsight.

  --log FILE          auctions in the order they happened, a line each; may be compressed by gzip
  --train FILE        what is tuned is tuned on this log; without it, on the first quarter of the other, which is then
                      not raced
  --columns A,B,…     what stands in a line, separated by tabs or spaces: click, price, pctr, hour (not used) or - to
                      skip one (default ${DEFAULTS.columns}); prices and bids are in one unit
  --budgets A,B,…     shares of what all auctions cost together, as 1/32 or 0.1 (default ${DEFAULTS.budgets})
  --price A,B         second, first: what is paid (default ${DEFAULTS.price})
  --deviations A,B,…  of what a bidder starts from; -0.8 starts at a fifth (default ${DEFAULTS.deviations})
  --stress A,B,…      worlds to race in (default all)
  --seeds N           worlds of each stress (default ${DEFAULTS.seeds})
  --policies A,B,…    who races; the first, or ppo where it is, is compared with the others (default all)
  --threads N         that race at once (default ${DEFAULTS.threads})
  --json              a line for each day of each policy: {"policy","budget","price","start_deviation","stress","seed",
                      "r_over_r_star","spent_share","clicks","pctr_sum","surplus_share","largest_slot_share",
                      "quarter_shares"}
  --svg FILE          write a picture
  --help              this text

Policies:
${lines(Object.fromEntries(Object.entries(FIELD).map(([name, { about }]) => [name, about])))}${lines(BOUNDS)}
Stresses:
${lines(Object.fromEntries(STRESS_NAMES.map((name) => [name, STRESSES[name].about])))}
docs/race.md defines the figures.
`;

export interface Options {
  readonly log: string;
  readonly train?: string;
  readonly columns: Columns;
  readonly shares: readonly number[];
  readonly prices: readonly PriceRule[];
  readonly deviations: readonly number[];
  readonly stresses: readonly StressName[];
  readonly seeds: number;
  readonly policies: readonly string[];
  readonly threads: number;
  readonly json: boolean;
  readonly svg?: string;
}

/** @returns what was asked for, `help`, or what is wrong with it */
export function optionsOf(args: readonly string[]): Options | { readonly problem: string } | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const withDefaults = Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [name, { ...text, default: value }]),
  ) as Record<keyof typeof DEFAULTS, { readonly type: 'string'; readonly default: string }>;
  try {
    const { values } = parseArgs({
      args: joined(args),
      options: { ...withDefaults, log: text, train: text, svg: text, json: flag, help: flag },
    });
    if (values.help) return 'help';
    const { log, train, svg, json } = values;
    if (log === undefined) return { problem: '--log is needed' };
    const columns = columnsOf(values.columns);
    if (typeof columns === 'string') return { problem: `--columns ${values.columns}: ${columns}` };
    const numbers = (name: 'budgets' | 'deviations', fits: (each: number) => boolean, wanted: string): number[] =>
      list(values[name]).map((each) => {
        const value = ratio(each);
        if (!fits(value)) throw new RangeError(`--${name} ${each}: wants ${wanted}`);
        return value;
      });
    const names = <T extends string>(name: 'price' | 'stress' | 'policies', known: readonly T[]): T[] =>
      list(values[name]).map((each) => {
        const found = known.find((one) => one === each);
        if (found === undefined) throw new RangeError(`--${name} ${each}: there are ${known.join(', ')}`);
        return found;
      });
    const whole = (name: 'seeds' | 'threads', most: number): number => {
      const value = Number(values[name]);
      if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
        throw new RangeError(`--${name} ${values[name]}: wants a whole number from 1 to ${most}`);
      }
      return value;
    };
    return {
      ...{ log, columns, json, ...(train === undefined ? {} : { train }), ...(svg === undefined ? {} : { svg }) },
      shares: numbers('budgets', (each) => each > 0 && each <= 1, 'shares above 0, at most 1'),
      deviations: numbers('deviations', (each) => each > -1 && each <= 100, 'numbers above -1, at most 100'),
      prices: names('price', PRICES),
      stresses: names('stress', STRESS_NAMES),
      policies: names('policies', POLICIES),
      seeds: whole('seeds', 1000),
      threads: whole('threads', 64),
    };
  } catch (error) {
    if (error instanceof RangeError || (error instanceof TypeError && 'code' in error)) {
      return { problem: error.message }; // ours, or an option nobody knows or without its value
    }
    throw error;
  }
}

/** A list of deviations begins with a minus, which parseArgs takes for an option unless it is joined by =. */
function joined(args: readonly string[]): string[] {
  const result: string[] = [];
  for (const each of args) {
    if (result.at(-1) === '--deviations') result[result.length - 1] = `--deviations=${each}`;
    else result.push(each);
  }
  return result;
}

/** What a list names, each once. */
const list = (text: string): string[] => [...new Set(text.split(',').map((each) => each.trim()))];

/** A number, or one over another. */
function ratio(text: string): number {
  const [over, under = '1', ...more] = text.split('/');
  return over === '' || under === '' || more.length > 0 ? Number.NaN : Number(over) / Number(under);
}
