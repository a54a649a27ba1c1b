// A bidder in this process, in virtual time: the module with its shared memory, the control's ticks, the ledger's
// arithmetic with its own authority, pacers and policy as `server/` has them. What is not there is HTTP, threads and
// the disk: what a notice tells is durable at once.
//
//   post ─▶ hot path ─▶ answer        get ─▶ token reader ─▶ ledger ─▶ funds, pacers      tick ─▶ leases, paces, policy

import { readFileSync } from 'node:fs';
import { type Book, makeBook } from '../../bidcore/book.js';
import type { CampaignFile } from '../../bidcore/campaign_file.js';
import { Control } from '../../bidcore/control.js';
import { compileModule, createMemory, HotPath } from '../../bidcore/hotpath.js';
import { CampaignCounts } from '../../bidcore/money/campaign_counts.js';
import { plansOf } from '../../bidcore/money/campaign_plans.js';
import { addressSigner } from '../../bidcore/money/click_address.js';
import { type EventRecord, NOTICE_KINDS, type NoticeRecord } from '../../bidcore/money/event.js';
import { Funds, NODE_REGIONS } from '../../bidcore/money/funds.js';
import { KeyRing } from '../../bidcore/money/key_ring.js';
import { Leases } from '../../bidcore/money/leases.js';
import { type Booking, Ledger } from '../../bidcore/money/ledger.js';
import { LocalAuthority } from '../../bidcore/money/local_authority.js';
import { type NoticeContext, readNotice } from '../../bidcore/money/notice_reader.js';
import { factsOf } from '../../bidcore/money/token_reader.js';
import { frontExchanges } from '../../server/book_source.js';
import { HOTPATH_MODULE } from '../../server/files.js';
import { Pacers } from '../../server/ledger/pacers.js';
import { FORGET_MS, LEASE_MS, ON_ITS_WAY_MS } from '../../server/ledger/times.js';
import { PriceReaders } from '../../server/notices/price_readers.js';
import { priceKeysName } from '../../server/secret_keys.js';
import { OWN_PRICE_KEYS } from '../exchange/nodes.js';
import type { Answered, Wire } from '../exchange/wire.js';

const TOKEN_LIFE_S = 86_400;
const TMAX_MARGIN_US = 10_000;
const NOTICE_KEY = { id: 1, bytes: Uint8Array.from({ length: 16 }, (_, i) => i) };

/** The time everything in a run goes by, milliseconds since the epoch. */
export interface VirtualClock {
  nowMs: number;
}

export interface VirtualNodeOptions {
  readonly file: CampaignFile;
  /** Model file. */
  readonly model: Uint8Array;
  readonly node: number;
  readonly clock: VirtualClock;
  /** Requests a second by quarter hour of the day, as a week of days before has taught it. */
  readonly usualRates: readonly number[];
  /** Told of each record that would be in the event log. */
  readonly recorded: (record: EventRecord) => void;
}

/** Where the module stands; compiled once for all nodes. */
const module = compileModule(readFileSync(HOTPATH_MODULE));

/** Starts a node: book and model are live, and campaigns have leases. Throws if either is refused. */
export async function startVirtualNode(options: VirtualNodeOptions): Promise<VirtualNode> {
  const node = new VirtualNode(options);
  await node.load(options.file, options.model);
  await node.tick();
  return node;
}

export class VirtualNode implements Wire {
  readonly #clock: VirtualClock;
  readonly #control: Control;
  readonly #hotPath: HotPath;
  readonly #input: Buffer;
  readonly #output: Buffer;
  readonly #ring: KeyRing;
  readonly #prices: PriceReaders;
  readonly #notices: NoticeContext;
  readonly #ledger: Ledger;
  readonly #leases: Leases;
  readonly #pacers: Pacers;
  readonly #recorded: (record: EventRecord) => void;
  /** Bookings under way: no disk, but promises. */
  readonly #underWay = new Set<Promise<void>>();
  #exchanges: ReadonlyMap<string, number> = new Map();
  #forgottenMs = 0;

