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
const CURVE_STEPS_MAX = 30;
const PIT_STEPS = 100;

/** Adds up scores, over parts of a log and the model of each part. */
export class ScoreSums {
  readonly #prices: number;
  #nll = 0;
  #nllCensored = 0;
  #brier = 0;
  #auctions = 0;
  readonly #atOwn: { predicted: number; won: number }[] = [];
  readonly #pit = new Float64Array(PIT_STEPS + 1);
  /** Predicted less actual wins, of bids of each step. */
  readonly #curve = new Float64Array(CURVE_STEPS_MAX);
  #highest = 0;

  /** @param prices number of whole prices, from 0: where the uniform distribution lies */
  constructor(prices: number) {
    this.#prices = prices;
  }

  add(model: PriceModel, auctions: readonly Auction[]): void {
    const prices = this.#prices;
    const win = (auction: Auction, bid: number): number =>
      (1 - UNIFORM) * model.winProbability(auction, bid) + (UNIFORM * Math.min(Math.max(bid, 0), prices)) / prices;
    for (const auction of auctions) {
      const { price, ownBid } = auction;
      const won = isWon(auction) ? 1 : 0;
      const below = win(auction, price);
      const mass = win(auction, price + 1) - below;
      const predicted = win(auction, ownBid);
      this.#nll -= Math.log(mass);
      this.#nllCensored -= Math.log(won === 1 ? mass : 1 - predicted);
      this.#brier += (predicted - won) ** 2;
      this.#atOwn.push({ predicted, won });
      this.#highest = Math.max(this.#highest, ownBid);
      for (let u = 0; u <= PIT_STEPS; u++) {
        this.#pit[u] = (this.#pit[u] as number) + Math.min(Math.max((u / PIT_STEPS - below) / mass, 0), 1);
      }
      for (let step = 0; step < CURVE_STEPS_MAX; step++) {
        const bid = CURVE_STEP * (step + 1);
        this.#curve[step] = (this.#curve[step] as number) + win(auction, bid) - (price < bid ? 1 : 0);
      }
    }
    this.#auctions += auctions.length;
  }

  result(): Scores {
    const n = this.#auctions;
    const steps = Math.min(Math.max(Math.floor(this.#highest / CURVE_STEP), 1), CURVE_STEPS_MAX);
    const curve = this.#curve.subarray(0, steps);
    return {
      anlp: this.#nll / n,
      anlpCensored: this.#nllCensored / n,
      ece: binnedError(this.#atOwn),
      brier: this.#brier / n,
      pitDeviation: this.#pit.reduce((most, count, u) => Math.max(most, Math.abs(count / n - u / PIT_STEPS)), 0),
      curveError: curve.reduce((sum, excess) => sum + Math.abs(excess) / n, 0) / steps,
    };
  }
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
