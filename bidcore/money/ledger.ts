// The ledger of a node: it books notices, once each and durable before they are answered. It does no input or output of
// its own: leases, log and time come from outside, so that a simulation runs this very code. Rules: docs/money.md
// section 4.
//
//   notice ─▶ seen before? ─▶ charge ─▶ written to the log ─▶ funds of its lease, counters, authority ─▶ answered

import type { CampaignCounts } from './campaign_counts.js';
import { bills, chargeMicros, isLate } from './charge.js';
import type { EventRecord, Notice, NoticeKind, NoticeRecord } from './event.js';
import type { Leases } from './leases.js';
import { type SeenDump, SeenNotices } from './seen_notices.js';

export interface LedgerOptions {
  readonly node: number;
  /** How long a token lives, seconds. */
  readonly tokenLifeS: number;
  /** How long a notice may be on its way from its socket to the ledger, milliseconds. */
  readonly onItsWayMs: number;
}

/** What became of a notice. `failed`: it could not be made durable, nothing was changed. */
export type Booking = 'booked' | 'late' | 'repeated' | 'test' | 'failed';

/** What the ledger writes to and tells. */
export interface LedgerBook {
  /** Makes records durable, in order; false if they are not. */
  append(records: readonly EventRecord[]): Promise<boolean>;
  /** A record is durable and its funds are settled: a node that is alone books it with its authority now. */
  settled(record: NoticeRecord): void;
}

/** What a ledger has seen, as plain data for a snapshot. */
export interface LedgerDump {
  readonly seen: readonly SeenDump[];
  readonly winPrices: readonly (readonly [bid: string, micros: number])[];
}

const KIND_MARKS: Record<Exclude<NoticeKind, 'event'>, number> = {
  win: 1,
  bill: 2,
  loss: 4,
  imp: 8,
  click: 16,
  conv: 32,
};
/** The bid's reservation is not held any more. */
const RELEASED = 64;
export class Ledger {
  readonly seen: SeenNotices;
  readonly #options: LedgerOptions;
  readonly #counts: CampaignCounts;
  readonly #leases: Leases;
  readonly #out: LedgerBook;
  /** Clearing prices that win notices brought, for bids billed by impression. */
  readonly #winPrices = new Map<string, number>();
  /** Notices under way: when they came, and their bookings, for those that repeat them. */
  readonly #underWay = new Map<string, { atMs: number; booking: Promise<Booking> }>();

  /** By bid, the last of its notices that is under way. */
  readonly #turns = new Map<string, Promise<Booking>>();

  constructor(counts: CampaignCounts, leases: Leases, book: LedgerBook, options: LedgerOptions) {
    this.#counts = counts;
    this.#leases = leases;
    this.#out = book;
    this.#options = options;
    this.seen = new SeenNotices(options.tokenLifeS);
  }

