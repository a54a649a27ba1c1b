// One comparison: two logs read, all models learned from the first, all measured on the second.

import { isWon, kaplanMeier, kaplanMeierByExchange, logNormal, wonHistogram } from './baselines.js';
import { learnedTrainer, observationOf, publishedModel } from './learned_model.js';
import { type Auction, type Format, isPriceLogError, type PriceLogError, readPriceLog } from './price_log.js';
import type { PriceModel } from './price_model.js';
import { ScoreSums, type Scores } from './scores.js';
import { LEVELS, type Surplus, SurplusSums, simpleBidders } from './surplus.js';

/**
 * How the test log is met: frozen, as it was learned from the training log; or progressive, as in production, where
 * what was bid on is learned before the next part is, by all models alike.
 */
export const MODES = ['frozen', 'progressive'] as const;
export type Mode = (typeof MODES)[number];
const PARTS: Readonly<Record<Mode, number>> = { frozen: 1, progressive: 20 };

export interface Comparison {
  readonly models: readonly { readonly mode: Mode; readonly name: string; readonly scores: Scores }[];
  readonly surplus: readonly (Surplus & { readonly mode: Mode })[];
  readonly log: {
    readonly train: number;
    readonly test: number;
    /** Share of the training auctions whose price the bidder sees. */
    readonly seenShare: number;
    readonly observationsPerS: number;
  };
}

/** Reads two logs and compares. @param progress is told what is being done */
export async function compare(
  trainFile: string,
  testFile: string,
  format: Format,
  progress: (text: string) => void,
): Promise<Comparison | PriceLogError> {
  progress(`reading ${trainFile} and ${testFile}`);
  const raw = await readPriceLog(trainFile, format, (rate) => rate);
  if (isPriceLogError(raw)) return raw;
  // The bids of a history: rates scaled so that the mean bid is the mean price of the log to learn from.
  const scale = format === 'history' ? mean(raw, ({ price }) => price) / mean(raw, ({ ownBid }) => ownBid) : 1;
  const train = raw.map((auction) => ({ ...auction, ownBid: auction.ownBid * scale }));
  const test = await readPriceLog(testFile, format, (rate) => rate * scale);
  if (isPriceLogError(test)) return test;
  return compareLogs(train, test, progress);
}

/** Compares on logs at hand. */
export function compareLogs(
  train: readonly Auction[],
  test: readonly Auction[],
  progress: (text: string) => void,
): Comparison {
  progress(`learning ${train.length} auctions`);
  const start = performance.now();
  learnedTrainer(train);
  const observationsPerS = (train.length / (performance.now() - start)) * 1000;
  const results = MODES.map((mode) => inMode(mode, train, test, progress));
  const simple = LEVELS.flatMap((level) => simpleBidders(train, test, level));
  return {
    models: results.flatMap(({ models }) => models),
    surplus: MODES.flatMap((mode, i) => [...simple.map((row) => ({ ...row, mode })), ...(results[i]?.surplus ?? [])]),
    log: {
      ...{ train: train.length, test: test.length, observationsPerS },
      seenShare: train.filter(isWon).length / train.length,
    },
  };
}

function inMode(
  mode: Mode,
  train: readonly Auction[],
  test: readonly Auction[],
  progress: (text: string) => void,
): Pick<Comparison, 'models' | 'surplus'> {
  // The highest price of either log, which all models may know.
  const prices = 1 + [train, test].flat().reduce((most, { price }) => Math.max(most, price), 0);
  const scores = new Map<string, ScoreSums>();
  const surplus = new Map<string, SurplusSums[]>();
  const trainer = learnedTrainer(train);
  const parts = Math.min(PARTS[mode], test.length);
  for (let part = 0; part < parts; part++) {
    const from = Math.floor((part * test.length) / parts);
    const auctions = test.slice(from, Math.floor(((part + 1) * test.length) / parts));
    progress(`${mode}: ${from + auctions.length} of ${test.length}`);
    const seen = [...train, ...test.slice(0, from)];
    const models: PriceModel[] = [
      publishedModel(trainer, seen),
      kaplanMeier(seen, prices),
      kaplanMeierByExchange(seen, prices),
      logNormal(seen),
      wonHistogram(seen, prices),
    ];
    for (const model of models) {
      const { name } = model;
      const sums = scores.get(name) ?? new ScoreSums(prices);
      scores.set(name, sums);
      sums.add(model, auctions);
      const earned = surplus.get(name) ?? LEVELS.map((level) => new SurplusSums(name, level));
      surplus.set(name, earned);
      for (const sum of earned) sum.add((auction, value) => model.bid(auction, value), auctions);
    }
    for (const auction of auctions) trainer.learn(observationOf(auction));
  }
  return {
    models: [...scores].map(([name, sums]) => ({ mode, name, scores: sums.result() })),
    surplus: [...surplus.values()].flat().map((sum) => ({ mode, ...sum.result() })),
  };
}

const mean = (auctions: readonly Auction[], of: (auction: Auction) => number): number =>
  auctions.reduce((sum, auction) => sum + of(auction), 0) / auctions.length;
