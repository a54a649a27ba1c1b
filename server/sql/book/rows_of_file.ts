// The campaign file as rows: each part of it with the columns that it has, the rest of it as a document. What
// `file_of_rows.ts` puts together again.

import type { Insertable } from 'kysely';
import type { Account, AdGroup, Campaign, CampaignFile } from '../../../bidcore/campaign_file.js';
import type { Creative } from '../../../bidcore/creative_file.js';
import type { ExchangeProfile } from '../../../bidcore/exchange_file.js';
import { toJson } from '../database.js';
import type { Schema } from '../schema/index.js';

type NewRow<T extends keyof Schema> = Insertable<Schema[T]>;

export function settingsRow({ currency, rates, privacy, traffic, ...file }: CampaignFile): NewRow<'settings'> {
  return {
    currency,
    rates: toJson(rates),
    privacy: toJson(privacy),
    traffic: toJson(traffic),
    category_parents: toJson(file.category_parents),
    schema_url: file.$schema ?? null,
  };
}

export function exchangeRow({ id, name, seats: _, ...profile }: ExchangeProfile): NewRow<'exchanges'> {
  return { id, name: name ?? null, profile: toJson(profile), status: 'active' };
}

export function exchangeSeatRows({ id, seats }: ExchangeProfile): NewRow<'exchange_seats'>[] {
  return Object.entries(seats).map(([account_id, seat]) => ({ exchange_id: id, account_id, seat }));
}

export function accountRow({ id, name, seat, time_zone, policy }: Account): NewRow<'accounts'> {
  return { id, name: name ?? null, seat, time_zone, policy: toJson(policy), status: 'active' };
}

export function creativeRow(account: Account, { id, name, type, ...content }: Creative): NewRow<'creatives'> {
  return {
    account_id: account.id,
    id,
    name: name ?? null,
    format: type,
    content: toJson(content),
    status: 'active',
  };
}

export function campaignRow(account: Account, campaign: Campaign): NewRow<'campaigns'> {
  return {
    id: campaign.id,
    account_id: account.id,
    name: campaign.name ?? null,
    status: campaign.status,
    budget_micros: campaign.budget_micros,
    daily_budget_micros: campaign.daily_budget_micros ?? null,
    pacing: campaign.pacing,
    frequency_caps: toJson(campaign.frequency_caps),
    starts_at: campaign.start ?? null,
    ends_at: campaign.end ?? null,
  };
}

export function adGroupRow(account: Account, campaign: Campaign, group: AdGroup): NewRow<'ad_groups'> {
  return {
    account_id: account.id,
    campaign_id: campaign.id,
    id: group.id,
    name: group.name ?? null,
    status: group.status,
    goal: group.goal.type,
    bid_micros: group.goal.bid_micros,
    max_bid_cpm_micros: group.max_bid_cpm_micros,
    bid_expiry_s: group.bid_expiry_s,
    guaranteed: group.guaranteed,
    frequency_caps: toJson(group.frequency_caps),
    cap_unknown_users: group.cap_unknown_users,
    targeting: toJson(group.targeting),
  };
}

export function adRows(account: Account, campaign: Campaign, group: AdGroup): NewRow<'ad_group_creatives'>[] {
  return group.creatives.map((creative_id, position) => ({
    account_id: account.id,
    campaign_id: campaign.id,
    ad_group_id: group.id,
    creative_id,
    position,
  }));
}

export function audienceRow(account: Account, audience: Account['audiences'][number]): NewRow<'segments'> {
  const { id, event, days } = audience;
  return { account_id: account.id, id, kind: 'audience', event, days, status: 'active' };
}

export function audienceCampaignRows(
  account: Account,
  { id, campaigns }: Account['audiences'][number],
): NewRow<'segment_campaigns'>[] {
  // A campaign that is named twice counts once.
  return [...new Set(campaigns)].map((campaign_id, position) => ({
    account_id: account.id,
    segment_id: id,
    campaign_id,
    position,
  }));
}
