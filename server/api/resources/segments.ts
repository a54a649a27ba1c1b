// Segments of an account: audiences, which are users by what they did before, and names for ids that exchanges send.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import type { Db } from '../../sql/database.js';
import type { SegmentsTable } from '../../sql/schema/campaigns.js';
import { crud, type Store, type Stored } from './crud.js';
import { changedRow, parameter, present } from './rows.js';
import { inAccount } from './who.js';

const texts = { id, name: z.string().max(256).optional(), description: z.string().max(2000).optional() };
const segmentBody = z.discriminatedUnion('kind', [
  z.strictObject({ ...texts, kind: z.literal('external') }),
  z.strictObject({
    ...texts,
    kind: z.literal('audience'),
    event: z.enum(['imp', 'click', 'conv']).describe('What users did'),
    days: z.int().min(1).max(365).describe('For how long they are in it'),
    campaigns: z.array(id).min(1).max(1000),
  }),
]);
type Segment = z.output<typeof segmentBody>;

const store: Store<Segment, Segment> = {
  async list(db, path, { after, limit }) {
    const rows = await db
      .selectFrom('segments')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('status', '=', 'active')
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return withCampaigns(db, rows);
  },
  async get(db, path) {
    const rows = await db
      .selectFrom('segments')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'segment'))
      .where('status', '=', 'active')
      .execute();
    return (await withCampaigns(db, rows))[0];
  },
  async insert(db, path, value) {
    const account_id = parameter(path, 'account');
    const { id: segment, kind } = value;
    await db
      .insertInto('segments')
      .values({ account_id, id: segment, kind, ...columnsOf(value) })
      .execute();
    await insertCampaigns(db, account_id, value);
  },
  async update(db, path, value) {
    const account_id = parameter(path, 'account');
    await db
      .updateTable('segments')
      .set({ ...columnsOf(value), ...changedRow })
      .where('account_id', '=', account_id)
      .where('id', '=', value.id)
      .execute();
    await db
      .deleteFrom('segment_campaigns')
      .where('account_id', '=', account_id)
      .where('segment_id', '=', value.id)
      .execute();
    await insertCampaigns(db, account_id, value);
  },
  async remove(db, path) {
    await db
      .updateTable('segments')
      .set({ status: 'archived', ...changedRow })
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'segment'))
      .execute();
  },
};

function columnsOf(value: Segment) {
  const { name = null, description = null } = value;
  const { event, days } = value.kind === 'audience' ? value : { event: null, days: null };
  return { name, description, event, days };
}

async function insertCampaigns(db: Db, account_id: string, value: Segment): Promise<void> {
  if (value.kind !== 'audience') return;
  const key = { account_id, segment_id: value.id };
  const rows = value.campaigns.map((campaign_id, position) => ({ ...key, campaign_id, position }));
  await db.insertInto('segment_campaigns').values(rows).execute();
}

async function withCampaigns(db: Db, rows: readonly Selectable<SegmentsTable>[]): Promise<Stored<Segment>[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const campaigns = await db
    .selectFrom('segment_campaigns')
    .select(['segment_id', 'campaign_id'])
    .where('account_id', '=', first.account_id)
    .where(
      'segment_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('position')
    .execute();
  return rows.map((row) => {
    const own = campaigns.filter((one) => one.segment_id === row.id).map((one) => one.campaign_id);
    const { version, account_id: account } = row;
    return { version, account, shown: shownOf(row, own) };
  });
}

function shownOf({ id: segment, event, days, ...row }: Selectable<SegmentsTable>, campaigns: string[]): Segment {
  const shown = { id: segment, ...present('name', row.name), ...present('description', row.description) };
  if (event === null || days === null) return { ...shown, kind: 'external' };
  return { ...shown, kind: 'audience', event, days, campaigns };
}

export const segments = crud({
  names: ['Segment', 'Segments'],
  noun: 'segment',
  tag: 'segments',
  path: '/accounts/{account}/segments',
  parameter: 'segment',
  body: segmentBody,
  shown: segmentBody,
  fixed: ['kind'],
  who: {
    list: inAccount('viewer'),
    read: inAccount('viewer'),
    create: inAccount('trader'),
    change: inAccount('trader'),
  },
  changesBook: true,
  store,
  example: {
    path: { account: 'acme' },
    body: { id: 'clicked', kind: 'audience', event: 'click', days: 30, campaigns: ['spring'] },
    patch: { days: 14 },
  },
});
