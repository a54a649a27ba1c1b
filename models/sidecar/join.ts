// Joins the notices of a bid to examples. An impression waits for its click, a click for its conversion:
//
//   bill, imp ──▶ waits GAVEL_TRAIN_CLICK_WINDOW_SECONDS ──▶ impression, clicked or not
//   click     ──▶ with its impression, then waits the conversion window ──▶ click, converted or not
//   win, loss ──▶ a price, at once
//
// A click behind its window is learned as one, at once, though the impression has been learned as one without: of n
// impressions with k clicks, l of them late, the share learned is k / (n + l) where k / n is true, too low by l / (n +
// l). With clicks of one in a hundred, a tenth of them late, that is one part in a thousand. A conversion behind its
// window the same, of a click that was seen.
//
// Positives wait as long as negatives: learned at once they would be ahead of the impressions they belong to, and the
// rate too high whenever traffic grows. Time is that of the notices, not of the clock: what is learned depends on what
// stands in the log and on nothing else, so a sidecar that reads it again learns the same.

import { FEATURE_LIST_BYTES } from '../../bidcore/feature_list.js';
import type { BidFacts, NoticeRecord } from '../../bidcore/money/event.js';

/** What of a bid is needed until its outcome is known. */
export interface OpenBid {
  readonly bid: string;
  /** Packed: bidcore/feature_list.ts. */
  readonly features: Uint8Array;
  /** As its token says. */
  readonly ctr: number;
  readonly cvr: number;
  readonly model: number;
  readonly arm: 0 | 1;
  /** What the bid could have cost a thousand times, micros of the campaign file's currency. */
  readonly priceMicros: number;
  /** Time of the join from which its outcome counts as known. */
  dueMs: number;
  chargeMicros: number;
  seen: boolean;
  priced: boolean;
  clicked: boolean;
  converted: boolean;
}

export interface JoinOptions {
  readonly clickWindowMs: number;
  readonly conversionWindowMs: number;
  /** Bids that wait at most; beyond, the oldest is learned as it is. */
  readonly openMax: number;
}

/** Bids that may wait: about 300 bytes each. */
export const OPEN_MAX = 200_000;
/** How long clicks are remembered whose conversions may be late: the life of a token by default. */
const CLICKS_KEPT_MS = 24 * 3_600_000;

/** Takes what is known. */
export interface Outcomes {
  impression(bid: OpenBid, clicked: boolean, late: boolean): void;
  click(bid: OpenBid, converted: boolean, late: boolean): void;
  /** A notice that may say something of the price to win; whether it did. */
  price(record: NoticeRecord): boolean;
}

/** What came of notices that do not fit, since the first start. */
export interface JoinCounts {
  /** Notices with test=1, and of bids without features. */
  unusable: number;
  /** Clicks and conversions behind their windows. */
  lateClicks: number;
  lateConversions: number;
  /** Conversions of bids without a click. */
  unclicked: number;
  /** Bids that were learned before their window ended, for want of room. */
  forced: number;
  /** Notices of a bid and kind that was there already. */
  repeated: number;
}

/** A click that was learned: until when it is remembered, and whether its conversion has come. */
interface Clicked {
  readonly untilMs: number;
  converted: boolean;
}

export interface JoinState {
  readonly clockMs: number;
  readonly waiting: readonly OpenBid[];
  readonly clicks: readonly OpenBid[];
  readonly done: readonly (readonly [string, number])[];
  readonly clicked: readonly (readonly [string, Clicked])[];
  readonly counts: JoinCounts;
}

export class Join {
  readonly #options: JoinOptions;
  readonly #outcomes: Outcomes;
  /** In the order in which they are due, as all of these. */
  #waiting = new Map<string, OpenBid>();
  #clicks = new Map<string, OpenBid>();
  /** Impressions that were learned without a click: until when they are remembered. */
  #done = new Map<string, number>();
  #clicked = new Map<string, Clicked>();
  #clockMs = 0;
  #counts: JoinCounts = { unusable: 0, lateClicks: 0, lateConversions: 0, unclicked: 0, forced: 0, repeated: 0 };

  constructor(options: JoinOptions, outcomes: Outcomes) {
    this.#options = options;
    this.#outcomes = outcomes;
  }

  /** The latest time of a notice, milliseconds since the epoch. */
  get clockMs(): number {
    return this.#clockMs;
  }

  get counts(): Readonly<JoinCounts> {
    return this.#counts;
  }

  /** Bids that wait for their outcome. */
  get open(): number {
    return this.#waiting.size + this.#clicks.size;
  }

  take(record: NoticeRecord): void {
    this.#clockMs = Math.max(this.#clockMs, record.atMs);
    this.#release();
    const { facts, kind } = record;
    if (facts.test || facts.features.length !== FEATURE_LIST_BYTES) {
      this.#counts.unusable += 1;
      return;
    }
    if (kind === 'click') this.#click(record);
    else if (kind === 'conv') this.#conversion(record);
    else if (kind === 'loss') this.#outcomes.price(record);
    else if (kind === 'win' || kind === 'bill' || kind === 'imp') this.#won(record);
  }

