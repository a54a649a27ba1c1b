// The comparison as a program: what it reads, what it refuses, and what it finds in a market whose truth is known.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { kaplanMeier, logNormal } from './baselines.js';
import { compareLogs } from './compare.js';
import { normalDistribution, normalHazard } from './normal.js';
import type { Auction } from './price_log.js';
import { ScoreSums } from './scores.js';
import { SurplusSums, simpleBidders } from './surplus.js';
import { syntheticLog } from './synthetic_log.js';

const run = promisify(execFile);
const PROGRAM = new URL('./main.js', import.meta.url).pathname;

const folder = mkdtempSync(join(tmpdir(), 'gavel-landscape-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, lines: readonly string[]): string {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  return join(folder, name);
}

const line = ({ price, ownBid, features }: Auction): string =>
  `0 ${price} ${ownBid} ${[...features].map((id) => `${id}:1`).join(' ')}`;

/** What the program says when it fails. */
async function failure(...args: string[]): Promise<{ code: number; stderr: string; stdout: string }> {
  return run(process.execPath, [PROGRAM, ...args]).then(
    () => ({ code: 0, stderr: '', stdout: '' }),
    (error: { code: number; stderr: string; stdout: string }) => error,
  );
}

t.test('in a market with contexts the landscape is more likely, and earns more, than models without', async (t) => {
  const { models, surplus } = compareLogs(syntheticLog(20_000, 1), syntheticLog(3000, 2), () => undefined);
  const of = (name: string) => models.find((row) => row.name === name && row.mode === 'frozen')?.scores;
  const ours = of('landscape');
  for (const name of ['kaplan_meier', 'kaplan_meier_exchange', 'log_normal', 'won_histogram']) {
    const theirs = of(name);
    t.ok((ours?.anlp ?? 9) < (theirs?.anlp ?? 0), `${ours?.anlp} against ${theirs?.anlp} of ${name}`);
    t.ok((ours?.brier ?? 9) < (theirs?.brier ?? 0) - 0.02, `${ours?.brier} against ${theirs?.brier} of ${name}`);
  }
  t.ok((ours?.ece ?? 1) < 0.04, `calibration error ${ours?.ece}`);
  for (const level of [1, 2, 3, 4]) {
    const rows = surplus.filter((row) => row.level === level && row.mode === 'frozen');
    const best = rows.reduce((a, b) => (a.share > b.share ? a : b));
    t.equal(best.bidder, 'landscape', `at value x${level}`);
    t.ok(best.share < 1);
  }
});

t.test('--json prints one object a line and nothing else', async (t) => {
  const train = file('train.txt', syntheticLog(600, 3).map(line));
  const test = file('test.txt', syntheticLog(200, 4).map(line));
  const { stdout } = await run(process.execPath, [PROGRAM, '--train', train, '--test', test, '--json']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
  t.equal(rows.filter((row) => typeof row['anlp'] === 'number' && row['mode'] === 'frozen').length, 5);
  t.equal(rows.filter((row) => typeof row['surplus_share'] === 'number').length, 2 * 4 * 8);
  t.match(rows.at(-1), { train: 600, test: 200 });
});

t.test('a history of prices and predicted rates is read with rates of zero', async (t) => {
  const lines = Array.from(
    { length: 300 },
    (_, i) => `0\t${20 + ((i * 7) % 60)}\t${i % 50 === 0 ? '0.000000' : '0.0001'}\t3`,
  );
  const log = file('history.txt', lines);
  const { stdout } = await run(process.execPath, [PROGRAM, '--train', log, '--test', log, '--format', 'history']);
  t.match(stdout, /300 auctions to learn from/);
});

t.test('files that cannot be read are named with their line; usage errors end with 2', async (t) => {
  const good = file('good.txt', ['0 20 30 1:1 2:1']);
  const bad = file('bad.txt', ['0 20 30 1:1 2:1', '0 x 30 1:1 2:1']);
  const uneven = file('uneven.txt', ['0 20 30 1:1 2:1', '0 20 30 1:1']);
  const empty = file('empty.txt', ['']);
  t.match(await failure('--train', bad, '--test', good), { code: 1, stderr: /bad\.txt:2: not a line/, stdout: '' });
  t.match(await failure('--train', uneven, '--test', good), { code: 1, stderr: /auction 2 has another number/ });
  t.match(await failure('--train', empty, '--test', good), { code: 1, stderr: /no auctions/ });
  t.match(await failure('--train', good, '--test', join(folder, 'none')), { code: 1, stderr: /ENOENT/ });
  t.match(await failure('--train', good), { code: 2, stderr: /--test/ });
  t.match(await failure('--train', good, '--test', good, '--format', 'csv'), { code: 2, stderr: /no format csv/ });
  t.match(await failure('--nonsense'), { code: 2, stderr: /nonsense/ });
});

const auction = (price: number, ownBid: number): Auction => ({
  ...{ price, ownBid, features: Uint32Array.of(0), exchangeFeature: 0 },
});

t.test('Kaplan and Meier, by hand: a lost bid is at risk at the prices below it', async (t) => {
  // Prices 2 and 4 seen; a bid of 4 lost (price at least 4), one of 3 lost.
  const model = kaplanMeier([auction(2, 9), auction(4, 9), auction(8, 4), auction(8, 3)], 10);
  const [any] = [auction(0, 0)];
  t.equal(model.winProbability(any as Auction, 2), 0);
  t.ok(Math.abs(model.winProbability(any as Auction, 3) - 1 / 4) < 1e-9);
  t.ok(Math.abs(model.winProbability(any as Auction, 5) - 1) < 1e-9, 'at 4 only the one seen is left');
});

t.test('the censored log-normal recovers what it was drawn from', async (t) => {
  const quantiles = Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 4000);
  const inverse = (p: number): number => {
    let [low, high] = [-6, 6];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (normalDistribution(middle) < p) low = middle;
      else high = middle;
    }
    return low;
  };
  const train = quantiles.map((p, i) =>
    auction(Math.floor(Math.exp(4 + 0.7 * inverse(p))), [40, 60, 90][i % 3] as number),
  );
  const model = logNormal(train);
  for (const bid of [25, 55, 110, 200]) {
    const truth = normalDistribution((Math.log(bid) - 4) / 0.7);
    const said = model.winProbability(train[0] as Auction, bid);
    t.ok(Math.abs(said - truth) < 0.01, `${said} against ${truth} at ${bid}`);
  }
  t.ok(Math.abs(normalHazard(0) - Math.sqrt(2 / Math.PI)) < 1e-6);
  t.ok(Math.abs(normalHazard(20) - 20.05) < 0.01, 'far out the hazard is x + 1/x');
});

