// `npm run landscape`: learns the price landscape from one log of auctions, measures it on another against what simpler
// means reach, and says what bidding by it earns. Definitions and figures: docs/landscape.md.

import { parseArgs } from 'node:util';
import { type Comparison, compare } from './compare.js';
import { FORMATS, type Format } from './price_log.js';

const HELP = `Usage: npm run landscape -- --train FILE --test FILE [options]

  --train FILE   log to learn from, read once in its order
  --test FILE    log to measure on
  --format NAME  yzbx (default): "click price ownBid id:1 ..." a line; prices whole, one id for each field of the
                 context, the sixth the exchange. In training the price is seen only if it is below ownBid.
                 history: "click price rate [hour]" a line; the own bid is the predicted rate times what makes the mean
                 own bid of the training log its mean price
  --json         one JSON object a line: {"model","anlp","anlp_censored","ece","brier","pit_deviation","curve_error"},
                 then {"level","bidder","surplus_share","win_rate"[,"factor"]}, then {"train","test","seen_share",
                 "observations_per_s"}
  --help         this text

Models: landscape (ours, as published), kaplan_meier (one curve), kaplan_meier_exchange (one for each exchange),
log_normal (all three with censoring), won_histogram (without). Lower is better in the first table. In the second, the
value of an auction is its own bid times the level, auctions are first price, and the share is of the surplus of an
oracle that knows the price.
`;

async function main(): Promise<number> {
  let values: { train?: string; test?: string; format: string; json: boolean; help: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        train: { type: 'string' },
        test: { type: 'string' },
        format: { type: 'string', default: 'yzbx' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return usage((error as Error).message);
  }
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { train, test, format } = values;
  if (train === undefined || test === undefined) return usage('--train and --test are needed');
  if (!(FORMATS as readonly string[]).includes(format)) return usage(`no format ${format}`);
  const comparison = await compare(train, test, format as Format, (text) => {
    process.stderr.write(`landscape: ${text}\n`);
  });
  if ('problem' in comparison) {
    process.stderr.write(`landscape: ${comparison.problem}\n`);
    return 1;
  }
  process.stdout.write(values.json ? jsonOf(comparison) : tableOf(comparison));
  return 0;
}

function usage(problem: string): number {
  process.stderr.write(`landscape: ${problem}\n\n${HELP}`);
  return 2;
}

function jsonOf({ models, surplus, log }: Comparison): string {
  const lines = [
    ...models.map(({ name, scores: s }) => ({
      ...{ model: name, anlp: s.anlp, anlp_censored: s.anlpCensored, ece: s.ece, brier: s.brier },
      ...{ pit_deviation: s.pitDeviation, curve_error: s.curveError },
    })),
    ...surplus.map(({ level, bidder, share, winRate, factor }) => ({
      ...{ level, bidder, surplus_share: share, win_rate: winRate },
      ...(factor === undefined ? {} : { factor }),
    })),
    {
      ...{ train: log.train, test: log.test, seen_share: log.seenShare },
      observations_per_s: log.observationsPerS,
    },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const NAME = 24;

function tableOf({ models, surplus, log }: Comparison): string {
  const cell = (value: number, digits = 4): string => value.toFixed(digits).padStart(9);
  const head = (name: string, columns: readonly string[]): string =>
    `${name.padEnd(NAME)}${columns.map((column) => column.padStart(9)).join('')}`;
  const levels = [...new Set(surplus.map(({ level }) => level))];
  const bidders = [...new Set(surplus.map(({ bidder }) => bidder))];
  const lines = [
    `${log.train} auctions to learn from, the price of ${(100 * log.seenShare).toFixed(1)}% seen; ${log.test} to test`,
    '',
    head('model', ['ANLP', 'censored', 'ECE', 'Brier', 'PIT', 'curve']),
    ...models.map(({ name, scores: s }) => {
      const numbers = [s.anlp, s.anlpCensored, s.ece, s.brier, s.pitDeviation, s.curveError];
      return `${name.padEnd(NAME)}${numbers.map((value) => cell(value)).join('')}`;
    }),
    '',
    head(
      "share of the oracle's",
      levels.map((level) => `value x${level}`),
    ),
    ...bidders.map((bidder) => {
      const shares = levels.map((level) => surplus.find((row) => row.level === level && row.bidder === bidder));
      return `${bidder.padEnd(NAME)}${shares.map((row) => cell(row?.share ?? Number.NaN)).join('')}`;
    }),
    '',
    `${Math.round(log.observationsPerS).toLocaleString('en-US')} observations a second learned`,
  ];
  return `${lines.join('\n')}\n`;
}

process.exitCode = await main();