  state(): JoinState {
    return {
      clockMs: this.#clockMs,
      waiting: [...this.#waiting.values()],
      clicks: [...this.#clicks.values()],
      done: [...this.#done],
      clicked: [...this.#clicked],
      counts: { ...this.#counts },
    };
  }

  restore(state: JoinState): void {
    const byBid = (bids: readonly OpenBid[]) => new Map(bids.map((bid) => [bid.bid, { ...bid }]));
    this.#clockMs = state.clockMs;
    this.#waiting = byBid(state.waiting);
    this.#clicks = byBid(state.clicks);
    this.#done = new Map(state.done);
    this.#clicked = new Map(state.clicked.map(([bid, clicked]) => [bid, { ...clicked }]));
    this.#counts = { ...state.counts };
  }

  #won(record: NoticeRecord): void {
    const { bid } = record.facts;
    if (this.#done.has(bid) || this.#clicks.has(bid) || this.#clicked.has(bid)) {
      this.#counts.repeated += 1;
      return;
    }
    const open = this.#open(record.facts);
    if (record.kind !== 'win') open.seen = true;
    open.chargeMicros += record.chargeMicros;
    // The bill says more than the win, but need not come; a win that says the price says as much.
    if (open.priced || (record.kind === 'win' && record.clearingMicros === undefined)) return;
    open.priced = this.#outcomes.price(record);
  }

  #click({ facts }: NoticeRecord): void {
    const { bid } = facts;
    if (this.#clicks.has(bid) || this.#clicked.has(bid) || this.#waiting.get(bid)?.clicked === true) {
      this.#counts.repeated += 1;
      return;
    }
    if (!this.#done.has(bid)) {
      this.#open(facts).clicked = true;
      return;
    }
    this.#counts.lateClicks += 1;
    this.#done.delete(bid);
    const late = openBid(facts, 0);
    this.#outcomes.impression(late, true, true);
    this.#awaitConversion(late);
  }

  #conversion({ facts }: NoticeRecord): void {
    const { bid } = facts;
    const open = this.#waiting.get(bid) ?? this.#clicks.get(bid);
    const learned = this.#clicked.get(bid);
    if (open !== undefined) {
      if (open.converted) this.#counts.repeated += 1;
      open.converted = true;
    } else if (learned !== undefined) {
      if (learned.converted) this.#counts.repeated += 1;
      else this.#lateConversion(facts, learned);
    } else if (this.#done.has(bid)) {
      this.#counts.unclicked += 1;
    } else {
      this.#open(facts).converted = true;
    }
  }

  #lateConversion(facts: BidFacts, learned: Clicked): void {
    learned.converted = true;
    this.#counts.lateConversions += 1;
    this.#outcomes.click(openBid(facts, 0), true, true);
  }

  #open(facts: BidFacts): OpenBid {
    const known = this.#waiting.get(facts.bid);
    if (known !== undefined) return known;
    if (this.#waiting.size >= this.#options.openMax) {
      this.#counts.forced += 1;
      this.#settle(this.#waiting.values().next().value as OpenBid);
    }
    const bid = openBid(facts, this.#clockMs + this.#options.clickWindowMs);
    this.#waiting.set(facts.bid, bid);
    return bid;
  }

  /** Learns what is due, and forgets what is remembered no longer. */
  #release(): void {
    for (const bid of this.#waiting.values()) {
      if (bid.dueMs > this.#clockMs) break;
      this.#settle(bid);
    }
    for (const bid of this.#clicks.values()) {
      if (bid.dueMs > this.#clockMs) break;
      this.#settleClick(bid);
    }
    for (const [bid, untilMs] of this.#done) {
      if (untilMs > this.#clockMs && this.#done.size <= this.#options.openMax) break;
      this.#done.delete(bid);
    }
    for (const [bid, { untilMs }] of this.#clicked) {
      if (untilMs > this.#clockMs && this.#clicked.size <= this.#options.openMax) break;
      this.#clicked.delete(bid);
    }
  }

  #settle(bid: OpenBid): void {
    this.#waiting.delete(bid.bid);
    if (bid.clicked) {
      this.#outcomes.impression(bid, true, false);
      this.#awaitConversion(bid);
      return;
    }
    if (bid.converted) this.#counts.unclicked += 1;
    if (bid.seen) this.#outcomes.impression(bid, false, false);
    this.#done.set(bid.bid, this.#clockMs + Math.max(this.#options.clickWindowMs, this.#options.conversionWindowMs));
  }

  #awaitConversion(bid: OpenBid): void {
    if (this.#clicks.size >= this.#options.openMax) {
      this.#counts.forced += 1;
      this.#settleClick(this.#clicks.values().next().value as OpenBid);
    }
    bid.dueMs = this.#clockMs + this.#options.conversionWindowMs;
    this.#clicks.set(bid.bid, bid);
  }

  #settleClick(bid: OpenBid): void {
    this.#clicks.delete(bid.bid);
    this.#outcomes.click(bid, bid.converted, false);
    this.#clicked.set(bid.bid, { untilMs: this.#clockMs + CLICKS_KEPT_MS, converted: bid.converted });
  }
}

function openBid(facts: BidFacts, dueMs: number): OpenBid {
  const { bid, features, ctr, cvr, model, arm, reservedMicros, quantity } = facts;
  const priceMicros = (reservedMicros * 1000) / (quantity || 1);
  const flags = { chargeMicros: 0, seen: false, priced: false, clicked: false, converted: false };
  return { bid, features, ctr, cvr, model, arm, priceMicros, dueMs, ...flags };
}
