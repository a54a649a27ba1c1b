// Options of the load test, read and checked: one set for all its verbs.

import { parseArgs } from 'node:util';
import { numberOption, UsageError } from '../exchange/options.js';
import { type TrafficOptions, USUAL_TRAFFIC } from '../traffic/traffic.js';
import { OBJECTIVE_HELP, type Objective, readObjective } from './objective.js';
import { ARRIVALS, type ArrivalKind, SHAPES, type Shape } from './profile.js';

export const VERBS = ['latency', 'capacity', 'smoke', 'compare', 'cores', 'overload'] as const;
export type Verb = (typeof VERBS)[number];

const { seed, noBidShare, gzipShare } = USUAL_TRAFFIC;

export const HELP = `npm run loadtest -- [verb] [options]

Loads a bidder with the traffic of \`npm run traffic\`. It starts a Gavel by itself, on a core of its own where there
are two, with a book, budgets, pacing and notices; or takes one that runs with --url. How to read what it prints:
loadtest/README.md.

  latency    (default) requests at a given rate, whatever becomes of them, each timed from the moment it was meant to be
             sent. Without --rate or --rates: searches for the knee, the highest rate that keeps --knee, then
             measures at shares of it
  capacity   as many requests as are answered, by autocannon, and by wrk where it is installed
  smoke      three seconds of autocannon: exit code 1 unless every request is answered, and some with bids
  compare    capacity, and latency at 50% and 80% of it, beside a server of the same kind that answers without a bidder
  cores      one worker and two: requests a second, and CPU time per request
  overload   half the capacity, twice, half again: what is answered, what is shed, how soon it is well again

What is sent:
  --rate R           requests a second; --rates R,R,… several, one after the other
  --shape SHAPE      ${SHAPES.join(', ')} (default constant): of --rate over the time
  --peak X           of a spike, times --rate (default 3)
  --arrivals KIND    ${ARRIVALS.join(' or ')} (default poisson)
  --seconds T        measured, at each rate (default 10)
  --warmup T         seconds before it (default 2)
  --connections N    at most one request on each at a time (default 64)
  --when-busy WHAT   of a request that no connection is free for: wait (default), its wait counted, or skip
  --timeout-ms T     until a request is given up (default 1000)
  --seed S, --no-bids X, --gzip X   of the traffic (default ${[seed, noBidShare, gzipShare].join(', ')})
  --bodies N         requests made beforehand and sent in turn (default 5000)
  --replay FILE      requests of a file, one a line, instead
  --wins X           share of bids whose win and billing notices are sent as well (default 0.1)

What is loaded:
  --url URL          a bidder that runs, such as http://127.0.0.1:7507
  --ads N            ads in the book of the one that is started (default 10000)
  --workers N        its bidding threads (default 1)
  --env KEY=VALUE    of its environment; may be given several times

What comes of it:
  --slo OBJECTIVE    ${OBJECTIVE_HELP}
  --knee OBJECTIVE   the same, for the search (default p99<10ms,errors<0.1%,achieved>98%)
  --rounds N         of compare and cores (default 3)
  --capacity R       of overload and compare, instead of measuring it
  --html FILE, --csv FILE   the same with plots, and as a table
  --json             one JSON object a line on standard output
  --help

Exit code 1 if the objective, a target of compare or overload, or the smoke test is not met; 2 if called wrongly.`;

