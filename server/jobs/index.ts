// The jobs of a node, all of them.

import type { ModelRegistry } from '../model_registry.js';
import type { SumsFeed } from '../sql/rollups/feed.js';
import type { Job } from './job.js';
import { followModels } from './models.js';
import { watchOutlook } from './outlook.js';
import { feedSums, pruneSums, type SumsLag } from './sums.js';

/** What jobs need besides their world. */
export interface JobParts {
  readonly feed: SumsFeed;
  /** Whether all nodes that share the database have the same to sum. */
  readonly feedIsShared: boolean;
  readonly lag: SumsLag;
  readonly models: ModelRegistry;
  readonly node: number;
}

export function jobsOf({ feed, feedIsShared, lag, models, node }: JobParts): readonly Job[] {
  return [feedSums(feed, feedIsShared, lag), pruneSums, watchOutlook(lag), followModels(models, node)];
}
