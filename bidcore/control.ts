// The main thread's hold on the shared memory: it loads books and models into the idle halves and flips, keeps the
// campaigns' gates and multipliers, and adds up the workers' counters.
//
// A flip is one store of the active snapshot. Before a half is written, every worker must have let go of the snapshots
// that name it: a worker shows what it reads in its hazard word (memory_map.ts), for microseconds.

import { MAX_CAMPAIGNS, MAX_WORKERS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { REASON_CODES } from '../assembly/reasons.js';
import type { Book } from './book.js';
import { type BookError, compileBook } from './book_compiler.js';
import { CampaignStates, type Funds } from './campaign_states.js';
import { FORMATS } from './creative_file.js';
import { FrequencyReader } from './frequency_table.js';
import { DECISION_BUCKETS_S, REQUEST_BUCKETS_S } from './hotpath.js';
import { isModelFileError, type ModelFileError, readModelFile } from './model_file.js';
import { type HotPathExports, instantiate } from './module.js';
import { type NoticeTotals, noticeTotals } from './money/notice_counts.js';
import type { LedgerState } from './money/reservations.js';

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
}

export interface BookLoaded {
  readonly ads: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** A duration histogram: counts by bucket, not cumulative; the last is above all edges. */
export interface Durations {
  readonly sum: number;
  readonly buckets: number[];
}

/** Counters summed over all workers since the start. */
export interface Totals {
  readonly requests: number;
  readonly responses: number;
  readonly bids: number;
  /** By format, in the order of OpenRTB's markup types: banner, video, audio, native. */
  readonly bidsByFormat: number[];
  readonly bidMicros: number;
  readonly tests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By reason code; the index is the code. */
  readonly reasons: number[];
  /** Requests by exchange index. */
  readonly exchanges: number[];
  readonly requestSeconds: Durations;
  readonly decisionSeconds: Durations;
  readonly notices: readonly NoticeTotals[];
}

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
  /** Loads run one after the other. */
  #loading: Promise<unknown> = Promise.resolve();
  #funds: Funds = 'book';
  /** Campaigns of the live book. */
  #live: ReadonlySet<string> = new Set();
  #bookVersion = 0;
  #modelVersion = 0;

  constructor(memory: WebAssembly.Memory, module: WebAssembly.Module) {
    this.#memory = memory;
    this.#exports = instantiate(memory, module, CONTROL_WORKER);
    this.#words = new Int32Array(memory.buffer, 0, map.COUNTERS / 4);
    this.#counters = new Float64Array(memory.buffer, map.COUNTERS, (MAX_WORKERS * map.COUNTERS_BYTES) / 8);
    this.#campaigns = new CampaignStates(memory.buffer);
    this.frequency = new FrequencyReader(memory.buffer);
  }

  get bookVersion(): number {
    return this.#bookVersion;
  }

  get modelVersion(): number {
    return this.#modelVersion;
  }

