// The campaign file as the database has it: written anew when this node has changed something, or the revision of the
// book says that another node, or somebody with psql, has. The revision that was written last is kept beside the
// database's folder, so that a start tells a database that has moved on from a file that was edited by hand.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { type Config, urlsOf } from './config.js';
import type { Log } from './log.js';
import { campaignTextOf } from './sql/book/file_of_rows.js';
import { importCampaignFile } from './sql/book/import.js';
import { type BookCheck, checkBooksBy } from './sql/book_check/book_check.js';
import { bookRevision, type Db } from './sql/database.js';
import { isConnectionError, isRowError } from './sql/errors.js';

type PublishedConfig = Pick<
  Config,
  'dataDir' | 'campaignsPath' | 'noticeUrl' | 'markupUrl' | 'noticeKeyId' | 'bidPort' | 'priceKeys'
>;

/** The file is not written more often: many changes in a row are one book. */
const BETWEEN_MS = 250;
/** And a large one leaves the database as much time as it has taken. */
const REST_SHARE = 1;
const PROBLEMS_LOGGED = 20;
const REVISION_FILE = 'campaigns.revision';

export class PublishedBook {
  readonly #config: PublishedConfig;
  readonly #log: Log;
  #db: Db | undefined;
  #check: BookCheck | undefined;
  /** Of the file; undefined: not known. */
  #revision: number | undefined;
  #problems: readonly string[] = [];
  /** Settles when the file is as the database was when it was last asked to be. */
  #written: Promise<void> = Promise.resolve();
  #wanted = false;
  readonly #closing = new AbortController();

  constructor(config: PublishedConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** Why the database is not what is in the file, one line each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Takes a database that was opened. A new one begins with what is bid with. */
  async use(db: Db): Promise<void> {
    const { noticeKeyId, bidPort, priceKeys } = this.#config;
    const urls = { ...urlsOf(this.#config, bidPort), keyId: noticeKeyId };
    this.#check = checkBooksBy(db, { urls, priceKeys: Object.keys(priceKeys) });
    const isNew = await fill(db, this.#config.campaignsPath);
    this.#revision = isNew ? await this.#keep(await bookRevision(db)) : await keptRevision(this.#revisionPath);
    this.#db = db;
  }

  /** Told the revision of the database. */
  follow(revision: number): void {
    if (revision !== this.#revision) this.#publish(true);
  }

  /** Told after a change of this node's own. */
  changed(): void {
    this.#publish(false);
  }

  /**
   * Changes that come while one is written are written together, after it.
   * @param foreign whether nobody may have looked at them: psql asks no bidder
   */
  #publish(foreign: boolean): void {
    if (this.#wanted || this.#db === undefined || this.#closing.signal.aborted) return;
    this.#wanted = true;
    const db = this.#db;
    this.#written = this.#written.then(async () => {
      const startedMs = performance.now();
      this.#wanted = false;
      try {
        await this.#write(db, foreign);
      } catch (error) {
        if (!isConnectionError(error))
          this.#log.error({ stack: (error as Error).stack }, 'campaigns cannot be written');
      }
      const rest = Math.max(BETWEEN_MS, REST_SHARE * (performance.now() - startedMs));
      await sleep(rest, undefined, { signal: this.#closing.signal }).catch(() => undefined); // cut short by the end
    });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#written;
  }

  async #write(db: Db, foreign: boolean): Promise<void> {
    const count = this.#check?.count ?? 0;
    // Looked up before the rows are: what changes in between is seen as another change.
    const revision = await bookRevision(db);
    if (revision === this.#revision) return;
    const text = await campaignTextOf(db);
    if (typeof text !== 'string') {
      this.#problems = [text.problem];
      this.#revision = revision; // there is nothing to bid with
      return;
    }
    this.#problems = foreign ? await this.#checked(text, count) : [];
    if (this.#problems.length > 0) {
      this.#revision = revision; // until it is changed again
      this.#log.error({ problems: this.#problems.slice(0, PROBLEMS_LOGGED) }, 'campaigns refused, the old ones stay');
      return;
    }
    await replaceFile(this.#config.campaignsPath, `${text}\n`);
    this.#revision = await this.#keep(revision);
    if (this.#check?.wantsToLearn === true) void this.#checked(text, count);
  }

  async #checked(text: string, count: number): Promise<readonly string[]> {
    try {
      return (await this.#check?.learn(text, count)) ?? [];
    } catch (error) {
      this.#log.error({ stack: (error as Error).stack }, 'the book could not be looked at');
      return [];
    }
  }

  get #revisionPath(): string {
    return join(this.#config.dataDir, REVISION_FILE);
  }

  async #keep(revision: number): Promise<number> {
    await replaceFile(this.#revisionPath, `${revision}\n`);
    return revision;
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
