// Rows of migration 0003: what became of it.

import type { Generated } from 'kysely';
import type { Optional, OptionalTime, Time, TimeByDefault } from './columns.js';

export const DIMENSIONS = ['campaign', 'ad', 'exchange', 'geo', 'device'] as const;
/** By what sums are kept; the key of `ad` is ad group id/creative id, of `campaign` it is empty. */
export type Dimension = (typeof DIMENSIONS)[number];

export const MEASURES = [
  'wins',
  'losses',
  'billed',
  'impressions',
  'clicks',
  'conversions',
  'spend_micros',
  'revenue_micros',
] as const;
export type Measure = (typeof MEASURES)[number];

export interface ConsumerPositionsTable {
  consumer: string;
  partition: number;
  position: string;
  updated_at: TimeByDefault;
}

export interface MetricsTable extends Record<Measure, Generated<number>> {
  account_id: string;
  campaign_id: string;
  dimension: Dimension;
  key: string;
  /** When its minute, hour or day (UTC) begins. */
  bucket: Time;
}

export interface ConversionsTable {
  id: string;
  account_id: string;
  campaign_id: string;
  ad_group_id: Optional<string>;
  creative_id: Optional<string>;
  bid_id: Optional<string>;
  source: 'notice' | 'api';
  value_micros: Generated<number>;
  at: Time;
  created_at: TimeByDefault;
}

export interface BidHistoryTable {
  bid_id: string;
  account_id: string;
  campaign_id: string;
  ad_group_id: string;
  creative_id: string;
  exchange_id: string;
  outcome: 'won' | 'lost';
  currency: string;
  /** Prices: micros CPM of `currency`. */
  price_micros: number;
  clearing_micros: Optional<number>;
  to_win_micros: Optional<number>;
  loss_reason: Optional<number>;
  ctr: number;
  cvr: number;
  multiplier: number;
  model_version: number;
  arm: 0 | 1;
  bid_at: Time;
  at: Time;
}

export interface DoubtfulNoticesTable {
  id: string;
  reason: string;
  kind: string;
  bid_id: string;
  campaign_hash: string;
  ad_hash: string;
  charge_micros: number;
  at: Time;
  resolved_at: OptionalTime;
  created_at: TimeByDefault;
}
