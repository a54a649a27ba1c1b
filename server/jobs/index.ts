// The jobs of a node, all of them.

import type { Config } from '../config.js';
import type { Job } from './job.js';
import { ruleEffectsJob, rulesJob } from './rules.js';
import { webhooksJob } from './webhooks.js';

/** What of the configuration jobs go by. */
export type JobsConfig = Pick<Config, 'webhooksPrivate'>;

export function jobsOf({ webhooksPrivate }: JobsConfig): readonly Job[] {
  return [rulesJob, ruleEffectsJob, webhooksJob({ privateToo: webhooksPrivate })];
}
