// A day of a campaign that is lived through again and again: the auctions of a log, in 96 slots, with the lowest price
// that would have won each. That price is taken for fixed whatever is bid: fair for one bidder that does not move the
// market.
//
//   slot 0            slot 1                     … slot 95
//   │auctions│auctions│   a bidder is asked for a bid in each auction, is told what it paid,
//   └ 30 s ──┴ 30 s ──┘   and has a tick of the clock before each 30 seconds
//
// A slot lasts 900 seconds; how many auctions it has is traffic. What is won is counted by predicted clicks, the sum
// that has a small error; real clicks are few, and are counted beside.

import type { Books, RaceBidder } from './bidder.js';

export const SLOTS = 96;
export const SLOT_S = 900;
export const TICK_S = 30;
const TICKS = SLOT_S / TICK_S;

/** Auctions in their order; prices and bids in CPM units of the log. */
export interface Auctions {
  /** Lowest price that wins. */
  readonly price: Float64Array;
  /** Predicted click rate: what the impression is worth, in clicks. */
  readonly rate: Float64Array;
  /** 1 where there was a click. */
  readonly click: Uint8Array;
}

export interface Day extends Auctions {
  /** Index behind the last auction of each slot. */
  readonly ends: Int32Array;
  /** How many auctions a day usually has, which is what bidders are told; without it, as many as this one. */
  readonly usual?: number;
}

/** First price pays the bid, second price the price to win. */
export type PriceRule = 'first' | 'second';

/** What came of a day. */
export interface DayResult {
  readonly spent: number;
  /** Sum of predicted click rates of what was won. */
  readonly value: number;
  readonly clicks: number;
  readonly wins: number;
  /** Spent by slot. */
  readonly spentBySlot: Float64Array;
}

/** Auctions of a log spread evenly over the slots. */
export function evenDay(auctions: Auctions): Day {
  const count = auctions.price.length;
  const ends = Int32Array.from({ length: SLOTS }, (_, slot) => Math.floor(((slot + 1) * count) / SLOTS));
  return { ...auctions, ends };
}

/** What all auctions would cost together: budgets are shares of it. */
export function costOf({ price }: Auctions): number {
  return price.reduce((sum, each) => sum + each, 0);
}

/** A day that can be stopped between slots, for who acts there. */
export class LivedDay {
  readonly #day: Day;
  readonly #budget: number;
  readonly #bidder: RaceBidder;
  readonly #isFirst: boolean;
  readonly #spentBySlot = new Float64Array(SLOTS);
  readonly books: Books = { spent: 0, value: 0, clicks: 0, wins: 0, bids: 0, reserved: 0, auctions: 0 };
  #slot = 0;

  constructor(day: Day, budget: number, rule: PriceRule, bidder: RaceBidder) {
    this.#day = day;
    this.#budget = budget;
    this.#bidder = bidder;
    this.#isFirst = rule === 'first';
    bidder.begin?.(budget, day.usual ?? (day.ends[SLOTS - 1] as number));
  }

  /** The slot that comes next; SLOTS when the day is over. */
  get slot(): number {
    return this.#slot;
  }

  liveSlot(): void {
    const { price, rate, click, ends } = this.#day;
    const bidder = this.#bidder;
    const books = this.books;
    const budget = this.#budget;
    const isFirst = this.#isFirst;
    const slot = this.#slot++;
    const from = slot === 0 ? 0 : (ends[slot - 1] as number);
    const count = (ends[slot] as number) - from;
    const spentBefore = books.spent;
    bidder.slot?.(slot, books);
    for (let tick = 0, next = from; tick < TICKS; tick++) {
      bidder.tick?.(slot * SLOT_S + tick * TICK_S, books);
      for (const end = from + Math.floor(((tick + 1) * count) / TICKS); next < end; next++) {
        books.auctions++;
        const bid = bidder.bid(rate[next] as number);
        let paid = 0;
        // A bid that might not be paid for is not made.
        if (bid > 0 && books.spent + bid <= budget) {
          books.bids++;
          books.reserved += bid;
          if (bid >= (price[next] as number)) {
            paid = isFirst ? bid : (price[next] as number);
            books.spent += paid;
            books.wins++;
            books.value += rate[next] as number;
            books.clicks += click[next] as number;
          }
        }
        bidder.after?.(paid);
      }
    }
    this.#spentBySlot[slot] = books.spent - spentBefore;
  }

  result(): DayResult {
    const { spent, value, clicks, wins } = this.books;
    return { spent, value, clicks, wins, spentBySlot: this.#spentBySlot };
  }
}

/** Lives through a day from its first slot to its last. */
export function liveThrough(day: Day, budget: number, rule: PriceRule, bidder: RaceBidder): DayResult {
  const lived = new LivedDay(day, budget, rule, bidder);
  while (lived.slot < SLOTS) lived.liveSlot();
  return lived.result();
}
