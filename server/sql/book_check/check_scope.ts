// What of the book has to be looked at again after some changes. Ids and references are the database's business, which
// holds them by keys; what is left to find out is whether each campaign that was touched can still be compiled, and
// whether all of them together still fit.

import type { Change } from '../change.js';
import type { Db } from '../database.js';

/** Beyond it, a part is no less work than the whole. */
const TOUCHED_MAX = 500;

/** What was touched, and has to be read and compiled again. */
export interface Touched {
  readonly campaigns: ReadonlySet<string>;
  /** Creatives by `ACCOUNT CREATIVE`: they may be shown by no campaign. */
  readonly creatives: ReadonlySet<string>;
}

export async function checkScope(db: Db, changes: readonly Change[]): Promise<Touched | 'all'> {
  const touched = new Set<string>();
  const creatives = new Set<string>();
  for (const change of changes) {
    const campaigns = await touchedBy(db, change);
    if (campaigns === 'all') return 'all';
    for (const campaign of campaigns) touched.add(campaign);
    if (change.entity === 'creative') creatives.add(`${change.account} ${change.id}`);
    if (touched.size + creatives.size > TOUCHED_MAX) return 'all';
  }
  // Audiences are in every part, and the campaigns that they are made of have to be there with them.
  for (const campaign of await inAudiences(db)) touched.add(campaign);
  return touched.size + creatives.size > TOUCHED_MAX ? 'all' : { campaigns: touched, creatives };
}

async function touchedBy(db: Db, change: Change): Promise<ReadonlySet<string> | 'all'> {
  const { account, action, entity, id } = change;
  const campaign = change.campaign ?? (entity === 'campaign' ? id : undefined);
  if (campaign !== undefined) {
    // An audience goes with its last campaign, and ad groups may name it.
    const ends = entity === 'campaign' && action === 'delete';
    return ends && (await inAudiences(db)).size > 0 ? 'all' : new Set([campaign]);
  }
  if (account === undefined) return 'all';
  if (entity === 'creative') {
    const rows = await db
      .selectFrom('ad_group_creatives')
      .select('campaign_id')
      .distinct()
      .where('account_id', '=', account)
      .where('creative_id', '=', id)
      .execute();
    return new Set(rows.map((row) => row.campaign_id));
  }
  if (entity === 'list') {
    const rows = await db
      .selectFrom('ad_group_lists')
      .select('campaign_id')
      .distinct()
      .where('account_id', '=', account)
      .where('list_id', '=', id)
      .execute();
    return new Set(rows.map((row) => row.campaign_id));
  }
  // The heads of all accounts are in every part: seats, policies, how many there are.
  return entity === 'account' && action !== 'delete' ? new Set() : 'all';
}

async function inAudiences(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('segment_campaigns as s')
    .innerJoin('segments as g', (join) =>
      join.onRef('g.account_id', '=', 's.account_id').onRef('g.id', '=', 's.segment_id'),
    )
    .where('g.kind', '=', 'audience')
    .where('g.status', '=', 'active')
    .select('s.campaign_id')
    .execute();
  return new Set(rows.map((row) => row.campaign_id));
}
