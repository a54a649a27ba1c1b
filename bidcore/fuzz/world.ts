// One shared memory with the hot path in it, and beside it the reference bidder with the same book, model and campaign
// states: everything that answers a body twice.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MAX_BIDS } from '../../assembly/limits.js';
import * as map from '../../assembly/memory_map.js';
import { type Ad, type Book, makeBook } from '../book.js';
import type { CampaignFile } from '../campaign_file.js';
import { Control } from '../control.js';
import type { Format } from '../creative_file.js';
import { compileModule, createMemory, HotPath } from '../hotpath.js';
import { writeModelFile } from '../model_file.js';
import { addressSigner } from '../money/click_address.js';
import { KeyRing } from '../money/key_ring.js';
import type { Trial } from '../reference/arms.js';
import { decide } from '../reference/decide.js';
import type { CampaignState, Situation } from '../reference/situation.js';
import type { Arm } from '../snapshot.js';
import type { Moment } from './cases.js';
import { Funds, type Hold } from './funds.js';
import type { Random } from './random.js';
import type { CheckContext } from './response_checker.js';
import { Seen } from './seen.js';
import { REFERENCE_MS } from './vocabulary.js';

export interface Outcome {
  /** A reason code, 0 for bids; −1 for a trap. */
  readonly reason: number;
  readonly response: Buffer | undefined;
  /** Of each bid; known of the twin only. */
  readonly formats?: readonly Format[];
  readonly holds?: readonly Hold[];
  /** Of a trap. */
  readonly error?: string;
}

export const TRAPPED = -1;

/** Settings of the node, the same in all cases of a book. */
export interface Node {
  readonly tmaxMarginUs: number;
  readonly noticeKey: Uint8Array;
  readonly noticeKeyId: number;
  readonly node: number;
}

const URLS = { notices: 'http://bid.test:7507', markup: 'https://t.test' };
const WASM = fileURLToPath(new URL('../../../build/hotpath.wasm', import.meta.url));

export class World {
  readonly control: Control;
  readonly hotPath: HotPath;
  /** What users have seen. */
  readonly seen: Seen;
  readonly #memory: WebAssembly.Memory;
  readonly #view: DataView;
  #version = 0;
  #modelVersion = 0;
  #trial: Trial | undefined;
  /** Of all models loaded. */
  #lastVersion = 0;
  #book: Book | undefined;
  #model: Uint8Array = new Uint8Array();
  #node: Node = { tmaxMarginUs: 0, noticeKey: new Uint8Array(16), noticeKeyId: 0, node: 0 };
  #states = new Map<string, CampaignState>();
  readonly #funds: Funds;
  readonly #gains = new Map<number, number>();
  readonly #counters: Float64Array;
  #baseline = new Float64Array();

