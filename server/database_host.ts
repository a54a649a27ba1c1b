// The database of a node, kept: opened in the background, opened again when it is lost, and looked at all the time, so
// that who asks for it is told at once whether it is there. Nobody waits for a database that is away.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.js';
import { bookRevision, type Database, type DatabaseOptions, type Db, openDatabase } from './sql/database.js';
import { isConnectionError, isDatabaseError } from './sql/errors.js';
import { migrateUp } from './sql/migrate.js';

const OPEN_AGAIN_MS = 1000;
/** How often it is asked for the revision of the book: a change is to be live within a second. */
const LOOK_MS = 300;
/** A PostgreSQL that says nothing for so long is away. */
const SILENCE_MS_MAX = 3000;

export interface DatabaseHostOptions {
  readonly open: Pick<DatabaseOptions, 'url' | 'folder'>;
  /** What a database with the schema in place needs before it is used. */
  readonly prepare: (db: Db) => Promise<void>;
  /** Told the database whenever it was opened, which is again after the embedded one was lost. */
  readonly opened: (database: Database) => void;
  /** Told a revision of the book whenever it was looked up. */
  readonly revision: (revision: number) => void;
  readonly log: Log;
}

export class DatabaseHost {
  readonly #options: DatabaseHostOptions;
  readonly #closing = new AbortController();
  #database: Database | undefined;
  /** Why it is not to be used, while it is not. */
  #away: string | undefined = 'not open yet';
  #keeper: Promise<void> | undefined;

  constructor(options: DatabaseHostOptions) {
    this.#options = options;
  }

  /** The database, if it can be asked right now; to ask for it has it opened. */
  get db(): Db | undefined {
    this.start();
    return this.#away === undefined ? this.#database?.db : undefined;
  }

  start(): void {
    this.#keeper ??= this.#keep();
  }

  /** Closes it, also while it is being opened. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#keeper;
    await this.#database?.close();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (this.#database === undefined) await this.#tryToOpen();
      else await this.#look(this.#database);
      await sleep(this.#database === undefined ? OPEN_AGAIN_MS : LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #tryToOpen(): Promise<void> {
    const { open, prepare, log } = this.#options;
    const { signal } = this.#closing;
    const note = (problem: string): void => log.warn({ problem }, 'a connection to the database broke');
    const database = await openDatabase({ ...open, note, signal });
    if (signal.aborted) {
      if (!isDatabaseError(database)) await database.close();
      return;
    }
    if (isDatabaseError(database)) return this.#lost(database.problem);
    try {
      const ran = await migrateUp(database.db);
      if (isDatabaseError(ran)) throw new Error(ran.problem);
      await prepare(database.db);
      log.info({ database: database.description, migrations: ran.length }, 'database is open');
    } catch (error) {
      await database.close();
      this.#lost((error as Error).message);
      return;
    }
    this.#database = database;
    this.#found();
    this.#options.opened(database);
  }

  async #look(database: Database): Promise<void> {
    const enough = new AbortController();
    try {
      const asked = bookRevision(database.db);
      // The embedded one has one session: there a look waits behind whatever runs, and says nothing meanwhile.
      const silence = database.kind === 'pglite' ? [] : [silent(enough.signal)];
      const revision = await Promise.race([asked, ...silence]);
      this.#found();
      this.#options.revision(revision);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#lost((error as Error).message);
      if (database.kind !== 'pglite' || !isConnectionError(error)) return; // the pool connects again by itself
      this.#database = undefined;
      await database.close();
    } finally {
      enough.abort();
    }
  }

  #found(): void {
    if (this.#away !== undefined && this.#database !== undefined) this.#options.log.info('the database answers');
    this.#away = undefined;
  }

  #lost(problem: string): void {
    if (this.#away !== problem) this.#options.log.error({ problem }, 'the database is away; trying again');
    this.#away = problem;
  }
}

async function silent(signal: AbortSignal): Promise<never> {
  await sleep(SILENCE_MS_MAX, undefined, { signal }).catch(() => undefined); // it has answered
  throw new Error(`no answer in ${SILENCE_MS_MAX} ms`);
}
