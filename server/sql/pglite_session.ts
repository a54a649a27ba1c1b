// The embedded database from outside its thread: queries go there one behind the other, answers come back. When the
// thread dies, what waited is told that the connection is lost, as a PostgreSQL that went away would.

import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FromPglite, PgliteStart, SqlRefusal, ToPglite } from './pglite_messages.js';

const SCRIPT = new URL('./pglite_thread.js', import.meta.url);
/** What runs when it is closed may take this long; then the thread is ended, and its log (WAL) mends the rest. */
const CLOSE_MS_MAX = 1500;
/** SQLSTATE connection_failure. */
const CONNECTION_FAILURE = '08006';

export interface PgliteRows {
  readonly rows: readonly unknown[];
  readonly affectedRows: number | undefined;
}

interface Waiting {
  resolve(rows: PgliteRows): void;
  reject(error: Error): void;
}

export class PgliteSession {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #next = 0;
  #gone: string | undefined;
  #closed: () => void = () => undefined;

  private constructor(thread: Worker) {
    this.#thread = thread;
    this.#ended = new Promise((resolve) => thread.once('exit', () => resolve()));
    thread.on('message', (message: FromPglite) => this.#receive(message));
    thread.on('error', (error) => this.#lose(error.message));
    thread.once('exit', () => this.#lose('the thread of the embedded database has ended'));
  }

  /**
   * Starts the thread; resolves when the database takes queries.
   * @param dataDir folder of the cluster, or `memory://`
   * @param signal ends the thread, also while it opens
   * @returns the session, or why there is none
   */
  static async open(dataDir: string, signal: AbortSignal | undefined): Promise<PgliteSession | string> {
    const start: PgliteStart = { dataDir };
    const thread = new Worker(SCRIPT, { workerData: start, name: 'sql' });
    const session = new PgliteSession(thread);
    const stop = (): void => void thread.terminate();
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const problem = await new Promise<string | undefined>((resolve) => {
      thread.once('message', () => resolve(undefined));
      thread.once('error', (error) => resolve(error.message));
      thread.once('exit', () => resolve('the thread ended before it was ready'));
    });
    signal?.removeEventListener('abort', stop);
    if (problem === undefined) return session;
    await session.#ended;
    return problem;
  }

  query(sql: string, parameters: readonly unknown[]): Promise<PgliteRows> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) return reject(lost(this.#gone));
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ kind: 'query', id, sql, parameters });
    });
  }

  /** Lets what runs end, for a bounded time. Afterwards nobody has the folder open. */
  async close(): Promise<void> {
    if (this.#gone === undefined) {
      const closed = new Promise<void>((resolve) => {
        this.#closed = resolve;
      });
      this.#tell({ kind: 'close' });
      const enough = new AbortController();
      await Promise.race([
        closed,
        this.#ended,
        sleep(CLOSE_MS_MAX, undefined, { signal: enough.signal }).catch(() => undefined), // it was enough
      ]);
      enough.abort();
    }
    await this.#thread.terminate();
  }

  #tell(message: ToPglite): void {
    this.#thread.postMessage(message);
  }

  #receive(message: FromPglite): void {
    if (message.kind === 'open') return;
    if (message.kind === 'closed') return this.#closed();
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'rows') waiting?.resolve(message);
    else waiting?.reject(errorOf(message.error));
  }

  #lose(problem: string): void {
    this.#gone ??= problem;
    for (const { reject } of this.#waiting.values()) reject(lost(this.#gone));
    this.#waiting.clear();
  }
}

function errorOf({ message, ...more }: SqlRefusal): Error {
  return Object.assign(new Error(message), more);
}

function lost(problem: string): Error {
  return Object.assign(new Error(problem), { code: CONNECTION_FAILURE });
}
