// Options of the exchange simulator, read and checked.

import { parseArgs } from 'node:util';
import type { Tampering } from './books.js';
import type { RedisKind } from './nodes.js';

export const HELP = `npm run simulate -- [options]
npm run simulate -- --closed-loop [options]
npm run simulate -- --money --help

Simulates exchanges: sends OpenRTB traffic to real bidders over HTTP, holds first- and second-price auctions with floors
and deals against modelled rivals, shows what was won to users with known click and conversion rates, and sends all
notices, late, twice, lost or out of order as they come in life. At the end the bidder's books must be the exchanges' to
the micro. docs/exchange-simulator.md says what is modelled and how to read what is printed.

  --seed S           of the world and of everything that happens in it (default 1)
  --auctions N       auctions (default 20000; with --closed-loop 200000)
  --seconds T        end after so many seconds, if that is sooner
  --rate R           auctions a second (default: as fast as they are answered)
  --exchanges N      of the campaign file's exchanges only the first N send traffic
  --people N         users (default 20000)
  --time-scale X     what delays of notices are multiplied with (default 0.05, with --closed-loop 0.01)
  --campaigns FILE   campaign file of the world (default: one of the simulator's own)
  --nodes N          bidders that share their budgets (default 1; more need --redis)
  --redis KIND       none (default), single or cluster (three masters)
  --url URL          a bidder that runs, such as http://127.0.0.1:7507; needs --campaigns with its campaign file
  --closed-loop      three bidders side by side: untrained, learning, and one that knows the true rates
  --window N         with --closed-loop: auctions a point of the curve (default: a fortieth of all)
  --report FILE.svg  with --closed-loop: the curve, and beside it FILE.json
  --at-least SHARE   with --closed-loop: exit code 1 if the learner ends below this share of the oracle
  --inject WHAT      to see the check fail: dropped (the exchange forgets a bill) or altered (by one micro)
  --keep             keep the data folders of bidders that were started
  --json             progress and result as one JSON object a line on standard output
  --help

Exit code 1 if the books differ, a budget was exceeded or a notice was never answered; 2 if called wrongly.`;

export class UsageError extends Error {}

export interface Options {
  readonly help: boolean;
  readonly closedLoop: boolean;
  readonly seed: number;
  readonly auctions: number;
  readonly seconds: number;
  readonly rate: number;
  readonly exchanges: number | undefined;
  readonly people: number;
  readonly timeScale: number;
  readonly campaigns: string | undefined;
  readonly nodes: number;
  readonly redis: RedisKind;
  readonly url: string | undefined;
  readonly window: number | undefined;
  readonly report: string | undefined;
  readonly atLeast: number | undefined;
  readonly tampering: Tampering | undefined;
  readonly keep: boolean;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const OPTIONS = {
  seed: text,
  auctions: text,
  seconds: text,
  rate: text,
  exchanges: text,
  people: text,
  'time-scale': text,
  campaigns: text,
  nodes: text,
  redis: text,
  url: text,
  'closed-loop': flag,
  window: text,
  report: text,
  'at-least': text,
  inject: text,
  keep: flag,
  json: flag,
  help: flag,
} as const;

/** Only these go with `--closed-loop`, and only there. */
const OF_LOOP = ['window', 'report', 'at-least'] as const;
const NOT_OF_LOOP = ['nodes', 'redis', 'url', 'inject', 'campaigns', 'exchanges'] as const;

/** Reads the command line. Throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const loop = values['closed-loop'];
  for (const name of loop ? NOT_OF_LOOP : OF_LOOP) {
    if (values[name] !== undefined)
      throw new UsageError(`--${name} ${loop ? 'does not go' : 'goes only'} with --closed-loop`);
  }
  const number = (name: keyof typeof values, fallback: number, min: number, max: number, whole = true): number =>
    numberOption(name, values[name], { fallback, min, max, whole });
  const optional = (name: keyof typeof values, min: number, max: number, whole = true): number | undefined =>
    values[name] === undefined ? undefined : number(name, 0, min, max, whole);
  const { redis = 'none', inject, url } = values;
  if (redis !== 'none' && redis !== 'single' && redis !== 'cluster') {
    throw new UsageError(`--redis is none, single or cluster, not ${redis}`);
  }
  if (inject !== undefined && inject !== 'dropped' && inject !== 'altered') {
    throw new UsageError(`--inject is dropped or altered, not ${inject}`);
  }
  const nodes = number('nodes', 1, 1, 16);
  if (nodes > 1 && redis === 'none') throw new UsageError('--nodes above 1 needs --redis single or cluster');
  if (url !== undefined && !/^http:\/\/[^/?#]+$/.test(url)) {
    throw new UsageError(`--url is such as http://127.0.0.1:7507, not ${url}`);
  }
  if (url !== undefined && values.campaigns === undefined) throw new UsageError('--url needs --campaigns');
  if (url !== undefined && (nodes > 1 || redis !== 'none'))
    throw new UsageError('--url goes without --nodes and --redis');
  return {
    help: values.help,
    closedLoop: loop,
    seed: number('seed', 1, 0, 1e9),
    auctions: number(
      'auctions',
      loop ? 200_000 : values.seconds === undefined ? 20_000 : Number.MAX_SAFE_INTEGER,
      1,
      1e9,
    ),
    seconds: number('seconds', Number.POSITIVE_INFINITY, 0.1, 1e6, false),
    rate: number('rate', Number.POSITIVE_INFINITY, 0.1, 1e6, false),
    exchanges: optional('exchanges', 1, 100),
    people: number('people', 20_000, 1, 1e6),
    timeScale: number('time-scale', loop ? 0.01 : 0.05, 0, 10, false),
    campaigns: values.campaigns,
    nodes,
    redis,
    url,
    window: optional('window', 1, 1e9),
    report: values.report,
    atLeast: optional('at-least', 0, 2, false),
    tampering: inject,
    keep: values.keep,
    json: values.json,
  };
}

/**
 * The number an option was given, or another where it was not given. Throws UsageError where it is none, or out of
 * bounds.
 */
export function numberOption(
  name: string,
  given: string | boolean | undefined,
  bounds: { readonly fallback: number; readonly min: number; readonly max: number; readonly whole: boolean },
): number {
  const { fallback, min, max, whole } = bounds;
  if (given === undefined) return fallback;
  const value = Number(given);
  const isWritten = typeof given === 'string' && given !== '';
  if (isWritten && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(`--${name} takes ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}, not ${given}`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('.')[0] as string);
  }
}