  /** True once a book and a model are live. */
  get ready(): boolean {
    return (this.#snapshot & map.SNAPSHOT_READY) !== 0;
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
    view.setUint32(map.CONTROL_FUNDS_UNTIL_S, this.#funds === 'book' ? map.FUNDS_FOREVER : 0, true);
  }

  /**
   * Compiles a book beside the live one and flips to it. The live one stays if the new one is over a limit.
   * @param prepare called before the flip: its campaigns have states, and may be given what they may spend
   */
  loadBook(book: Book, prepare: () => Promise<void> = async () => undefined): Promise<BookLoaded | BookError> {
    return this.#exclusively(async () => {
      const started = performance.now();
      await this.#idle(map.SNAPSHOT_BOOK);
      const campaigns = new Map(book.file.accounts.flatMap((account) => account.campaigns.map((c) => [c.id, c])));
      if (!this.#campaigns.fits(campaigns.keys())) {
        return {
          code: 'book_over_limit',
          problem: `more than ${MAX_CAMPAIGNS} campaigns, those of the live book included`,
        };
      }
      const taken = this.#campaigns.take(campaigns.keys());
      const half = (this.#snapshot & map.SNAPSHOT_BOOK) === 0 ? 1 : 0;
      const bytes = compileBook(this.#memory, half, book, (id) => this.#campaigns.indexOf(id));
      if (typeof bytes !== 'number') {
        this.#campaigns.release(taken);
        return bytes;
      }
      this.#campaigns.plan(campaigns, Date.now(), this.#funds);
      await prepare();
      this.#bookVersion = book.version;
      await this.#flip(this.#snapshot ^ map.SNAPSHOT_BOOK, book.ads.length);
      const gone = this.#campaigns.without(campaigns);
      if (this.#funds === 'book') this.#campaigns.release(gone);
      else this.#campaigns.retire(gone);
      this.#live = new Set(campaigns.keys());
      this.tick(Date.now());
      return { ads: book.ads.length, bytes, milliseconds: performance.now() - started };
    });
  }

  /** Verifies a model file, loads it beside the live model and flips to it. The live one stays if it is refused. */
  loadModel(file: Uint8Array): Promise<{ version: number } | ModelFileError> {
    return this.#exclusively(async () => {
      const model = readModelFile(file);
      if (isModelFileError(model)) return model;
      await this.#idle(map.SNAPSHOT_MODEL);
      const half = (this.#snapshot & map.SNAPSHOT_MODEL) === 0 ? 1 : 0;
      const buffer = this.#memory.buffer;
      new Uint8Array(buffer, map.MODELS + half * map.MODEL_HALF_BYTES, model.image.length).set(model.image);
      this.#words[(map.CONTROL + map.CONTROL_MODEL_VERSIONS) / 4 + half] = model.version;
      this.#modelVersion = model.version;
      await this.#flip(this.#snapshot ^ map.SNAPSHOT_MODEL, this.#liveAds());
      this.tick(Date.now());
      return { version: model.version };
    });
  }

  /**
   * Opens and closes campaigns by their schedule, and lets the policy act where a slot began or the model changed.
   * To be called once a second.
   */
  tick(nowMs: number): void {
    if (this.#modelVersion === 0) return;
    for (const index of this.#campaigns.tick(nowMs, this.#modelVersion)) {
      this.#exports.actOnCampaign(index, nowMs);
      this.#campaigns.refreshMultiplier(index);
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
    Atomics.store(this.#words, this.#hazardIndex(worker), 0);
  }

  /** Adds up the counters of all workers. */
  totals(): Totals {
    const sum = (offset: number): number => {
      let total = 0;
      for (let w = 0; w < MAX_WORKERS; w++) {
        total += this.#counters[(w * map.COUNTERS_BYTES + offset) / 8] as number;
      }
      return total;
    };
    const row = (offset: number, count: number): number[] =>
      Array.from({ length: count }, (_, i) => sum(offset + i * 8));
    const durations = (offset: number, edges: readonly number[]): Durations => ({
      sum: sum(offset),
      buckets: row(offset + 8, edges.length + 1),
    });
    return {
      requests: sum(map.COUNT_REQUESTS),
      responses: sum(map.COUNT_RESPONSES),
      bids: sum(map.COUNT_BIDS),
      bidsByFormat: row(map.COUNT_BIDS_BY_FORMAT, FORMATS.length),
      bidMicros: sum(map.COUNT_BID_MICROS),
      tests: sum(map.COUNT_TESTS),
      bytesIn: sum(map.COUNT_BYTES_IN),
      bytesOut: sum(map.COUNT_BYTES_OUT),
      reasons: row(map.COUNT_REASONS, REASON_CODES),
      exchanges: row(map.COUNT_EXCHANGES, (map.COUNT_REQUEST_SECONDS - map.COUNT_EXCHANGES) / 8),
      requestSeconds: durations(map.COUNT_REQUEST_SECONDS, REQUEST_BUCKETS_S),
      decisionSeconds: durations(map.COUNT_DECISION_SECONDS, DECISION_BUCKETS_S),
      notices: noticeTotals(row),
    };
  }

  get #snapshot(): number {
    return Atomics.load(this.#words, (map.CONTROL + map.CONTROL_SNAPSHOT) / 4);
  }

  #hazardIndex(worker: number): number {
    return (map.CONTROL + map.CONTROL_HAZARDS + worker * map.HAZARD_STRIDE) / 4;
  }

  #liveAds(): number {
    const half = (this.#snapshot & map.SNAPSHOT_BOOK) === 0 ? 0 : 1;
    return this.#bookVersion === 0
      ? 0
      : new DataView(this.#memory.buffer).getUint32(map.BOOKS + half * map.BOOK_HALF_BYTES + map.BOOK_ADS, true);
  }

  #exclusively<T>(load: () => Promise<T>): Promise<T> {
    const result = this.#loading.then(load);
    this.#loading = result.catch(() => undefined); // the caller has the error; the next load must still run
    return result;
  }

  /** Prepares the ad vectors for a next snapshot in the idle vector half, then makes it the active one. */
  async #flip(next: number, ads: number): Promise<void> {
    await this.#idle(map.SNAPSHOT_VECTORS);
    let snapshot = (next ^ map.SNAPSHOT_VECTORS) + map.SNAPSHOT_STEP;
    if (this.#bookVersion > 0 && this.#modelVersion > 0) {
      this.#exports.prepareAds(snapshot, 0, ads);
      snapshot |= map.SNAPSHOT_READY;
    }
    Atomics.store(this.#words, (map.CONTROL + map.CONTROL_SNAPSHOT) / 4, snapshot | 0);
  }

  /** Waits until no worker reads the half, of the kind a snapshot bit names, that is about to be written. */
  async #idle(bit: number): Promise<void> {
    const active = this.#snapshot & bit;
    const reading = (): boolean => {
      for (let w = 0; w < MAX_WORKERS; w++) {
        const hazard = Atomics.load(this.#words, this.#hazardIndex(w));
        if (hazard !== 0 && (hazard & bit) !== active) return true;
      }
      return false;
    };
    while (reading()) await new Promise((resolve) => setImmediate(resolve));
  }
}