  constructor({ node, clock, usualRates, recorded }: VirtualNodeOptions) {
    this.#clock = clock;
    this.#recorded = recorded;
    const memory = createMemory();
    const buffer = memory.buffer as SharedArrayBuffer;
    this.#control = new Control(memory, module);
    const { id: noticeKeyId, bytes: noticeKey } = NOTICE_KEY;
    this.#control.configure({ tmaxMarginUs: TMAX_MARGIN_US, noticeKey, noticeKeyId, node, funds: 'ledger' });
    this.#hotPath = new HotPath(memory, module, 0);
    this.#hotPath.setNextBidId(BigInt(node) << 48n); // not by chance: a run can be run again
    const { input, output } = this.#hotPath;
    this.#input = Buffer.from(buffer, input.byteOffset, input.byteLength);
    this.#output = Buffer.from(buffer, output.byteOffset, output.byteLength);
    this.#ring = KeyRing.of([NOTICE_KEY], (key, message) => this.#hotPath.mac(key, message));
    const keys = Object.entries(OWN_PRICE_KEYS).map(([exchange, its]) => [priceKeysName(exchange), its] as const);
    this.#prices = new PriceReaders(Object.fromEntries(keys));
    this.#notices = { ring: this.#ring, lifeS: TOKEN_LIFE_S, price: (exchange) => this.#prices.at(exchange) };

    const funds = new Funds({ buffer, ...NODE_REGIONS });
    const authority = new LocalAuthority(clock.nowMs, (records) => this.#append(records));
    this.#leases = new Leases(funds, authority, { node, leaseMs: LEASE_MS, released: () => undefined });
    const settled = (record: NoticeRecord): void => {
      void authority.book([record]);
      this.#pacers.charged(record);
    };
    const append = (records: readonly EventRecord[]): Promise<boolean> => this.#append(records);
    this.#ledger = new Ledger(
      new CampaignCounts(funds),
      this.#leases,
      { append, settled },
      { node, tokenLifeS: TOKEN_LIFE_S, onItsWayMs: ON_ITS_WAY_MS },
    );
    this.#pacers = new Pacers(funds, buffer, node);
    // Weekdays, then weekend days; each learnt from seven.
    const rates = [...usualRates, ...usualRates];
    const shapes = [{ timeZone: 'UTC', rates, days: rates.map(() => 7) }];
    this.#pacers.restore({ pacers: [], shapes });
    this.#leases.start(clock.nowMs);
  }

  /** Brings book and model in, as a start does. Throws if either is refused. */
  async load(file: CampaignFile, model: Uint8Array): Promise<void> {
    const urls = { notices: 'http://gavel.example', markup: 'https://gavel.example', sign: addressSigner(this.#ring) };
    const book: Book = makeBook(file, 1, urls);
    const exchanges = frontExchanges(book.profiles);
    this.#exchanges = new Map(exchanges.map(({ id, index }) => [id, index]));
    this.#prices.set(exchanges);
    const bookLoaded = await this.#control.loadBook(book);
    if ('problem' in bookLoaded) throw new Error(bookLoaded.problem);
    const modelLoaded = await this.#control.loadModel(model);
    if ('problem' in modelLoaded) throw new Error(modelLoaded.problem);
    const plans = plansOf(book, (id) => this.#control.campaignIndex(id));
    this.#leases.plan(plans);
    this.#pacers.plan(plans);
  }

  /** What `server/` does each second or more often: renews leases, sets paces, lets the policy act. */
  async tick(): Promise<void> {
    const { nowMs } = this.#clock;
    await this.settled();
    await this.#leases.tick(nowMs, this.#ledger.watermarkMs(nowMs));
    this.#pacers.step(nowMs);
    for (const record of this.#pacers.policies.take(Infinity)) this.#recorded(record);
    this.#control.tick(nowMs);
    if (nowMs - this.#forgottenMs < FORGET_MS) return;
    this.#forgottenMs = nowMs;
    this.#ledger.seen.forget(Math.floor(nowMs / 1000));
  }

  /** Waits for the notices that came to be booked. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Decisions of the policy, and how often it was not asked. */
  policyStats(): ReturnType<Pacers['policies']['stats']> {
    return this.#pacers.policies.stats();
  }

  /** Bids, at the time of the clock. @param path `/openrtb2/bid/<exchange>` */
  post(path: string, body: string, length: number, answered: Answered): void {
    this.#input.write(body);
    const exchange = this.#exchanges.get(path.slice(path.lastIndexOf('/') + 1)) ?? 0;
    const result = this.#hotPath.bid(length, this.#clock.nowMs * 1000, exchange);
    if (result <= 0) answered(204, '');
    else answered(200, this.#output.toString('utf8', 0, result));
  }

  /** Takes a notice: the answer comes when it is booked, 200 or why not. @param path `/n/<kind>/<token>?…` */
  get(path: string, answered: Answered): void {
    const [, name, token, query = ''] = /^\/n\/(\w+)\/([^?]*)\??(.*)$/.exec(path) ?? [];
    const kind = NOTICE_KINDS.find((one) => one === name);
    if (kind === undefined || token === undefined) throw new Error(`no notice: ${path}`);
    const { nowMs } = this.#clock;
    const { notice } = readNotice(kind, token, new URLSearchParams(query), this.#notices, nowMs);
    if (notice === undefined) return answered(400, '');
    const { token: bytes, ...said } = notice;
    const booking = this.#ledger.receive({ ...said, facts: factsOf(bytes) });
    const answering = booking.then((outcome: Booking) => {
      this.#underWay.delete(answering);
      answered(outcome === 'failed' ? 503 : 200, '');
    });
    this.#underWay.add(answering);
  }

  /** Nothing is under way for longer than a tick. */
  close(): void {
    this.#underWay.clear();
  }

  async #append(records: readonly EventRecord[]): Promise<boolean> {
    for (const record of records) this.#recorded(record);
    return true;
  }
}
