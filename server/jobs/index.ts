// The jobs of a node, all of them.

import type { Config } from '../config.js';
import type { ModelRegistry } from '../model_registry.js';
import type { SumsFeed } from '../sql/rollups/feed.js';
import { allocationJob } from './allocation.js';
import { experimentsJob } from './experiments.js';
import type { Job } from './job.js';
import { followModels } from './models.js';
import { watchOutlook } from './outlook.js';
import { ruleEffectsJob, rulesJob } from './rules.js';
import { feedSums, pruneSums, type SumsLag } from './sums.js';
import { webhooksJob } from './webhooks.js';

/** What of the configuration jobs go by. */
export type JobsConfig = Pick<Config, 'node' | 'webhooksPrivate'>;

/** What jobs need besides their world and the configuration. */
export interface JobParts {
  readonly feed: SumsFeed;
  /** Whether all nodes that share the database have the same to sum. */
  readonly feedIsShared: boolean;
  readonly lag: SumsLag;
  readonly models: ModelRegistry;
}

export function jobsOf(
  { node, webhooksPrivate }: JobsConfig,
  { feed, feedIsShared, lag, models }: JobParts,
): readonly Job[] {
  return [
    feedSums(feed, feedIsShared, lag),
    pruneSums,
    watchOutlook(lag),
    followModels(models, node),
    rulesJob(lag),
    ruleEffectsJob,
    allocationJob(lag),
    experimentsJob,
    webhooksJob({ privateToo: webhooksPrivate }),
  ];
}
