// Campaigns. An id is unique in the whole installation, as notices and budgets know a campaign by it alone.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { campaign as campaignInFile } from '../../../bidcore/campaign_file.js';
import { id } from '../../../bidcore/creative_file.js';
import { type Db, toJson } from '../../sql/database.js';
import type { CampaignsTable } from '../../sql/schema/campaigns.js';
import { notFound } from '../errors.js';
import { type Call, operation, type PathValues } from '../operation.js';
import { adGroupBody, adGroupResource } from './ad_groups.js';
import { createOne, crud, type Resource, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present, timeText } from './rows.js';
import { inBody, inCampaign } from './who.js';

const CAMPAIGNS_AT_ONCE_MAX = 1000;
const AD_GROUPS_MAX = 1000;

export const campaignBody = campaignInFile.omit({ ad_groups: true }).extend({
  account: id.describe('The account it belongs to, for good'),
  priority: z.int().min(1).max(100).default(1).describe('Weight in proportional allocation'),
  conversion_value_micros: z.int().min(0).max(1e15).default(0).describe('Worth of a conversion where nobody says'),
});
type Campaign = z.output<typeof campaignBody>;

const columnsOf = (value: Campaign) => ({
  name: value.name ?? null,
  status: value.status,
  budget_micros: value.budget_micros,
  daily_budget_micros: value.daily_budget_micros ?? null,
  pacing: value.pacing,
  frequency_caps: toJson(value.frequency_caps),
  starts_at: value.start ?? null,
  ends_at: value.end ?? null,
  priority: value.priority,
  conversion_value_micros: value.conversion_value_micros,
});

const store: Store<Campaign, Campaign> = {
  async list(db, _path, { after, limit, accounts }) {
    const rows = await db
      .selectFrom('campaigns')
      .selectAll()
      .where('status', '!=', 'archived')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .$if(accounts !== undefined, (query) => query.where('account_id', 'in', [...(accounts ?? []), '']))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(shownOf);
  },
  async get(db, path) {
    const row = await db
      .selectFrom('campaigns')
      .selectAll()
      .where('id', '=', parameter(path, 'campaign'))
      .where('status', '!=', 'archived')
      .executeTakeFirst();
    return row && shownOf(row);
  },
  async insert(db, _path, value) {
    await db
      .insertInto('campaigns')
      .values({ id: value.id, account_id: value.account, ...columnsOf(value) })
      .execute();
  },
  async update(db, path, value) {
    const where = parameter(path, 'campaign');
    await db
      .updateTable('campaigns')
      .set({ ...columnsOf(value), ...changedRow })
      .where('id', '=', where)
      .execute();
  },
  async remove(db, path) {
    const where = parameter(path, 'campaign');
    await db.deleteFrom('ad_group_lists').where('campaign_id', '=', where).execute();
    await db
      .updateTable('campaigns')
      .set({ status: 'archived', ...changedRow })
      .where('id', '=', where)
      .execute();
  },
};

function shownOf(row: Selectable<CampaignsTable>): Stored<Campaign> {
  const { id: campaign, account_id: account, status, pacing, frequency_caps, priority, version } = row;
  if (status === 'archived') throw new Error('an archived campaign is not shown');
  const shown: Campaign = {
    id: campaign,
    account,
    ...present('name', row.name),
    status,
    budget_micros: row.budget_micros,
    ...present('daily_budget_micros', row.daily_budget_micros),
    pacing,
    frequency_caps,
    ...present('start', row.starts_at && timeText(row.starts_at)),
    ...present('end', row.ends_at && timeText(row.ends_at)),
    priority,
    conversion_value_micros: row.conversion_value_micros,
  };
  return { version, account, shown };
}

const resource: Resource<typeof campaignBody, Campaign> = {
  names: ['Campaign', 'Campaigns'],
  noun: 'campaign',
  tag: 'campaigns',
  path: '/campaigns',
  parameter: 'campaign',
  body: campaignBody,
  shown: campaignBody,
  fixed: ['account'],
  who: {
    list: { kind: 'caller' },
    read: inCampaign('viewer'),
    create: inBody('trader'),
    change: inCampaign('trader'),
  },
  changesBook: true,
  store,
  example: {
    body: {
      id: 'spring',
      account: 'acme',
      name: 'Spring sale',
      budget_micros: 500_000_000,
      daily_budget_micros: 50_000_000,
    },
    patch: { daily_budget_micros: 60_000_000, name: null },
  },
};

