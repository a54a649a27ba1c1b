// The ledger of this node with everything real around it: the event log in the data folder, the authority, frequency
// counts, snapshots. It runs in a thread of its own (ledger_thread.ts); nothing in here knows that.
//
//   notices ─▶ ledger ─▶ event log (durable) ─▶ funds, counts, frequency table ─▶ answers
//   tick    ─▶ leases renewed, freed, grown;  every minute a snapshot, if there is something new
//
// A start reads the newest snapshot and the records behind it. Rules: docs/money.md.

import { pack, unpack } from 'msgpackr';
import type { Counted } from '../../bidcore/audiences.js';
import { type FrequencyDump, FrequencyTable } from '../../bidcore/frequency_table.js';
import type { Authority } from '../../bidcore/money/authority.js';
import { CampaignCounts, type CountsDump } from '../../bidcore/money/campaign_counts.js';
import type { PacedPlan } from '../../bidcore/money/campaign_plans.js';
import type { EventRecord, Notice, NoticeRecord } from '../../bidcore/money/event.js';
import { Funds, NODE_REGIONS } from '../../bidcore/money/funds.js';
import type { CampaignPlan } from '../../bidcore/money/leased_campaign.js';
import { Leases } from '../../bidcore/money/leases.js';
import { type Booking, Ledger, type LedgerDump } from '../../bidcore/money/ledger.js';
import { type BooksDump, LocalAuthority } from '../../bidcore/money/local_authority.js';
import type { Cursor } from '../event_log/cursor.js';
import { type EventLogError, isEventLogError } from '../event_log/errors.js';
import { type EventLog, openEventLog } from '../event_log/event_log.js';
import type { EventLogNote } from '../event_log/options.js';
import type { EventLogStats } from '../event_log/stats.js';
import type { Log } from '../log.js';
import type { RedisAddress } from '../redis/redis_url.js';
import { type CampaignSums, CampaignTotals } from './campaign_totals.js';
import { Pacers, type PacersDump } from './pacers.js';
import { RedisBooks, type RedisBooksStatus } from './redis_books.js';
import type { PolicyStats } from './slot_policies.js';
import { FORGET_MS, LEASE_MS, ON_ITS_WAY_MS, RENEW_MS } from './times.js';

const SNAPSHOT_MS = 60_000;
const PACE_MS = 1000;
const COMPLAIN_MS = 10_000;
/** Decisions of the policy that are logged in a second: a slot begins for all campaigns at once. */
const POLICIES_AT_ONCE = 1000;
/** A disk that hangs while a snapshot is taken: notices go on coming. */
const WAITING_MAX = 100_000;

export interface NodeLedgerOptions {
  readonly buffer: SharedArrayBuffer;
  /** Folder of the event log. */
  readonly folder: string;
  readonly node: number;
  readonly tokenLifeS: number;
  /** When this run starts, milliseconds since the epoch. */
  readonly nowMs: number;
  /** The time now, milliseconds since the epoch. */
  readonly clock: () => number;
  /** A campaign that is in no book any more holds nothing any more: its state may be another's. */
  readonly released: (plan: CampaignPlan) => void;
  readonly note: (note: EventLogNote) => void;
  /** Where the books are that nodes share; undefined for a node that is alone. */
  readonly redis: RedisAddress | undefined;
  /** Whether somebody sums the log and says how far (`summed`): what is not summed is kept, up to a bound. */
  readonly summed: boolean;
  /** For what Redis has to say. */
  readonly tell: Log;
  /** No waiting mends it: the ledger must end. */
  readonly failed: (error: Error) => void;
}

/** Why a ledger could not start. */
export interface LedgerProblem {
  readonly code: 'ledger_cannot_start';
  readonly problem: string;
}

export function isLedgerProblem(value: NodeLedger | LedgerProblem): value is LedgerProblem {
  return 'problem' in value;
}

/** What a snapshot holds. */
interface State {
  readonly version: 1;
  readonly atMs: number;
  /** Undefined where they are in Redis. */
  readonly books: BooksDump | undefined;
  readonly counts: CountsDump;
  readonly ledger: LedgerDump;
  readonly frequency: FrequencyDump;
  readonly pacers: PacersDump;
}

export interface NodeLedgerStats extends CampaignSums {
  readonly log: EventLogStats;
  /** Bids whose notices are remembered. */
  readonly seenBids: number;
  readonly frequencyEntries: number;
  readonly frequencyEvictions: number;
  readonly policies: PolicyStats;
  /** Undefined for a node that is alone. */
  readonly redis: RedisBooksStatus | undefined;
}

