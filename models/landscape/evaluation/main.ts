// `npm run landscape`: learns the price landscape from one log of auctions, measures it on another against what simpler
// means reach, and says what bidding by it earns. Definitions and figures: docs/landscape.md.

import { parseArgs } from 'node:util';
import { type Comparison, compare, MODES } from './compare.js';
import { FORMATS, type Format } from './price_log.js';

const HELP = `Usage: npm run landscape -- --train FILE --test FILE [options]

  --train FILE   log to learn from, read once in its order
  --test FILE    log to measure on
  --format NAME  yzbx (default): "click price ownBid id:1 ..." a line; prices whole, one id for each field of the
                 context, the sixth the exchange. In training the price is seen only if it is below ownBid.
                 history: "click price rate [hour]" a line; the own bid is the predicted rate times what makes the mean
                 own bid of the training log its mean price
  --json         one JSON object a line: {"model","mode","anlp","anlp_censored","ece","brier","pit_deviation",
                 "curve_error"}, then {"bidder","mode","level","surplus_share","win_rate"[,"factor"]}, then
                 {"train","test","seen_share","observations_per_s"}
  --help         this text

Models: landscape (ours, as published), kaplan_meier (one curve), kaplan_meier_exchange (one for each exchange),
log_normal (all three with censoring), won_histogram (without). Lower is better in the tables of models. In the others
the value of an auction is its own bid times the level, auctions are first price, and the share is of the surplus of an
oracle that knows the price. Frozen: as learned from the training log. Progressive: the test log comes in 20 parts, and
what was bid on in one is learned before the next, by all models alike, as in production.
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
    ...models.map(({ name, mode, scores: s }) => ({
      ...{ model: name, mode, anlp: s.anlp, anlp_censored: s.anlpCensored, ece: s.ece, brier: s.brier },
      ...{ pit_deviation: s.pitDeviation, curve_error: s.curveError },
    })),
    ...surplus.map(({ level, bidder, mode, share, winRate, factor }) => ({
      ...{ bidder, mode, level, surplus_share: share, win_rate: winRate },
      ...(factor === undefined ? {} : { factor }),
    })),
    {
      ...{ train: log.train, test: log.test, seen_share: log.seenShare },
      observations_per_s: log.observationsPerS,
    },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const NAME = 28;

function tableOf({ models, surplus, log }: Comparison): string {
  const cell = (value: number): string => value.toFixed(4).padStart(9);
  const head = (name: string, columns: readonly string[]): string =>
    `${name.padEnd(NAME)}${columns.map((column) => column.padStart(9)).join('')}`;
  const levels = [...new Set(surplus.map(({ level }) => level))];
  const bidders = [...new Set(surplus.map(({ bidder }) => bidder))];
  const lines = [
    `${log.train} auctions to learn from, the price of ${(100 * log.seenShare).toFixed(1)}% seen; ${log.test} to test`,
  ];
  for (const mode of MODES) {
    lines.push('', head(`${mode}: model`, ['ANLP', 'censored', 'ECE', 'Brier', 'PIT', 'curve']));
    for (const { name, scores: s } of models.filter((row) => row.mode === mode)) {
      const numbers = [s.anlp, s.anlpCensored, s.ece, s.brier, s.pitDeviation, s.curveError];
      lines.push(`${name.padEnd(NAME)}${numbers.map((value) => cell(value)).join('')}`);
    }
    const columns = levels.map((level) => `value x${level}`);
    lines.push('', head(`${mode}: share of oracle`, columns));
    for (const bidder of bidders) {
      const rows = surplus.filter((row) => row.bidder === bidder && row.mode === mode);
      lines.push(`${bidder.padEnd(NAME)}${rows.map((row) => cell(row.share)).join('')}`);
    }
  }
  lines.push('', `${Math.round(log.observationsPerS).toLocaleString('en-US')} observations a second learned`);
  return `${lines.join('\n')}\n`;
}

process.exitCode = await main();
