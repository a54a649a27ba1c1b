// Runs the jobs of a node: each on its own period, none twice at a time, and those that are `once` on one node of all
// that share the database, under an advisory lock of the job's name. A job that fails is logged and has its next turn.

import { sql } from 'kysely';
import type { Db } from '../sql/database.js';
import type { Job, JobWorld } from './job.js';

/** First half of the advisory locks of jobs; the second is the hash of the name. */
const JOBS_LOCK = 7509;

/** How the runs of a job ended, for metrics. */
export interface JobRuns {
  done: number;
  failed: number;
  /** When the last one that was done ended, milliseconds of the epoch; 0: none yet. */
  doneMs: number;
}

export class JobRunner {
  readonly runs: ReadonlyMap<string, JobRuns>;
  readonly #world: JobWorld;
  readonly #shared: boolean;
  readonly #running: Promise<void>[] = [];

  /**
   * Starts them. They end with the world's signal.
   * @param shared whether other nodes have the database open too; the embedded one has a single session, which nobody
   *   may keep for a lock
   */
  constructor(jobs: readonly Job[], world: JobWorld, shared: boolean) {
    this.#world = world;
    this.#shared = shared;
    this.runs = new Map(jobs.map(({ name }) => [name, { done: 0, failed: 0, doneMs: 0 }]));
    for (const job of jobs) this.#running.push(this.#keep(job));
  }

  /** Settles when what was under way has ended, after the signal. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #keep(job: Job): Promise<void> {
    const { signal } = this.#world;
    while (!signal.aborted) {
      await this.#run(job);
      await pause(job.everyMs, signal);
    }
  }

  async #run(job: Job): Promise<void> {
    const runs = this.runs.get(job.name);
    if (runs === undefined) throw new Error(`no job ${job.name}`);
    const { db, log, signal } = this.#world;
    try {
      if (job.once && this.#shared) await underLock(db, job.name, () => job.run(this.#world, Date.now()));
      else await job.run(this.#world, Date.now());
      runs.done += 1;
      runs.doneMs = Date.now();
    } catch (error) {
      if (signal.aborted) return; // the database closes under what runs
      runs.failed += 1;
      log.error({ job: job.name, stack: (error as Error).stack }, 'job failed');
    }
  }
}

/** Nothing is done where another node holds the lock. A connection is kept for it: locks belong to sessions. */
async function underLock(db: Db, name: string, work: () => Promise<void>): Promise<void> {
  const lock = sql`${JOBS_LOCK}::int, hashtext(${name})`;
  await db.connection().execute(async (session) => {
    const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${lock}) as held`.execute(session);
    if (rows[0]?.held !== true) return;
    try {
      await work();
    } finally {
      await sql`select pg_advisory_unlock(${lock})`.execute(session);
    }
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
