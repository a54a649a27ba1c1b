// What became of it: sums by minute, hour and day, fed from the event log, and single conversions and bids. A
// consumer's place in the log is in the same transaction as the sums it made (rollups/), so nothing is counted twice
// or not at all.

import { migration } from './migration.js';

/** One table of sums. `dimension` says what `key` is; the rows of one dimension add up to those of any other. */
function sums(name: string): string[] {
  return [
    `create table ${name} (
      account_id id_text not null,
      campaign_id id_text not null,
      dimension text not null check (dimension in ('campaign', 'ad', 'exchange', 'geo', 'device')),
      key text not null,
      bucket timestamptz not null,
      wins bigint not null default 0 check (wins >= 0),
      losses bigint not null default 0 check (losses >= 0),
      billed bigint not null default 0 check (billed >= 0),
      impressions bigint not null default 0 check (impressions >= 0),
      clicks bigint not null default 0 check (clicks >= 0),
      conversions bigint not null default 0 check (conversions >= 0),
      spend_micros bigint not null default 0 check (spend_micros >= 0),
      revenue_micros bigint not null default 0 check (revenue_micros >= 0),
      primary key (campaign_id, dimension, bucket, key),
      foreign key (account_id, campaign_id) references campaigns (account_id, id))`,
    `create index ${name}_account on ${name} (account_id, dimension, bucket)`,
    `create index ${name}_bucket on ${name} (bucket)`,
  ];
}

export const metrics = migration(
  [
    // `position`: of a folder's log a number, of a Redis stream the id of an entry.
    `create table consumer_positions (
      consumer text not null,
      partition smallint not null check (partition >= 0),
      position text not null,
      updated_at timestamptz not null default now(),
      primary key (consumer, partition))`,

    ...['metrics_minute', 'metrics_hour', 'metrics_day'].flatMap(sums),

    // Ids are the account's own, those of notices begin with `notice:`.
    `create table conversions (
      account_id id_text not null,
      id id_text not null,
      campaign_id id_text not null,
      ad_group_id id_text,
      creative_id id_text,
      bid_id text,
      source text not null check (source in ('notice', 'api')),
      value_micros micros not null default 0,
      at timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (account_id, id),
      foreign key (account_id, campaign_id) references campaigns (account_id, id))`,
    `create index conversions_account on conversions (account_id, at, id)`,
    `create index conversions_campaign on conversions (campaign_id, at)`,

    // A sample of the bids whose outcome is known (rollups/).
    `create table bid_history (
      bid_id text primary key,
      account_id id_text not null,
      campaign_id id_text not null,
      ad_group_id id_text not null,
      creative_id id_text not null,
      exchange_id text not null,
      outcome text not null check (outcome in ('won', 'lost')),
      currency currency_code not null,
      price_micros bigint not null check (price_micros >= 0),
      clearing_micros bigint check (clearing_micros >= 0),
      to_win_micros bigint check (to_win_micros >= 0),
      loss_reason integer,
      ctr double precision not null,
      cvr double precision not null,
      multiplier double precision not null,
      model_version bigint not null,
      arm smallint not null check (arm in (0, 1)),
      bid_at timestamptz not null,
      at timestamptz not null,
      foreign key (account_id, campaign_id) references campaigns (account_id, id))`,
    `create index bid_history_account on bid_history (account_id, at, bid_id)`,
    `create index bid_history_campaign on bid_history (campaign_id, at)`,
    `create index bid_history_at on bid_history (at)`,

    // Booked, but not to be put under any ad: somebody has to look.
    `create table doubtful_notices (
      id id_text primary key,
      reason text not null,
      kind text not null,
      bid_id text not null,
      campaign_hash text not null,
      ad_hash text not null,
      charge_micros bigint not null check (charge_micros >= 0),
      at timestamptz not null,
      resolved_at timestamptz,
      created_at timestamptz not null default now())`,
    `create index doubtful_notices_open on doubtful_notices (at, id) where resolved_at is null`,
  ],
  [
    'drop table doubtful_notices',
    'drop table bid_history',
    'drop table conversions',
    'drop table metrics_day',
    'drop table metrics_hour',
    'drop table metrics_minute',
    'drop table consumer_positions',
  ],
);
