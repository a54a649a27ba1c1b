// The bidder as a whole, run by the control thread: it makes the shared memory, loads book and model, starts the
// workers and the admin port, keeps time for the campaigns and follows changes of both files.

import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Book } from '../bidcore/book.js';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import type { CampaignPart } from '../bidcore/campaign_part.js';
import { CONTROL_WORKER, Control } from '../bidcore/control.js';
import { compileModule, createMemory } from '../bidcore/hotpath.js';
import { plainPrice } from '../bidcore/money/clearing_price.js';
import { addressSigner } from '../bidcore/money/click_address.js';
import { KeyRing } from '../bidcore/money/key_ring.js';
import { NoticeCounts } from '../bidcore/money/notice_counts.js';
import type { CampaignState, Situation } from '../bidcore/reference/situation.js';
import { jsonAnswer } from './admin_answer.js';
import { AdminServer } from './admin_server.js';
import type { LiveCampaign } from './api/operation.js';
import { BookHost } from './book/book_host.js';
import { fundingOf } from './book/funding.js';
import { BookSource, isRefused, type LiveBook, type LoadBook } from './book_source.js';
import { type Config, urlsOf } from './config.js';
import { ControlPlane } from './control_plane.js';
import { isDataError, prepareData } from './data_folder.js';
import { realDisk } from './event_log/real_disk.js';
import { durableSpans } from './event_log/span.js';
import { ExplainRoute } from './explain_route.js';
import { fingerprint, watchFile } from './file_watch.js';
import { HOTPATH_MODULE } from './files.js';
import { LedgerHost } from './ledger/ledger_host.js';
import type { Log } from './log.js';
import type { FrontExchange } from './messages.js';
import { Metrics } from './metrics.js';
import { LiveModels } from './model_feed/live_models.js';
import { ModelLoader } from './model_feed/model_loader.js';
import { AuctionResultRoute } from './notices/auction_results.js';
import { LedgerPort } from './notices/ledger_port.js';
import { probePort } from './port.js';
import { inSchedule, situationOf } from './situation.js';
import { TrainerHost } from './trainer_host.js';
import { TrainerStatusFile } from './trainer_status.js';
import { WorkerPool } from './worker_pool.js';

/** How often the campaigns' schedules and policies are looked at. */
const TICK_MS = 1000;
/** How often the campaign file is looked at: a change is to be live within a second. */
const WATCH_MS = 250;
/** Kept back from the drain time for closing what has not ended by itself. */
const CLOSE_MS = 500;
/** How long the trainer may take for a last checkpoint. */
const TRAINER_CLOSE_MS = 1500;

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
  const port = await probePort(config.host, config.bidPort, 'GAVEL_BID_PORT');
  if (typeof port !== 'number') return cannotStart(port.problem);
  const keys = await prepareData(config, note);
  if (isDataError(keys)) return cannotStart(keys.problem);

  const memory = createMemory();
  const module = compileModule(await readFile(HOTPATH_MODULE));
  const loader = new ModelLoader(memory);
  const control = new Control(memory, module, (file, at) => loader.place(file, at));
  const { tmaxMarginUs, noticeKeyId, node, host, gzipResponses, exchangeHeader } = config;
  const seed = randomInt(2 ** 32);
  control.configure({ tmaxMarginUs, noticeKey: keys.notice, noticeKeyId, node, funds: 'ledger', seed });
  const ring = [{ id: noticeKeyId, bytes: keys.notice }, ...config.noticeKeysOld];
  const bidder = new Bidder(config, port, keys.admin, control, log, {
    memory,
    module,
    host,
    port,
    queueMs: config.queueMs,
    gzipResponses,
    exchangeHeader,
    notices: {
      keys: ring,
      lifeS: config.noticeLifeS,
      waitingMax: config.noticesWaitingMax,
      priceKeys: config.priceKeys,
    },
  });
  const problems = await bidder.start();
  return problems.length > 0 ? cannotStart(...problems) : bidder;
}

