// What learns, and what is tried: agents with their configurations, training runs, checkpoints of models, experiments.
// Models themselves stay in the registry (docs/training.md); here is what people look for them by.

import { migration, ROW } from './migration.js';

export const learning = migration(
  [
    `create table agents (
      id id_text primary key,
      account_id id_text references accounts,
      name text not null check (length(name) between 1 and 256),
      algorithm text not null check (length(algorithm) between 1 and 64),
      status text not null default 'active' check (status in ('active', 'archived')),
      ${ROW})`,
    `create index agents_account on agents (account_id, id)`,
    // Never changed: a new configuration is a new number.
    `create table agent_configs (
      agent_id id_text not null references agents on delete cascade,
      number integer not null check (number > 0),
      config jsonb not null check (jsonb_typeof(config) = 'object'),
      created_at timestamptz not null default now(),
      primary key (agent_id, number))`,

    `create table training_runs (
      id id_text primary key,
      account_id id_text references accounts,
      agent_id id_text,
      config_number integer,
      environment text,
      seed bigint,
      status text not null default 'queued'
        check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
      settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
      metrics jsonb not null default '{}' check (jsonb_typeof(metrics) = 'object'),
      problem text,
      started_at timestamptz,
      finished_at timestamptz,
      ${ROW},
      foreign key (agent_id, config_number) references agent_configs (agent_id, number),
      constraint training_runs_times check (finished_at >= started_at))`,
    `create index training_runs_account on training_runs (account_id, id)`,
    `create index training_runs_agent on training_runs (agent_id, config_number)`,

    `create table model_checkpoints (
      model_version bigint primary key check (model_version > 0),
      training_run_id id_text references training_runs on delete set null,
      kind text not null,
      bytes bigint check (bytes >= 0),
      crc32 bigint check (crc32 between 0 and 4294967295),
      status text not null default 'candidate' check (status in ('candidate', 'trial', 'live', 'retired', 'refused')),
      metrics jsonb not null default '{}' check (jsonb_typeof(metrics) = 'object'),
      promoted_at timestamptz,
      ${ROW})`,
    `create index model_checkpoints_run on model_checkpoints (training_run_id)`,

    // Without an account: of the whole installation, such as a trial of a model.
    `create table experiments (
      id id_text primary key,
      account_id id_text references accounts,
      name text not null check (length(name) between 1 and 256),
      kind text not null check (kind in ('ab', 'bandit')),
      unit text not null default 'user' check (unit in ('user', 'campaign', 'request')),
      metric text not null check (length(metric) between 1 and 64),
      status text not null default 'draft' check (status in ('draft', 'running', 'stopped')),
      settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
      salt text not null check (length(salt) between 1 and 64),
      started_at timestamptz,
      stopped_at timestamptz,
      decision jsonb check (jsonb_typeof(decision) = 'object'),
      state jsonb check (jsonb_typeof(state) = 'object'),
      looked_at timestamptz,
      weights_at timestamptz,
      ${ROW},
      constraint experiments_times check (stopped_at >= started_at))`,
    `create index experiments_account on experiments (account_id, id)`,
    `create table experiment_arms (
      experiment_id id_text not null references experiments on delete cascade,
      id id_text not null,
      position integer not null check (position >= 0),
      share double precision not null check (share >= 0 and share <= 1),
      settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
      prior jsonb not null default '{}' check (jsonb_typeof(prior) = 'object'),
      primary key (experiment_id, id),
      unique (experiment_id, position))`,
    // Of units that are not told by a hash: campaigns put into an arm by hand or by a bandit.
    `create table experiment_assignments (
      experiment_id id_text not null,
      unit_id text not null check (length(unit_id) between 1 and 256),
      arm_id id_text not null,
      changed jsonb not null default '[]' check (jsonb_typeof(changed) = 'array'),
      assigned_at timestamptz not null default now(),
      primary key (experiment_id, unit_id),
      foreign key (experiment_id, arm_id) references experiment_arms (experiment_id, id) on delete cascade)`,
    `create index experiment_assignments_arm on experiment_assignments (experiment_id, arm_id)`,
    `create table experiment_results (
      experiment_id id_text not null,
      arm_id id_text not null,
      metric text not null check (length(metric) between 1 and 64),
      bucket timestamptz not null,
      n bigint not null check (n >= 0),
      total double precision not null,
      total_squares double precision not null,
      lower double precision not null default 0,
      lower_squares double precision not null default 0,
      products double precision not null default 0,
      primary key (experiment_id, arm_id, metric, bucket),
      foreign key (experiment_id, arm_id) references experiment_arms (experiment_id, id) on delete cascade)`,
    // What units came to, so that one that is told again, or told more of, is not counted twice.
    `create table experiment_observations (
      experiment_id id_text not null,
      metric text not null check (length(metric) between 1 and 64),
      unit_id text not null check (length(unit_id) between 1 and 256),
      arm_id id_text not null,
      bucket timestamptz not null,
      value double precision not null,
      lower double precision not null default 0,
      primary key (experiment_id, unit_id, metric),
      foreign key (experiment_id, arm_id) references experiment_arms (experiment_id, id) on delete cascade)`,
  ],
  [
    'drop table experiment_observations',
    'drop table experiment_results',
    'drop table experiment_assignments',
    'drop table experiment_arms',
    'drop table experiments',
    'drop table model_checkpoints',
    'drop table training_runs',
    'drop table agent_configs',
    'drop table agents',
  ],
);
