// How a campaign bids that was given money for a slot: it knows about how much it spends at which bid, and learns it
// from each slot.
//
//   ln (demand / usual traffic) = level + ELASTICITY × ln (bid per click)
//
// The level follows what was seen, by half each slot. The slope is fixed, and need only be about right: what it gets
// wrong, the next slots put right.

const ELASTICITY = 1.2;
const MEMORY = 0.5;
/** A slot that would have spent nothing shows the level at most this much (logarithm) below what it was taken for. */
const SURPRISE_MAX = 2;

export class SlotPacer {
  #level = 0;
  #bid = 0;

  /** @param demand for a unit of usual traffic at this bid, as far as is known beforehand */
  begin(demand: number, bid: number): void {
    this.#level = Math.log(demand) - ELASTICITY * Math.log(bid);
    this.#bid = bid;
  }

  /** Bid per click of this slot. */
  get bid(): number {
    return this.#bid;
  }

  /** Sets the bid that should spend `allowance`, between two bounds. */
  aim(allowance: number, traffic: number, low: number, high: number): void {
    const bid = Math.exp((Math.log(allowance / traffic) - this.#level) / ELASTICITY);
    this.#bid = Math.max(low, Math.min(high, bid));
  }

  /** What would have been spent at that bid with money enough. */
  learn(demand: number, traffic: number): void {
    const seen = Math.log(demand / traffic) - ELASTICITY * Math.log(this.#bid);
    this.#level += MEMORY * Math.max(-SURPRISE_MAX, Math.min(SURPRISE_MAX, seen - this.#level));
  }
}
