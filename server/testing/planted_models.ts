// A registry of models as a trainer leaves it, for tests: versions 1 and 2 from a model file, and one retraining of the
// policy that was refused.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODELS_SCRIPT } from '../files.js';

const RUN = {
  ...{ number: 1, state: 'refused', reason: 'no better than the pacer alone', parent: 1, from: 0, best_step: 4096 },
  ...{ created: '2026-01-07T13:30:00.000Z', ended: '2026-01-07T14:30:00.000Z', wall_s: 3600, cpu_s: 180 },
  config: {
    ...{ seed: 1, steps: 4096, cpu_share: 0.05, sigma: 0.1, auctions_min: 1000, events: 'events', episodes: 8 },
    ...{ since: '2026-01-06T13:30:00.000Z', environments: 4, rollout_steps: 64, checkpoint_s: 60, worlds: 2, days: 4 },
  },
  ...{ first_step: 0, step: 4096, evaluations: [] },
  metrics: { candidate: { value: 1.01 }, incumbent: { value: 1.02 } },
};

export function plantModels(dataDir: string, modelPath: string): void {
  const env = { ...process.env, GAVEL_DATA_DIR: dataDir };
  for (let n = 0; n < 2; n++) execFileSync(process.execPath, [MODELS_SCRIPT, 'import', modelPath], { env });
  const folder = join(dataDir, 'models', 'runs', '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify(RUN)}\n`);
}
