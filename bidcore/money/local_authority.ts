// The books of a node that is alone: what each campaign has spent and what its leases hold. They are what the event log
// says: every change is a record that is durable before it counts, and a restart reads them again.

import type { Authority, Away, Booked, LeaseAsk, Renewal, Renewed, Standing } from './authority.js';
import type { EventRecord, LeaseRecord, NoticeRecord } from './event.js';

interface Lease {
  readonly lease: number;
  readonly run: number;
  readonly node: number;
  readonly day: string;
  grantedMicros: number;
  billedMicros: number;
  longestExpiryS: number;
  untilMs: number;
}

interface CampaignBooks {
  id: string;
  /** Undefined until an ask has told it. */
  budgetMicros: number | undefined;
  dailyBudgetMicros: number;
  spentMicros: number;
  lateMicros: number;
  /** By day; only days with spend. */
  readonly days: Map<string, number>;
  readonly leases: Map<number, Lease>;
}

/** The books as plain data, for a snapshot. */
export interface BooksDump {
  readonly renewedUntilMs: readonly (readonly [run: number, untilMs: number])[];
  readonly campaigns: readonly (readonly [
    campaign: string,
    id: string,
    spentMicros: number,
    lateMicros: number,
    days: readonly (readonly [string, number])[],
    leases: readonly Lease[],
  ])[];
}

/** Makes records durable; false if they are not. */
export type WriteRecords = (records: readonly EventRecord[]) => Promise<boolean>;

export class LocalAuthority implements Authority {
  readonly #campaigns = new Map<string, CampaignBooks>();
  /** By run: until when its leases are renewed, as the log says. */
  readonly #renewedUntilMs = new Map<number, number>();
  readonly #run: number;
  readonly #write: WriteRecords;

  /** @param run when this run of the node started, milliseconds since the epoch; above those of earlier runs */
  constructor(run: number, write: WriteRecords) {
    this.#run = run;
    this.#write = write;
  }

  // ---- what the log says

  /** Takes a record of the log into the books. Notices must be given once each. */
  replay(record: EventRecord): void {
    if (record.type === 'lease') this.#takeLease(record);
    else if (record.type === 'renewal') this.#extend(record.run, record.untilMs);
    else if (record.type === 'notice') this.#charge(record);
  }

  dump(): BooksDump {
    return {
      renewedUntilMs: [...this.#renewedUntilMs],
      campaigns: [...this.#campaigns].map(([campaign, { id, spentMicros, lateMicros, days, leases }]) => [
        campaign,
        id,
        spentMicros,
        lateMicros,
        [...days],
        [...leases.values()].map((lease) => ({ ...lease })),
      ]),
    };
  }

  restore({ renewedUntilMs, campaigns }: BooksDump): void {
    for (const [run, untilMs] of renewedUntilMs) this.#renewedUntilMs.set(run, untilMs);
    for (const [campaign, id, spentMicros, lateMicros, days, leases] of campaigns) {
      const books = this.#booksOf(campaign);
      Object.assign(books, { id, spentMicros, lateMicros });
      for (const [day, micros] of days) books.days.set(day, micros);
      for (const lease of leases) books.leases.set(lease.lease, { ...lease });
    }
  }

  // ---- what the ledger asks

