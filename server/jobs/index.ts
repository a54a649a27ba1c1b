// The jobs of a node, all of them.

import { allocationJob } from './allocation.js';
import { experimentsJob } from './experiments.js';
import type { Job } from './job.js';

export function jobsOf(): readonly Job[] {
  return [allocationJob, experimentsJob];
}
