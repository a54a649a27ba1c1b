// What was seen of the errors around the predicted location, as weights in bins of the logarithm: how often the price
// to win was known to lie in a bin, at most in it, above it. One set of bins for all exchanges together and one for
// each of the first exchanges met. Old observations fade; each set by its own traffic, so that a thin exchange keeps
// what it has.
//
// The error of an observation is taken before it is learned: so the bins hold the errors that the next bids will meet,
// not those of a fit to its own data, which look too good.

import { ABOVE, BELOW, EXACT, type Known } from './location_model.js';

/** Bins of 2% from e^-7 to e^7 times the predicted price. */
export const BINS = 700;
export const BIN_WIDTH = 0.02;
export const FIRST_BIN_AT = (-BINS * BIN_WIDTH) / 2;
/** Exchanges that have bins of their own. */
const COUNTED_EXCHANGES = 63;

const KINDS = 3;
const SET = KINDS * BINS;
const NONE = 0xffffffff;
/** New observations weigh more and more instead of old ones less and less; at this weight all are divided by it. */
const WEIGHT_MAX = 1e100;

export class ResidualCounts {
  /** Set 0 counts all exchanges. In a set: BINS of each kind. */
  readonly #counts = new Float64Array((1 + COUNTED_EXCHANGES) * SET);
  /** What a new observation of a set weighs. */
  readonly #weights = new Float64Array(1 + COUNTED_EXCHANGES).fill(1);
  readonly #exchanges = new Uint32Array(1 + COUNTED_EXCHANGES).fill(NONE);
  readonly #growth: number;

  /** @param memory observations of a set after which one weighs 1/e */
  constructor(memory: number) {
    this.#growth = 1 / (1 - 1 / memory);
  }

  /** @param weight 0 to 1: what the observation is worth */
  add(exchange: number, residual: number, known: Known, weight: number): void {
    this.#add(0, residual, known, weight);
    const set = this.#setOf(exchange, true);
    if (set > 0) this.#add(set, residual, known, weight);
  }

  /** Counts of an exchange, or of all (undefined). Undefined if the exchange has none of its own. */
  of(exchange: number | undefined): Counts | undefined {
    const set = exchange === undefined ? 0 : this.#setOf(exchange, false);
    if (set < 0) return undefined;
    const scale = 1 / (this.#weights[set] as number);
    const bins = (kind: Known): Float64Array =>
      this.#counts.slice(set * SET + kind * BINS, set * SET + (kind + 1) * BINS).map((count) => count * scale);
    return { exact: bins(EXACT), below: bins(BELOW), above: bins(ABOVE) };
  }

  /** All that was counted, as views of its own arrays: to be copied, or to be written over. */
  arrays(): readonly (Float64Array | Uint32Array)[] {
    return [this.#counts, this.#weights, this.#exchanges];
  }

  #add(set: number, residual: number, known: Known, weight: number): void {
    const bin = Math.min(Math.max(Math.floor((residual - FIRST_BIN_AT) / BIN_WIDTH), 0), BINS - 1);
    const at = set * SET + known * BINS + bin;
    const unit = this.#weights[set] as number;
    this.#counts[at] = (this.#counts[at] as number) + unit * weight;
    this.#weights[set] = unit * this.#growth;
    if (unit > WEIGHT_MAX) {
      for (let i = set * SET; i < (set + 1) * SET; i++) this.#counts[i] = (this.#counts[i] as number) / unit;
      this.#weights[set] = this.#growth;
    }
  }

  /** Set of an exchange; -1 if it has none and is not to get one, or all are taken. */
  #setOf(exchange: number, create: boolean): number {
    const exchanges = this.#exchanges;
    for (let set = 1; set < exchanges.length; set++) {
      if (exchanges[set] === exchange) return set;
      if (exchanges[set] === NONE) {
        if (create) exchanges[set] = exchange;
        return create ? set : -1;
      }
    }
    return -1;
  }
}

/** Weight of the observations in each bin: the price known to be in it, at most in it, above it. */
export interface Counts {
  readonly exact: Float64Array;
  readonly below: Float64Array;
  readonly above: Float64Array;
}
