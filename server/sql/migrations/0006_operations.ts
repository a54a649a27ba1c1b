// What keeps the API honest: who changed what and when, and the answers to POSTs that may be sent again.

import { migration } from './migration.js';

export const operations = migration(
  [
    // Outlives what it tells of, so without foreign keys; rows are added, never changed or deleted.
    `create table audit_log (
      id bigint generated always as identity primary key,
      account_id id_text,
      actor_kind text not null check (actor_kind in ('user', 'api_key', 'rule', 'allocation', 'system')),
      actor_id text not null,
      action text not null check (length(action) between 1 and 64),
      entity text not null check (length(entity) between 1 and 64),
      entity_id text not null,
      before jsonb,
      after jsonb,
      request_id text,
      at timestamptz not null default now())`,
    `create index audit_log_account on audit_log (account_id, id)`,
    `create index audit_log_entity on audit_log (entity, entity_id, id)`,
    `create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception 'the audit log is only added to' using errcode = 'restrict_violation'; end $$`,
    `create trigger audit_log_add_only before update or delete on audit_log
      for each row execute function refuse_change()`,

    // `scope`: the API key or user that sent it, so that nobody meets another's answers.
    `create table idempotency_keys (
      scope text not null,
      key text not null check (length(key) between 1 and 255),
      request_sha256 text not null check (request_sha256 ~ '^[0-9a-f]{64}$'),
      status integer check (status between 100 and 599),
      headers jsonb,
      body text,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      primary key (scope, key))`,
    `create index idempotency_keys_expiry on idempotency_keys (expires_at)`,
  ],
  [
    'drop table idempotency_keys',
    'drop trigger audit_log_add_only on audit_log',
    'drop function refuse_change()',
    'drop table audit_log',
  ],
);
