// Opens the database the configuration names: PostgreSQL at DATABASE_URL, else PGlite, the same database embedded, in
// the data folder. Both speak one dialect and have one schema; who uses them does not see which it is.

import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { folderLock, type Held } from '../event_log/lock.js';
import { wholeNumber } from './columns_read.js';
import type { DatabaseError } from './errors.js';
import { pgliteDialect } from './pglite_dialect.js';
import { PgliteSession } from './pglite_session.js';
import type { Schema } from './schema/index.js';

/** What repositories take: the database, or a transaction of it. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

export interface DatabaseOptions {
  /** postgres:// URL; undefined: embedded. Its password is never logged. */
  readonly url: string | undefined;
  /** Where the embedded database lives; undefined: in memory, gone with the process. */
  readonly folder: string | undefined;
  /** Is told of connections that broke while nobody used them. */
  readonly note?: (problem: string) => void;
  /** Connections of the pool, at most. */
  readonly connectionsMax?: number;
  /** Gives up opening the embedded database. */
  readonly signal?: AbortSignal;
}

export interface Database {
  readonly db: Db;
  readonly kind: 'postgres' | 'pglite';
  /** For people and logs: without user and password. */
  readonly description: string;
  /** Waits for what runs, then closes. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 10;
const CONNECT_MS_MAX = 5000;
const IDLE_MS_MAX = 30_000;
const INT8 = 20;
const EMBEDDED_FOLDER = 'sql';
/** Deadlocks and serialisation failures: the transaction did nothing wrong, and may be run again. */
const RETRIED = new Set(['40001', '40P01']);
const TRIES = 4;

/** Where the embedded database of a data folder is. */
export function embeddedFolder(dataDir: string): string {
  return join(dataDir, EMBEDDED_FOLDER);
}

/** Opens it and makes sure that it answers. It may have no schema yet (`migrate.ts`). */
export async function openDatabase(options: DatabaseOptions): Promise<Database | DatabaseError> {
  return options.url === undefined ? openEmbedded(options.folder, options.signal) : openPostgres(options.url, options);
}

async function openPostgres(
  url: string,
  { note = () => undefined, connectionsMax = CONNECTIONS_MAX }: DatabaseOptions,
): Promise<Database | DatabaseError> {
  const description = describeUrl(url);
  if (description === undefined) {
    return { code: 'database_misconfigured', problem: 'DATABASE_URL is not postgres://[user:password@]host/database' };
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    idleTimeoutMillis: IDLE_MS_MAX,
    keepAlive: true,
    application_name: 'gavel',
    types: { getTypeParser: parserOf },
  });
  // Without listeners, a server that restarts would end the process: the pool's is for connections that nobody uses,
  // theirs for those between two statements of a transaction, the next of which then fails.
  pool.on('error', (error) => note(error.message));
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`select 1`.execute(db);
  } catch (error) {
    await db.destroy();
    return connectionError(error, description);
  }
  return { db, kind: 'postgres', description, close: () => db.destroy() };
}

async function openEmbedded(
  folder: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Database | DatabaseError> {
  let held: Held | undefined;
  try {
    if (folder !== undefined) {
      await mkdir(folder, { recursive: true });
      const lock = await folderLock(folder);
      if ('code' in lock) return { code: 'database_locked', problem: lock.problem };
      held = lock;
    }
    const session = folder === undefined ? await PgliteSession.open('memory://', signal) : await opened(folder, signal);
    if (typeof session === 'string') throw new Error(session);
    const db = new Kysely<Schema>({ dialect: pgliteDialect(session) });
    const close = async (): Promise<void> => {
      await session.close();
      await db.destroy();
      await held?.release();
    };
    const description = folder === undefined ? 'PGlite in memory' : `PGlite in ${folder}`;
    return { db, kind: 'pglite', description, close };
  } catch (error) {
    await held?.release();
    return { code: 'database_misconfigured', problem: `cannot open ${folder}: ${(error as Error).message}` };
  }
}

/**
 * The cluster of a folder, beside the lock: PostgreSQL makes one only in an empty folder. One whose making was cut off
 * holds nothing yet, and is made again.
 */
async function opened(folder: string, signal: AbortSignal | undefined): Promise<PgliteSession | string> {
  const cluster = join(folder, 'cluster');
  const making = join(folder, 'making');
  if (await exists(making)) await rm(cluster, { recursive: true, force: true });
  if (!(await exists(cluster))) await writeFile(making, '');
  const session = await PgliteSession.open(cluster, signal);
  if (typeof session !== 'string') await rm(making, { force: true });
  return session;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * Runs work in one transaction, all or nothing; again, a few times, if it met another one. A returned value commits:
 * work that wants nothing to be kept throws, or asks for `rollback`.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined || !RETRIED.has(code) || tries === TRIES) throw error;
    }
  }
}

/** The revision of everything a book is compiled from: another number, another book. */
export async function bookRevision(db: Db): Promise<number> {
  const { revision } = await db
    .selectFrom('book_revision')
    .select(sql<number>`sum(revision)::bigint`.as('revision'))
    .executeTakeFirstOrThrow();
  return revision;
}

/** The text of a JSON column. */
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

/** Host, port and database of a URL; undefined if it is none of PostgreSQL's. */
function describeUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return protocol === 'postgres:' || protocol === 'postgresql:' ? `postgres://${host}${pathname}` : undefined;
}

function connectionError(error: unknown, description: string): DatabaseError {
  const { code = '', message } = error as { code?: string; message: string };
  // SQLSTATE classes 28, invalid authorization, and 3D, no such database (PostgreSQL appendix A).
  const refused = /^(28|3D)/.test(code);
  // Several addresses that all failed have their reasons inside.
  const said = error instanceof AggregateError ? error.errors.map((one: Error) => one.message).join('; ') : message;
  return {
    code: refused ? 'database_refused' : 'database_unreachable',
    problem: `${description}: ${said}`,
  };
}

/** All times and documents as usual; bigint as a number. */
function parserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  return oid === INT8 ? wholeNumber : pg.types.getTypeParser(oid, format as 'text');
}
