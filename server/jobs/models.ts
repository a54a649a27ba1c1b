// Takes what the registry of models says into the database: checkpoints, trainings, and drift as alerts.

import { isRefusal, type ModelRegistry } from '../model_registry.js';
import { inTransaction } from '../sql/database.js';
import { syncModels } from '../sql/learning/sync_models.js';
import type { Job } from './job.js';

const EVERY_MS = 120_000;

/** Each node for itself: its retrainings of the policy are in its own folder. */
export function followModels(registry: Pick<ModelRegistry, 'list' | 'runs'>, node: number): Job {
  return {
    name: 'models',
    everyMs: EVERY_MS,
    once: false,
    run: async ({ db, log, signal }, nowMs) => {
      const entries = await registry.list();
      const runs = await registry.runs();
      if (signal.aborted) return;
      if (isRefusal(entries) || isRefusal(runs)) {
        log.warn({ problem: isRefusal(entries) ? entries.problem : '' }, 'the registry of models cannot be read');
        return;
      }
      const drifts = await inTransaction(db, (tx) => syncModels(tx, entries, runs, node, nowMs));
      if (drifts > 0) log.warn({ drifts }, 'alerts of drift were raised');
    },
  };
}