  constructor() {
    if (!existsSync(WASM)) throw new Error('build/hotpath.wasm is missing: run npm run build');
    const module = compileModule(readFileSync(WASM));
    this.#memory = createMemory();
    this.#view = new DataView(this.#memory.buffer);
    this.#funds = new Funds(this.#memory.buffer);
    this.#counters = new Float64Array(this.#memory.buffer, map.COUNTERS, map.COUNTERS_BYTES / 8);
    this.syncCounters();
    this.control = new Control(this.#memory, module);
    this.hotPath = new HotPath(this.#memory, module, 0);
    this.seen = new Seen(this.#memory.buffer);
  }

  get book(): Book {
    if (this.#book === undefined) throw new Error('no book is loaded');
    return this.#book;
  }

  /**
   * Loads a campaign file, and model images if they are others, in the orders a node does: all are flipped in while it
   * could bid.
   * @param trial of a candidate; undefined for none
   */
  async load(file: CampaignFile, image: Uint8Array, node: Node, trial?: Omit<Trial, 'modelVersion'>): Promise<void> {
    this.#version += 1;
    this.#node = node;
    this.#book = makeBook(file, this.#version, {
      ...URLS,
      sign: addressSigner(new KeyRing({ id: node.noticeKeyId, bytes: node.noticeKey })),
    });
    this.control.configure(node);
    const bookFirst = this.#version % 2 === 0;
    if (bookFirst) await this.#loadBook(this.#book);
    if (image !== this.#model) {
      this.#model = image;
      this.#modelVersion = await this.#loadModel(image, 'control');
    }
    await this.#try(trial);
    if (!bookFirst) await this.#loadBook(this.#book);
    this.control.tick(REFERENCE_MS);
    this.readStates();
  }

  async #try(trial: Omit<Trial, 'modelVersion'> | undefined): Promise<void> {
    if (trial === undefined) {
      if (this.#trial !== undefined) await this.control.dropCandidate();
      this.#trial = undefined;
      return;
    }
    this.control.setTrial(trial.share, trial.salt);
    const before = this.#trial;
    const isLive = before?.model === trial.model;
    const modelVersion = isLive ? before.modelVersion : await this.#loadModel(trial.model, 'candidate');
    this.#trial = { ...trial, modelVersion };
  }

  async #loadModel(image: Uint8Array, arm: Arm): Promise<number> {
    this.#lastVersion += 1;
    const loaded = await this.control.loadModel(writeModelFile(image, this.#lastVersion, REFERENCE_MS), arm);
    if ('problem' in loaded) throw new Error(`model refused: ${loaded.problem}`);
    return this.#lastVersion;
  }

  async #loadBook(book: Book): Promise<void> {
    const loaded = await this.control.loadBook(book);
    if ('problem' in loaded) throw new Error(`book refused: ${loaded.problem}`);
  }

  /** Takes the states as the control plane has set them. */
  readStates(): void {
    this.#states = new Map(this.book.ads.map((ad) => [ad.campaign.id, this.control.campaignState(ad.campaign.id)]));
    const accounts = [...this.#campaignAddresses()].map(
      ([id, address]) => [id, (address - map.CAMPAIGNS) / map.CAMPAIGN_STRIDE, this.#stateOf(id)] as const,
    );
    this.#funds.open(accounts);
  }

  /** Differences between the states after a tick and what the book says they are. */
  stateProblems(nowMs: number): string[] {
    const problems: string[] = [];
    for (const { campaign } of this.book.ads) {
      const state = this.control.campaignState(campaign.id);
      const open =
        nowMs >= (campaign.start ? Date.parse(campaign.start) : -Infinity) &&
        nowMs < (campaign.end ? Date.parse(campaign.end) : Infinity);
      if (state.open !== open)
        problems.push(`${campaign.id}: open is ${state.open} at ${new Date(nowMs).toISOString()}`);
      if (!(state.policyMultiplier >= 0.0999 && state.policyMultiplier <= 2.0001))
        problems.push(`${campaign.id}: multiplier ${state.policyMultiplier}`);
    }
    return problems;
  }

  /**
   * Sets every campaign's state at random, in the memory the hot path reads: multipliers, paces, closed campaigns and
   * budgets just around a bid, or enough for some of those of a request, would take days of ticks to come about.
   */
  scatterStates(random: Random): void {
    this.#setStates(() => ({
      policyMultiplier: Math.fround(
        random.weighted([
          [3, 1],
          [5, 0.1 + 1.9 * random.float()],
          [1, 0.1],
          [1, 2],
        ]),
      ),
      pace: Math.fround(
        random.weighted([
          [6, 1],
          [4, random.float()],
          [1, 0],
          [1, 1 - 2 ** -24],
        ]),
      ),
      open: random.chance(0.95),
      slot: random.int(0, 1),
      lease: random.int(0, 1_000_000),
      availableMicros: random.weighted([
        [12, 10n ** 12n],
        [1, 10n ** 15n],
        [1, 0n],
        [1, 1n],
        [3, BigInt(random.int(0, 20_000))],
        [3, BigInt(Math.floor(10 ** (2 + 8 * random.float())))],
        [1, -5n],
      ]),
    }));
  }

  /** Opens every campaign, with multiplier 1 and more budget than any bid. */
  openStates(): void {
    const funds = { slot: 0, lease: 1, availableMicros: 10n ** 15n };
    this.#setStates(() => ({ policyMultiplier: 1, pace: 1, open: true, ...funds }));
  }

