// The control plane of a bidder: its database (database_host.ts), the admin API on it, and the way of a change from
// there into the campaign file (published_book.ts), which the bidder follows.
//
//   API, jobs ──transaction──▶ database ──▶ published_book.ts ──▶ book
//                                                       └─▶ campaigns.json
//
// The file is what a bidder starts from: it bids before, and without, the database. One edited by hand is followed.
// The jobs of a node run here as well, from when the database is open.

import type { Rest } from './admin_server.js';
import { Access } from './api/access.js';
import { Api } from './api/api.js';
import { docsAnswer } from './api/docs_pages.js';
import { openApiDocument } from './api/openapi.js';
import type { BidderStats, Host } from './api/operation.js';
import { OPERATIONS } from './api/operations.js';
import { RateLimits } from './api/rate_limits.js';
import { Router } from './api/router.js';
import type { Config } from './config.js';
import { DatabaseHost } from './database_host.js';
import { type JobsConfig, jobsOf } from './jobs/index.js';
import { JobRunner, type JobRuns } from './jobs/runner.js';
import { SumsLag } from './jobs/sums.js';
import type { Log } from './log.js';
import { ModelRegistry } from './model_registry.js';
import { type BookTaker, PublishedBook } from './published_book.js';
import { LINK_DEFAULTS, RedisLink } from './redis/link.js';
import { AUTHORITY_DEFAULTS } from './redis/redis_authority.js';
import { type Database, type Db, embeddedFolder } from './sql/database.js';
import type { SumsFeed } from './sql/rollups/feed.js';
import { LOG_CONSUMER, LogFeed, type LogSide } from './sql/rollups/log_feed.js';
import { Rollups } from './sql/rollups/rollups.js';
import { STREAM_CONSUMER, StreamFeed } from './sql/rollups/stream_feed.js';

export type ControlPlaneConfig = Pick<
  Config,
  | 'databaseUrl'
  | 'dataDir'
  | 'campaignsPath'
  | 'apiCallsPerMinute'
  | 'jobs'
  | 'redis'
  | 'noticeUrl'
  | 'markupUrl'
  | 'noticeKeyId'
  | 'bidPort'
  | 'priceKeys'
> &
  JobsConfig;

/** Reads of streams are bulky. */
const REDIS_MS_MAX = 3000;

/** What of the bidder the API reaches. */
export type BidderSide = Pick<Host, 'explain' | 'auctionResult' | 'campaign'> &
  BookTaker & {
    stats(): Omit<BidderStats, 'book_problems'>;
    /** Why the campaign file on disk is not what is bid with. */
    bookProblems(): readonly string[];
    /** The node's event log. */
    readonly eventLog: Omit<LogSide, 'node'>;
  };

export class ControlPlane {
  readonly #config: ControlPlaneConfig;
  readonly #log: Log;
  readonly #api: Api;
  readonly #document: object = openApiDocument(OPERATIONS, '0.1.0');
  readonly #database: DatabaseHost;
  readonly #published: PublishedBook;
  readonly #eventLog: LogSide;
  #jobs: { readonly ending: AbortController; readonly feed: SumsFeed; readonly runner: JobRunner } | undefined;
  /** Settles when they run on the database that was opened last. */
  #jobsSet: Promise<void> = Promise.resolve();
  readonly #models = new ModelRegistry();
  readonly #lag = new SumsLag(Date.now());
  #closed = false;

  constructor(config: ControlPlaneConfig, adminKey: string, bidder: BidderSide, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#eventLog = { ...bidder.eventLog, node: config.node };
    const access = new Access(adminKey, config.apiCallsPerMinute);
    const limits = new RateLimits();
    this.#published = new PublishedBook(config, bidder, log);
    this.#database = new DatabaseHost({
      open: { url: config.databaseUrl, folder: embeddedFolder(config.dataDir) },
      prepare: (db) => this.#published.use(db),
      opened: (database) => {
        this.#jobsSet = this.#jobsSet.then(() => this.#runJobs(database));
      },
      revision: (revision) => this.#published.follow(revision),
      log,
    });
    this.#api = new Api({
      router: new Router(OPERATIONS),
      access,
      limits,
      host: {
        explain: (request, query) => bidder.explain(request, query),
        auctionResult: (request) => bidder.auctionResult(request),
        node: config.node,
        models: this.#models,
        campaign: (id) => bidder.campaign(id),
        stats: () => ({
          ...bidder.stats(),
          book_problems: [...bidder.bookProblems(), ...this.#published.problems],
        }),
        admits: (what, perMinute) => limits.take(what, perMinute, Date.now()).allowed,
        access,
      },
      database: () => this.#database.db,
      bookChanged: () => this.#published.changed(),
      log,
    });
  }

  /** Answers every path that is not open to all. */
  readonly answer: Rest = async (request, url, requestId) => {
    const read = request.method === 'GET' || request.method === 'HEAD';
    const page = read ? await docsAnswer(url.pathname, this.#document) : undefined;
    return page ?? this.#api.answer(request, url, requestId);
  };

  /** Opens the database where jobs are to run, or other nodes may change it; where neither is, the first call does. */
  run(): void {
    const { jobs, databaseUrl } = this.#config;
    if (jobs || databaseUrl !== undefined) this.#database.start();
  }

  /** Has the jobs run on a database that was just opened, and no longer on one that was lost. */
  async #runJobs({ db, kind }: Database): Promise<void> {
    await this.#endJobs();
    if (!this.#config.jobs || this.#closed) return;
    const ending = new AbortController();
    const { signal } = ending;
    const world = { db, log: this.#log, bookChanged: () => this.#published.changed(), signal };
    const shared = kind === 'postgres';
    const feed = this.#feedOf(db, shared);
    const parts = { feed, feedIsShared: this.#config.redis !== undefined, lag: this.#lag, models: this.#models };
    this.#jobs = { ending, feed, runner: new JobRunner(jobsOf(this.#config, parts), world, shared) };
  }

  async #endJobs(): Promise<void> {
    const jobs = this.#jobs;
    this.#jobs = undefined;
    jobs?.ending.abort();
    await jobs?.runner.ended();
    await jobs?.feed.close();
  }

  /** How the runs of each job ended; none where no jobs run, or not yet. */
  get jobRuns(): ReadonlyMap<string, JobRuns> {
    return this.#jobs?.runner.runs ?? new Map();
  }

  /** Seconds since the sums had all notices; 0 where this node does not sum. */
  sumsLagS(nowMs: number): number {
    return this.#config.jobs ? this.#lag.seconds(nowMs) : 0;
  }

  /** Whether a fingerprint of the campaign file is that of what was written here last. */
  wrote(fingerprint: string): boolean {
    return this.#published.wrote(fingerprint);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#jobsSet;
    await this.#endJobs();
    await this.#published.close();
    await this.#database.close();
  }

  /** What brings the sums their notices: the streams of all nodes, or the log of this one. */
  #feedOf(db: Db, shared: boolean): SumsFeed {
    const { redis, node } = this.#config;
    if (redis === undefined) return new LogFeed(new Rollups(db, { consumer: LOG_CONSUMER }), this.#eventLog, this.#log);
    const rollups = new Rollups(db, { consumer: STREAM_CONSUMER });
    const link = new RedisLink(redis, { ...LINK_DEFAULTS, timeoutMs: REDIS_MS_MAX, name: `gavel-${node}-sums` });
    return new StreamFeed(rollups, link, AUTHORITY_DEFAULTS.namespace, shared ? 'postgres' : `node-${node}`);
  }
}
