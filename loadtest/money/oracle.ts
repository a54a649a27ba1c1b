// What must be true of money, kept apart from the code under test: it sees bids made, records become durable, answers,
// grants and bookings, and adds up for itself. Rules: docs/simulation.md.

import type { Authority, LeaseAsk } from '../../bidcore/money/authority.js';
import { isAway } from '../../bidcore/money/authority.js';
import type { BidFacts, EventRecord, Notice, NoticeRecord } from '../../bidcore/money/event.js';
import type { Booking } from '../../bidcore/money/ledger.js';
import type { CampaignSpec } from './scenario.js';

/** Something that must be true is not. */
export class Broken extends Error {}

/** A bid as the oracle knows it. */
interface KnownBid {
  readonly facts: BidFacts;
  readonly day: string;
  /** What it may still cost; then what it has cost; 0 when it was lost or has expired. */
  committedMicros: number;
  /** Its reservation is gone: what is charged now is late. */
  released: boolean;
  late: boolean;
  billed: boolean;
  /** Charges that nodes have made durable, by node: the first that is booked counts. */
  readonly charges: Map<number, number>;
  bookedMicros: number | undefined;
}

interface Limits {
  budgetMicros: number;
  dailyBudgetMicros: number;
  committedMicros: number;
  readonly days: Map<string, number>;
}

export class Oracle {
  /** What was seen, for the totals of a run. */
  readonly counts = { bids: 0, refused: 0, notices: 0, billed: 0, late: 0, repeated: 0, failed: 0, grants: 0 };
  readonly #bids = new Map<string, KnownBid>();
  readonly #limits = new Map<string, Limits>();
  /** `node bid kind` of durable notices, and clearing prices of durable win notices by `node bid`. */
  readonly #durable = new Set<string>();
  readonly #winPrices = new Map<string, number>();
  readonly #booked = new Set<string>();
  readonly #leaseDays = new Map<string, string>();
  /** Bids by when they expire, seconds. */
  readonly #expiring = new Map<number, KnownBid[]>();
  readonly #isLive: (node: number) => boolean;
  #expiredS = 0;

  /** @param isLive whether what a node has not shipped is still waited for */
  constructor(campaigns: readonly CampaignSpec[], isLive: (node: number) => boolean) {
    this.#isLive = isLive;
    for (const campaign of campaigns) this.planned(campaign);
  }

  /** A budget that was lower does not take back what was granted under a higher one. */
  planned({ campaign, budgetMicros, dailyBudgetMicros }: CampaignSpec): void {
    const known = this.#limits.get(campaign);
    if (known === undefined) {
      this.#limits.set(campaign, { budgetMicros, dailyBudgetMicros, committedMicros: 0, days: new Map() });
    } else {
      known.budgetMicros = Math.max(known.budgetMicros, budgetMicros);
      known.dailyBudgetMicros = Math.max(known.dailyBudgetMicros, dailyBudgetMicros);
    }
  }

  made(facts: BidFacts): void {
    const day = this.#leaseDays.get(`${facts.campaign} ${facts.lease}`);
    if (day === undefined) throw new Broken(`bid ${facts.bid} names lease ${facts.lease}, which nobody was granted`);
    const bid: KnownBid = {
      facts,
      day,
      committedMicros: 0,
      released: false,
      late: false,
      billed: false,
      charges: new Map(),
      bookedMicros: undefined,
    };
    this.counts.bids++;
    this.#bids.set(facts.bid, bid);
    const second = facts.issuedS + facts.expiryS;
    this.#expiring.set(second, [...(this.#expiring.get(second) ?? []), bid]);
    this.#commit(bid, facts.reservedMicros);
  }

