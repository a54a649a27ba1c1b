// The campaigns of an account as rules see them, from the rows of the database. What no rule asks for is not read.

import { sql } from 'kysely';
import type { AdGroupState, CampaignState, CreativeState } from '../../bidcore/rules/actions.js';
import type { Rule, RuleAction } from '../../bidcore/rules/rule_schema.js';
import type { Db } from '../sql/database.js';

/** Creatives are compared by what became of them in so many days. */
const CREATIVE_DAYS = 30;
const DAY_MS = 86_400_000;

type Groups = ReadonlyMap<string, readonly AdGroupState[]>;

/** Campaigns that are not archived, in the order of their ids. */
export async function campaignStates(
  db: Db,
  account: string,
  rules: readonly Rule[],
  nowMs: number,
): Promise<readonly CampaignState[]> {
  const rows = await db
    .selectFrom('campaigns as c')
    .leftJoin('rule_pauses as p', 'p.campaign_id', 'c.id')
    .select(['c.id', 'c.status', 'c.daily_budget_micros', 'p.rule_id'])
    .where('c.account_id', '=', account)
    .where('c.status', '!=', 'archived')
    .orderBy('c.id')
    .execute();
  const actions = rules.flatMap((rule) => rule.actions);
  const groups = await adGroupStates(db, account, actions, nowMs);
  return rows.map(({ id, status, daily_budget_micros, rule_id }) => ({
    id,
    status: status === 'paused' ? 'paused' : 'active',
    paused_by_rule: rule_id !== null,
    daily_budget_micros,
    ad_groups: groups.get(id) ?? [],
  }));
}

async function adGroupStates(db: Db, account: string, actions: readonly RuleAction[], nowMs: number): Promise<Groups> {
  const turns = new Set(actions.flatMap((action) => (action.type === 'rotate_creative' ? action.creatives : [])));
  const groups = new Map<string, AdGroupState[]>();
  if (turns.size === 0 && !actions.some(({ type }) => type === 'change_bid')) return groups;
  const rows = await db
    .selectFrom('ad_groups')
    .select(['campaign_id', 'id', 'bid_micros'])
    .where('account_id', '=', account)
    .where('status', '=', 'active')
    .orderBy('id')
    .execute();
  const creativesOf = turns.size === 0 ? () => [] : await creativeStates(db, account, [...turns], nowMs);
  for (const { campaign_id: campaign, id, bid_micros } of rows) {
    const creatives = creativesOf(campaign, id);
    const state = creatives.length === 0 ? { id, bid_micros } : { id, bid_micros, creatives };
    const known = groups.get(campaign);
    if (known === undefined) groups.set(campaign, [state]);
    else known.push(state);
  }
  return groups;
}

/** Of the creatives that take turns: whether an ad group has them, and what became of them there. */
async function creativeStates(
  db: Db,
  account: string,
  turns: readonly string[],
  nowMs: number,
): Promise<(campaign: string, group: string) => readonly CreativeState[]> {
  const there = await db
    .selectFrom('creatives')
    .select('id')
    .where('account_id', '=', account)
    .where('status', '=', 'active')
    .where('id', 'in', turns)
    .execute();
  const live = await db
    .selectFrom('ad_group_creatives')
    .select(['campaign_id', 'ad_group_id', 'creative_id'])
    .where('account_id', '=', account)
    .where('creative_id', 'in', turns)
    .execute();
  const rested = await db
    .selectFrom('rotated_ads')
    .select(['campaign_id', 'ad_group_id', 'creative_id', 'at'])
    .where('account_id', '=', account)
    .execute();
  const sums = await db
    .selectFrom('metrics_day')
    .select(['campaign_id', 'key'])
    .select([sql<number>`sum(impressions)::bigint`.as('impressions'), sql<number>`sum(clicks)::bigint`.as('clicks')])
    .where('account_id', '=', account)
    .where('dimension', '=', 'ad')
    .where('bucket', '>=', new Date(nowMs - CREATIVE_DAYS * DAY_MS))
    .groupBy(['campaign_id', 'key'])
    .execute();
  const ad = (campaign: string, group: string, creative: string): string => `${campaign}/${group}/${creative}`;
  const lives = new Set(live.map((row) => ad(row.campaign_id, row.ad_group_id, row.creative_id)));
  const until = new Map(rested.map((row) => [ad(row.campaign_id, row.ad_group_id, row.creative_id), row.at]));
  const seen = new Map(sums.map((row) => [`${row.campaign_id}/${row.key}`, row]));
  return (campaign, group) =>
    there.map(({ id }) => {
      const name = ad(campaign, group, id);
      const { impressions = 0, clicks = 0 } = seen.get(name) ?? {};
      return { id, live: lives.has(name), impressions, clicks, live_until_ms: until.get(name)?.getTime() ?? 0 };
    });
}
