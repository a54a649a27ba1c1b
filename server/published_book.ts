// The campaigns of the database in memory, and from there to the bidder and into the campaign file. Changes of this
// process bring what they touched with them; when the revision of the book says that another node, or somebody with
// psql, has changed something, all is read again. The revision that was written last is kept beside the database's
// folder, so that a start tells a database that has moved on from a file that was edited by hand.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { type CampaignPart, withPart } from '../bidcore/campaign_part.js';
import { type Config, urlsOf } from './config.js';
import type { Log } from './log.js';
import { importCampaignFile } from './sql/book/import.js';
import { readWhole, type WholeBook } from './sql/book/read_whole.js';
import { type BookCheck, checkBooksBy } from './sql/book_check/book_check.js';
import type { OwnChange } from './sql/book_check/own_changes.js';
import { bookRevision, type Db } from './sql/database.js';
import { isConnectionError, isRowError } from './sql/errors.js';

type PublishedConfig = Pick<
  Config,
  'dataDir' | 'campaignsPath' | 'noticeUrl' | 'markupUrl' | 'noticeKeyId' | 'bidPort' | 'priceKeys'
>;

/** Who bids with them. */
export interface BookTaker {
  /**
   * Brings campaigns into force.
   * @param parts what is new since the last call; undefined: all may be
   * @returns why not; empty: they are
   */
  take(file: CampaignFile, parts: readonly CampaignPart[] | undefined): Promise<readonly string[]>;
  /**
   * Writes what was taken last to `PATH.new`.
   * @returns how its fingerprint begins, also when it has been moved
   */
  write(path: string): Promise<string | undefined>;
}

/** Not more often: many changes in a row are one book. */
const BETWEEN_MS = 100;
/** And a large one leaves the machine as much time as it has taken. */
const REST_SHARE = 1;
const PROBLEMS_LOGGED = 20;
const REVISION_FILE = 'campaigns.revision';

export class PublishedBook {
  readonly #config: PublishedConfig;
  readonly #taker: BookTaker;
  readonly #log: Log;
  #db: Db | undefined;
  #check: BookCheck | undefined;
  /** Of the database as it is known here; undefined: all of it has to be read. */
  #file: CampaignFile | undefined;
  /** Of what is known here; undefined: nothing is. */
  #revision: number | undefined;
  /** Of what is bid with, and in the campaign file. */
  #published: number | undefined;
  /** What is new since it was; undefined: all may be. */
  #parts: CampaignPart[] | undefined;
  /** Changes of this process since the moment of the reading that is under way. */
  #since: OwnChange[] | undefined;
  #mark: string | undefined;
  #problems: readonly string[] = [];
  /** Settles when what is bid with is as the database was when it was last asked to be. */
  #written: Promise<void> = Promise.resolve();
  #wanted = false;
  /** Of the last turn, milliseconds of performance.now(). */
  #startedMs = 0;
  #endedMs = 0;
  readonly #closing = new AbortController();

  constructor(config: PublishedConfig, taker: BookTaker, log: Log) {
    this.#config = config;
    this.#taker = taker;
    this.#log = log;
  }

  /** Why the database is not what is bid with, one line each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Whether a fingerprint of the campaign file is that of what was written here last. */
  wrote(fingerprint: string): boolean {
    return this.#mark !== undefined && fingerprint.startsWith(`${this.#mark} `);
  }