  /** @param nowMs by the slowest clock */
  tick(nowMs: number): void {
    const nowS = Math.floor(nowMs / 1000);
    if (nowS <= this.#expiredS) return;
    this.#expiredS = nowS;
    for (const [second, bids] of this.#expiring) {
      if (second >= nowS) continue;
      this.#expiring.delete(second);
      for (const bid of bids) this.#release(bid);
    }
  }

  /** A record cannot be lost any more. */
  durable(record: EventRecord, node: number): void {
    if (record.type !== 'notice') return;
    const { facts, kind } = record;
    const key = `${node} ${facts.bid} ${kind}`;
    if (this.#durable.has(key)) throw new Broken(`node ${node} has two records of ${kind} of bid ${facts.bid}`);
    this.#durable.add(key);
    this.counts.notices++;
    if (record.by !== node) throw new Broken(`a record of node ${node} says it is by ${record.by}`);
    const bid = this.#bids.get(facts.bid) as KnownBid;
    if (kind === 'win' && record.clearingMicros !== undefined) {
      this.#winPrices.set(`${node} ${facts.bid}`, record.clearingMicros);
    }
    const bills = facts.billedByImpression ? kind === 'imp' : kind === 'bill';
    if (bills) this.#bill(bid, record, node);
    else if (record.chargeMicros !== 0) throw new Broken(`a ${kind} of bid ${facts.bid} costs ${record.chargeMicros}`);
    else if (kind === 'loss' && node === facts.node && !bid.billed) this.#release(bid);
  }

  answered({ facts, kind }: Notice, booking: Booking, node: number): void {
    const isDurable = this.#durable.has(`${node} ${facts.bid} ${kind}`);
    if (booking === 'failed') this.counts.failed++;
    else if (!isDurable) throw new Broken(`node ${node} answered ${booking} to ${kind} of ${facts.bid}, not durable`);
    if (booking === 'repeated') this.counts.repeated++;
  }

  /** The authority has booked a record; more than once for one that was shipped again. */
  booked({ facts, kind, by, chargeMicros }: NoticeRecord): void {
    const bid = this.#bids.get(facts.bid);
    if (bid === undefined || this.#booked.has(`${facts.bid} ${kind}`)) return;
    this.#booked.add(`${facts.bid} ${kind}`);
    const bills = facts.billedByImpression ? kind === 'imp' : kind === 'bill';
    if (!bills) return;
    if (bid.charges.get(by) !== chargeMicros) throw new Broken(`bid ${facts.bid} is booked but not durable at ${by}`);
    bid.bookedMicros = chargeMicros;
  }

  /** A node is not waited for: what it has not shipped comes late. */
  givenUp(node: number): void {
    for (const bid of this.#bids.values()) {
      if (bid.charges.has(node) && bid.bookedMicros === undefined && !bid.late) this.#setLate(bid);
    }
  }

  /** What the authority must say that a campaign has spent, when all is shipped. */
  spent(campaign: string): number {
    let sum = 0;
    for (const { facts, bookedMicros } of this.#bids.values()) {
      if (facts.campaign === campaign) sum += bookedMicros ?? 0;
    }
    return sum;
  }

  /** Bids of a node that were billed in time, and the books do not know of it: their reservations must be held. */
  mustBeHeld(node: number): BidFacts[] {
    return [...this.#bids.values()]
      .filter(
        ({ facts, billed, late, bookedMicros }) => facts.node === node && billed && !late && bookedMicros === undefined,
      )
      .map(({ facts }) => facts);
  }

  /** Durable charges that no authority has booked. */
  unbooked(): string[] {
    return [...this.#bids.values()]
      .filter(({ charges, bookedMicros }) => charges.size > 0 && bookedMicros === undefined)
      .map(({ facts }) => facts.bid);
  }

  limit(campaign: string): number {
    return (this.#limits.get(campaign) as Limits).budgetMicros;
  }

  /** The same authority, whose grants are looked at. */
  watched(authority: Authority, node: number): Authority {
    const opened = ({ campaign, lease, day }: LeaseAsk): void => {
      const key = `${campaign} ${lease}`;
      const known = this.#leaseDays.get(key);
      if (known !== undefined && known !== day) throw new Broken(`lease ${key} is of ${known}, and of ${day}`);
      if (lease >>> 24 !== node) throw new Broken(`lease ${lease} is not one of node ${node}`);
      this.#leaseDays.set(key, day);
    };
    return {
      acquire: async (asks, nowMs) => {
        asks.forEach(opened);
        const standings = await authority.acquire(asks, nowMs);
        if (!isAway(standings)) this.counts.grants += standings.length;
        return standings;
      },
      renew: (renewal, nowMs) => authority.renew(renewal, nowMs),
      giveBack: (back, nowMs) => authority.giveBack(back, nowMs),
      book: (records, nowMs) => authority.book(records, nowMs),
    };
  }

  #bill(bid: KnownBid, record: NoticeRecord, node: number): void {
    const { facts } = bid;
    const winPrice = facts.billedByImpression ? this.#winPrices.get(`${node} ${facts.bid}`) : undefined;
    const expected = chargeOf(facts, record.clearingMicros ?? winPrice ?? facts.priceMicros, record.quantity);
    if (record.chargeMicros !== expected) {
      throw new Broken(`bid ${facts.bid} is charged ${record.chargeMicros}, not ${expected}`);
    }
    const isBehind =
      record.atMs > (facts.issuedS + facts.expiryS) * 1000 || this.#durable.has(`${node} ${facts.bid} loss`);
    if (record.late !== isBehind)
      throw new Broken(`bid ${facts.bid} is billed ${isBehind ? 'late' : 'in time'}, and not said so`);
    bid.charges.set(node, expected);
    const isLate = record.atMs > (facts.issuedS + facts.expiryS) * 1000 || bid.released || !this.#isLive(node);
    if (bid.billed) {
      // Nodes that know different win prices charge differently; the bid's own keeps no more than its own charge. If a
      // higher one is booked first, the books take the rest from the lease, or count it as late.
      if (!bid.late && expected < bid.committedMicros) this.#commit(bid, expected);
      return;
    }
    bid.billed = true;
    this.counts.billed++;
    if (isLate) this.#setLate(bid);
    else this.#commit(bid, expected);
  }

  #setLate(bid: KnownBid): void {
    bid.late = true;
    this.counts.late++;
    this.#commit(bid, 0);
  }

  #release(bid: KnownBid): void {
    bid.released = true;
    if (!bid.billed) this.#commit(bid, 0);
  }

  /** What all bids of a campaign, and of a day, have cost or may still cost. */
  #commit(bid: KnownBid, micros: number): void {
    const { facts, day } = bid;
    const limits = this.#limits.get(facts.campaign) as Limits;
    const more = micros - bid.committedMicros;
    bid.committedMicros = micros;
    limits.committedMicros += more;
    if (more > 0 && limits.committedMicros > limits.budgetMicros) {
      throw new Broken(`${facts.campaign}: bids may cost ${limits.committedMicros} of ${limits.budgetMicros}`);
    }
    if (day === '') return;
    const today = (limits.days.get(day) ?? 0) + more;
    limits.days.set(day, today);
    if (more > 0 && today > limits.dailyBudgetMicros) {
      throw new Broken(`${facts.campaign}: bids of ${day} may cost ${today} of ${limits.dailyBudgetMicros}`);
    }
  }
}

/** The charge in whole numbers: docs/money.md section 4. */
function chargeOf(
  { reservedMicros, priceMicros, quantity }: BidFacts,
  clearingMicros: number,
  won: number | undefined,
) {
  const [part, whole] = won === undefined || won >= quantity ? [1, 1] : [won, quantity];
  // Quantities here are sixths, or thirds of halves: floats that stand for them are as the code under test has them.
  if (part !== whole) {
    return Math.min(reservedMicros, Math.floor(reservedMicros * (clearingMicros / priceMicros) * (part / whole)));
  }
  const product = BigInt(reservedMicros) * BigInt(clearingMicros);
  return Number(product / BigInt(priceMicros));
}
