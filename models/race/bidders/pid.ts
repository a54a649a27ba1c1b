// Feedback control of spend (Zhang, Rong, Wang, Zhu and Wang, "Feedback control of real-time display advertising",
// WSDM 2016, sections 3.1 and 3.2): a controller with proportional, integral and differential terms, whose output acts
// on bids as an exponent,
//
//   bid = bid_0(rate) × exp(φ),   φ = k_p e + k_i Σ e + k_d Δe,   e = 1 − spent in the slot / due in the slot
//
// once a slot. Due is an even share of the budget (`catchUp` 0), or of what is left of it (1). Gains and the kind of
// target are those that are best on the rehearsals, over all starts, for each budget.

import type { Books, RaceBidder } from '../bidder.js';
import { SLOTS } from '../day.js';
import { bestOf, entrant, type Start, type Training, type Tuned } from '../entrant.js';

interface PidTuning extends Tuned {
  readonly perClick: number;
  readonly proportional: number;
  readonly integral: number;
  readonly differential: number;
  readonly catchUp: number;
}

/** One slot that cost many times what was due says no more than this. */
const ERROR_MIN = -2;
/** Bids are changed by e^±4 at most, and the integral does not grow beyond what does that. */
const OUTPUT_MAX = 4;

class PidBidder implements RaceBidder {
  readonly #start: Start<PidTuning>;
  #worth: number;
  #budget = 0;
  #spentBefore = 0;
  #due = 0;
  #error = 0;
  #sum = 0;

  constructor(start: Start<PidTuning>) {
    this.#start = start;
    this.#worth = this.#worthAt(0);
  }

  begin(budget: number): void {
    this.#budget = budget;
    this.#due = budget / SLOTS;
  }

  slot(slot: number, { spent }: Readonly<Books>): void {
    if (slot === 0) return;
    const { proportional, integral, differential, catchUp } = this.#start.tuned;
    const error = Math.max(ERROR_MIN, 1 - (spent - this.#spentBefore) / this.#due);
    const limit = integral > 0 ? OUTPUT_MAX / integral : Infinity;
    this.#sum = Math.min(limit, Math.max(-limit, this.#sum + error));
    const output = proportional * error + integral * this.#sum + differential * (error - this.#error);
    this.#error = error;
    this.#spentBefore = spent;
    this.#due = Math.max(catchUp > 0 ? (this.#budget - spent) / (SLOTS - slot) : this.#due, this.#budget * 1e-6);
    this.#worth = this.#worthAt(Math.min(OUTPUT_MAX, Math.max(-OUTPUT_MAX, output)));
  }

  bid(rate: number): number {
    return this.#start.market.bidOf(rate, this.#worth);
  }

  #worthAt(output: number): number {
    const { market, tuned, deviation } = this.#start;
    return Math.min(market.perClickMax, tuned.perClick * (1 + deviation) * Math.exp(output));
  }
}

const PROPORTIONAL = [0, 0.1, 0.2, 0.4] as const;
const INTEGRAL = [0.05, 0.1, 0.2, 0.4] as const;
const DIFFERENTIAL = [0, 0.1] as const;

export const PID = entrant<PidTuning>({
  about: 'feedback control of spend by slots, gains tuned on training days with all starts (Zhang et al., WSDM 2016)',
  tune: (training: Training) => {
    const choices = [0, 1].flatMap((catchUp) =>
      PROPORTIONAL.flatMap((proportional) =>
        INTEGRAL.flatMap((integral) =>
          DIFFERENTIAL.map((differential) => ({
            ...{ perClick: training.perClick, proportional, integral, differential, catchUp },
          })),
        ),
      ),
    );
    return bestOf(choices, training, (start) => new PidBidder(start));
  },
  enter: (start) => new PidBidder(start),
});