const eventsFolder = ({ dataDir }: Config): string => join(dataDir, 'events');

type Start = ConstructorParameters<typeof WorkerPool>[1]['start'];

export class Bidder {
  readonly config: Config;
  readonly port: number;
  readonly #control: Control;
  readonly #log: Log;
  readonly #bookHost: BookHost;
  readonly #books: BookSource;
  readonly #models: LiveModels;
  readonly #admin: AdminServer;
  readonly #controlPlane: ControlPlane;
  readonly #pool: WorkerPool;
  readonly #ledger: LedgerHost;
  /** Undefined where none is wanted. */
  readonly #trainer: TrainerHost | undefined;
  #trainerEnded: Promise<void> | undefined;
  readonly #trainerStatus: TrainerStatusFile;
  readonly #bookLoads = { loaded: 0, refused: 0 };
  #bookProblems: readonly string[] = [];
  #loading: Promise<unknown> = Promise.resolve();
  /** The control thread's own way to the ledger, for auction results. */
  readonly #results: LedgerPort;
  readonly #stopping = new AbortController();
  #ticker: NodeJS.Timeout | undefined;
  #adminPort = 0;

  constructor(config: Config, port: number, adminKey: string, control: Control, log: Log, start: Start) {
    this.config = config;
    this.port = port;
    this.#control = control;
    this.#results = new LedgerPort(config.noticesWaitingMax);
    this.#log = log;
    const urls = urlsOf(config, port);
    const { keys } = start.notices;
    this.#bookHost = new BookHost({ ...urls, memory: start.memory.buffer as SharedArrayBuffer, keys });
    this.#books = new BookSource(
      control,
      this.#bookHost,
      config.campaignsPath,
      { ...urls, sign: addressSigner(KeyRing.of(keys)) },
      new Set(Object.keys(config.priceKeys)),
    );
    this.#models = new LiveModels(control, config, log);
    this.#trainer = config.trainer ? new TrainerHost(log) : undefined;
    this.#trainerStatus = new TrainerStatusFile(config.dataDir);
    const metrics = new Metrics({
      commit: config.commit,
      totals: () => control.totals(),
      ready: () => control.ready,
      book: () => this.#books.live,
      bookRefused: () => this.#bookProblems.length > 0,
      modelVersion: () => this.#models.version,
      modelAgeS: () => this.#models.ageS(Date.now()),
      trainer: () => this.#trainerStatus,
      trainerRestarts: () => this.#trainer?.restarts ?? 0,
      candidate: () => {
        const version = control.candidateVersion;
        return { version, share: version === 0 ? 0 : control.trial.share };
      },
      workers: () => this.#pool,
      loads: () => ({ books: this.#bookLoads, models: this.#models.loads }),
      ledger: () => this.#ledger.stats,
      ledgerRestarts: () => this.#ledger.restarts,
      jobs: () => this.#controlPlane.jobRuns,
      sumsLagS: () => this.#controlPlane.sumsLagS(Date.now()),
    });
    this.#pool = new WorkerPool(this.#books.live.exchanges, {
      count: config.workers,
      start,
      ledger: () => this.#ledger.connect(),
      metrics: () => metrics.render(),
      died: (worker) => control.clearHazard(worker),
      log,
    });
    this.#ledger = new LedgerHost({
      start: {
        buffer: start.memory.buffer as SharedArrayBuffer,
        folder: eventsFolder(config),
        node: config.node,
        tokenLifeS: config.noticeLifeS,
        redis: config.redis,
        summed: config.jobs && config.redis === undefined,
        logLevel: config.logLevel,
      },
      released: (ids) => void control.releaseCampaigns(ids),
      restarted: (ids) => {
        void control.keepCampaigns(ids);
        this.#pool.renewLedger();
        this.#results.use(this.#ledger.connect());
      },
      log,
    });
    this.#controlPlane = this.#makeControlPlane(adminKey, start);
    const health = async () => jsonAnswer(200, { status: 'alive' });
    const scrape = async () => ({ status: 200, ...(await metrics.render()) });
    const open = { '/health': health, '/metrics': scrape };
    this.#admin = new AdminServer(open, this.#controlPlane.answer, config.adminOrigins, log);
  }

  get book(): LiveBook {
    return this.#books.live;
  }

  get modelVersion(): number {
    return this.#models.version;
  }

  /** Where the live model comes from, for people. */
  get modelFrom(): string {
    return this.#models.from;
  }

  get adminPort(): number {
    return this.#adminPort;
  }

  get workers(): number {
    return this.#pool.count;
  }

  /** Loads both files and starts the workers. Returns what stands in the way. */
  async start(): Promise<readonly string[]> {
    const { campaignsPath, host, adminHost, adminPort } = this.config;
    // Taken before the file is read: a change in between is then seen as one.
    const campaignsSeen = await fingerprint(campaignsPath);
    const away = await this.#ledger.start();
    if (away !== undefined) return [away];
    this.#results.use(this.#ledger.connect());
    const problems = [...(await this.#models.start()), ...(await this.#loadBook())];
    if (problems.length > 0) {
      await this.#ledger.close();
      return problems;
    }
    this.#control.tick(Date.now());
    const taken = await this.#admin.listen(adminHost, adminPort);
    if (typeof taken !== 'number') {
      await this.#ledger.close();
      return [taken.problem];
    }
    this.#adminPort = taken;
    if (!(await this.#pool.start())) {
      await this.#admin.close();
      await this.#ledger.close();
      return [`a worker could not listen on ${host} port ${this.port}`];
    }
    this.#ticker = setInterval(() => this.#control.tick(Date.now()), TICK_MS);
    const { signal } = this.#stopping;
    const reloadBook = async (seen: string): Promise<void> => {
      // What the control plane has written is what it has told.
      if (!this.#controlPlane.wrote(seen)) await this.#reload('campaign file', () => this.#loadBook());
    };
    void watchFile(campaignsPath, campaignsSeen, WATCH_MS, signal, reloadBook);
    this.#models.follow(signal);
    this.#trainer?.start();
    this.#controlPlane.run();
    return [];
  }

  /** Finishes what is under way and ends, at the latest when the configured time is over. */
  async drain(): Promise<void> {
    this.#halt();
    this.#pool.drain();
    const late = setTimeout(() => {
      this.#log.warn('connections still busy are cut');
      this.#pool.close();
    }, this.config.drainMs - CLOSE_MS);
    await this.#pool.ended();
    clearTimeout(late);
    await this.#end();
  }

  /** Ends at once. */
  async close(): Promise<void> {
    this.#halt();
    this.#pool.close();
    await this.#pool.ended();
    await this.#end();
  }

  /** Nothing new begins. The trainer ends at once: a signal from the terminal has reached it, too. */
  #halt(): void {
    clearInterval(this.#ticker);
    this.#stopping.abort();
    this.#trainerEnded = this.#trainer?.close(TRAINER_CLOSE_MS);
  }

  /** Behind the last answer. */
  async #end(): Promise<void> {
    this.#results.close();
    await Promise.all([this.#ledger.close(), this.#trainerEnded]);
    await this.#admin.close();
    await this.#controlPlane.close();
    await this.#bookHost.close();
  }

  #makeControlPlane(key: string, { memory, notices: { keys, lifeS } }: Start): ControlPlane {
    const notices = { ring: KeyRing.of(keys), lifeS, price: () => plainPrice };
    const explain = new ExplainRoute({
      exchanges: () => this.book.exchanges.map(({ id }) => id),
      situation: (exchange, atMs) => this.#situation(exchange, atMs),
    });
    const results = new AuctionResultRoute(notices, this.#results, new NoticeCounts(memory, CONTROL_WORKER));
    const bidder = {
      explain: explain.answer.bind(explain),
      auctionResult: results.answer.bind(results),
      campaign: (id: string) => this.#liveCampaign(id),
      take: (file: CampaignFile, parts: readonly CampaignPart[] | undefined) =>
        this.#live((publish, prepare) => this.#books.take(file, parts, publish, prepare)),
      write: (path: string) => this.#bookHost.write(path),
      bookProblems: () => this.#bookProblems,
      eventLog: {
        source: durableSpans(realDisk, eventsFolder(this.config), () => this.#ledger.stats?.log.tail),
        next: () => this.#ledger.stats?.log.next,
        summed: (next: number) => this.#ledger.summed(next),
      },
      stats: () => {
        const { version, ads, campaigns } = this.book;
        const { requests, bids } = this.#control.totals();
        return { book: { version, ads, campaigns }, model_version: this.modelVersion, requests, bids };
      },
    };
    return new ControlPlane(this.config, key, bidder, this.#log);
  }

  #liveCampaign(id: string): LiveCampaign | undefined {
    if (!this.#books.has(id)) return undefined;
    const { open, pace, policyMultiplier: multiplier, availableMicros, bids } = this.#control.campaignState(id);
    return { open, pace, multiplier, available_micros: Number(availableMicros), bids: Number(bids) };
  }

  /** What a request of an exchange is decided by: now, or by the schedules at another time. */
  #situation(exchangeId: string, atMs: number | undefined): Situation {
    const { book } = this.#books;
    const exchange = this.book.exchanges.find(({ id }) => id === exchangeId);
    if (exchange === undefined) throw new Error(`no book with an exchange ${exchangeId} is live`);
    const campaign = (id: string): CampaignState => {
      const state = this.#control.campaignState(id);
      return atMs === undefined ? state : { ...state, open: inSchedule(state.startMs, state.endMs, atMs) };
    };
    // At another time than now there is no telling how far a ledger would have come.
    const ledger = atMs === undefined ? this.#control.ledgerState() : undefined;
    const { frequency } = this.#control;
    const { live } = this.#models;
    return situationOf(book, live, campaign, ledger, frequency, exchange.index, atMs ?? Date.now(), this.config);
  }

  async #reload(what: string, load: () => Promise<readonly string[]>): Promise<void> {
    const problems = await load();
    if (problems.length > 0) this.#log.error({ problems }, `${what} refused, the old one stays`);
  }

  async #loadBook(): Promise<readonly string[]> {
    const problems = await this.#live((publish, prepare) => this.#books.load(publish, prepare));
    return problems.map((problem) => `${this.config.campaignsPath}: ${problem}`);
  }

  /**
   * Brings a book into force, one after the other.
   * @returns why not; empty: it is
   */
  #live(load: LoadBook): Promise<readonly string[]> {
    const done = this.#loading.then(() => this.#bringLive(load));
    this.#loading = done.catch(() => undefined); // the caller has the error; the next load must still run
    return done;
  }

  async #bringLive(load: LoadBook): Promise<readonly string[]> {
    const publish = (exchanges: readonly FrontExchange[]): Promise<void> => this.#pool.setExchanges(exchanges);
    const book = await load(publish, (next) => this.#fund(next, this.#books.live.file));
    this.#bookLoads[isRefused(book) ? 'refused' : 'loaded'] += 1;
    this.#bookProblems = isRefused(book) ? book.problems : [];
    if (isRefused(book)) return book.problems;
    const { file } = this.#books.live;
    if (file === undefined) throw new Error('a book was loaded and none is live');
    await this.#fund({ file }, undefined);
    const { version, ads, campaigns, milliseconds } = book;
    this.#log.info({ version, ads, campaigns, milliseconds: Math.round(milliseconds) }, 'book is live');
    return [];
  }

  /**
   * Gives the campaigns of a book what they may spend.
   * @param file of the book that is still live: what it has besides goes on bidding
   */
  async #fund(book: Pick<Book, 'file'>, file: CampaignFile | undefined): Promise<void> {
    const { plans, counted } = fundingOf(book, file && { file }, (id) => this.#control.campaignIndex(id));
    await this.#ledger.plan(plans, counted);
  }
}
