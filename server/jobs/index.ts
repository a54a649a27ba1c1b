// The jobs of a node, all of them.

import type { SumsFeed } from '../sql/rollups/feed.js';
import type { Job } from './job.js';
import { watchOutlook } from './outlook.js';
import { feedSums, pruneSums, type SumsLag } from './sums.js';

/** What jobs need besides their world. */
export interface JobParts {
  readonly feed: SumsFeed;
  /** Whether all nodes that share the database have the same to sum. */
  readonly feedIsShared: boolean;
  readonly lag: SumsLag;
}

export function jobsOf({ feed, feedIsShared, lag }: JobParts): readonly Job[] {
  return [feedSums(feed, feedIsShared, lag), pruneSums, watchOutlook(lag)];
}
