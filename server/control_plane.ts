// The control plane of a bidder: its database, opened when somebody first asks for it, the admin API on it, and the way
// of a change from there into the campaign file, which the bidder follows.
//
//   API ──transaction──▶ database ──campaignFileOf──▶ campaigns.json ──file watch──▶ book
//
// The file stays what a bidder starts from: it bids before, and without, the database.
// The jobs of a node run here as well, from when the database is open.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
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
import { type JobsConfig, jobsOf } from './jobs/index.js';
import { JobRunner, type JobRuns } from './jobs/runner.js';
import { SumsLag } from './jobs/sums.js';
import type { Log } from './log.js';
import { ModelRegistry } from './model_registry.js';
import { LINK_DEFAULTS, RedisLink } from './redis/link.js';
import { AUTHORITY_DEFAULTS } from './redis/redis_authority.js';
import { campaignFileOf } from './sql/book/file_of_rows.js';
import { importCampaignFile } from './sql/book/import.js';
import { type Database, type Db, embeddedFolder, openDatabase } from './sql/database.js';
import { isDatabaseError, isRowError } from './sql/errors.js';
import { migrateUp } from './sql/migrate.js';
import type { SumsFeed } from './sql/rollups/feed.js';
import { LOG_CONSUMER, LogFeed, type LogSide } from './sql/rollups/log_feed.js';
import { Rollups } from './sql/rollups/rollups.js';
import { STREAM_CONSUMER, StreamFeed } from './sql/rollups/stream_feed.js';

export type ControlPlaneConfig = Pick<
  Config,
  'databaseUrl' | 'dataDir' | 'campaignsPath' | 'apiCallsPerMinute' | 'jobs' | 'redis'
> &
  JobsConfig;

const OPEN_AGAIN_MS = 2000;
/** Reads of streams are bulky. */
const REDIS_MS_MAX = 3000;