export interface Options {
  readonly help: boolean;
  readonly verb: Verb;
  /** Empty: search. */
  readonly rates: readonly number[];
  readonly shape: Shape;
  readonly peak: number;
  readonly arrivals: ArrivalKind;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly waits: boolean;
  readonly timeoutMs: number;
  readonly traffic: TrafficOptions;
  readonly bodies: number;
  readonly replay: string | undefined;
  readonly winShare: number;
  readonly url: string | undefined;
  readonly ads: number;
  readonly workers: number;
  readonly env: Readonly<Record<string, string>>;
  readonly objective: Objective;
  readonly knee: Objective;
  readonly rounds: number;
  readonly capacity: number | undefined;
  readonly html: string | undefined;
  readonly csv: string | undefined;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const OPTIONS = {
  rate: text,
  rates: text,
  shape: text,
  peak: text,
  arrivals: text,
  seconds: text,
  warmup: text,
  connections: text,
  'when-busy': text,
  'timeout-ms': text,
  seed: text,
  'no-bids': text,
  gzip: text,
  bodies: text,
  replay: text,
  wins: text,
  url: text,
  ads: text,
  workers: text,
  env: { type: 'string', multiple: true, default: [] as string[] },
  slo: text,
  knee: text,
  rounds: text,
  capacity: text,
  html: text,
  csv: text,
  json: flag,
  help: flag,
} as const;
const RATE_MAX = 1_000_000;

/** Reads the command line. Throws UsageError. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  type Name = keyof typeof values;
  const given = (name: Name): string | undefined => values[name] as string | undefined;
  const number = (name: Name, fallback: number, min: number, max: number, whole = false): number =>
    numberOption(name, given(name), { fallback, min, max, whole });
  const oneOf = <T extends string>(name: Name, words: readonly T[], fallback: T): T => {
    const word = (given(name) ?? fallback) as T;
    if (!words.includes(word)) throw new UsageError(`--${name} is one of ${words.join(', ')}, not ${word}`);
    return word;
  };
  const [verb = 'latency', ...others] = positionals as Verb[];
  if (!VERBS.includes(verb) || others.length > 0) {
    throw new UsageError(`the verb is one of ${VERBS.join(', ')}, not ${positionals.join(' ')}`);
  }
  const { url, rate, rates } = values;
  if (rate !== undefined && rates !== undefined) throw new UsageError('--rate or --rates, not both');
  if (url !== undefined && !/^http:\/\/[^/?#]+(\/[^?#]*)?$/.test(url)) {
    throw new UsageError(`--url is such as http://127.0.0.1:7507, not ${url}`);
  }
  if (url !== undefined && (verb === 'compare' || verb === 'cores')) {
    throw new UsageError(`${verb} starts its servers itself: no --url`);
  }
  const shape = oneOf('shape', SHAPES, 'constant');
  if (shape !== 'constant' && rate === undefined && rates === undefined) throw new UsageError('--shape needs --rate');
  const list = (rate ?? rates)?.split(',') ?? [];
  return {
    help: values.help,
    verb,
    rates: list.map((one) => {
      const bounds = { fallback: 0, min: 1, max: RATE_MAX, whole: false };
      return numberOption(rate === undefined ? 'rates' : 'rate', one, bounds);
    }),
    shape,
    peak: number('peak', 3, 0.01, 100),
    arrivals: oneOf('arrivals', ARRIVALS, 'poisson'),
    seconds: number('seconds', 10, 0.2, 86_400),
    warmupSeconds: number('warmup', 2, 0, 3600),
    connections: number('connections', 64, 1, 10_000, true),
    waits: oneOf('when-busy', ['wait', 'skip'], 'wait') === 'wait',
    timeoutMs: number('timeout-ms', 1000, 1, 60_000),
    traffic: {
      seed: number('seed', USUAL_TRAFFIC.seed, 0, 1e9, true),
      noBidShare: number('no-bids', USUAL_TRAFFIC.noBidShare, 0.05, 1),
      gzipShare: number('gzip', USUAL_TRAFFIC.gzipShare, 0, 1),
    },
    bodies: number('bodies', 5000, 1, 100_000, true),
    replay: values.replay,
    winShare: number('wins', 0.1, 0, 1),
    url,
    ads: number('ads', 10_000, 100, 100_000, true),
    workers: number('workers', 1, 1, 64, true),
    env: environment(values.env),
    objective: values.slo === undefined ? [] : readObjective(values.slo),
    knee: readObjective(values.knee ?? 'p99<10ms,errors<0.1%,achieved>98%'),
    rounds: number('rounds', 3, 1, 100, true),
    capacity: values.capacity === undefined ? undefined : number('capacity', 0, 1, RATE_MAX),
    html: values.html,
    csv: values.csv,
    json: values.json,
  };
}

function environment(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--env is KEY=VALUE, not ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('.')[0] as string);
  }
}
