// All migrations by name, in their order. Kysely keeps the names of those that were run, so a name never changes.

import type { Migration } from 'kysely';
import { accounts } from './0001_accounts.js';
import { campaigns } from './0002_campaigns.js';
import { metrics } from './0003_metrics.js';
import { learning } from './0004_learning.js';
import { control } from './0005_control.js';
import { operations } from './0006_operations.js';

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_accounts': accounts,
  '0002_campaigns': campaigns,
  '0003_metrics': metrics,
  '0004_learning': learning,
  '0005_control': control,
  '0006_operations': operations,
};
