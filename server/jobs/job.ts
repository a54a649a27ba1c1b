// Work that comes round by itself beside the bidding: sums, rules, rebalancing, alerts. Each kind is a file that makes
// one of these; `runner.ts` keeps the time.

import type { Log } from '../log.js';
import type { Db } from '../sql/database.js';

/** What a job has at hand. */
export interface JobWorld {
  readonly db: Db;
  readonly log: Log;
  /** Told after a change of what bidders bid with. */
  readonly bookChanged: () => void;
  /** Aborted when Gavel stops: a long job looks at it between its pieces. */
  readonly signal: AbortSignal;
}

export interface Job {
  /** Stands in the log and in metrics; a few letters, such as `rules`. */
  readonly name: string;
  /** From the end of one run to the start of the next. */
  readonly everyMs: number;
  /** Whether only one of the nodes that share a database runs it at a time; else each runs its own. */
  readonly once: boolean;
  /** What it throws is logged, and it is run again when its time comes. */
  run(world: JobWorld, nowMs: number): Promise<void>;
}
