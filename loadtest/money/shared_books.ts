// The books of nodes that share campaigns, in plain words: the slow twin of the scripts in Redis. One call runs at a
// time; what is in a call happens at once. Rules: docs/money.md section 6.

import type { Booked, LeaseAsk, Renewal, Renewed, Standing } from '../../bidcore/money/authority.js';
import { bills } from '../../bidcore/money/charge.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { bucketEndS, bucketOf } from '../../bidcore/money/reservations.js';

export interface SharedLease {
  readonly lease: number;
  readonly node: number;
  readonly day: string;
  grantedMicros: number;
  /** Of all nodes. */
  billedMicros: number;
  foreignMicros: number;
  longestExpiryS: number;
  untilMs: number;
}

export interface SharedCampaign {
  budgetMicros: number;
  dailyBudgetMicros: number;
  spentMicros: number;
  lateMicros: number;
  readonly days: Map<string, number>;
  readonly leases: Map<number, SharedLease>;
}

interface LiveNode {
  watermarkMs: number;
  heardMs: number;
}

/** A node that was not heard of for so long is not waited for. */
export const LIVE_MS = 8000;
/** Clocks differ, and notices are on their way, when a lease ends. */
const GRACE_MS = 5000;

/** Calls of one run of a node, counted: one that comes behind a later one is not carried out. */
export interface Caller {
  readonly node: number;
  readonly run: number;
  readonly nth: number;
}

export class SharedBooks {
  readonly campaigns = new Map<string, SharedCampaign>();
  readonly #booked = new Map<string, { by: number; chargedMicros: number }>();
  readonly #live = new Map<number, LiveNode>();
  readonly #callers = new Map<number, Caller>();
  /** Buckets that ended before have been freed by some node, or may have been. */
  #freedMs = 0;
  readonly #givenUp: (node: number) => void;
  readonly #bookedNow: (record: NoticeRecord) => void;

  /**
   * @param givenUp told when a node is not waited for any more
   * @param booked told of each record that is booked
   */
  constructor(givenUp: (node: number) => void, booked: (record: NoticeRecord) => void) {
    this.#givenUp = givenUp;
    this.#bookedNow = booked;
  }

  isLive(node: number): boolean {
    return this.#live.has(node);
  }

