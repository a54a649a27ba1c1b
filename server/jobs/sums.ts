// Brings what notices came to into the sums, and lets old sums go. Rules: docs/storage.md.

import type { SumsFeed } from '../sql/rollups/feed.js';
import { LOG_CONSUMER } from '../sql/rollups/log_feed.js';
import { Rollups } from '../sql/rollups/rollups.js';
import type { Job } from './job.js';

const FEED_MS = 1000;
const DAY_MS = 86_400_000;
/** Days that are kept of sums by the minute and by the hour, and of the sample of bids. */
const KEEP_DAYS = { minutes: 14, hours: 400, bids: 30 } as const;

/** How far the sums are. */
export class SumsLag {
  #caughtUpMs: number;

  /** @param startedMs when there began to be somebody who sums, milliseconds since the epoch */
  constructor(startedMs: number) {
    this.#caughtUpMs = startedMs;
  }

  /** All notices of before are in the sums. @param atMs milliseconds since the epoch */
  caughtUp(atMs: number): void {
    this.#caughtUpMs = atMs;
  }

  /** Seconds since the sums had all notices. */
  seconds(nowMs: number): number {
    return Math.max(0, nowMs - this.#caughtUpMs) / 1000;
  }
}

/** @param once whether other nodes that share the database have the same to sum */
export function feedSums(feed: SumsFeed, once: boolean, lag: SumsLag): Job {
  return {
    name: 'sums',
    everyMs: FEED_MS,
    once,
    run: async ({ signal }, nowMs) => {
      if (await feed.catchUp(signal)) lag.caughtUp(nowMs);
    },
  };
}

export const pruneSums: Job = {
  name: 'prune_sums',
  everyMs: DAY_MS,
  once: true,
  run: ({ db }, nowMs) => new Rollups(db, { consumer: LOG_CONSUMER }).prune(nowMs, KEEP_DAYS),
};
