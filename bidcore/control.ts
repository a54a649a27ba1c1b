// The main thread's hold on the shared memory: it loads books and models into the idle halves and flips, keeps the
// campaigns' gates and multipliers. How a flip is safe: snapshot.ts.

import { setImmediate as immediate } from 'node:timers/promises';

import { MAX_CAMPAIGNS, MAX_WORKERS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import type { Book } from './book.js';
import { type BookError, compileBook } from './book_compiler.js';
import { CampaignStates, type Funds } from './campaign_states.js';
import { FrequencyReader } from './frequency_table.js';
import type { ModelFileError } from './model_file.js';
import { type PlacedModel, type PlaceModel, placeModel } from './model_place.js';
import { type HotPathExports, instantiate } from './module.js';
import type { LedgerState } from './money/reservations.js';
import { slotDraw } from './policy/exploration.js';
import { ARMS, type Arm, armBits, Snapshot } from './snapshot.js';
import { resting } from './steps.js';
import { addUp, type Totals } from './totals.js';

export interface Settings {
  /** Taken from `tmax` for the network and safety, microseconds. */
  readonly tmaxMarginUs: number;
  /** 16 bytes. */
  readonly noticeKey: Uint8Array;
  readonly noticeKeyId: number;
  /** Number of this node in tokens, 0 to 255. */
  readonly node: number;
  /**
   * Who says what campaigns may spend: the book gives each its whole budget, once (default), or a ledger grants leases,
   * and nothing may be spent until it does.
   */
  readonly funds?: Funds;
  /** Where chance enters policies that explore: an integer of 32 bits (default 0). */
  readonly seed?: number;
}

export interface BookLoaded {
  readonly ads: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * Compiles a book into a half of the memory that nobody reads (`compileBook`).
 * @param indices of the states of its campaigns, by id
 */
export type CompileBook = (
  half: number,
  indices: ReadonlyMap<string, number>,
) => Promise<{ readonly ads: number; readonly bytes: number } | BookError>;

/** Ads whose vectors are made at once, in some 50 µs. */
const ADS_A_STEP = 128;

/** The last worker index is the main thread's own: its arena serves preparation, not requests. */
export const CONTROL_WORKER = MAX_WORKERS - 1;

export class Control {
  /** What users have seen of capped ads. */
  readonly frequency: FrequencyReader;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: HotPathExports;
  readonly #words: Int32Array;
  readonly #counters: Float64Array;
  readonly #campaigns: CampaignStates;
  readonly #snapshot: Snapshot;
  /** Share and salt of the candidate, one word so that no request sees half a change. */
  readonly #trial: BigInt64Array;
  readonly #place: PlaceModel;
  /** Loads run one after the other. */
  #loading: Promise<unknown> = Promise.resolve();
  #funds: Funds = 'book';
  #seed = 0;
  /** Campaigns of the live book. */
  #live: ReadonlySet<string> = new Set();
  #bookVersion = 0;
  /** Version of each arm's model, 0 without one. */
  readonly #models: Record<Arm, number> = { control: 0, candidate: 0 };

  /** @param place how models get into the memory; by default in this thread */
  constructor(memory: WebAssembly.Memory, module: WebAssembly.Module, place?: PlaceModel) {
    this.#place = place ?? (async (file, at) => placeModel(file, memory.buffer, at));
    this.#memory = memory;
    this.#exports = instantiate(memory, module, CONTROL_WORKER);
    this.#words = new Int32Array(memory.buffer, 0, map.COUNTERS / 4);
    this.#counters = new Float64Array(memory.buffer, map.COUNTERS, (MAX_WORKERS * map.COUNTERS_BYTES) / 8);
    this.#campaigns = new CampaignStates(memory.buffer);
    this.#snapshot = new Snapshot(memory.buffer);
    this.#trial = new BigInt64Array(memory.buffer, map.CONTROL + map.CONTROL_TRIAL, 1);
    this.frequency = new FrequencyReader(memory.buffer);
  }

  get bookVersion(): number {
    return this.#bookVersion;
  }

  /** Version of the control's model; 0 before the first. */
  get modelVersion(): number {
    return this.#models.control;
  }

  /** Version of the candidate; 0 without one. */
  get candidateVersion(): number {
    return this.#models.candidate;
  }

  /** True once a book and a model are live. */
  get ready(): boolean {
    return (this.#snapshot.bits & map.SNAPSHOT_READY) !== 0;
  }

  /** Sets what the hot path reads besides book and model. Before the workers start. */
  configure(settings: Settings): void {
    if (settings.noticeKey.length !== 16) throw new Error('a notice key has 16 bytes');
    const view = new DataView(this.#memory.buffer, map.CONTROL);
    view.setUint32(map.CONTROL_TMAX_MARGIN_US, settings.tmaxMarginUs, true);
    view.setUint32(map.CONTROL_NOTICE_KEY_ID, settings.noticeKeyId, true);
    view.setUint32(map.CONTROL_NODE, settings.node, true);
    new Uint8Array(this.#memory.buffer, map.CONTROL + map.CONTROL_NOTICE_KEY, 16).set(settings.noticeKey);
    this.#funds = settings.funds ?? 'book';
    this.#seed = settings.seed ?? 0;
    view.setUint32(map.CONTROL_FUNDS_UNTIL_S, this.#funds === 'book' ? map.FUNDS_FOREVER : 0, true);
  }

  /**
   * Compiles a book beside the live one and flips to it. The live one stays if the new one is over a limit.
   * @param prepare called before the flip: its campaigns have states, and may be given what they may spend
   */
  loadBook(book: Book, prepare: () => Promise<void> = async () => undefined): Promise<BookLoaded | BookError> {
    const compile: CompileBook = async (half, indices) => {
      const bytes = compileBook(this.#memory, half, book, (id) => indices.get(id) as number);
      return typeof bytes === 'number' ? { ads: book.ads.length, bytes } : bytes;
    };
    return this.loadCompiled(book, compile, prepare);
  }

  /**
   * The same with a book that is compiled elsewhere, by another thread.
   * @param prepare called before the flip: its campaigns have states, and may be given what they may spend
   */
  loadCompiled(
    book: Pick<Book, 'file' | 'version'>,
    compile: CompileBook,
    prepare: () => Promise<void>,
  ): Promise<BookLoaded | BookError> {
    return this.#exclusively(async () => {
      const started = performance.now();
      await this.#snapshot.idle(map.SNAPSHOT_BOOK);
      const campaigns = new Map(book.file.accounts.flatMap((account) => account.campaigns.map((c) => [c.id, c])));
      if (!this.#campaigns.fits(campaigns.keys())) {
        return {
          code: 'book_over_limit',
          problem: `more than ${MAX_CAMPAIGNS} campaigns, those of the live book included`,
        };
      }
      const taken = this.#campaigns.take(campaigns.keys());
      const half = this.#snapshot.other(map.SNAPSHOT_BOOK);
      const indices = new Map([...campaigns.keys()].map((id) => [id, this.#campaigns.indexOf(id)]));
      const compiled = await compile(half, indices).catch((error: unknown) => {
        this.#campaigns.release(taken);
        throw error;
      });
      if ('problem' in compiled) {
        this.#campaigns.release(taken);
        return compiled;
      }
      this.#campaigns.plan(campaigns, Date.now(), this.#funds);
      await prepare();
      const arms = ARMS.filter((arm) => this.#models[arm] !== 0);
      const bits = await this.#prepare(this.#snapshot.bits ^ map.SNAPSHOT_BOOK, arms, compiled.ads);
      this.#bookVersion = book.version;
      this.#publish(bits);
      const gone = this.#campaigns.without(campaigns);
      if (this.#funds === 'book') this.#campaigns.release(gone);
      else this.#campaigns.retire(gone);
      this.#live = new Set(campaigns.keys());
      this.tick(Date.now());
      return { ...compiled, milliseconds: performance.now() - started };
    });
  }

  /**
   * Verifies a model file, loads it beside the live model of an arm and flips to it. The live one stays if it is
   * refused. A candidate takes the share of traffic that was last set (`setTrial`).
   */
  loadModel(file: Uint8Array, arm: Arm = 'control'): Promise<PlacedModel | ModelFileError> {
    return this.#exclusively(async () => {
      const { model: bit } = armBits(arm);
      await this.#snapshot.idle(bit);
      const half = ARMS.indexOf(arm) * 2 + this.#snapshot.other(bit);
      const placed = await this.#place(file, map.MODELS + half * map.MODEL_HALF_BYTES);
      if ('problem' in placed) return placed;
      this.#words[(map.CONTROL + map.CONTROL_MODEL_VERSIONS) / 4 + half] = placed.version;
      const there = arm === 'candidate' ? map.SNAPSHOT_CANDIDATE : 0;
      const bits = await this.#prepare((this.#snapshot.bits ^ bit) | there, [arm], this.#liveAds());
      this.#models[arm] = placed.version; // not earlier: a tick takes it for the model that the policy acts by
      this.#publish(bits);
      this.tick(Date.now());
      return placed;
    });
  }

  /** Leaves all traffic to the control, from the next request on. The next candidate's share is 0 until it is set. */
  dropCandidate(): Promise<void> {
    return this.#exclusively(async () => {
      this.#models.candidate = 0;
      this.setTrial(0, this.trial.salt);
      this.#publish(this.#snapshot.bits & ~map.SNAPSHOT_CANDIDATE);
    });
  }

  /**
   * Sets which requests are the candidate's, while there is one: at once, also of one that is live.
   * @param share of traffic, 0 to 1, kept in 65,536ths
   * @param salt 0 to 2³² − 1; another one draws other users
   */
  setTrial(share: number, salt: number): void {
    if (!(share >= 0 && share <= 1)) throw new Error(`a share of ${share} is not between 0 and 1`);
    if (salt >>> 0 !== salt) throw new Error(`a salt of ${salt} is no 32-bit number`);
    const shares = Math.round(share * map.TRIAL_SHARES);
    Atomics.store(this.#trial, 0, (BigInt(shares) << 32n) | BigInt(salt));
  }

  /** What was last set. */
  get trial(): { readonly share: number; readonly salt: number } {
    const trial = Atomics.load(this.#trial, 0);
    return { share: Number(trial >> 32n) / map.TRIAL_SHARES, salt: Number(trial & 0xffffffffn) };
  }

  /**
   * Opens and closes campaigns by their schedule, and lets the policy act where the ledger has said what it sees in a
   * new slot, or the model changed. To be called once a second.
   */
  tick(nowMs: number): void {
    if (this.#models.control === 0) return;
    for (const [index, slot] of this.#campaigns.tick(nowMs, this.#models.control)) {
      this.#exports.actOnCampaign(index, nowMs, slotDraw(this.#seed, index, slot));
      this.#campaigns.multipliers.refresh(index);
    }
  }

  /** Where a campaign's state stands: what the ledger knows it by. */
  campaignIndex(id: string): number {
    return this.#campaigns.indexOf(id);
  }

  /**
   * Takes back the states of campaigns that the ledger has let go of, unless the live book has them again. A book that
   * is being loaded may have them, and has compiled where they stand: it goes first.
   */
  releaseCampaigns(ids: readonly string[]): Promise<void> {
    return this.#exclusively(async () => {
      this.#campaigns.release(ids.filter((id) => !this.#live.has(id) && this.#campaigns.has(id)));
    });
  }

  /** Takes back the states of all campaigns that neither a new ledger nor the live book knows. */
  keepCampaigns(ids: ReadonlySet<string>): Promise<void> {
    return this.#exclusively(async () => {
      this.#campaigns.release(this.#campaigns.ids().filter((id) => !this.#live.has(id) && !ids.has(id)));
    });
  }

  /** State of a campaign as the hot path sees it. Throws if the live book does not have it. */
  campaignState(id: string): ReturnType<CampaignStates['state']> {
    return this.#campaigns.state(id);
  }

  /** How far the ledger has come; undefined where none is, and bids are made without end. */
  ledgerState(): LedgerState | undefined {
    const word = (offset: number): number => Atomics.load(this.#words, (map.CONTROL + offset) / 4) >>> 0;
    const untilS = word(map.CONTROL_FUNDS_UNTIL_S);
    if (untilS === map.FUNDS_FOREVER) return undefined;
    return { untilS, freed: Array.from({ length: map.RESERVATION_LEVELS }, (_, k) => word(map.CONTROL_FREED + k * 4)) };
  }

  /** Lets go of what a dead worker was reading. */
  clearHazard(worker: number): void {
    this.#snapshot.clearHazard(worker);
  }

  /** Adds up the counters of all workers. */
  totals(): Totals {
    return addUp(this.#counters);
  }

  #liveAds(): number {
    const half = 1 - this.#snapshot.other(map.SNAPSHOT_BOOK);
    return this.#bookVersion === 0
      ? 0
      : new DataView(this.#memory.buffer).getUint32(map.BOOKS + half * map.BOOK_HALF_BYTES + map.BOOK_ADS, true);
  }

  #exclusively<T>(load: () => Promise<T>): Promise<T> {
    const result = this.#loading.then(load);
    this.#loading = result.catch(() => undefined); // the caller has the error; the next load must still run
    return result;
  }

  /**
   * Prepares what a next snapshot needs in the idle halves, the vectors of so many ads under the models of arms; gives
   * the snapshot that uses them. In short steps, with time for bids, and for what else this thread does, between.
   */
  async #prepare(next: number, arms: readonly Arm[], ads: number): Promise<number> {
    const rest = resting();
    let bits = next;
    for (const arm of arms) {
      const { vectors } = armBits(arm);
      await this.#snapshot.idle(vectors);
      bits ^= vectors;
      for (let from = 0; from < ads; from += ADS_A_STEP) {
        this.#exports.prepareAds(bits, ARMS.indexOf(arm), from, Math.min(ads, from + ADS_A_STEP));
        rest();
        await immediate();
      }
    }
    return bits;
  }

  #publish(bits: number): void {
    const isReady = this.#bookVersion > 0 && this.#models.control > 0;
    this.#snapshot.publish(isReady ? bits | map.SNAPSHOT_READY : bits);
  }
}
