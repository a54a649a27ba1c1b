// Rows of migrations 0005 and 0006: what steers, and what keeps the API honest.

import type { Generated } from 'kysely';
import type { MetricName } from '../../../bidcore/metrics/metrics.js';
import type { Change } from '../../../bidcore/rules/actions.js';
import type { BeforeAfter } from '../../../bidcore/rules/effect.js';
import type { Observed } from '../../../bidcore/rules/reasons.js';
import type {
  Doc,
  Identity,
  Json,
  JsonByDefault,
  Optional,
  OptionalJson,
  OptionalTime,
  RowColumns,
  Time,
  TimeByDefault,
} from './columns.js';

export type Severity = 'info' | 'warning' | 'critical';
export type AllocationMethod = 'proportional' | 'performance' | 'thompson' | 'bayesian';

/** What an execution changed, with what it was compared with. */
export interface MeasuredEffect {
  readonly metric: MetricName;
  /** Length of the windows before and after. */
  readonly hours: number;
  /** Of the campaign; null: undefined before or after, so there is nothing to compare. */
  readonly campaign: BeforeAfter | null;
  /** The campaigns that were most like it before. */
  readonly others: readonly BeforeAfter[];
}

export interface RulesTable extends RowColumns {
  account_id: string;
  id: string;
  name: string;
  status: Generated<'active' | 'paused' | 'archived'>;
  /** As bidcore's rule schema has it, without what has columns. */
  definition: Json<Doc>;
  last_run_at: OptionalTime;
}

export interface RuleExecutionsTable {
  id: string;
  account_id: string;
  rule_id: string;
  campaign_id: string;
  outcome: 'applied' | 'superseded' | 'refused';
  reason: string;
  /** Of rules with a prediction. */
  probability: Optional<number>;
  observed: Json<readonly Observed[]>;
  actions: JsonByDefault<readonly Change[]>;
  superseded_by: JsonByDefault<readonly string[]>;
  /** Why it was refused. */
  problem: Optional<string>;
  /** When its effect can be measured; null: it has been, or there is none. */
  measure_at: OptionalTime;
  /** Measured later: what changed after it. */
  effect: OptionalJson<MeasuredEffect>;
  at: Time;
}

export interface RulePausesTable {
  campaign_id: string;
  account_id: string;
  rule_id: string;
  at: Time;
}

export interface RotatedAdsTable {
  account_id: string;
  campaign_id: string;
  ad_group_id: string;
  creative_id: string;
  /** When it was live last. */
  at: Time;
}

export interface AllocationPlansTable extends RowColumns {
  account_id: string;
  method: AllocationMethod;
  settings: JsonByDefault<Doc>;
  every_minutes: Optional<number>;
  next_run_at: OptionalTime;
}

export interface AllocationRunsTable {
  id: string;
  account_id: string;
  method: AllocationMethod;
  trigger_kind: 'manual' | 'schedule';
  status: 'dry_run' | 'applied' | 'refused' | 'failed';
  settings: Json<Doc>;
  total_micros: number;
  problem: Optional<string>;
  notes: JsonByDefault<readonly string[]>;
  at: TimeByDefault;
}

export interface AllocationSharesTable {
  account_id: string;
  run_id: string;
  campaign_id: string;
  before_micros: number;
  after_micros: number;
  reason: string;
}

export interface AnomaliesTable extends RowColumns {
  id: string;
  account_id: string;
  campaign_id: Optional<string>;
  metric: string;
  severity: Severity;
  expected: Optional<number>;
  observed: Optional<number>;
  score: Optional<number>;
  detail: JsonByDefault<Doc>;
  status: Generated<'open' | 'acknowledged' | 'resolved'>;
  bucket: Time;
}

export interface WebhooksTable extends RowColumns {
  id: string;
  account_id: string;
  url: string;
  /** Kinds of alerts it wants; empty: all. */
  events: JsonByDefault<readonly string[]>;
  /** Signs what is sent, so it is kept as it is. Never logged. */
  secret: string;
  secret_before: Optional<string>;
  secret_before_until: OptionalTime;
  status: Generated<'active' | 'paused'>;
}

export interface RuleWebhooksTable {
  account_id: string;
  rule_id: string;
  webhook_id: string;
}

export interface AlertsTable extends RowColumns {
  id: string;
  account_id: Optional<string>;
  kind: string;
  severity: Severity;
  subject: string;
  detail: JsonByDefault<Doc>;
  key: Optional<string>;
  count: Generated<number>;
  acknowledged_at: OptionalTime;
  acknowledged_by: Optional<string>;
  at: TimeByDefault;
  last_at: TimeByDefault;
}

export interface WebhookDeliveriesTable {
  id: string;
  account_id: string;
  webhook_id: string;
  event: string;
  payload: Json<Doc>;
  status: Generated<'waiting' | 'delivered' | 'failed'>;
  attempts: Generated<number>;
  next_attempt_at: OptionalTime;
  last_problem: Optional<string>;
  /** HTTP status of the last answer. */
  last_status: Optional<number>;
  created_at: TimeByDefault;
  delivered_at: OptionalTime;
}

export interface AuditLogTable {
  id: Identity;
  account_id: Optional<string>;
  actor_kind: 'user' | 'api_key' | 'rule' | 'allocation' | 'system';
  actor_id: string;
  action: string;
  entity: string;
  entity_id: string;
  before: OptionalJson<Doc>;
  after: OptionalJson<Doc>;
  request_id: Optional<string>;
  at: TimeByDefault;
}

export interface IdempotencyKeysTable {
  scope: string;
  key: string;
  request_sha256: string;
  /** Null while the request is being worked on. */
  status: Optional<number>;
  headers: OptionalJson<Record<string, string>>;
  body: Optional<string>;
  created_at: TimeByDefault;
  expires_at: Time;
}
