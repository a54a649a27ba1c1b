// A node of a simulated history: the real ledger, leases, funds and, where it is alone, the real books, over a disk, a
// clock and a network that are not.

import * as map from '../../assembly/memory_map.js';
import { NO_FEATURES } from '../../bidcore/feature_list.js';
import type { Random } from '../../bidcore/fuzz/random.js';
import type { Authority } from '../../bidcore/money/authority.js';
import { CampaignCounts } from '../../bidcore/money/campaign_counts.js';
import type { BidFacts, EventRecord, Notice } from '../../bidcore/money/event.js';
import { Funds } from '../../bidcore/money/funds.js';
import type { CampaignPlan } from '../../bidcore/money/leased_campaign.js';
import { Leases } from '../../bidcore/money/leases.js';
import { type Booking, Ledger, type LedgerDump } from '../../bidcore/money/ledger.js';
import { type BooksDump, LocalAuthority } from '../../bidcore/money/local_authority.js';
import { bucketOf } from '../../bidcore/money/reservations.js';
import { Disk } from './disk.js';
import { type Network, SharedAuthority } from './network.js';
import { Broken, type Oracle } from './oracle.js';
import { Outbox } from './outbox.js';
import type { BidSpec, CampaignSpec, Scenario } from './scenario.js';
import type { Schedule } from './schedule.js';
import type { SharedBooks } from './shared_books.js';

/** What is around a node. */
export interface Surroundings {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
  readonly random: Random;
  readonly oracle: Oracle;
  readonly network: Network;
  /** Undefined for a node that is alone. */
  readonly books: SharedBooks | undefined;
  readonly trace: (line: string) => void;
}

interface Snapshot {
  readonly records: number;
  readonly books: BooksDump | undefined;
  readonly ledger: LedgerDump;
}

/** One run of a node: gone as a whole when it is killed. */
export interface Run {
  readonly number: number;
  readonly funds: Funds;
  readonly control: Uint32Array;
  readonly leases: Leases;
  readonly ledger: Ledger;
  readonly authority: Authority;
  readonly local: LocalAuthority | undefined;
  readonly outbox: Outbox | undefined;
  /** Where campaigns stand in memory. */
  readonly places: Map<string, number>;
  readonly freePlaces: number[];
  closing: boolean;
  shipping: boolean;
}

const PLACES = 8;
const CONTROL_BYTES = 256;
const TOKEN_LIFE_S = 7200;
/** Time between ticks when the traffic is over. */
const SLOW_TICK_MS = 2500;
/** Time between batches of the outbox. */
const SHIP_MS = 5;

export class SimNode {
  readonly number: number;
  readonly disk: Disk;
  offsetMs = 0;
  run: Run | undefined;
  slow = false;
  /** Records known to be shipped: kept, but not always the newest. */
  shipped = 0;
  readonly #around: Surroundings;
  #plans: readonly CampaignSpec[];
  #lastRun = 0;
  #snapshot: Snapshot | undefined;

  constructor(number: number, around: Surroundings) {
    this.number = number;
    this.#around = around;
    this.#plans = around.scenario.campaigns;
    const { schedule, random, oracle } = around;
    this.disk = new Disk(schedule, random, (record) => {
      this.#checkHeld(record);
      oracle.durable(record, number);
      if (this.run?.shipping === false) this.#shipAgain(this.run);
    });
  }

  get nowMs(): number {
    return this.#around.schedule.nowMs + this.offsetMs;
  }

  start(): void {
    if (this.run !== undefined) return;
    const { books, network, schedule, scenario, trace } = this.#around;
    this.#lastRun = Math.max(this.nowMs, this.#lastRun + 1);
    const number = this.#lastRun;
    const buffer = new SharedArrayBuffer(CONTROL_BYTES + PLACES * (map.CAMPAIGN_STRIDE + 8 + map.RESERVATION_STRIDE));
    const campaigns = CONTROL_BYTES;
    const multipliers = campaigns + PLACES * map.CAMPAIGN_STRIDE;
    const reservations = multipliers + PLACES * 8;
    const funds = new Funds({ buffer, control: 0, campaigns, multipliers, reservations, count: PLACES });
    const local = books === undefined ? new LocalAuthority(number, (records) => this.disk.append(records)) : undefined;
    const authority = local ?? new SharedAuthority(network, books as SharedBooks, schedule, this.number, number);
    const places = new Map<string, number>();
    const freePlaces = Array.from({ length: PLACES }, (_, n) => n);
    const leases = new Leases(funds, this.#around.oracle.watched(authority, this.number), {
      node: this.number,
      leaseMs: scenario.leaseMs,
      renewMs: scenario.renewMs,
      released: ({ campaign, index }) => {
        places.delete(campaign);
        freePlaces.push(index);
      },
    });
    const outbox = books === undefined ? undefined : new Outbox(this.disk.log, this.shipped, authority, leases);
    const ledger = new Ledger(
      new CampaignCounts(funds),
      leases,
      {
        append: (records) => this.disk.append(records),
        settled: (record) => {
          if (local === undefined) return;
          void local.book([record]);
          this.#around.oracle.booked(record);
        },
      },
      { node: this.number, tokenLifeS: TOKEN_LIFE_S, onItsWayMs: scenario.onItsWayMs },
    );
    const control = new Uint32Array(buffer, 0, CONTROL_BYTES / 4);
    this.run = {
      ...{ number, funds, control, leases, ledger, authority, local, outbox, places, freePlaces },
      ...{ closing: false, shipping: false },
    };
    this.#replay(this.run);
    trace(`node ${this.number} starts, ${this.disk.log.length} records on its disk`);
    leases.start(number);
    this.plan(this.#plans);
    this.#tickAgain(this.run);
    this.#shipAgain(this.run);
  }

