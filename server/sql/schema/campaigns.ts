// Rows of migration 0002: what is bought.

import type { Generated } from 'kysely';
import type { AdGroup, Campaign, Targeting } from '../../../bidcore/campaign_file.js';
import type { Creative, Format } from '../../../bidcore/creative_file.js';
import type { ExchangeProfile } from '../../../bidcore/exchange_file.js';
import type { Json, JsonByDefault, Optional, OptionalTime, Position, RowColumns } from './columns.js';

export type Status = 'active' | 'paused' | 'archived';
export type ListKind = 'domain' | 'keyword';
export type FrequencyCaps = Campaign['frequency_caps'];
/** A profile without what has columns or tables of its own. */
export type ProfileDocument = Omit<ExchangeProfile, 'id' | 'name' | 'seats'>;
/** A creative without what has columns of its own. */
export type CreativeContent = Omit<Creative, 'id' | 'name' | 'type'>;

export interface ExchangesTable extends RowColumns {
  id: string;
  position: Position;
  name: Optional<string>;
  profile: Json<ProfileDocument>;
  status: Generated<'active' | 'archived'>;
}

export interface ExchangeSeatsTable {
  exchange_id: string;
  account_id: string;
  seat: string;
}

export interface CampaignsTable extends RowColumns {
  id: string;
  account_id: string;
  position: Position;
  name: Optional<string>;
  status: Generated<Status>;
  budget_micros: number;
  daily_budget_micros: Optional<number>;
  pacing: Generated<Campaign['pacing']>;
  frequency_caps: JsonByDefault<FrequencyCaps>;
  starts_at: OptionalTime;
  ends_at: OptionalTime;
  /** Weight in proportional allocation, 1 to 100. */
  priority: Generated<number>;
  /** What a conversion is worth where nobody says, for ROI and ROAS. */
  conversion_value_micros: Generated<number>;
}

export interface CreativesTable extends RowColumns {
  account_id: string;
  id: string;
  position: Position;
  name: Optional<string>;
  format: Format;
  content: Json<CreativeContent>;
  status: Generated<'active' | 'archived'>;
}

export interface AdGroupsTable extends RowColumns {
  account_id: string;
  campaign_id: string;
  id: string;
  position: Position;
  name: Optional<string>;
  status: Generated<Status>;
  goal: AdGroup['goal']['type'];
  bid_micros: number;
  max_bid_cpm_micros: number;
  bid_expiry_s: Generated<number>;
  guaranteed: Generated<boolean>;
  frequency_caps: JsonByDefault<FrequencyCaps>;
  cap_unknown_users: Generated<AdGroup['cap_unknown_users']>;
  targeting: JsonByDefault<Targeting>;
}

export interface AdGroupCreativesTable {
  account_id: string;
  campaign_id: string;
  ad_group_id: string;
  creative_id: string;
  position: number;
}

export interface SegmentsTable extends RowColumns {
  account_id: string;
  id: string;
  position: Position;
  kind: 'external' | 'audience';
  name: Optional<string>;
  description: Optional<string>;
  event: Optional<'imp' | 'click' | 'conv'>;
  days: Optional<number>;
  status: Generated<'active' | 'archived'>;
}

export interface SegmentCampaignsTable {
  account_id: string;
  segment_id: string;
  campaign_id: string;
  position: number;
}

export interface ListsTable extends RowColumns {
  account_id: string;
  id: string;
  kind: ListKind;
  name: Optional<string>;
  description: Optional<string>;
}

export interface ListEntriesTable {
  account_id: string;
  list_id: string;
  entry: string;
}

export interface AdGroupListsTable {
  account_id: string;
  campaign_id: string;
  ad_group_id: string;
  list_id: string;
  /** Only domains are something a request is matched by. */
  kind: Generated<'domain'>;
  mode: 'include' | 'exclude';
}

export interface BookRevisionTable {
  shard: number;
  revision: Generated<number>;
}