  #setStates(next: () => CampaignState): void {
    for (const [id, address] of this.#campaignAddresses()) {
      const wanted = next();
      const multiplierAt = map.MULTIPLIERS + ((address - map.CAMPAIGNS) / map.CAMPAIGN_STRIDE) * 4;
      this.#view.setFloat32(multiplierAt, wanted.policyMultiplier * wanted.pace, true);
      this.#view.setFloat32(address + map.CAMPAIGN_POLICY_MULTIPLIER, wanted.policyMultiplier, true);
      this.#view.setFloat32(address + map.CAMPAIGN_PACE, wanted.pace, true);
      this.#view.setUint32(address + map.CAMPAIGN_OPEN, wanted.open ? 1 : 0, true);
      this.#view.setUint32(address + map.CAMPAIGN_SLOT, wanted.slot, true);
      this.#view.setUint32(address + map.CAMPAIGN_LEASES + wanted.slot * 4, wanted.lease, true);
      this.#view.setBigInt64(address + map.CAMPAIGN_AVAILABLE_MICROS + wanted.slot * 8, wanted.availableMicros, true);
      const read: CampaignState = this.control.campaignState(id);
      const other = Object.entries(wanted).find(([key, value]) => read[key as keyof CampaignState] !== value);
      if (other !== undefined) throw new Error(`campaign ${id}: the control plane reads another ${other[0]}`);
    }
    this.readStates();
  }

  /** Starts to hold the counters against the answers expected from here on. */
  syncCounters(): void {
    this.#gains.clear();
    this.#baseline = this.#counters.slice();
  }

  /** Notes what the counters must have gained by an answer. */
  expect({ body }: { readonly body: Uint8Array }, { reason, response, formats }: Outcome): void {
    const gain = (offset: number, by: number): void => {
      this.#gains.set(offset, (this.#gains.get(offset) ?? 0) + by);
    };
    gain(map.COUNT_REQUESTS, 1);
    gain(map.COUNT_BYTES_IN, body.length);
    if (response === undefined) return gain(map.COUNT_REASONS + 8 * reason, 1);
    gain(map.COUNT_RESPONSES, 1);
    gain(map.COUNT_BIDS, formats?.length ?? 0);
    gain(map.COUNT_BYTES_OUT, response.length);
  }

  /** Counters that did not gain what was expected. */
  counterProblems(): string[] {
    return [...this.#gains].flatMap(([offset, expected]) => {
      const gained = (this.#counters[offset / 8] as number) - (this.#baseline[offset / 8] as number);
      return gained === expected ? [] : [`counter at ${offset}: gained ${gained}, expected ${expected}`];
    });
  }

  /** Where the ads of the active book point for their campaign's state. */
  #campaignAddresses(): Map<string, number> {
    const snapshot = this.#view.getUint32(map.CONTROL + map.CONTROL_SNAPSHOT, true);
    const base = map.BOOKS + ((snapshot & map.SNAPSHOT_BOOK) !== 0 ? map.BOOK_HALF_BYTES : 0);
    const table = this.#view.getUint32(base + map.BOOK_AD_TABLE, true);
    return new Map(
      this.book.ads.map((ad) => [
        ad.campaign.id,
        this.#view.getUint32(table + ad.index * map.AD_STRIDE + map.AD_CAMPAIGN, true),
      ]),
    );
  }

  /** The hot path's answer. */
  hot(body: Uint8Array, moment: Moment): Outcome {
    // What an earlier, longer body left behind this one stays there: the hot path has to cope with it.
    this.hotPath.input.set(body);
    this.#funds.refill(moment.ledger);
    this.hotPath.setNextBidId(moment.bidId);
    let result: number;
    try {
      result = this.hotPath.bid(body.length, moment.nowUs, moment.exchange);
    } catch (error) {
      this.hotPath.recover();
      return { reason: TRAPPED, response: undefined, error: `${(error as Error).name}: ${(error as Error).message}` };
    }
    if (result <= 0) return { reason: -result, response: undefined };
    return { reason: 0, response: Buffer.from(this.hotPath.output.slice(0, result)) };
  }

  /** The reference bidder's answer. */
  twin(body: Uint8Array, moment: Moment): Outcome {
    const decision = decide(body, this.situation(moment));
    const response = decision.response === undefined ? undefined : Buffer.from(decision.response);
    const formats = decision.bids.map((bid) => (this.book.ads[bid.ad] as Ad).creative.type);
    const holds = decision.bids.map(({ ad: index, slot, reservedMicros: micros }) => {
      const { campaign, adGroup } = this.book.ads[index] as Ad;
      return { campaign: campaign.id, slot, expiryS: adGroup.bid_expiry_s, micros };
    });
    return { reason: decision.reason, response, formats, holds };
  }

  /** What the hot path's last answer did to the campaigns' funds that the twin's would not have done. */
  fundsProblem({ holds = [] }: Outcome, { nowUs }: Moment): string | undefined {
    return this.#funds.problem(holds, nowUs);
  }

  situation(moment: Moment): Situation {
    return {
      book: this.book,
      model: this.#model,
      modelVersion: this.#modelVersion,
      trial: this.#trial,
      campaign: (id) => this.#stateOf(id),
      seen: this.seen.until(moment.nowUs),
      ...moment,
      ledger: moment.ledger,
      ...this.#node,
    };
  }

  #stateOf(id: string): CampaignState {
    const state = this.#states.get(id);
    if (state === undefined) throw new Error(`no campaign ${id}`);
    return state;
  }

  checkContext(moment: Moment): CheckContext {
    const campaign = (id: string): CampaignState => this.#stateOf(id);
    const { file } = this.book;
    const models = { modelVersion: this.#modelVersion, trial: this.#trial };
    return { file, campaign, ...models, bidsMax: MAX_BIDS, ...moment, ...this.#node };
  }
}

/** How two outcomes differ, in a line; nothing if they are the same. */
export function difference(hot: Outcome, twin: Outcome): string | undefined {
  if (hot.error !== undefined) return `the hot path trapped: ${hot.error}`;
  if (hot.reason !== twin.reason) return `reason ${hot.reason} from the hot path, ${twin.reason} from the twin`;
  if (hot.response === undefined || twin.response === undefined || hot.response.equals(twin.response)) return undefined;
  const [a, b] = [hot.response.toString('latin1'), twin.response.toString('latin1')];
  let at = 0;
  while (a[at] === b[at]) at += 1;
  const from = Math.max(0, at - 40);
  const [fromHot, fromTwin] = [a, b].map((text) => `…${text.slice(from, at + 40)}…`);
  return `responses differ at byte ${at}: ${fromHot} from the hot path, ${fromTwin} from the twin`;
}