/** Opens the event log and reads what it says. */
export async function openNodeLedger(options: NodeLedgerOptions): Promise<NodeLedger | LedgerProblem> {
  const log = await openEventLog(options.folder, { note: options.note });
  if (isEventLogError(log)) return { code: 'ledger_cannot_start', problem: log.problem };
  const snapshot = await log.readSnapshot();
  if (snapshot !== undefined && isEventLogError(snapshot)) {
    await log.close();
    return { code: 'ledger_cannot_start', problem: snapshot.problem };
  }
  const cursor = options.redis === undefined ? undefined : await log.cursor('redis', { mayLose: false });
  if (cursor !== undefined && isEventLogError(cursor)) {
    await log.close();
    return { code: 'ledger_cannot_start', problem: cursor.problem };
  }
  // Sums may lose records: bidding does not stop for reports.
  const sums = options.summed ? await log.cursor('sums', { mayLose: true }) : undefined;
  if (sums !== undefined && isEventLogError(sums)) {
    await log.close();
    return { code: 'ledger_cannot_start', problem: sums.problem };
  }
  const state = snapshot && (unpack(snapshot.bytes) as State);
  const ledger = new NodeLedger(options, log, { shipped: cursor, sums }, state?.atMs ?? 0);
  await ledger.restore(snapshot?.position ?? log.oldest, state);
  return ledger;
}

/** Who keeps records of the log from being deleted, besides snapshots. */
interface Cursors {
  readonly shipped: Cursor | undefined;
  readonly sums: Cursor | undefined;
}

export class NodeLedger {
  readonly #log: EventLog;
  readonly #sums: Cursor | undefined;
  readonly #clock: () => number;
  readonly #ledger: Ledger;
  readonly #leases: Leases;
  readonly #counts: CampaignCounts;
  /** The books of a node that is alone, or those in Redis. */
  readonly #own: LocalAuthority | undefined;
  readonly #shared: RedisBooks | undefined;
  readonly #frequency: FrequencyTable;
  readonly #pacers: Pacers;
  readonly #append: (records: readonly EventRecord[]) => Promise<boolean>;
  /** Decisions of the policy on their way to the log. */
  #logging: Promise<void> | undefined;
  readonly #campaigns = new CampaignTotals();
  #counted: ReadonlyMap<string, readonly Counted[]> = new Map();
  /** Of users, in the log: counted once it is known what under. */
  #uncounted: NoticeRecord[] = [];
  /** Set while a snapshot is taken: notices wait for it. */
  #still: Promise<void> | undefined;
  /** Notices that do. */
  #waiting = 0;
  #snapshotMs: number;
  #snapshotAt = 0;
  #forgottenMs = 0;
  #pacedMs = 0;
  readonly #tell: Log;
  #complainedMs = Number.NEGATIVE_INFINITY;