  /** Takes a database that was opened. A new one begins with what is bid with. */
  async use(db: Db): Promise<void> {
    const { noticeKeyId, bidPort, priceKeys } = this.#config;
    const urls = { ...urlsOf(this.#config, bidPort), keyId: noticeKeyId };
    const check = checkBooksBy(db, { urls, priceKeys: Object.keys(priceKeys) });
    const isNew = await fill(db, this.#config.campaignsPath);
    if (isNew) await this.#keep(await bookRevision(db));
    else this.#published = await keptRevision(this.#revisionPath);
    check.own.follow((change) => this.#apply(change));
    this.#check = check;
    this.#db = db;
    this.#file = undefined;
    this.#revision = undefined;
    this.#publish();
    // Learnt in the background; a change waits for that, or it would have to do the same within its transaction.
    check.waitFor(this.#written);
  }

  /** Told the revision of the database. */
  follow(revision: number): void {
    const live = this.#file === undefined || this.#published === this.#revision;
    if (revision !== this.#revision || !live) this.#publish();
  }

  /** Told after a change of this node's own. */
  changed(): void {
    this.#publish();
  }

  /** Takes over what a change of this process has left. */
  #apply(change: OwnChange): void {
    this.#since?.push(change);
    if (this.#revision === undefined || this.#file === undefined) return;
    const { book, raised } = change;
    if (book === undefined) {
      this.#file = undefined;
      return;
    }
    this.#revision += raised;
    if ('whole' in book) {
      this.#file = book.whole;
      this.#parts = undefined;
    } else {
      this.#file = withPart(this.#file, book);
      this.#parts?.push(book);
    }
  }

  /** Changes that come while one is published are published together, after it. */
  #publish(): void {
    if (this.#wanted || this.#db === undefined || this.#closing.signal.aborted) return;
    this.#wanted = true;
    const db = this.#db;
    const turn = this.#written.then(() => this.#rest());
    this.#written = turn.then(async () => {
      this.#startedMs = performance.now();
      this.#wanted = false;
      try {
        await this.#bringLive(db);
      } catch (error) {
        this.#parts = undefined;
        if (!isConnectionError(error))
          this.#log.error({ stack: (error as Error).stack }, 'campaigns cannot be published');
      }
      this.#endedMs = performance.now();
    });
  }

  /** Waits until the last turn is so long ago that the next may begin. */
  async #rest(): Promise<void> {
    const rest = Math.max(BETWEEN_MS, REST_SHARE * (this.#endedMs - this.#startedMs));
    const left = this.#endedMs + rest - performance.now();
    if (left > 0) await sleep(left, undefined, { signal: this.#closing.signal }).catch(() => undefined); // cut short
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#written;
  }

  async #bringLive(db: Db): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (this.#file === undefined || (await bookRevision(db)) !== this.#revision) await this.#readAgain(db);
    const [file, revision, parts] = [this.#file, this.#revision, this.#parts];
    if (file === undefined || revision === undefined || revision === this.#published) return;
    this.#parts = [];
    this.#problems = await this.#taker.take(file, parts);
    if (this.#problems.length > 0) return this.#refused(revision);
    this.#mark = await this.#taker.write(this.#config.campaignsPath);
    await rename(`${this.#config.campaignsPath}.new`, this.#config.campaignsPath);
    await this.#keep(revision);
    const count = this.#check?.count ?? 0;
    if (this.#check?.wantsToLearn === true) void this.#learnt(JSON.stringify(file), count);
  }

  /** Reads all of it, unless the changes of this process are all there is to it. */
  async #readAgain(db: Db): Promise<void> {
    const check = this.#check;
    if (check === undefined) throw new Error('no database was taken');
    const count = check.count;
    try {
      const read = await readWhole(db, async (revision) => {
        await check.own.settled(); // no change is under way now, here or elsewhere
        this.#since = [];
        return this.#file !== undefined && revision === this.#revision;
      });
      if (read !== undefined) await this.#replace(read, count);
    } finally {
      this.#since = undefined;
    }
  }

  async #replace({ revision, text }: WholeBook, count: number): Promise<void> {
    this.#file = undefined;
    this.#parts = undefined;
    this.#revision = revision;
    if (typeof text !== 'string') {
      this.#problems = [text.problem]; // there is nothing to bid with
      return;
    }
    const file = await this.#learnt(text, count);
    if (file === undefined) {
      this.#revision = undefined; // to be tried again
    } else if ('accounts' in file) {
      this.#file = file;
      const since = this.#since ?? [];
      this.#since = undefined;
      for (const change of since) this.#apply(change);
    } else {
      this.#problems = file;
      this.#refused(revision);
    }
  }

  #refused(revision: number): void {
    this.#published = revision; // until it is changed again
    this.#log.error({ problems: this.#problems.slice(0, PROBLEMS_LOGGED) }, 'campaigns refused, the old ones stay');
  }

  /** @returns the file, why it is refused, or undefined: nobody could look at it */
  async #learnt(text: string, count: number): Promise<CampaignFile | readonly string[] | undefined> {
    try {
      return await this.#check?.learn(text, count);
    } catch (error) {
      this.#log.error({ stack: (error as Error).stack }, 'the book could not be looked at');
      return undefined;
    }
  }

  get #revisionPath(): string {
    return join(this.#config.dataDir, REVISION_FILE);
  }

  async #keep(revision: number): Promise<void> {
    await replaceFile(this.#revisionPath, `${revision}\n`);
    this.#published = revision;
  }
}

/** @returns whether the database was new */
async function fill(db: Db, campaignsPath: string): Promise<boolean> {
  const settings = await db.selectFrom('settings').select('id').executeTakeFirst();
  if (settings !== undefined) return false;
  const file = parseCampaignFile(await readFile(campaignsPath, 'utf8'));
  if (isCampaignFileError(file)) throw new Error(`the campaign file cannot be imported: ${file.problems.join('; ')}`);
  const imported = await importCampaignFile(db, file, { replace: false });
  if (isRowError(imported)) throw new Error(`the campaign file cannot be imported: ${imported.problem}`);
  return true;
}

async function keptRevision(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}

/** Beside its place and moved there: nobody reads half of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, text);
  await rename(unfinished, path);
}
