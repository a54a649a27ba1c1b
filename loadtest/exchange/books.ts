// The books of the simulated exchanges: what each campaign owes for what was billed, and how often it won, was clicked,
// converted. An entry is made when the bidder has answered a notice with 200, the first of its kind for its bid.
//
// What a bid owes is worked out here from the price that was told and the terms of the exchange, apart from the
// bidder's code; the rule is docs/money.md sections 2 and 4.

import { textTable } from './text_table.js';
import type { Venue } from './venues.js';

/** Kinds of notices that are counted. */
export const COUNTED = ['win', 'bill', 'loss', 'imp', 'click', 'conv'] as const;
export type Counted = (typeof COUNTED)[number];

export type Sums = Record<Counted, number> & { chargeMicros: number };

/** What one side's books say: by campaign, and what each billed bid was charged. */
export interface BookTotals {
  readonly campaigns: ReadonlyMap<string, Sums>;
  /** By bid id, micros. Undefined where the side only knows totals. */
  readonly charges: ReadonlyMap<string, number> | undefined;
}

export function noSums(): Sums {
  return { win: 0, bill: 0, loss: 0, imp: 0, click: 0, conv: 0, chargeMicros: 0 };
}

/** To see the comparison fail: a bill that the exchange forgets though it was answered 200, or books a micro off. */
export type Tampering = 'dropped' | 'altered';

export class Books implements BookTotals {
  readonly campaigns = new Map<string, Sums>();
  readonly charges: Map<string, number> | undefined;
  #tampering: Tampering | undefined;

  /**
   * @param tampering done to the first charge
   * @param byBid whether charges are kept by bid: for as long as the books are
   */
  constructor(tampering?: Tampering, byBid = true) {
    this.#tampering = tampering;
    this.charges = byBid ? new Map() : undefined;
  }

  /** A notice was answered 200. @param chargeMicros 0 of one that does not bill */
  accept(kind: Counted, campaign: string, bid: string, chargeMicros: number): void {
    const sums = this.campaigns.get(campaign) ?? noSums();
    this.campaigns.set(campaign, sums);
    const tampering = chargeMicros > 0 ? this.#tampering : undefined;
    if (tampering !== undefined) this.#tampering = undefined;
    if (tampering === 'dropped') return;
    const charge = chargeMicros + (tampering === 'altered' ? 1 : 0);
    sums[kind]++;
    sums.chargeMicros += charge;
    if (chargeMicros > 0) this.charges?.set(bid, charge);
  }

  total(): Sums {
    const total = noSums();
    for (const sums of this.campaigns.values()) addSums(total, sums);
    return total;
  }
}

function addSums(to: Sums, more: Sums): void {
  for (const name of Object.keys(to) as (keyof Sums)[]) to[name] += more[name];
}

/**
 * What a billed bid costs its campaign, micros of the campaign file's currency: what it held, in proportion to the
 * price.
 * @param priceMicros of the bid, CPM in the exchange's currency
 * @param toldMicros clearing price as the notice told it, the same; above the bid it is the bid's
 */
export function chargeOf(priceMicros: number, toldMicros: number, { wire }: Pick<Venue, 'wire'>): number {
  const reserved = Math.ceil(((priceMicros / wire) * 1) / 1000);
  const clearing = BigInt(Math.min(toldMicros, priceMicros));
  return Number((BigInt(reserved) * clearing) / BigInt(priceMicros));
}

/** What two sides do not agree in. */
export interface Difference {
  readonly campaign: string;
  readonly what: string;
  readonly exchange: number;
  readonly bidder: number;
}

/** Compares two sides, campaign by campaign and then bid by bid. @returns nothing where they agree */
export function compareBooks(exchange: BookTotals, bidder: BookTotals): Difference[] {
  const differences: Difference[] = [];
  const names = new Set([...exchange.campaigns.keys(), ...bidder.campaigns.keys()]);
  for (const campaign of [...names].sort()) {
    const ours = exchange.campaigns.get(campaign) ?? noSums();
    const theirs = bidder.campaigns.get(campaign) ?? noSums();
    for (const what of Object.keys(ours) as (keyof Sums)[]) {
      if (ours[what] !== theirs[what]) {
        differences.push({ campaign, what, exchange: ours[what], bidder: theirs[what] });
      }
    }
  }
  if (exchange.charges === undefined || bidder.charges === undefined) return differences;
  for (const bid of new Set([...exchange.charges.keys(), ...bidder.charges.keys()])) {
    const [ours, theirs] = [exchange.charges.get(bid) ?? 0, bidder.charges.get(bid) ?? 0];
    if (ours !== theirs)
      differences.push({ campaign: `bid ${bid}`, what: 'chargeMicros', exchange: ours, bidder: theirs });
  }
  return differences;
}

const SHOWN = 30;

/** A table of differences for people. */
export function differencesText(differences: readonly Difference[]): string {
  const rows = differences.slice(0, SHOWN).map(({ campaign, what, exchange, bidder }) => {
    const by = exchange - bidder;
    return [campaign, what, String(exchange), String(bidder), by > 0 ? `+${by}` : String(by)];
  });
  const head = ['campaign', 'what', 'exchange', 'bidder', 'exchange more by'];
  const rest = differences.length > SHOWN ? `\n… and ${differences.length - SHOWN} more` : '';
  return textTable([head, ...rows], 2) + rest;
}
