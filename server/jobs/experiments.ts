// Looks at running experiments, and moves the weights of bandits. Looks may be as many as one likes
// (docs/statistics.md); weights move rarely, as a user may change arms with them.

import { banditWeights } from '../../bidcore/experiments/bandit_arms.js';
import { changedRow } from '../api/resources/rows.js';
import { look, toldSums } from '../experiments/look.js';
import { findExperiment, NO_UNITS, type StoredExperiment } from '../experiments/stored.js';
import { type Author, change } from '../sql/change.js';
import type { Db } from '../sql/database.js';
import type { Job } from './job.js';

const EVERY_MS = 60_000;
const WEIGHTS_EVERY_MS = 3_600_000;
const AUTHOR: Author = { kind: 'system', id: 'experiments' };

export const experimentsJob: Job = {
  name: 'experiments',
  everyMs: EVERY_MS,
  once: true,
  async run({ db, signal }, nowMs) {
    const running = await db
      .selectFrom('experiments')
      .select(['id', 'account_id'])
      .where('status', '=', 'running')
      .orderBy('id')
      .execute();
    for (const { id, account_id } of running) {
      if (signal.aborted) return;
      await change(db, AUTHOR, undefined, { changesBook: false }, async (tx, audit) => {
        const experiment = await findExperiment(tx, account_id ?? '', id, true);
        if (experiment === undefined || experiment.row.status !== 'running') return;
        await look(tx, experiment, nowMs);
        if (!weightsAreDue(experiment, nowMs)) return;
        const before = { shares: experiment.shares };
        const after = { shares: await moveWeights(tx, experiment, nowMs) };
        await audit({ account: account_id ?? undefined, action: 'update', entity: 'experiment', id, before, after });
      });
    }
  },
};

function weightsAreDue({ row, definition }: StoredExperiment, nowMs: number): boolean {
  if (definition.mode !== 'bandit') return false;
  const last = row.weights_at ?? row.started_at;
  return last === null || nowMs - last.getTime() >= WEIGHTS_EVERY_MS;
}

/** @returns the new shares, 1 in all */
async function moveWeights(tx: Db, experiment: StoredExperiment, nowMs: number): Promise<readonly number[]> {
  const { row, definition } = experiment;
  const told = await toldSums(tx, experiment);
  const sums = definition.arms.map(({ name }) => told.get(`${definition.metric.name}\n${name}`) ?? NO_UNITS);
  const shares = banditWeights(definition, sums);
  for (const [position, share] of shares.entries()) {
    await tx
      .updateTable('experiment_arms')
      .set({ share: Math.min(1, share) })
      .where('experiment_id', '=', row.id)
      .where('position', '=', position)
      .execute();
  }
  const at = new Date(nowMs);
  await tx
    .updateTable('experiments')
    .set({ weights_at: at, ...changedRow })
    .where('id', '=', row.id)
    .execute();
  return shares;
}
