// How well a model says what the price will be. Definitions: docs/landscape.md section 4.

import { isWon } from './baselines.js';
import type { Auction } from './price_log.js';
import type { PriceModel } from './price_model.js';

export interface Scores {
  /** Mean of −ln P(the price that was), over all auctions (ANLP of Ren et al. 2019). */
  readonly anlp: number;
  /** The same of what the log's bidder sees: the price if it won, else that the price was no less than its bid. */
  readonly anlpCensored: number;
  /** Of the probability to win with the log's own bids: mean distance to what happened in ten bins of equal count. */
  readonly ece: number;
  /** Mean square of that probability less what happened. */
  readonly brier: number;
  /** Largest distance of the distribution of P(price below what it was) from the uniform one. */
  readonly pitDeviation: number;
  /** Mean distance between predicted and actual share won by bids of 10, 20, … up to the log's highest own bid. */
  readonly curveError: number;
}

/** Weight of the uniform distribution that is mixed into every model: no likelihood is zero. */
const UNIFORM = 1e-3;
const BINS = 10;
const CURVE_STEP = 10;
const PIT_STEPS = 100;

/** @param prices number of whole prices, from 0: where the uniform distribution lies */
export function scoresOf(model: PriceModel, test: readonly Auction[], prices: number): Scores {
  const win = (auction: Auction, bid: number): number =>
    (1 - UNIFORM) * model.winProbability(auction, bid) + (UNIFORM * Math.min(Math.max(bid, 0), prices)) / prices;
  let nll = 0;
  let nllCensored = 0;
  let brier = 0;
  const atOwn: { predicted: number; won: number }[] = [];
  const pit = new Float64Array(PIT_STEPS + 1);
  for (const auction of test) {
    const { price, ownBid } = auction;
    const won = isWon(auction) ? 1 : 0;
    const below = win(auction, price);
    const mass = win(auction, price + 1) - below;
    const predicted = win(auction, ownBid);
    nll -= Math.log(mass);
    nllCensored -= Math.log(won === 1 ? mass : 1 - predicted);
    brier += (predicted - won) ** 2;
    atOwn.push({ predicted, won });
    for (let u = 0; u <= PIT_STEPS; u++) {
      pit[u] = (pit[u] as number) + Math.min(Math.max((u / PIT_STEPS - below) / mass, 0), 1);
    }
  }
  const n = test.length;
  return {
    anlp: nll / n,
    anlpCensored: nllCensored / n,
    ece: binnedError(atOwn),
    brier: brier / n,
    pitDeviation: pit.reduce((most, count, u) => Math.max(most, Math.abs(count / n - u / PIT_STEPS)), 0),
    curveError: curveError(win, test),
  };
}

function binnedError(atOwn: { predicted: number; won: number }[]): number {
  atOwn.sort((a, b) => a.predicted - b.predicted);
  let error = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const from = Math.floor((bin * atOwn.length) / BINS);
    const to = Math.floor(((bin + 1) * atOwn.length) / BINS);
    let excess = 0;
    for (let i = from; i < to; i++) excess += (atOwn[i]?.predicted ?? 0) - (atOwn[i]?.won ?? 0);
    error += Math.abs(excess);
  }
  return error / atOwn.length;
}

function curveError(win: (auction: Auction, bid: number) => number, test: readonly Auction[]): number {
  const highest = test.reduce((most, { ownBid }) => Math.max(most, ownBid), 0);
  let error = 0;
  let bids = 0;
  for (let bid = CURVE_STEP; bid <= Math.max(highest, CURVE_STEP); bid += CURVE_STEP) {
    const excess = test.reduce((sum, auction) => sum + win(auction, bid) - (auction.price < bid ? 1 : 0), 0);
    error += Math.abs(excess) / test.length;
    bids++;
  }
  return error / bids;
}
