// Linear bidding under the pacer of the product (bidcore/money/pacer.ts), and, if there is one, a policy on top that
// acts once a slot: the same code, fed with the same counters, as in live bidding.
//
//   bid = bid for the rate at (top × pace × multiplier) a click
//
// A pace is at most 1. The top, what a click is worth at pace 1, is HEADROOM times where the pacer starts when its
// start is right, or the most that may be bid for a click if that is less; a start that is off by a deviation is a pace
// that is off by it.

import { Pacer, type PacerState } from '../../bidcore/money/pacer.js';
import type { PlanKind } from '../../bidcore/money/pacing_plan.js';
import { SlotInputs } from '../../bidcore/policy/slot_inputs.js';
import type { Books, RaceBidder } from './bidder.js';
import { SLOT_S, SLOTS } from './day.js';

/** The pace of a start without deviation is 1 / HEADROOM, or more if the top is lower. */
const HEADROOM = 8;
const DAY_MS = SLOTS * SLOT_S * 1000;
const START_MS = Date.UTC(2026, 0, 8);
export interface PacedStart {
  /** Bid for a click, CPM units a predicted click, that was best on days of before. */
  readonly perClick: number;
  /** −0.8: starts at a fifth of that. */
  readonly deviation: number;
  /** The most that is bid for a click; without it there is no most. */
  readonly perClickMax?: number;
  readonly plan: PlanKind;
  /** The bid for a rate at so much a click (market.ts: shaded in first price); without it the value, to 300. */
  readonly bidOf?: (rate: number, perClick: number) => number;
}

/** Says the multiplier for the inputs of a slot (bidcore/policy/slot_inputs.ts). */
export type SlotPolicy = (inputs: Float32Array) => number;

export class PacedBidder implements RaceBidder {
  readonly #start: PacedStart;
  readonly #policy: SlotPolicy | undefined;
  readonly #bidOf: (rate: number, perClick: number) => number;
  readonly #pacer: Pacer;
  readonly #inputs = new SlotInputs();
  readonly #top: number;
  #budget = 0;
  #pace: number;
  #multiplier = 1;
  #worth = 0;
  #logPaceSeconds = 0;
  #paceSeconds = 0;
  #second = 0;

  constructor(start: PacedStart, policy?: SlotPolicy) {
    this.#start = start;
    this.#policy = policy;
    this.#bidOf = start.bidOf ?? plainBid;
    this.#top = Math.min(start.perClick * HEADROOM, start.perClickMax ?? Infinity);
    this.#pace = Math.min(1, (start.perClick * (1 + start.deviation)) / this.#top);
    this.#pacer = new Pacer(
      { kind: this.#start.plan, hasDailyBudget: false, timeZone: 'UTC', startMs: START_MS, endMs: START_MS + DAY_MS },
      this.#startState(),
    );
    this.#worth = this.#top * this.#pace;
  }

  begin(budget: number): void {
    this.#budget = budget;
  }

  /** What it bids for a click now, CPM units. */
  get perClick(): number {
    return this.#worth;
  }

  /** What the policy sees at the start of a slot. Valid until the next slot. */
  see(slot: number, books: Readonly<Books>): Float32Array {
    const { spent, bids, wins, value } = books;
    const counts = { spentMicros: spent, bids, wins, value };
    return this.#inputs.next(
      { ...counts, logPaceSeconds: this.#logPaceSeconds, paceSeconds: this.#paceSeconds },
      {
        budgetMicros: this.#budget,
        budgetLeft: 1 - spent / this.#budget,
        timeLeft: 1 - slot / SLOTS,
        multiplier: this.#multiplier,
      },
    );
  }

  /** Sets the multiplier of the slot that begins. */
  act(multiplier: number): void {
    this.#multiplier = multiplier;
  }

  slot(slot: number, books: Readonly<Books>): void {
    if (this.#policy !== undefined) this.act(this.#policy(this.see(slot, books)));
  }

  tick(second: number, { spent, reserved, bids, auctions, wins }: Readonly<Books>): void {
    const elapsedS = second - this.#second;
    this.#second = second;
    if (this.#pace > 0) {
      this.#logPaceSeconds += elapsedS * Math.log(this.#pace);
      this.#paceSeconds += elapsedS;
    }
    this.#pace = this.#pacer.step(START_MS + second * 1000, {
      spentMicros: spent * 1000,
      leftMicros: (this.#budget - spent) * 1000,
      leftTodayMicros: Infinity,
      reservedMicros: reserved * 1000,
      bids,
      requests: auctions,
      policy: this.#multiplier,
      charges: wins,
      chargeDelayMs: wins * 1000,
    });
    this.#worth = Math.min(this.#start.perClickMax ?? Infinity, this.#top * this.#pace * this.#multiplier);
  }

  bid(rate: number): number {
    return this.#bidOf(rate, this.#worth);
  }

  #startState(): PacerState {
    return { atMs: START_MS, firstMs: START_MS, pace: this.#pace, offered: [0, 0, 0], response: {} };
  }
}

/** The value itself: no log of iPinYou has a price above 300. */
const plainBid = (rate: number, perClick: number): number => Math.min(300, rate * perClick);
