// The price landscape: how likely it makes the prices of a test log, and how much of the oracle's surplus it earns,
// beside what simpler means reach; observations a second it learns, and how long its tables take to fit and write. On
// the real log (`landscape-2259`, see docs/landscape.md) where it lies beside the checkout, else on a synthetic one.

import { existsSync } from 'node:fs';
import { MODEL_BYTES, NO_EXCHANGE } from '../assembly/model_layout.js';
import { type Comparison, compare, compareLogs } from '../models/landscape/evaluation/compare.js';
import { LEVELS } from '../models/landscape/evaluation/surplus.js';
import { syntheticLog } from '../models/landscape/evaluation/synthetic_log.js';
import { LandscapeTrainer } from '../models/landscape/landscape_trainer.js';
import { SyntheticMarket } from '../models/landscape/testing/synthetic_market.js';
import type { Benchmark, Context } from './benchmark.js';
import { median, WorkHash } from './measure.js';

const FOLDER = '../shared/data/landscape-2259';
const SYNTHETIC_TRAIN = 20_000;
const SYNTHETIC_TEST = 4000;
const WRITES = 5;

export const landscape: Benchmark = {
  name: 'landscape',
  help: 'win price landscape: likelihood, calibration, surplus, speed of learning',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const work = new WorkHash();
  const real = existsSync(`${FOLDER}/train.yzbx.txt`);
  const quiet = (): void => undefined;
  const comparison = real
    ? await compare(`${FOLDER}/train.yzbx.txt`, `${FOLDER}/test.yzbx.txt`, 'yzbx', quiet)
    : compareLogs(syntheticLog(SYNTHETIC_TRAIN, seed), syntheticLog(SYNTHETIC_TEST, seed + 1), quiet);
  if ('problem' in comparison) throw new Error(comparison.problem);
  const name = real ? 'landscape_2259' : 'landscape_synthetic';
  quality(name, comparison, report, work);
  speed(size.landscapeObservations, seed, report, work);
  report.work('landscape', work.text(), `likelihoods on the ${real ? 'real' : 'synthetic'} log, and the model written`);
}

function quality(name: string, { models, surplus }: Comparison, report: Context['report'], work: WorkHash): void {
  for (const { mode, name: model, scores } of models) {
    if (model === 'won_histogram') continue;
    const figure = `${name}_${model}_${mode}`;
    report.figure(`${figure}_anlp`, scores.anlp, 'nats', 'mean -ln P(price), all auctions of the test log');
    report.figure(`${figure}_anlp_censored`, scores.anlpCensored, 'nats', 'of what the bidder sees');
    report.figure(`${figure}_ece`, scores.ece, 'probability', 'of P(win) at the own bids');
    work.number(scores.anlp);
  }
  for (const level of LEVELS) {
    const rows = surplus.filter((row) => row.mode === 'frozen' && row.level === level);
    const others = rows.filter(({ bidder }) => bidder !== 'landscape');
    const best = others.reduce((a, b) => (a.share > b.share ? a : b));
    const ours = rows.find(({ bidder }) => bidder === 'landscape');
    const note = `value ${level} times the own bid`;
    report.figure(`${name}_surplus_x${level}`, ours?.share ?? Number.NaN, 'of oracle', note);
    report.figure(`${name}_surplus_next_x${level}`, best.share, 'of oracle', `the best of the others: ${best.bidder}`);
  }
}

function speed(observations: number, seed: number, report: Context['report'], work: WorkHash): void {
  const market = new SyntheticMarket({ seed, bidMean: 0 });
  const auctions = Array.from({ length: observations }, (_, i) => market.observation(i % 2 === 0 ? 'won' : 'nothing'));
  const trainer = new LandscapeTrainer();
  const start = performance.now();
  for (const auction of auctions) trainer.learn(auction);
  const seconds = (performance.now() - start) / 1000;
  report.figure('landscape_observations_per_s', observations / seconds, '1/s', '20 features, one core');
  const image = new Uint8Array(MODEL_BYTES);
  const times = Array.from({ length: WRITES }, () => {
    // Something new is learned, so that the tables have to be fitted again.
    trainer.learn(market.observation('won'));
    const before = performance.now();
    trainer.writeTo(image, [NO_EXCHANGE, 0, 1, 2]);
    return performance.now() - before;
  });
  report.figure('landscape_write_ms', median(times), 'ms', 'four tables fitted from censored counts, and all weights');
  work.bytes(image);
}
