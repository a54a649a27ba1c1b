// What steers: rules with what they did, allocation of a portfolio's budget, anomalies, alerts and webhooks.

import { migration, ROW } from './migration.js';

export const control = migration(
  [
    // `definition`: conditions, actions, cool-down, prediction, as bidcore understands them.
    `create table rules (
      account_id id_text not null references accounts,
      id id_text not null,
      name text not null check (length(name) between 1 and 256),
      status text not null default 'active' check (status in ('active', 'paused', 'archived')),
      definition jsonb not null check (jsonb_typeof(definition) = 'object'),
      last_run_at timestamptz,
      ${ROW},
      primary key (account_id, id))`,
    // `actions`: the changes that were made, or would have been; `measure_at`: when its effect can be measured.
    `create table rule_executions (
      id id_text primary key,
      account_id id_text not null,
      rule_id id_text not null,
      campaign_id id_text not null,
      outcome text not null check (outcome in ('applied', 'superseded', 'refused')),
      reason text not null,
      probability double precision check (probability between 0 and 1),
      observed jsonb not null check (jsonb_typeof(observed) = 'array'),
      actions jsonb not null default '[]' check (jsonb_typeof(actions) = 'array'),
      superseded_by jsonb not null default '[]' check (jsonb_typeof(superseded_by) = 'array'),
      problem text,
      measure_at timestamptz,
      effect jsonb check (jsonb_typeof(effect) = 'object'),
      at timestamptz not null,
      foreign key (account_id, rule_id) references rules (account_id, id),
      foreign key (account_id, campaign_id) references campaigns (account_id, id))`,
    `create index rule_executions_rule on rule_executions (account_id, rule_id, id)`,
    `create index rule_executions_campaign on rule_executions (campaign_id, id)`,
    `create index rule_executions_account on rule_executions (account_id, at)`,
    `create index rule_executions_measured on rule_executions (measure_at) where measure_at is not null`,
    // Which rule paused a campaign. Forgotten when it is paused no longer, whoever sees to that: from then on a pause
    // is a person's again.
    `create table rule_pauses (
      campaign_id id_text primary key,
      account_id id_text not null,
      rule_id id_text not null,
      at timestamptz not null,
      foreign key (account_id, campaign_id) references campaigns (account_id, id) on delete cascade,
      foreign key (account_id, rule_id) references rules (account_id, id))`,
    `create index rule_pauses_rule on rule_pauses (account_id, rule_id)`,
    `create function forget_rule_pause() returns trigger language plpgsql as $$
      begin
        delete from rule_pauses where campaign_id = new.id;
        return null;
      end $$`,
    // Ads that a rule took out of their ad group: what comes of them still is theirs; and when they were live last.
    `create table rotated_ads (
      account_id id_text not null,
      campaign_id id_text not null,
      ad_group_id id_text not null,
      creative_id id_text not null,
      at timestamptz not null,
      primary key (campaign_id, ad_group_id, creative_id),
      foreign key (account_id, campaign_id, ad_group_id)
        references ad_groups (account_id, campaign_id, id) on delete cascade,
      foreign key (account_id, creative_id) references creatives (account_id, id))`,
    `create index rotated_ads_creative on rotated_ads (account_id, creative_id)`,
    `create trigger campaigns_rule_pause after update of status on campaigns
      for each row when (new.status <> 'paused') execute function forget_rule_pause()`,

    // How often, how and within which guard rails an account's budget is divided anew.
    `create table allocation_plans (
      account_id id_text primary key references accounts,
      method text not null check (method in ('proportional', 'performance', 'thompson', 'bayesian')),
      settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
      every_minutes integer check (every_minutes between 1 and 43200),
      next_run_at timestamptz,
      ${ROW})`,
    `create index allocation_plans_due on allocation_plans (next_run_at) where next_run_at is not null`,
    `create table allocation_runs (
      id id_text primary key,
      account_id id_text not null references accounts,
      method text not null check (method in ('proportional', 'performance', 'thompson', 'bayesian')),
      trigger_kind text not null check (trigger_kind in ('manual', 'schedule')),
      status text not null check (status in ('dry_run', 'applied', 'refused', 'failed')),
      settings jsonb not null check (jsonb_typeof(settings) = 'object'),
      total_micros micros not null,
      problem text,
      notes jsonb not null default '[]' check (jsonb_typeof(notes) = 'array'),
      at timestamptz not null default now(),
      unique (account_id, id))`,
    `create index allocation_runs_account on allocation_runs (account_id, at, id)`,
    `create table allocation_shares (
      account_id id_text not null,
      run_id id_text not null,
      campaign_id id_text not null,
      before_micros micros not null,
      after_micros micros not null,
      reason text not null,
      primary key (run_id, campaign_id),
      foreign key (account_id, run_id) references allocation_runs (account_id, id) on delete cascade,
      foreign key (account_id, campaign_id) references campaigns (account_id, id))`,
    `create index allocation_shares_campaign on allocation_shares (account_id, campaign_id)`,

    `create table anomalies (
      id id_text primary key,
      account_id id_text not null references accounts,
      campaign_id id_text,
      metric text not null check (length(metric) between 1 and 64),
      severity text not null check (severity in ('info', 'warning', 'critical')),
      expected double precision,
      observed double precision,
      score double precision,
      detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object'),
      status text not null default 'open' check (status in ('open', 'acknowledged', 'resolved')),
      bucket timestamptz not null,
      ${ROW},
      foreign key (account_id, campaign_id) references campaigns (account_id, id))`,
    // Finding it again is not another one.
    `create unique index anomalies_once on anomalies (account_id, coalesce(campaign_id, ''), metric, bucket)`,
    `create index anomalies_account on anomalies (account_id, bucket, id)`,

    // The secret that was before a rotation signs as well, until it is over.
    `create table webhooks (
      account_id id_text not null references accounts,
      id id_text not null,
      url text not null check (url ~ '^https?://' and length(url) <= 2048),
      events jsonb not null default '[]' check (jsonb_typeof(events) = 'array'),
      secret text not null check (length(secret) >= 16),
      secret_before text check (length(secret_before) >= 16),
      secret_before_until timestamptz,
      status text not null default 'active' check (status in ('active', 'paused')),
      ${ROW},
      primary key (account_id, id))`,
    // Webhooks that rules name: they are there for as long as a rule does.
    `create table rule_webhooks (
      account_id id_text not null,
      rule_id id_text not null,
      webhook_id id_text not null,
      primary key (account_id, rule_id, webhook_id),
      foreign key (account_id, rule_id) references rules (account_id, id) on delete cascade,
      foreign key (account_id, webhook_id) references webhooks (account_id, id))`,
    `create index rule_webhooks_webhook on rule_webhooks (account_id, webhook_id)`,
    // `key`: alerts of one are one, as long as nobody has acknowledged it; `count` and `last_at` say how often it came.
    `create table alerts (
      id id_text primary key,
      account_id id_text references accounts,
      kind text not null check (length(kind) between 1 and 64),
      severity text not null check (severity in ('info', 'warning', 'critical')),
      subject text not null check (length(subject) between 1 and 512),
      detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object'),
      key text check (length(key) between 1 and 256),
      count bigint not null default 1 check (count > 0),
      acknowledged_at timestamptz,
      acknowledged_by text,
      at timestamptz not null default now(),
      last_at timestamptz not null default now(),
      ${ROW})`,
    `create index alerts_account on alerts (account_id, id)`,
    `create unique index alerts_open on alerts (coalesce(account_id, ''), key)
      where key is not null and acknowledged_at is null`,
    `create index alerts_key on alerts (key, last_at) where key is not null`,
    `create table webhook_deliveries (
      id id_text primary key,
      account_id id_text not null,
      webhook_id id_text not null,
      event text not null,
      payload jsonb not null,
      status text not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
      attempts integer not null default 0 check (attempts >= 0),
      next_attempt_at timestamptz,
      last_problem text,
      last_status integer,
      created_at timestamptz not null default now(),
      delivered_at timestamptz,
      foreign key (account_id, webhook_id) references webhooks (account_id, id) on delete cascade)`,
    `create index webhook_deliveries_due on webhook_deliveries (account_id, webhook_id, next_attempt_at)
      where status = 'waiting'`,
    `create index webhook_deliveries_webhook on webhook_deliveries (account_id, webhook_id, id)`,
    `create index webhook_deliveries_old on webhook_deliveries (created_at)`,
  ],
  [
    'drop table webhook_deliveries',
    'drop table alerts',
    'drop table rule_webhooks',
    'drop table webhooks',
    'drop table anomalies',
    'drop table allocation_shares',
    'drop table allocation_runs',
    'drop table allocation_plans',
    'drop trigger campaigns_rule_pause on campaigns',
    'drop function forget_rule_pause()',
    'drop table rotated_ads',
    'drop table rule_pauses',
    'drop table rule_executions',
    'drop table rules',
  ],
);