  acquire(asks: readonly LeaseAsk[], caller: Caller, nowMs: number): Standing[] | undefined {
    if (this.#isStale(caller)) return undefined;
    this.#endLeases(nowMs);
    for (const ask of asks) {
      const books = this.#booksOf(ask.campaign);
      books.budgetMicros = ask.budgetMicros;
      books.dailyBudgetMicros = ask.dailyBudgetMicros;
      const micros = Math.max(0, Math.min(ask.wantMicros, freeOf(books, ask.day)));
      const own = books.leases.get(ask.lease);
      if (own === undefined) {
        const { lease, node, day, longestExpiryS, untilMs } = ask;
        const opened = { lease, node, day, grantedMicros: micros, billedMicros: 0, foreignMicros: 0 };
        books.leases.set(lease, { ...opened, longestExpiryS, untilMs });
      } else {
        own.grantedMicros += micros;
        own.longestExpiryS = Math.max(own.longestExpiryS, ask.longestExpiryS);
      }
    }
    return asks.map(({ campaign, lease }) => this.#standing(campaign, lease));
  }

  renew({ node, untilMs, watermarkMs, leases }: Renewal, caller: Caller, nowMs: number): Renewed | undefined {
    if (this.#isStale(caller)) return undefined;
    this.#live.set(node, { watermarkMs, heardMs: nowMs });
    for (const { campaign, lease } of leases) {
      const its = this.campaigns.get(campaign)?.leases.get(lease);
      if (its !== undefined) its.untilMs = Math.max(its.untilMs, untilMs);
    }
    this.#endLeases(nowMs);
    const watermark = this.#watermark(nowMs);
    this.#freedMs = Math.max(this.#freedMs, watermark);
    const standings = leases.map(({ campaign, lease }) => this.#standing(campaign, lease));
    return { standings, watermarkMs: watermark, nodes: this.#live.size };
  }

  giveBack(
    back: readonly { readonly campaign: string; readonly lease: number; readonly micros: number }[],
    caller: Caller,
  ): true | undefined {
    if (this.#isStale(caller)) return undefined;
    for (const { campaign, lease, micros } of back) {
      const its = this.campaigns.get(campaign)?.leases.get(lease);
      if (its !== undefined) its.grantedMicros -= micros;
    }
    return true;
  }

  /** A record that its own node books again, because an answer was lost, is still its first. */
  book(records: readonly NoticeRecord[]): Booked[] {
    return records.map((record) => {
      const { facts, kind, by } = record;
      if (kind === 'event') return { first: true, chargedMicros: 0 };
      const key = `${facts.bid} ${kind}`;
      const before = this.#booked.get(key);
      if (before !== undefined)
        return { first: before.by === by, chargedMicros: before.by === by ? before.chargedMicros : 0 };
      this.#booked.set(key, { by, chargedMicros: record.chargeMicros });
      if (bills(record)) this.#charge(record);
      this.#bookedNow(record);
      return { first: true, chargedMicros: record.chargeMicros };
    });
  }

  #charge({ facts, chargeMicros, late, by }: NoticeRecord): void {
    const books = this.#booksOf(facts.campaign);
    const lease = books.leases.get(facts.lease);
    const { level, bucket } = bucketOf(facts.issuedS, facts.expiryS);
    const mayBeFreed = bucketEndS(level, bucket) * 1000 <= this.#freedMs;
    const isLost = this.#booked.has(`${facts.bid} loss`);
    books.spentMicros += chargeMicros;
    const heldMicros = lease === undefined ? 0 : Math.min(chargeMicros, lease.grantedMicros - lease.billedMicros);
    if (late || mayBeFreed || isLost || heldMicros < chargeMicros) books.lateMicros += chargeMicros;
    if (lease === undefined) return;
    lease.grantedMicros += chargeMicros - heldMicros; // what the lease does not hold is granted on top of it
    lease.billedMicros += chargeMicros;
    if (by !== lease.node) lease.foreignMicros += chargeMicros;
    if (lease.day !== '') books.days.set(lease.day, (books.days.get(lease.day) ?? 0) + chargeMicros);
  }

  #isStale(caller: Caller): boolean {
    const last = this.#callers.get(caller.node);
    if (last !== undefined && (caller.run < last.run || (caller.run === last.run && caller.nth <= last.nth)))
      return true;
    this.#callers.set(caller.node, caller);
    return false;
  }

  #watermark(nowMs: number): number {
    let earliest = Infinity;
    for (const [node, { watermarkMs, heardMs }] of this.#live) {
      if (nowMs - heardMs > LIVE_MS) {
        this.#live.delete(node);
        this.#givenUp(node);
      } else earliest = Math.min(earliest, watermarkMs);
    }
    return earliest;
  }

  /** Leases whose last bids have expired, where every notice that came before that is booked. */
  #endLeases(nowMs: number): void {
    const bookedMs = this.#watermark(nowMs);
    for (const { leases } of this.campaigns.values()) {
      for (const [number, { untilMs, longestExpiryS }] of leases) {
        const lastMs = untilMs + longestExpiryS * 1000;
        if (lastMs + GRACE_MS < nowMs && lastMs < bookedMs) leases.delete(number);
      }
    }
    if (bookedMs !== Infinity) this.#freedMs = Math.max(this.#freedMs, bookedMs);
  }

  #booksOf(campaign: string): SharedCampaign {
    let books = this.campaigns.get(campaign);
    if (books === undefined) {
      books = {
        budgetMicros: 0,
        dailyBudgetMicros: Infinity,
        spentMicros: 0,
        lateMicros: 0,
        days: new Map(),
        leases: new Map(),
      };
      this.campaigns.set(campaign, books);
    }
    return books;
  }

  #standing(campaign: string, lease: number): Standing {
    const books = this.#booksOf(campaign);
    const its = books.leases.get(lease);
    return {
      campaign,
      lease,
      grantedMicros: its?.grantedMicros ?? 0,
      foreignMicros: its?.foreignMicros ?? 0,
      spentMicros: books.spentMicros,
      lateMicros: books.lateMicros,
      spentTodayMicros: books.days.get(its?.day ?? '') ?? 0,
      freeMicros: Math.max(0, freeOf(books, its?.day ?? '')),
    };
  }
}

function freeOf(books: SharedCampaign, day: string): number {
  let held = 0;
  let heldToday = 0;
  for (const lease of books.leases.values()) {
    const rest = Math.max(0, lease.grantedMicros - lease.billedMicros);
    held += rest;
    if (lease.day === day) heldToday += rest;
  }
  const free = books.budgetMicros - books.spentMicros - held;
  return day === '' ? free : Math.min(free, books.dailyBudgetMicros - (books.days.get(day) ?? 0) - heldToday);
}
