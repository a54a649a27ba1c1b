// One comparison: two logs read, all models learned from the first, all measured on the second.

import { isWon, kaplanMeier, kaplanMeierByExchange, logNormal, wonHistogram } from './baselines.js';
import { learnedTrainer, publishedModel } from './learned_model.js';
import { type Auction, type Format, isPriceLogError, type PriceLogError, readPriceLog } from './price_log.js';
import type { PriceModel } from './price_model.js';
import { type Scores, scoresOf } from './scores.js';
import { LEVELS, type Surplus, surplusTable } from './surplus.js';

export interface Comparison {
  readonly models: readonly { readonly name: string; readonly scores: Scores }[];
  readonly surplus: readonly Surplus[];
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
  const trainer = learnedTrainer(train);
  const seconds = (performance.now() - start) / 1000;
  // The highest price of either log, which all models may know.
  const prices = 1 + [...train, ...test].reduce((most, { price }) => Math.max(most, price), 0);
  const models: PriceModel[] = [
    publishedModel(trainer, train),
    kaplanMeier(train, prices),
    kaplanMeierByExchange(train, prices),
    logNormal(train),
    wonHistogram(train, prices),
  ];
  const scores = models.map((model) => {
    progress(`measuring ${model.name} on ${test.length} auctions`);
    return { name: model.name, scores: scoresOf(model, test, prices) };
  });
  const surplus = LEVELS.flatMap((level) => {
    progress(`bidding on ${test.length} auctions at value x${level}`);
    return surplusTable(models, train, test, level);
  });
  const seenShare = train.filter(isWon).length / train.length;
  const observationsPerS = train.length / seconds;
  return { models: scores, surplus, log: { train: train.length, test: test.length, seenShare, observationsPerS } };
}

const mean = (auctions: readonly Auction[], of: (auction: Auction) => number): number =>
  auctions.reduce((sum, auction) => sum + of(auction), 0) / auctions.length;