  constructor(options: NodeLedgerOptions, log: EventLog, { shipped, sums }: Cursors, followFromMs: number) {
    const { buffer, node, tokenLifeS, nowMs, released, redis, tell, failed } = options;
    this.#log = log;
    this.#sums = sums;
    this.#clock = options.clock;
    this.#snapshotMs = nowMs;
    const append = async (records: readonly EventRecord[]): Promise<boolean> => {
      const result = await log.append(records);
      if (isEventLogError(result)) this.#complain(result);
      return !isEventLogError(result);
    };
    this.#tell = tell;
    const funds = new Funds({ buffer, ...NODE_REGIONS });
    this.#counts = new CampaignCounts(funds);
    this.#frequency = new FrequencyTable(buffer);
    this.#pacers = new Pacers(funds, buffer, node);
    this.#append = append;
    this.#own = redis === undefined ? new LocalAuthority(nowMs, append) : undefined;
    const writtenBeforeMs = (): number => this.#ledger.watermarkMs(this.#clock());
    const repeated = (record: NoticeRecord): void => this.#leases.retract(record);
    const elsewhere = (record: NoticeRecord): void => this.#count(record);
    const books = { node, log, followFromMs, writtenBeforeMs, repeated, elsewhere, tell, failed };
    this.#shared = redis && shipped && new RedisBooks({ ...books, address: redis }, shipped);
    const authority = (this.#own ?? this.#shared?.authority) as Authority;
    this.#leases = new Leases(funds, authority, {
      node,
      leaseMs: LEASE_MS,
      renewMs: RENEW_MS,
      released: (plan) => {
        this.#campaigns.drop(plan.campaign);
        released(plan);
      },
      shown: (plan, standing) => this.#campaigns.show(plan, standing),
    });
    const settled = (record: NoticeRecord): void => this.#settled(record);
    this.#ledger = new Ledger(
      this.#counts,
      this.#leases,
      { append, settled },
      { node, tokenLifeS, onItsWayMs: ON_ITS_WAY_MS },
    );
    this.#leases.start(nowMs);
  }

  /** Takes a snapshot and the records behind it into the books. Before anything else. */
  async restore(from: number, state: State | undefined): Promise<void> {
    this.#frequency.clear(); // what a ledger before has counted is in the snapshot and in the log
    if (state !== undefined) {
      if (state.books !== undefined) this.#own?.restore(state.books);
      this.#counts.restore(state.counts);
      this.#ledger.restore(state.ledger);
      this.#frequency.restore(state.frequency);
      this.#pacers.restore(state.pacers);
    }
    for await (const { record } of this.#log.read(from)) {
      if (!this.#ledger.replay(record)) continue;
      this.#own?.replay(record);
      if (record.type === 'notice' && ofUser(record)) this.#uncounted.push(record);
    }
    this.#snapshotAt = from;
    this.#shared?.start();
  }

  /** Takes the campaigns of a new book, and what it counts of users (`countedOf`). */
  plan(plans: readonly PacedPlan[], counted: ReadonlyMap<string, readonly Counted[]>): void {
    this.#leases.plan(plans);
    this.#pacers.plan(plans);
    for (const { campaign, index } of plans) this.#counts.show(campaign, index);
    this.#counted = counted;
    for (const record of this.#uncounted) this.#count(record);
    this.#uncounted = [];
  }

  /** Books a notice; resolves when it is durable. */
  async receive(notice: Notice): Promise<Booking> {
    while (this.#still !== undefined) {
      if (this.#waiting >= WAITING_MAX) return 'failed';
      this.#waiting += 1;
      await this.#still;
      this.#waiting -= 1;
    }
    // Nobody waits for its answer any more, and what its bid holds may be freed already: it comes again.
    if (this.#clock() - notice.atMs > ON_ITS_WAY_MS) return 'failed';
    return this.#ledger.receive(notice);
  }

  /** To be called a few times a second. */
  async tick(nowMs: number): Promise<void> {
    await this.#leases.tick(nowMs, this.#shared?.watermarkMs() ?? this.#ledger.watermarkMs(nowMs));
    if (nowMs - this.#pacedMs >= PACE_MS) {
      this.#pacedMs = nowMs;
      this.#pacers.step(nowMs);
      this.#logging ??= this.#logPolicies().finally(() => {
        this.#logging = undefined;
      });
    }
    if (nowMs - this.#forgottenMs > FORGET_MS) {
      this.#forgottenMs = nowMs;
      this.#ledger.seen.forget(Math.floor(nowMs / 1000));
    }
    if (nowMs - this.#snapshotMs > SNAPSHOT_MS) await this.snapshot(nowMs);
  }

  /** Not waited for in a tick: a disk that hangs must not keep leases from being renewed. */
  async #logPolicies(): Promise<void> {
    const records = this.#pacers.policies.take(POLICIES_AT_ONCE);
    if (records.length === 0 || (await this.#append(records))) return;
    this.#pacers.policies.giveBack(records);
  }

  /** Writes what the records so far have made. Nothing else must be under way in `tick`. */
  async snapshot(nowMs: number): Promise<void> {
    this.#snapshotMs = nowMs;
    if (this.#log.next === this.#snapshotAt) return;
    let done = (): void => undefined;
    this.#still = new Promise((resolve) => {
      done = resolve;
    });
    await this.#ledger.settle(); // now the books are what all records up to the last one say
    const position = this.#log.next;
    const bytes = pack(this.#state(nowMs));
    this.#still = undefined;
    done();
    const error = await this.#log.writeSnapshot(position, bytes);
    if (error === undefined) this.#snapshotAt = position;
    else this.#complain(error);
  }

  /** The records before a position are in the sums. */
  async summed(next: number): Promise<void> {
    const error = await this.#sums?.advance(next);
    if (error !== undefined) this.#complain(error);
  }

  stats(): NodeLedgerStats {
    return {
      log: this.#log.stats(),
      seenBids: this.#ledger.seen.size,
      ...this.#campaigns.sums(),
      frequencyEntries: this.#frequency.entries,
      frequencyEvictions: this.#frequency.evictions,
      policies: this.#pacers.policies.stats(),
      redis: this.#shared?.status(),
    };
  }

  /** No more bids; notices under way are booked, and what no bid holds goes back. */
  async close(nowMs: number): Promise<void> {
    await this.#ledger.settle();
    await this.#logging;
    await this.#leases.close(nowMs);
    await this.#shared?.close();
    await this.snapshot(nowMs);
    await this.#log.close();
  }

  #state(atMs: number): State {
    return {
      version: 1,
      atMs,
      books: this.#own?.dump(),
      counts: this.#counts.dump(),
      ledger: this.#ledger.dump(),
      frequency: this.#frequency.dump(),
      pacers: this.#pacers.dump(),
    };
  }

  /** Says that the event log takes nothing: now and then, for every notice would say it. */
  #complain({ code, problem }: EventLogError): void {
    const nowMs = performance.now();
    if (nowMs - this.#complainedMs < COMPLAIN_MS) return;
    this.#complainedMs = nowMs;
    this.#tell.error({ code, problem }, 'the event log takes no records: notices are answered 503, bids end');
  }

  #settled(record: NoticeRecord): void {
    void this.#own?.book([record]);
    this.#pacers.charged(record);
    this.#count(record);
  }

  #count(record: NoticeRecord): void {
    if (!ofUser(record)) return;
    const { kind, facts, atMs } = record;
    for (const scope of [facts.campaign, facts.adGroup]) {
      for (const { key, bucketSeconds } of this.#counted.get(`${kind} ${scope}`) ?? []) {
        this.#frequency.count(BigInt(`0x${facts.user}`), key, bucketSeconds, Math.floor(atMs / 1000));
      }
    }
  }
}

/** True for what frequency caps and audiences count. */
function ofUser({ kind, facts }: NoticeRecord): boolean {
  return facts.user !== '' && (kind === 'imp' || kind === 'click' || kind === 'conv');
}
