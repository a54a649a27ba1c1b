// Ad groups of a campaign: what they target, what they bid, with which creatives. Beside what the campaign file has,
// they name lists of domains, which many of them may share.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { adGroup } from '../../../bidcore/campaign_file.js';
import { id } from '../../../bidcore/creative_file.js';
import { type Db, toJson } from '../../sql/database.js';
import type { AdGroupsTable } from '../../sql/schema/campaigns.js';
import type { PathValues } from '../operation.js';
import { crud, type Resource, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { inCampaign } from './who.js';

const LISTS_MAX = 20;

export const adGroupBody = adGroup.extend({
  lists: z.array(id).max(LISTS_MAX).default([]).describe('Lists of domains that are added to the domains it is for'),
  lists_excluded: z.array(id).max(LISTS_MAX).default([]).describe('Lists of domains it does not bid on'),
});
type AdGroup = z.output<typeof adGroupBody>;

const columnsOf = (value: AdGroup) => ({
  name: value.name ?? null,
  status: value.status,
  goal: value.goal.type,
  bid_micros: value.goal.bid_micros,
  max_bid_cpm_micros: value.max_bid_cpm_micros,
  bid_expiry_s: value.bid_expiry_s,
  guaranteed: value.guaranteed,
  frequency_caps: toJson(value.frequency_caps),
  cap_unknown_users: value.cap_unknown_users,
  targeting: toJson(value.targeting),
});

const store: Store<AdGroup, AdGroup> = {
  async list(db, path, { after, limit }) {
    const rows = await db
      .selectFrom('ad_groups')
      .selectAll()
      .where('campaign_id', '=', parameter(path, 'campaign'))
      .where('status', '!=', 'archived')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return withParts(db, path, rows);
  },
  async get(db, path) {
    const rows = await db
      .selectFrom('ad_groups')
      .selectAll()
      .where('campaign_id', '=', parameter(path, 'campaign'))
      .where('id', '=', parameter(path, 'ad_group'))
      .where('status', '!=', 'archived')
      .execute();
    return (await withParts(db, path, rows))[0];
  },
  async insert(db, path, value) {
    const campaign = parameter(path, 'campaign');
    const { account_id } = await db
      .selectFrom('campaigns')
      .select('account_id')
      .where('id', '=', campaign)
      .executeTakeFirstOrThrow();
    const key = { account_id, campaign_id: campaign };
    await db
      .insertInto('ad_groups')
      .values({ ...key, id: value.id, ...columnsOf(value) })
      .execute();
    await insertParts(db, { ...key, ad_group_id: value.id }, value);
  },
  async update(db, path, value) {
    const { account_id, campaign_id } = await db
      .updateTable('ad_groups')
      .set({ ...columnsOf(value), ...changedRow })
      .where('campaign_id', '=', parameter(path, 'campaign'))
      .where('id', '=', value.id)
      .returning(['account_id', 'campaign_id'])
      .executeTakeFirstOrThrow();
    for (const table of ['ad_group_creatives', 'ad_group_lists'] as const) {
      await db.deleteFrom(table).where('campaign_id', '=', campaign_id).where('ad_group_id', '=', value.id).execute();
    }
    await insertParts(db, { account_id, campaign_id, ad_group_id: value.id }, value);
  },
  async remove(db, path) {
    // Its ads stay, for what is told of them later; a list it names may be deleted.
    await db
      .deleteFrom('ad_group_lists')
      .where('campaign_id', '=', parameter(path, 'campaign'))
      .where('ad_group_id', '=', parameter(path, 'ad_group'))
      .execute();
    await db
      .updateTable('ad_groups')
      .set({ status: 'archived', ...changedRow })
      .where('campaign_id', '=', parameter(path, 'campaign'))
      .where('id', '=', parameter(path, 'ad_group'))
      .execute();
  },
};

interface Key {
  readonly account_id: string;
  readonly campaign_id: string;
  readonly ad_group_id: string;
}

async function insertParts(db: Db, key: Key, { creatives, lists, lists_excluded: excluded }: AdGroup): Promise<void> {
  const ads = creatives.map((creative_id, position) => ({ ...key, creative_id, position }));
  if (ads.length > 0) await db.insertInto('ad_group_creatives').values(ads).execute();
  const referred = [
    ...lists.map((list_id) => ({ ...key, list_id, mode: 'include' as const })),
    ...excluded.map((list_id) => ({ ...key, list_id, mode: 'exclude' as const })),
  ];
  if (referred.length > 0) await db.insertInto('ad_group_lists').values(referred).execute();
}

/** Two queries for as many ad groups as there are. */
async function withParts(
  db: Db,
  path: PathValues,
  rows: readonly Selectable<AdGroupsTable>[],
): Promise<Stored<AdGroup>[]> {
  if (rows.length === 0) return [];
  const campaign = parameter(path, 'campaign');
  const ids = rows.map((row) => row.id);
  const ads = await db
    .selectFrom('ad_group_creatives')
    .select(['ad_group_id', 'creative_id'])
    .where('campaign_id', '=', campaign)
    .where('ad_group_id', 'in', ids)
    .orderBy('position')
    .execute();
  const lists = await db
    .selectFrom('ad_group_lists')
    .select(['ad_group_id', 'list_id', 'mode'])
    .where('campaign_id', '=', campaign)
    .where('ad_group_id', 'in', ids)
    .orderBy('list_id')
    .execute();
  return rows.map((row) => {
    const own = lists.filter(({ ad_group_id: group }) => group === row.id);
    const listsOf = (mode: string) => own.filter((list) => list.mode === mode).map(({ list_id: list }) => list);
    const creatives = ads.filter((ad) => ad.ad_group_id === row.id).map((ad) => ad.creative_id);
    return shownOf(row, creatives, listsOf('include'), listsOf('exclude'));
  });
}

function shownOf(
  row: Selectable<AdGroupsTable>,
  creatives: string[],
  lists: string[],
  excluded: string[],
): Stored<AdGroup> {
  const { id: group, status, goal, bid_micros, max_bid_cpm_micros, bid_expiry_s, guaranteed } = row;
  if (status === 'archived') throw new Error('an archived ad group is not shown');
  const shown: AdGroup = {
    id: group,
    ...present('name', row.name),
    status,
    goal: { type: goal, bid_micros },
    max_bid_cpm_micros,
    bid_expiry_s,
    guaranteed,
    frequency_caps: row.frequency_caps,
    cap_unknown_users: row.cap_unknown_users,
    targeting: row.targeting,
    creatives,
    lists,
    lists_excluded: excluded,
  };
  return { version: row.version, account: row.account_id, shown };
}

export const adGroupResource: Resource<typeof adGroupBody, AdGroup> = {
  names: ['AdGroup', 'AdGroups'],
  noun: 'ad group',
  tag: 'ad groups',
  path: '/campaigns/{campaign}/ad-groups',
  parameter: 'ad_group',
  body: adGroupBody,
  shown: adGroupBody,
  who: {
    list: inCampaign('viewer'),
    read: inCampaign('viewer'),
    create: inCampaign('trader'),
    change: inCampaign('trader'),
  },
  changesBook: true,
  store,
  example: {
    path: { campaign: 'spring' },
    body: {
      id: 'shoes',
      goal: { type: 'cpm', bid_micros: 2_000_000 },
      max_bid_cpm_micros: 8_000_000,
      targeting: { countries: ['DEU'], device_types: [2, 4] },
      creatives: ['banner-300x250'],
    },
    patch: { goal: { bid_micros: 2_500_000 }, lists_excluded: ['unsafe'] },
  },
};

export const adGroups = crud(adGroupResource);
