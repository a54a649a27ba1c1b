// Rows of migration 0004: what learns, and what is tried.

import type { Generated } from 'kysely';
import type {
  Doc,
  Json,
  JsonByDefault,
  Optional,
  OptionalJson,
  OptionalTime,
  RowColumns,
  Time,
  TimeByDefault,
} from './columns.js';

export interface AgentsTable extends RowColumns {
  id: string;
  account_id: Optional<string>;
  name: string;
  algorithm: string;
  status: Generated<'active' | 'archived'>;
}

export interface AgentConfigsTable {
  agent_id: string;
  number: number;
  config: Json<Doc>;
  created_at: TimeByDefault;
}

export interface TrainingRunsTable extends RowColumns {
  id: string;
  account_id: Optional<string>;
  agent_id: Optional<string>;
  config_number: Optional<number>;
  environment: Optional<string>;
  seed: Optional<number>;
  status: Generated<'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'>;
  settings: JsonByDefault<Doc>;
  metrics: JsonByDefault<Doc>;
  problem: Optional<string>;
  started_at: OptionalTime;
  finished_at: OptionalTime;
}

export interface ModelCheckpointsTable extends RowColumns {
  model_version: number;
  training_run_id: Optional<string>;
  kind: string;
  bytes: Optional<number>;
  crc32: Optional<number>;
  status: Generated<'candidate' | 'trial' | 'live' | 'retired' | 'refused'>;
  metrics: JsonByDefault<Doc>;
  promoted_at: OptionalTime;
}

export interface ExperimentsTable extends RowColumns {
  id: string;
  account_id: Optional<string>;
  name: string;
  kind: 'ab' | 'bandit';
  unit: Generated<'user' | 'campaign' | 'request'>;
  metric: string;
  status: Generated<'draft' | 'running' | 'stopped'>;
  settings: JsonByDefault<Doc>;
  /** Hashed with the unit: two experiments divide the same users differently. */
  salt: string;
  started_at: OptionalTime;
  stopped_at: OptionalTime;
  decision: OptionalJson<Doc>;
  /** Of the sequential tests, from look to look. */
  state: OptionalJson<Doc>;
  looked_at: OptionalTime;
  /** When a bandit's shares were last moved. */
  weights_at: OptionalTime;
}

export interface ExperimentArmsTable {
  experiment_id: string;
  id: string;
  position: number;
  share: number;
  settings: JsonByDefault<Doc>;
  prior: JsonByDefault<Doc>;
}

export interface ExperimentAssignmentsTable {
  experiment_id: string;
  unit_id: string;
  arm_id: string;
  /** What of a campaign the start of the experiment has changed, to be put back. */
  changed: JsonByDefault<readonly Doc[]>;
  assigned_at: TimeByDefault;
}

export interface ExperimentResultsTable {
  experiment_id: string;
  arm_id: string;
  metric: string;
  bucket: Time;
  /** Of what was measured: how often, its sum, the sum of its squares. */
  n: number;
  total: number;
  total_squares: number;
  /** Of a ratio: sum of its lower part, of its squares, of the products of both. */
  lower: Generated<number>;
  lower_squares: Generated<number>;
  products: Generated<number>;
}

export interface ExperimentObservationsTable {
  experiment_id: string;
  metric: string;
  unit_id: string;
  arm_id: string;
  bucket: Time;
  value: number;
  lower: Generated<number>;
}