/** What of the bidder the API reaches. */
export type BidderSide = Pick<Host, 'explain' | 'auctionResult' | 'campaign'> & {
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
  #database: Promise<Database> | undefined;
  /** Settles when the campaign file is as the database was when it was last asked to be. */
  #published: Promise<void> = Promise.resolve();
  #wanted = false;
  readonly #eventLog: LogSide;
  #jobs: JobRunner | undefined;
  #feed: SumsFeed | undefined;
  readonly #models = new ModelRegistry();
  readonly #lag = new SumsLag(Date.now());
  readonly #closing = new AbortController();

  constructor(config: ControlPlaneConfig, adminKey: string, bidder: BidderSide, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#eventLog = { ...bidder.eventLog, node: config.node };
    const access = new Access(adminKey, config.apiCallsPerMinute);
    const limits = new RateLimits();
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
        stats: () => ({ ...bidder.stats(), book_problems: bidder.bookProblems() }),
        admits: (what, perMinute) => limits.take(what, perMinute, Date.now()).allowed,
        access,
      },
      database: async () => (await this.#open()).db,
      bookChanged: () => this.#publish(),
      log,
    });
  }

  /** Answers every path that is not open to all. */
  readonly answer: Rest = async (request, url, requestId) => {
    const read = request.method === 'GET' || request.method === 'HEAD';
    const page = read ? await docsAnswer(url.pathname, this.#document) : undefined;
    return page ?? this.#api.answer(request, url, requestId);
  };

  /** Opens the database, if jobs are to run here, and starts them; tries again until it can, or is closed. */
  async run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#config.jobs && this.#jobs === undefined && !signal.aborted) {
      try {
        const { db, kind } = await this.#open();
        if (signal.aborted) return;
        const world = { db, log: this.#log, bookChanged: () => this.#publish(), signal };
        const shared = kind === 'postgres';
        this.#feed = this.#feedOf(db, shared);
        const { redis } = this.#config;
        const parts = { feed: this.#feed, feedIsShared: redis !== undefined, lag: this.#lag, models: this.#models };
        this.#jobs = new JobRunner(jobsOf(this.#config, parts), world, shared);
      } catch (error) {
        this.#log.error({ problem: (error as Error).message }, 'the database cannot be opened; trying again');
        await sleep(OPEN_AGAIN_MS, undefined, { signal }).catch(() => undefined); // closed
      }
    }
  }

  /** How the runs of each job ended; none where no jobs run, or not yet. */
  get jobRuns(): ReadonlyMap<string, JobRuns> {
    return this.#jobs?.runs ?? new Map();
  }

  /** Seconds since the sums had all notices; 0 where this node does not sum. */
  sumsLagS(nowMs: number): number {
    return this.#config.jobs ? this.#lag.seconds(nowMs) : 0;
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#jobs?.ended();
    await this.#feed?.close();
    await this.#published;
    const database = await this.#database?.catch(() => undefined);
    await database?.close();
  }

  /** What brings the sums their notices: the streams of all nodes, or the log of this one. */
  #feedOf(db: Db, shared: boolean): SumsFeed {
    const { redis, node } = this.#config;
    if (redis === undefined) return new LogFeed(new Rollups(db, { consumer: LOG_CONSUMER }), this.#eventLog, this.#log);
    const rollups = new Rollups(db, { consumer: STREAM_CONSUMER });
    const link = new RedisLink(redis, { ...LINK_DEFAULTS, timeoutMs: REDIS_MS_MAX, name: `gavel-${node}-sums` });
    return new StreamFeed(rollups, link, AUTHORITY_DEFAULTS.namespace, shared ? 'postgres' : `node-${node}`);
  }

  /** Opened once; what went wrong is tried again with the next call. */
  #open(): Promise<Database> {
    this.#database ??= this.#start().catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  async #start(): Promise<Database> {
    const { databaseUrl, dataDir } = this.#config;
    const database = await openDatabase({
      url: databaseUrl,
      folder: embeddedFolder(dataDir),
      note: (problem) => this.#log.warn({ problem }, 'a connection to the database broke'),
    });
    if (isDatabaseError(database)) throw new Error(database.problem);
    const ran = await migrateUp(database.db);
    if (isDatabaseError(ran)) {
      await database.close();
      throw new Error(ran.problem);
    }
    await this.#fill(database.db);
    this.#log.info({ database: database.description, migrations: ran.length }, 'database is open');
    return database;
  }

  /** A new database begins with what is bid with. */
  async #fill(db: Db): Promise<void> {
    const settings = await db.selectFrom('settings').select('id').executeTakeFirst();
    if (settings !== undefined) return;
    const file = parseCampaignFile(await readFile(this.#config.campaignsPath, 'utf8'));
    if (isCampaignFileError(file)) throw new Error(`the campaign file cannot be imported: ${file.problems.join('; ')}`);
    const imported = await importCampaignFile(db, file, { replace: false });
    if (isRowError(imported)) throw new Error(`the campaign file cannot be imported: ${imported.problem}`);
  }

  /** Changes that come while one is written are written together, after it. */
  #publish(): void {
    if (this.#wanted || this.#closing.signal.aborted) return;
    this.#wanted = true;
    this.#published = this.#published.then(async () => {
      this.#wanted = false;
      try {
        await this.#write();
      } catch (error) {
        this.#log.error({ stack: (error as Error).stack }, 'the campaign file could not be written');
      }
    });
  }

  async #write(): Promise<void> {
    const file = await campaignFileOf((await this.#open()).db);
    if ('problem' in file || 'problems' in file) return; // nothing to bid with, or refused before it was committed
    await writeCampaignFile(this.#config.campaignsPath, file);
  }
}

/** Beside its place and moved there: a bidder never reads half of it. */
async function writeCampaignFile(path: string, file: CampaignFile): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, `${JSON.stringify(file, undefined, 2)}\n`);
  await rename(unfinished, path);
}
