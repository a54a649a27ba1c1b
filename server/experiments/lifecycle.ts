// Start and stop of an experiment, whoever asks for them. Each belongs into a change (sql/change.ts) of the book.

import { changedRow } from '../api/resources/rows.js';
import type { Audit } from '../sql/change.js';
import type { Db } from '../sql/database.js';
import { startCampaigns, stopCampaigns } from './campaigns.js';
import type { StoredExperiment } from './stored.js';

/** Starts a draft. @returns why it cannot be, or undefined */
export async function startExperiment(
  tx: Db,
  audit: Audit,
  stored: StoredExperiment,
  nowMs: number,
): Promise<string | undefined> {
  const { row, definition } = stored;
  if (row.status !== 'draft') return `it is ${row.status} already`;
  const problem = definition.unit === 'campaign' ? await startCampaigns(tx, audit, stored, nowMs) : undefined;
  if (problem !== undefined) return problem;
  await tx
    .updateTable('experiments')
    .set({ status: 'running', started_at: new Date(nowMs), ...changedRow })
    .where('id', '=', row.id)
    .execute();
  await audit({ ...accountOf(stored), action: 'start', entity: 'experiment', id: row.id, after: definition });
  return undefined;
}

/** Stops one that runs. @returns why it cannot be, or the settings that stay as somebody has changed them meanwhile */
export async function stopExperiment(
  tx: Db,
  audit: Audit,
  stored: StoredExperiment,
  nowMs: number,
): Promise<string | readonly string[]> {
  const { row, definition } = stored;
  if (row.status !== 'running') return `it is ${row.status}`;
  const left = definition.unit === 'campaign' ? await stopCampaigns(tx, audit, stored) : [];
  await tx
    .updateTable('experiments')
    .set({ status: 'stopped', stopped_at: new Date(nowMs), ...changedRow })
    .where('id', '=', row.id)
    .execute();
  await audit({ ...accountOf(stored), action: 'stop', entity: 'experiment', id: row.id, after: { left } });
  return left;
}

const accountOf = ({ row }: StoredExperiment): { account?: string } =>
  row.account_id === null ? {} : { account: row.account_id };
