// Adaptive pacing by the dual variable (Balseiro and Gur, "Learning in repeated auctions with budgets: regret
// minimization and equilibrium", Management Science 65(9), 2019): after each auction the price of money moves against
// what was paid over what was due. In the multiplicative form of mirror descent (Balseiro, Lu and Mirrokni, "The best
// of many worlds", Operations Research 71(1), 2023, with entropy for reference):
//
//   bid = value / μ,   μ ← μ × exp(−step × (1 − paid / due)),   step = ε / √auctions of the day
//
// It is told how many auctions a day usually has. Tuned on the rehearsals over all starts, for each budget: ε; whether
// steps are larger in the beginning, max(ε, opening × √n / (auctions seen + 400)); and whether due is the budget over a
// day's auctions (`catchUp` 0, as in the papers), or what is left of it over those to be expected in the time left (1).

import type { Books, RaceBidder } from '../bidder.js';
import { SLOT_S, SLOTS } from '../day.js';
import { bestOf, entrant, type Start, type Training, type Tuned } from '../entrant.js';

interface DualTuning extends Tuned {
  readonly perClick: number;
  readonly epsilon: number;
  readonly opening: number;
  readonly catchUp: number;
}

const OPENING_DELAY = 400;
/** What is left is due over no less than this share of the day, and is at most so many times the usual. */
const LEFT_MIN = 0.002;
const DUE_MAX = 3;
/** One dear auction lowers the bid by no more than this exponent. */
const FALL_MAX = 1;
/** The multiplier is held within so many times what it was tuned to be. */
const RANGE = 64;

class DualBidder implements RaceBidder {
  readonly #start: Start<DualTuning>;
  readonly #lowest: number;
  readonly #highest: number;
  #worth: number;
  #budget = 0;
  #auctions = 1;
  #due = 0;
  #step = 0;
  /** What the multiplier is multiplied by when nothing was paid. */
  #rise = 1;

  constructor(start: Start<DualTuning>) {
    const { market, tuned, deviation } = start;
    this.#start = start;
    this.#highest = Math.min(market.perClickMax, tuned.perClick * RANGE);
    this.#lowest = tuned.perClick / RANGE;
    this.#worth = Math.min(this.#highest, tuned.perClick * (1 + deviation));
  }

  begin(budget: number, auctions: number): void {
    this.#budget = budget;
    this.#auctions = auctions;
  }

  /** Due and step move slowly: twice a minute is enough. */
  tick(second: number, { spent, auctions }: Readonly<Books>): void {
    const { epsilon, opening, catchUp } = this.#start.tuned;
    const root = Math.sqrt(this.#auctions);
    this.#step = Math.max(epsilon, (opening * root) / (auctions + OPENING_DELAY)) / root;
    this.#rise = Math.exp(this.#step);
    const usual = this.#budget / this.#auctions;
    const left = (1 - spent / this.#budget) / Math.max(LEFT_MIN, 1 - second / (SLOTS * SLOT_S));
    this.#due = catchUp > 0 ? usual * Math.max(LEFT_MIN, Math.min(DUE_MAX, left)) : usual;
  }

  bid(rate: number): number {
    return this.#start.market.bidOf(rate, this.#worth);
  }

  after(paid: number): void {
    const factor = paid === 0 ? this.#rise : Math.exp(Math.max(-FALL_MAX, this.#step * (1 - paid / this.#due)));
    this.#worth = Math.min(this.#highest, Math.max(this.#lowest, this.#worth * factor));
  }
}

const EPSILON = [0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2] as const;
const OPENING = [0, 2, 6] as const;

export const DUAL = entrant<DualTuning>({
  about: 'price of money after each auction, tuned on training days with all starts (Balseiro and Gur 2019)',
  tune: (training: Training) => {
    const { perClick } = training;
    const choices = [0, 1].flatMap((catchUp) =>
      EPSILON.flatMap((epsilon) => OPENING.map((opening) => ({ perClick, epsilon, opening, catchUp }))),
    );
    return bestOf(choices, training, (start) => new DualBidder(start));
  },
  enter: (start) => new DualBidder(start),
});