t.test('the right probabilities score better than wrong ones, and are calibrated', async (t) => {
  const log = Array.from({ length: 1000 }, (_, i) => auction(i % 100, 50));
  const scores = (shift: number) => {
    const sums = new ScoreSums(100);
    sums.add({ name: '', winProbability: (_, bid) => Math.min(Math.max(bid / 100 + shift, 0), 1), bid: () => 0 }, log);
    return sums.result();
  };
  const [right, wrong] = [scores(0), scores(0.2)];
  t.ok(Math.abs(right.anlp - Math.log(100)) < 1e-9);
  t.ok(right.ece < 1e-9 && right.pitDeviation < 1e-9 && right.curveError < 1e-9);
  t.ok(wrong.anlp > right.anlp && wrong.ece > 0.19 && wrong.curveError > 0.15);
});

t.test('the oracle pays a tick above the price; the constant in hindsight is the best of constants', async (t) => {
  const log = [auction(10, 20), auction(12, 20), auction(30, 20)];
  const earned = (bid: number): number => new SurplusSums('x', 1).add(() => bid, log).result().share;
  // Oracle: 9.99 + 7.99. A bid of 13 wins both, and is lowered to 12.01.
  t.ok(Math.abs(earned(13) - (2 * 7.99) / 17.98) < 1e-9);
  t.equal(earned(10), 0, 'a bid equal to the price does not win');
  const [none, , hindsight] = simpleBidders(log, log, 1);
  t.equal(none?.bidder, 'no_shading');
  t.ok(Math.abs((hindsight?.share ?? 0) - earned(13)) < 1e-9);
});
