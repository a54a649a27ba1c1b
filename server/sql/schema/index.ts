// The schema as Kysely sees it: one table, one interface. The migrations make it; a test compares names and columns.

import type * as accounts from './accounts.js';
import type * as campaigns from './campaigns.js';
import type * as control from './control.js';
import type * as learning from './learning.js';
import type * as metrics from './metrics.js';

export interface Schema {
  settings: accounts.SettingsTable;
  accounts: accounts.AccountsTable;
  users: accounts.UsersTable;
  account_users: accounts.AccountUsersTable;
  api_keys: accounts.ApiKeysTable;
  exchanges: campaigns.ExchangesTable;
  exchange_seats: campaigns.ExchangeSeatsTable;
  campaigns: campaigns.CampaignsTable;
  creatives: campaigns.CreativesTable;
  ad_groups: campaigns.AdGroupsTable;
  ad_group_creatives: campaigns.AdGroupCreativesTable;
  segments: campaigns.SegmentsTable;
  segment_campaigns: campaigns.SegmentCampaignsTable;
  lists: campaigns.ListsTable;
  list_entries: campaigns.ListEntriesTable;
  ad_group_lists: campaigns.AdGroupListsTable;
  book_revision: campaigns.BookRevisionTable;
  consumer_positions: metrics.ConsumerPositionsTable;
  metrics_minute: metrics.MetricsTable;
  metrics_hour: metrics.MetricsTable;
  metrics_day: metrics.MetricsTable;
  conversions: metrics.ConversionsTable;
  bid_history: metrics.BidHistoryTable;
  doubtful_notices: metrics.DoubtfulNoticesTable;
  agents: learning.AgentsTable;
  agent_configs: learning.AgentConfigsTable;
  training_runs: learning.TrainingRunsTable;
  model_checkpoints: learning.ModelCheckpointsTable;
  experiments: learning.ExperimentsTable;
  experiment_arms: learning.ExperimentArmsTable;
  experiment_assignments: learning.ExperimentAssignmentsTable;
  experiment_results: learning.ExperimentResultsTable;
  experiment_observations: learning.ExperimentObservationsTable;
  rules: control.RulesTable;
  rule_executions: control.RuleExecutionsTable;
  rule_pauses: control.RulePausesTable;
  rotated_ads: control.RotatedAdsTable;
  allocation_plans: control.AllocationPlansTable;
  allocation_runs: control.AllocationRunsTable;
  allocation_shares: control.AllocationSharesTable;
  anomalies: control.AnomaliesTable;
  webhooks: control.WebhooksTable;
  rule_webhooks: control.RuleWebhooksTable;
  alerts: control.AlertsTable;
  webhook_deliveries: control.WebhookDeliveriesTable;
  audit_log: control.AuditLogTable;
  idempotency_keys: control.IdempotencyKeysTable;
}
