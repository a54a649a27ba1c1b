// The bidder as a whole, run by the control thread: it makes the shared memory, loads book and model, starts the
// workers, keeps time for the campaigns and follows changes of both files.

import { readFile } from 'node:fs/promises';
import { Control } from '../bidcore/control.js';
import { compileModule, createMemory } from '../bidcore/hotpath.js';
import { BookSource, isRefused, type LiveBook } from './book_source.js';
import { type Config, urlsOf } from './config.js';
import { isDataError, prepareData } from './data_folder.js';
import { fingerprint, watchFile } from './file_watch.js';
import { HOTPATH_MODULE } from './files.js';
import type { Log } from './log.js';
import { Metrics } from './metrics.js';
import { probePort } from './port.js';
import { WorkerPool } from './worker_pool.js';

/** How often the campaigns' schedules and policies are looked at. */
const TICK_MS = 1000;
/** How often the two files are looked at: a change is to be live within a second. */
const WATCH_MS = 250;
/** Kept back from the drain time for closing what has not ended by itself. */
const CLOSE_MS = 500;

/** Why a bidder could not start. */
export interface StartError {
  readonly code: 'cannot_start';
  readonly problems: readonly string[];
}

const cannotStart = (...problems: string[]): StartError => ({ code: 'cannot_start', problems });

/** Tells a bidder from the error `startBidder` returns. */
export function isStartError(value: Bidder | StartError): value is StartError {
  return 'problems' in value;
}

/**
 * Starts a bidder. Its workers listen only once it can bid.
 * @param note is told what a first start makes
 */
export async function startBidder(
  config: Config,
  log: Log,
  note: (line: string) => void,
): Promise<Bidder | StartError> {
  const port = await probePort(config.host, config.bidPort);
  if (typeof port !== 'number') return cannotStart(port.problem);
  const noticeKey = await prepareData(config, note);
  if (isDataError(noticeKey)) return cannotStart(noticeKey.problem);

  const memory = createMemory();
  const module = compileModule(await readFile(HOTPATH_MODULE));
  const control = new Control(memory, module);
  const { tmaxMarginUs, noticeKeyId, node, host, gzipResponses } = config;
  control.configure({ tmaxMarginUs, noticeKey, noticeKeyId, node });
  const bidder = new Bidder(config, port, control, log, { memory, module, host, port, gzipResponses });
  const problems = await bidder.start();
  return problems.length > 0 ? cannotStart(...problems) : bidder;
}

export class Bidder {
  readonly config: Config;
  readonly port: number;
  readonly #control: Control;
  readonly #log: Log;
  readonly #books: BookSource;
  readonly #pool: WorkerPool;
  readonly #loads = { books: { loaded: 0, refused: 0 }, models: { loaded: 0, refused: 0 } };
  readonly #stopping = new AbortController();
  #ticker: NodeJS.Timeout | undefined;

  constructor(
    config: Config,
    port: number,
    control: Control,
    log: Log,
    start: ConstructorParameters<typeof WorkerPool>[1]['start'],
  ) {
    this.config = config;
    this.port = port;
    this.#control = control;
    this.#log = log;
    this.#books = new BookSource(control, config.campaignsPath, urlsOf(config, port));
    const metrics = new Metrics({
      totals: () => control.totals(),
      ready: () => control.ready,
      book: () => this.#books.live,
      modelVersion: () => control.modelVersion,
      workers: () => this.#pool,
      loads: () => this.#loads,
    });
    this.#pool = new WorkerPool(this.#books.live.exchanges, {
      count: config.workers,
      start,
      metrics: () => metrics.render(),
      died: (worker) => control.clearHazard(worker),
      log,
    });
  }

  get book(): LiveBook {
    return this.#books.live;
  }

  get modelVersion(): number {
    return this.#control.modelVersion;
  }

  get workers(): number {
    return this.#pool.count;
  }

  /** Loads both files and starts the workers. Returns what stands in the way. */
  async start(): Promise<readonly string[]> {
    const { campaignsPath, modelPath, host } = this.config;
    // Taken before the files are read: a change in between is then seen as one.
    const campaignsSeen = await fingerprint(campaignsPath);
    const modelSeen = await fingerprint(modelPath);
    const problems = [...(await this.#loadModel()), ...(await this.#loadBook())];
    if (problems.length > 0) return problems;
    this.#control.tick(Date.now());
    if (!(await this.#pool.start())) return [`a worker could not listen on ${host} port ${this.port}`];
    this.#ticker = setInterval(() => this.#control.tick(Date.now()), TICK_MS);
    const { signal } = this.#stopping;
    const reloadBook = () => this.#reload('campaign file', () => this.#loadBook());
    const reloadModel = () => this.#reload('model file', () => this.#loadModel());
    void watchFile(campaignsPath, campaignsSeen, WATCH_MS, signal, reloadBook);
    void watchFile(modelPath, modelSeen, WATCH_MS, signal, reloadModel);
    return [];
  }

  /** Finishes what is under way and ends, at the latest when the configured time is over. */
  async drain(): Promise<void> {
    clearInterval(this.#ticker);
    this.#stopping.abort();
    this.#pool.drain();
    const late = setTimeout(() => {
      this.#log.warn('connections still busy are cut');
      this.#pool.close();
    }, this.config.drainMs - CLOSE_MS);
    await this.#pool.ended();
    clearTimeout(late);
  }

  /** Ends at once. */
  async close(): Promise<void> {
    clearInterval(this.#ticker);
    this.#stopping.abort();
    this.#pool.close();
    await this.#pool.ended();
  }

  async #reload(what: string, load: () => Promise<readonly string[]>): Promise<void> {
    const problems = await load();
    if (problems.length > 0) this.#log.error({ problems }, `${what} refused, the old one stays`);
  }

  async #loadBook(): Promise<readonly string[]> {
    const book = await this.#books.load((exchanges) => this.#pool.setExchanges(exchanges));
    this.#loads.books[isRefused(book) ? 'refused' : 'loaded'] += 1;
    if (isRefused(book)) return book.problems.map((problem) => `${this.config.campaignsPath}: ${problem}`);
    const { version, ads, campaigns, milliseconds } = book;
    this.#log.info({ version, ads, campaigns, milliseconds: Math.round(milliseconds) }, 'book is live');
    return [];
  }

  async #loadModel(): Promise<readonly string[]> {
    const loaded = await this.#readModel();
    this.#loads.models['problem' in loaded ? 'refused' : 'loaded'] += 1;
    if ('problem' in loaded) return [`${this.config.modelPath}: ${loaded.problem}`];
    this.#log.info({ version: loaded.version }, 'model is live');
    return [];
  }

  async #readModel(): Promise<{ version: number } | { problem: string }> {
    try {
      const file = await readFile(this.config.modelPath);
      // Plain bytes: a Buffer's slice is a view where an array's is a copy.
      return await this.#control.loadModel(new Uint8Array(file.buffer, file.byteOffset, file.length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error; // not a file's problem
      return { problem: (error as Error).message };
    }
  }
}