  async acquire(asks: readonly LeaseAsk[], nowMs: number): Promise<readonly Standing[] | Away> {
    const granted: { ask: LeaseAsk; micros: number; record: LeaseRecord }[] = [];
    const promised = new Map<string, number>(); // by campaign: granted in this call, not in the books yet
    for (const ask of asks) {
      const books = this.#booksOf(ask.campaign);
      books.id = ask.campaignId;
      books.budgetMicros = ask.budgetMicros;
      books.dailyBudgetMicros = ask.dailyBudgetMicros;
      const own = books.leases.get(ask.lease);
      const free = freeOf(books, ask.day) - (promised.get(ask.campaign) ?? 0);
      const micros = Math.max(0, Math.min(ask.wantMicros, free));
      if (micros === 0 && own !== undefined && ask.longestExpiryS <= own.longestExpiryS) continue;
      promised.set(ask.campaign, (promised.get(ask.campaign) ?? 0) + micros);
      const { campaign, campaignId, lease, node, day, longestExpiryS } = ask;
      const grantedMicros = (own?.grantedMicros ?? 0) + micros;
      const record = { type: 'lease', campaign, campaignId, lease, run: this.#run, node, day, grantedMicros } as const;
      const longest = Math.max(longestExpiryS, own?.longestExpiryS ?? 0);
      granted.push({ ask, micros, record: { ...record, longestExpiryS: longest, ended: false, atMs: nowMs } });
    }
    if (granted.length > 0 && !(await this.#write(granted.map(({ record }) => record)))) return UNWRITTEN;
    for (const { ask, record } of granted) this.#takeLease(record, ask.untilMs);
    return asks.map((ask) => this.#standing(ask.campaign, ask.lease));
  }

  async renew({ untilMs, watermarkMs, leases }: Renewal, nowMs: number): Promise<Renewed | Away> {
    const run = this.#run;
    const renewed = new Set(leases.map(({ campaign, lease }) => `${campaign} ${lease}`));
    const records: EventRecord[] = this.#ended(renewed, nowMs);
    if (untilMs > (this.#renewedUntilMs.get(run) ?? 0)) {
      records.push({ type: 'renewal', run, untilMs: untilMs + AHEAD_MS, atMs: nowMs });
    }
    if (records.length > 0 && !(await this.#write(records))) return UNWRITTEN;
    for (const record of records) this.replay(record);
    const standings = leases.map(({ campaign, lease }) => this.#standing(campaign, lease));
    return { standings, watermarkMs, nodes: 1 };
  }

  async giveBack(
    back: readonly { readonly campaign: string; readonly lease: number; readonly micros: number }[],
    nowMs: number,
  ): Promise<undefined | Away> {
    const records = back.flatMap(({ campaign, lease, micros }) => {
      const its = this.#booksOf(campaign).leases.get(lease);
      if (its === undefined) return [];
      const grantedMicros = its.grantedMicros - micros;
      return [leaseRecord(campaign, this.#booksOf(campaign).id, { ...its, grantedMicros }, nowMs)];
    });
    if (records.length > 0 && !(await this.#write(records))) return UNWRITTEN;
    for (const record of records) this.#takeLease(record);
    return undefined;
  }

  /** Books notices that are durable; the ledger has seen to it that each comes once. */
  async book(records: readonly NoticeRecord[]): Promise<readonly Booked[]> {
    for (const record of records) this.#charge(record);
    return records.map(({ chargeMicros }) => ({ first: true, chargedMicros: chargeMicros }));
  }

  /** How a campaign stands, for whoever wants to see it. */
  standing(campaign: string, lease: number): Standing {
    return this.#standing(campaign, lease);
  }

  // ---- the books

  #booksOf(campaign: string): CampaignBooks {
    let books = this.#campaigns.get(campaign);
    if (books === undefined) {
      books = {
        id: '',
        budgetMicros: undefined,
        dailyBudgetMicros: Infinity,
        spentMicros: 0,
        lateMicros: 0,
        days: new Map(),
        leases: new Map(),
      };
      this.#campaigns.set(campaign, books);
    }
    return books;
  }

  #takeLease(record: LeaseRecord, untilMs = record.atMs): void {
    const books = this.#booksOf(record.campaign);
    books.id = record.campaignId;
    const until = Math.max(untilMs, this.#renewedUntilMs.get(record.run) ?? 0);
    const known = books.leases.get(record.lease);
    if (record.ended) books.leases.delete(record.lease);
    else if (known !== undefined) {
      known.grantedMicros = record.grantedMicros;
      known.longestExpiryS = record.longestExpiryS;
      known.untilMs = Math.max(known.untilMs, until);
    } else {
      const { lease, run, node, day, grantedMicros, longestExpiryS } = record;
      books.leases.set(lease, {
        lease,
        run,
        node,
        day,
        grantedMicros,
        billedMicros: 0,
        longestExpiryS,
        untilMs: until,
      });
    }
  }

  #extend(run: number, untilMs: number): void {
    this.#renewedUntilMs.set(run, Math.max(untilMs, this.#renewedUntilMs.get(run) ?? 0));
    for (const { leases } of this.#campaigns.values()) {
      for (const lease of leases.values()) if (lease.run === run) lease.untilMs = Math.max(lease.untilMs, untilMs);
    }
  }

  #charge({ facts, chargeMicros, late }: NoticeRecord): void {
    if (chargeMicros === 0) return;
    const books = this.#booksOf(facts.campaign);
    const lease = books.leases.get(facts.lease);
    books.spentMicros += chargeMicros;
    if (late || lease === undefined) books.lateMicros += chargeMicros;
    if (lease === undefined) return;
    lease.billedMicros += chargeMicros;
    if (lease.day !== '') books.days.set(lease.day, (books.days.get(lease.day) ?? 0) + chargeMicros);
  }

  /**
   * The ends of leases that hold nothing any more and are not renewed, and of those of earlier runs whose last bids
   * have expired. They are records, so that a restart finds the same leases.
   */
  #ended(renewed: ReadonlySet<string>, nowMs: number): LeaseRecord[] {
    const ended: LeaseRecord[] = [];
    for (const [campaign, books] of this.#campaigns) {
      for (const its of books.leases.values()) {
        const { lease, run, untilMs, longestExpiryS, grantedMicros, billedMicros } = its;
        const isOver = run !== this.#run && untilMs + (longestExpiryS + GRACE_S) * 1000 < nowMs;
        if (!isOver && (grantedMicros > billedMicros || renewed.has(`${campaign} ${lease}`))) continue;
        ended.push({ ...leaseRecord(campaign, books.id, its, nowMs), ended: true });
      }
    }
    return ended;
  }

  #standing(campaign: string, lease: number): Standing {
    const books = this.#booksOf(campaign);
    const its = books.leases.get(lease);
    return {
      campaign,
      lease,
      grantedMicros: its?.grantedMicros ?? 0,
      foreignMicros: 0,
      spentMicros: books.spentMicros,
      lateMicros: books.lateMicros,
      spentTodayMicros: books.days.get(its?.day ?? '') ?? 0,
      freeMicros: Math.max(0, freeOf(books, its?.day ?? '')),
    };
  }
}

/** A renewal is written for so long ahead that one record serves many of them. */
const AHEAD_MS = 10_000;
/** Notices may be on their way for so long when a lease ends, seconds. */
const GRACE_S = 5;
const UNWRITTEN: Away = { code: 'authority_away', problem: 'the event log takes no records' };

function leaseRecord(campaign: string, campaignId: string, its: Lease, atMs: number): LeaseRecord {
  const { lease, run, node, day, grantedMicros, longestExpiryS } = its;
  const record = { type: 'lease', campaign, campaignId, lease, run, node, day, grantedMicros, longestExpiryS } as const;
  return { ...record, ended: false, atMs };
}

/** What leases hold: of a day, or of all. */
function heldOf(books: CampaignBooks, day: string | undefined): number {
  let held = 0;
  for (const lease of books.leases.values()) {
    if (day === undefined || lease.day === day) held += Math.max(0, lease.grantedMicros - lease.billedMicros);
  }
  return held;
}

function freeOf(books: CampaignBooks, day: string): number {
  const free = (books.budgetMicros ?? 0) - books.spentMicros - heldOf(books, undefined);
  if (day === '') return free;
  return Math.min(free, books.dailyBudgetMicros - (books.days.get(day) ?? 0) - heldOf(books, day));
}