  /** kill -9. */
  kill(): void {
    if (this.run === undefined) return;
    this.#around.trace(`node ${this.number} is killed`);
    this.#end(this.run);
    this.disk.crash();
  }

  /** SIGTERM: no more bids and notices, everything under way is settled, what is free goes back. */
  async stop(): Promise<void> {
    const run = this.run;
    if (run === undefined || run.closing) return;
    run.closing = true;
    this.#around.trace(`node ${this.number} stops`);
    await run.ledger.settle();
    await run.leases.close(this.nowMs);
    if (this.run !== run) return;
    this.#end(run);
    this.disk.crash();
    this.#around.trace(`node ${this.number} has stopped`);
  }

  plan(specs: readonly CampaignSpec[]): void {
    this.#plans = specs;
    const { run } = this;
    if (run === undefined) return;
    run.leases.plan(
      specs.map((spec): CampaignPlan => {
        const index = run.places.get(spec.campaign) ?? (run.freePlaces.shift() as number);
        run.places.set(spec.campaign, index);
        return { ...spec, index };
      }),
    );
  }

  snapshot(): void {
    if (this.run === undefined) return;
    const { ledger, local } = this.run;
    this.#snapshot = structuredClone({
      records: this.disk.log.length,
      books: local?.dump(),
      ledger: ledger.dump(),
    });
    this.#around.trace(`node ${this.number} keeps a snapshot behind ${this.disk.log.length} records`);
  }

  /** Bids as the hot path does; undefined if it does not. */
  bid(spec: BidSpec): BidFacts | undefined {
    const { run } = this;
    const campaign = this.#plans.find((one) => one.campaign === spec.campaign);
    if (run === undefined || run.closing || campaign === undefined) return undefined;
    const index = run.places.get(spec.campaign) as number;
    const nowS = Math.floor(this.nowMs / 1000);
    const { level, bucket } = bucketOf(nowS, spec.expiryS);
    if (nowS >= (run.control[map.CONTROL_FUNDS_UNTIL_S / 4] as number)) return undefined;
    if (bucket > run.funds.freed(level) + map.RESERVATION_BUCKETS - 1) return undefined;
    const slot = run.funds.current(index);
    if (!run.funds.reserve(index, level, bucket, spec.reservedMicros)) return undefined;
    const { bid, expiryS, reservedMicros, priceMicros, quantity, billedByImpression } = spec;
    return {
      ...{ bid, campaign: spec.campaign, adGroup: '', ad: '', user: '' },
      ...{ node: this.number, lease: run.funds.lease(index, slot), slot, issuedS: nowS, expiryS },
      ...{ reservedMicros, priceMicros, currency: 'EUR', quantity, exchange: 0, auction: 1, deal: false, test: false },
      ...{ billedByImpression, ctr: 0, cvr: 0, multiplier: 1, model: 0, arm: 0, features: NO_FEATURES },
    };
  }

  /** What came of a notice; never resolves if the node is killed meanwhile. */
  async receive(notice: Notice, run: Run): Promise<Booking> {
    const booking = await run.ledger.receive(notice);
    this.#around.oracle.answered(notice, booking, this.number);
    return booking;
  }

  /** Nothing is being written, asked or shipped. */
  get isQuiet(): boolean {
    return this.run === undefined || (this.disk.isQuiet && (this.run.outbox?.isEmpty ?? true));
  }

  /** A bill of this run that came in time finds its reservation. */
  #checkHeld(record: EventRecord): void {
    if (this.run === undefined || record.type !== 'notice' || record.late || record.chargeMicros === 0) return;
    const { node, lease, slot, campaign, issuedS, expiryS, bid } = record.facts;
    const index = this.run.places.get(campaign);
    if (node !== this.number || index === undefined || this.run.funds.lease(index, slot) !== lease) return;
    const { level, bucket } = bucketOf(issuedS, expiryS);
    if (bucket > this.run.funds.freed(level)) return;
    throw new Broken(`node ${node} has freed what bid ${bid} held, while its bill was being written`);
  }

  #end(run: Run): void {
    run.outbox?.end();
    this.shipped = run.outbox === undefined ? 0 : this.#around.random.int(this.shipped, run.outbox.shipped);
    this.run = undefined;
  }

  /** From the snapshot on; each notice counts once, however often the log has it. */
  #replay(run: Run): void {
    const snapshot = structuredClone(this.#snapshot);
    if (snapshot?.books !== undefined) run.local?.restore(snapshot.books);
    if (snapshot !== undefined) run.ledger.restore(snapshot.ledger);
    this.disk.log.slice(snapshot?.records ?? 0).forEach((record: EventRecord) => {
      const isFirst = run.ledger.replay(record);
      if (isFirst) run.local?.replay(record);
    });
    if (run.local !== undefined) {
      for (const record of this.disk.log) if (record.type === 'notice') this.#around.oracle.booked(record);
    }
  }

  #tickAgain(run: Run): void {
    const { schedule, scenario } = this.#around;
    if (this.run !== run || run.closing) return;
    const watermarkMs = Math.min(run.ledger.watermarkMs(this.nowMs), run.outbox?.earliestMs ?? Infinity);
    void run.leases.tick(this.nowMs, watermarkMs);
    schedule.after(this.slow ? SLOW_TICK_MS : scenario.tickMs, () => this.#tickAgain(run));
  }

  #shipAgain(run: Run): void {
    if (this.run !== run || run.outbox === undefined) return;
    if (run.outbox.isEmpty) {
      run.shipping = false;
      return;
    }
    run.shipping = true;
    void run.outbox.ship().then(() => this.#around.schedule.after(SHIP_MS, () => this.#shipAgain(run)));
  }
}
