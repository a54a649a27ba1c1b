// The jobs of a node, all of them.

import type { Job } from './job.js';
import { ruleEffectsJob, rulesJob } from './rules.js';

export function jobsOf(): readonly Job[] {
  return [rulesJob, ruleEffectsJob];
}