  /** Books a notice. Resolves when it is durable. */
  receive(notice: Notice): Promise<Booking> {
    const { facts, kind } = notice;
    if (facts.test) return Promise.resolve('test');
    const key = `${facts.bid} ${kind} ${notice.name ?? ''}`;
    const twin = this.#underWay.get(key);
    if (twin !== undefined) return twin.booking.then((booking) => (booking === 'failed' ? 'failed' : 'repeated'));
    if (kind !== 'event' && (this.#marks(notice) & KIND_MARKS[kind]) !== 0) return Promise.resolve('repeated');
    const booking = this.#inTurn(notice).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, { atMs: notice.atMs, booking });
    return booking;
  }

  /** Books notices of one bid one behind the other: what a bill costs hangs on the win and the loss before it. */
  #inTurn(notice: Notice): Promise<Booking> {
    const { bid } = notice.facts;
    const before = this.#turns.get(bid);
    const book = (): Promise<Booking> => this.#book(notice);
    const turn = before === undefined ? book() : before.then(book, book);
    const done = (): void => {
      if (this.#turns.get(bid) === turn) this.#turns.delete(bid);
    };
    this.#turns.set(bid, turn);
    turn.then(done, done);
    return turn;
  }

  /** All notices that came before are booked, milliseconds since the epoch. */
  watermarkMs(nowMs: number): number {
    let earliest = nowMs - this.#options.onItsWayMs;
    for (const { atMs } of this.#underWay.values()) earliest = Math.min(earliest, atMs);
    return earliest;
  }

  /**
   * Takes a record of the log at a restart: what has been seen.
   * @returns false if the log has had the notice before: it must not count again
   */
  replay(record: EventRecord): boolean {
    if (record.type !== 'notice' || record.kind === 'event') return true;
    if ((this.#marks(record) & KIND_MARKS[record.kind]) !== 0) return false;
    this.#counts.add(record.kind, record.facts.campaign, undefined);
    this.#mark(record, KIND_MARKS[record.kind] | (bills(record) || record.kind === 'loss' ? RELEASED : 0));
    if (record.kind === 'win' && record.clearingMicros !== undefined) this.#keepWinPrice(record, record.clearingMicros);
    return true;
  }

  /** What has been seen, to be kept and given to `restore`. */
  dump(): LedgerDump {
    return { seen: this.seen.dump(), winPrices: [...this.#winPrices] };
  }

  restore({ seen, winPrices }: LedgerDump): void {
    this.seen.restore(seen);
    for (const [bid, micros] of winPrices) this.#winPrices.set(bid, micros);
  }

  /** Waits for the notices under way. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#underWay.values()].map(({ booking }) => booking));
  }

  async #book(notice: Notice): Promise<Booking> {
    const isHeld = (this.#marks(notice) & RELEASED) === 0;
    const record = this.#recordOf(notice, isHeld);
    if (!(await this.#out.append([record]))) return 'failed';
    const settles = bills(notice) || (notice.kind === 'loss' && isHeld);
    if (notice.kind !== 'event') this.#mark(notice, KIND_MARKS[notice.kind] | (settles ? RELEASED : 0));
    if (notice.kind === 'win' && notice.clearingMicros !== undefined) this.#keepWinPrice(notice, notice.clearingMicros);
    const { campaign } = notice.facts;
    this.#counts.add(notice.kind, campaign, this.#leases.indexOf(campaign));
    if (settles) this.#leases.settle(record, isHeld);
    this.#out.settled(record);
    return record.late && record.chargeMicros > 0 ? 'late' : 'booked';
  }

  #recordOf(notice: Notice, isHeld: boolean): NoticeRecord {
    const billing = bills(notice);
    const { kind, facts, atMs, clearingMicros, quantity, lossReason, toWinMicros, name, errorCode } = notice;
    const clearing = clearingMicros ?? this.#winPrices.get(facts.bid) ?? facts.priceMicros;
    // Field by field: a spread takes 100 times as long (14 µs).
    return {
      kind,
      facts,
      atMs,
      clearingMicros,
      quantity,
      lossReason,
      toWinMicros,
      name,
      errorCode,
      type: 'notice',
      by: this.#options.node,
      chargeMicros: billing ? chargeMicros(facts, clearing, quantity) : 0,
      late: isLate(notice) || (billing && !isHeld),
    };
  }

  #keepWinPrice({ facts }: Notice, clearingMicros: number): void {
    if (!facts.billedByImpression) return;
    this.#winPrices.set(facts.bid, clearingMicros);
    if (this.#winPrices.size > WIN_PRICES_MAX) this.#winPrices.delete(this.#winPrices.keys().next().value as string);
  }

  #marks({ facts }: Notice): number {
    return this.seen.marks(BigInt(`0x${facts.bid}`), facts.issuedS);
  }

  #mark({ facts }: Notice, marks: number): void {
    const { issuedS, expiryS } = facts;
    const bid = BigInt(`0x${facts.bid}`);
    this.seen.set(bid, issuedS, this.seen.marks(bid, issuedS) | marks, expiryS);
  }
}

/** Win prices kept for bids billed by impression; the oldest go first. */
const WIN_PRICES_MAX = 200_000;