export const campaigns = crud(resource);

const wholeCampaign = campaignBody.extend({ ad_groups: z.array(adGroupBody).max(AD_GROUPS_MAX).default([]) });
type WholeCampaign = z.output<typeof wholeCampaign>;

/** A campaign with its ad groups, which is one change or none. */
const createWhole = operation({
  id: 'createWholeCampaign',
  kind: 'change',
  method: 'POST',
  path: '/campaign/create',
  tag: 'campaigns',
  summary: 'Create a campaign together with its ad groups',
  who: inBody('trader'),
  body: wholeCampaign,
  response: wholeCampaign,
  status: 201,
  changesBook: true,
  example: { body: wholeExample('autumn') },
  handle: async (call) => ({ body: await insertWhole(call, call.body) }),
});

const readWhole = operation({
  id: 'getWholeCampaign',
  kind: 'read',
  method: 'GET',
  path: '/campaign/{campaign}',
  tag: 'campaigns',
  summary: 'Read a campaign together with its ad groups',
  who: inCampaign('viewer'),
  response: wholeCampaign,
  example: { path: { campaign: 'autumn' } },
  handle: async ({ db, path }) => {
    const campaign = await store.get(db, path);
    if (campaign === undefined) return notFound('campaign');
    const groups = await allAdGroups(db, path);
    return { body: { ...campaign.shown, ad_groups: groups }, version: campaign.version };
  },
});

/** All or none: one that does not fit refuses them all, with its place in the list. */
const importMany = operation({
  id: 'importCampaigns',
  kind: 'change',
  method: 'POST',
  path: '/campaigns/import',
  tag: 'campaigns',
  summary: `Create up to ${CAMPAIGNS_AT_ONCE_MAX} campaigns of one account with their ad groups: all, or none`,
  who: inBody('trader'),
  bulk: true,
  body: z.strictObject({
    account: id,
    campaigns: z
      .array(wholeCampaign.omit({ account: true }))
      .min(1)
      .max(CAMPAIGNS_AT_ONCE_MAX),
  }),
  response: z.strictObject({ created: z.array(id) }),
  status: 201,
  changesBook: true,
  example: { body: importExample() },
  handle: async (call) => {
    const { account, campaigns: given } = call.body;
    for (const one of given) await insertWhole(call, { ...one, account });
    return { body: { created: given.map((one) => one.id) } };
  },
});

export const campaignOperations = [createWhole, importMany, readWhole];

async function insertWhole(
  call: Pick<Call, 'db' | 'audit'>,
  { ad_groups: groups, ...campaign }: WholeCampaign,
): Promise<WholeCampaign> {
  const path = { campaign: campaign.id };
  const { body } = await createOne(resource, call, path, campaign);
  for (const group of groups) await createOne(adGroupResource, call, { ...path, ad_group: group.id }, group);
  return { ...body, ad_groups: groups };
}

async function allAdGroups(db: Db, path: PathValues): Promise<WholeCampaign['ad_groups']> {
  const page = { after: undefined, limit: AD_GROUPS_MAX, accounts: undefined };
  return (await adGroupResource.store.list(db, path, page)).map(({ shown }) => shown);
}

function wholeExample(campaign: string): object {
  return {
    id: campaign,
    account: 'acme',
    budget_micros: 500_000_000,
    ad_groups: [
      {
        id: 'shoes',
        goal: { type: 'cpm', bid_micros: 2_000_000 },
        max_bid_cpm_micros: 8_000_000,
        targeting: { countries: ['DEU'] },
        creatives: ['banner-300x250'],
      },
    ],
  };
}

function importExample(): object {
  const { account: _, ...campaign } = wholeExample('winter') as { account: string };
  return { account: 'acme', campaigns: [campaign] };
}
