// `npm run traffic`: requests as exchanges send them, one a line, to a file or to standard output.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { sortedQuantile } from '../../bench/measure.js';
import { numberOption, UsageError } from '../exchange/options.js';
import { Traffic, USUAL_TRAFFIC } from './traffic.js';

const HELP = `Usage: npm run traffic -- [options]

Writes OpenRTB 2.6 bid requests, one JSON object a line: sites, apps and televisions; banner, video, native and audio;
pods, deals, supply chains, consent, identifiers, client hints. Median 1.5 to 2 KB, one in sixteen 4 to 6 KB. The same
seed and options write the same bytes. \`npm run loadtest -- --replay FILE\` sends them.

  --count N      requests (default 10000)
  --seed S       (default ${USUAL_TRAFFIC.seed})
  --no-bids X    share of requests that get no bid from the load test’s own book, 0.05 to 1
                 (default ${USUAL_TRAFFIC.noBidShare})
  --out FILE     where to (default: standard output)
  --json         what was written as one JSON object on standard output; needs --out
  --help         this text
`;
const PROGRESS_EVERY = 100_000;
const SIZES_MAX = 1_000_000;
const NEW_LINE = Buffer.from('\n');

const say = (line: string): void => void process.stderr.write(`traffic: ${line}\n`);

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`${error.message}; --help lists the options`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const values = options();
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const count = numberOption('count', values.count, { fallback: 10_000, min: 1, max: 1e9, whole: true });
  const seed = numberOption('seed', values.seed, { fallback: USUAL_TRAFFIC.seed, min: 0, max: 1e9, whole: true });
  const noBidShare = numberOption('no-bids', values['no-bids'], {
    fallback: USUAL_TRAFFIC.noBidShare,
    min: 0.05,
    max: 1,
    whole: false,
  });
  if (values.json && values.out === undefined) throw new UsageError('--json needs --out');
  const sizes = await write(new Traffic({ ...USUAL_TRAFFIC, seed, noBidShare }), count, values.out);
  const at = (q: number): number => sortedQuantile(sizes, q);
  const told = { requests: count, seed, no_bid_share: noBidShare, bytes_p50: at(0.5), bytes_p90: at(0.9) };
  const result = { ...told, bytes_p99: at(0.99), bytes_max: at(1) };
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  say(`${count} requests, ${at(0.5)} bytes at the median, ${at(0.95)} at 95%, ${at(1)} at most`);
}

/** Writes the requests; returns their sizes in bytes, ascending, of at most the first million. */
async function write(traffic: Traffic, count: number, path: string | undefined): Promise<Float64Array> {
  const out = path === undefined ? process.stdout : createWriteStream(path);
  const failed = new Promise<never>((_, reject) => {
    out.once('error', (error: Error) => reject(new UsageError(`--out: ${error.message}`)));
  });
  const sizes = new Float64Array(Math.min(count, SIZES_MAX));
  for (let n = 0; n < count; n++) {
    const { body } = traffic.next();
    if (n < sizes.length) sizes[n] = body.length;
    if (!out.write(Buffer.concat([body, NEW_LINE]))) await Promise.race([once(out, 'drain'), failed]);
    if ((n + 1) % PROGRESS_EVERY === 0) say(`${n + 1} of ${count}`);
  }
  if (out !== process.stdout) {
    out.end();
    await Promise.race([once(out, 'finish'), failed]);
  }
  return sizes.sort();
}

function options() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ options: { count: text, seed: text, 'no-bids': text, out: text, json: flag, help: flag } })
      .values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('.')[0] as string);
  }
}
