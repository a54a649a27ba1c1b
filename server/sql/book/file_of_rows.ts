// The campaign file of rows: what the bidders' book is made from, and what export writes. Archived rows are not in it;
// an ad group's domain lists are, as the domains that are in them.

import type { Selectable } from 'kysely';
import {
  type Account,
  type AdGroup,
  type Campaign,
  type CampaignFile,
  type CampaignFileError,
  parseCampaignFile,
} from '../../../bidcore/campaign_file.js';
import type { Touched } from '../book_check/check_scope.js';
import type { Db } from '../database.js';
import { notFound, type RowError } from '../errors.js';
import type { Schema } from '../schema/index.js';

type Row<T extends keyof Schema> = Selectable<Schema[T]>;
/** No id is empty; a list of ids must not be. */
const NO_CAMPAIGN = '';

/**
 * The campaign file of the database, as of one moment.
 * @returns the file; `not_found` while there is neither settings nor account; or what a bidder would refuse of it
 */
export async function campaignFileOf(db: Db): Promise<CampaignFile | CampaignFileError | RowError> {
  const text = await campaignTextOf(db);
  return typeof text === 'string' ? parseCampaignFile(text) : text;
}

/**
 * The same as text, which nobody has checked.
 * @param part of campaigns and creatives, these and the creatives the campaigns show; absent: all there are
 */
export async function campaignTextOf(db: Db, part?: Touched): Promise<string | RowError> {
  // Within a transaction: as it will be once that is committed.
  const rows = db.isTransaction
    ? await readRows(db, part)
    : await db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute((tx) => readRows(tx, part));
  if (rows.settings === undefined || rows.accounts.length === 0) return notFound('campaigns in the database');
  return JSON.stringify(fileOf(rows, rows.settings));
}

/** Everything of the book tables that is not archived, in its order. */
async function readRows(tx: Db, part: Touched | undefined) {
  const only = part && [...part.campaigns, NO_CAMPAIGN];
  const settings = await tx.selectFrom('settings').selectAll().executeTakeFirst();
  const exchanges = await tx
    .selectFrom('exchanges')
    .selectAll()
    .where('status', '=', 'active')
    .orderBy('position')
    .execute();
  const seats = await tx
    .selectFrom('exchange_seats as s')
    .innerJoin('accounts as a', 'a.id', 's.account_id')
    .where('a.status', '=', 'active')
    .selectAll('s')
    .execute();
  const accounts = await tx
    .selectFrom('accounts')
    .selectAll()
    .where('status', '=', 'active')
    .orderBy('position')
    .execute();
  const creatives = await tx
    .selectFrom('creatives as c')
    .selectAll('c')
    .where('c.status', '=', 'active')
    .$if(only !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb(
            eb.refTuple('c.account_id', 'c.id'),
            'in',
            eb
              .selectFrom('ad_group_creatives as g')
              .select(['g.account_id', 'g.creative_id'])
              .where('g.campaign_id', 'in', only ?? [])
              .$asTuple('account_id', 'creative_id'),
          ),
          ...[...(part?.creatives ?? [])].map((key) => {
            const [account = '', creative = ''] = key.split(' ');
            return eb.and([eb('c.account_id', '=', account), eb('c.id', '=', creative)]);
          }),
        ]),
      ),
    )
    .orderBy('position')
    .execute();
  const campaigns = await tx
    .selectFrom('campaigns')
    .selectAll()
    .where('status', '!=', 'archived')
    .$if(only !== undefined, (query) => query.where('id', 'in', only ?? []))
    .orderBy('position')
    .execute();
  const groups = await tx
    .selectFrom('ad_groups')
    .selectAll()
    .where('status', '!=', 'archived')
    .$if(only !== undefined, (query) => query.where('campaign_id', 'in', only ?? []))
    .orderBy('position')
    .execute();
  const ads = await tx
    .selectFrom('ad_group_creatives as g')
    .innerJoin('creatives as c', (join) =>
      join.onRef('c.account_id', '=', 'g.account_id').onRef('c.id', '=', 'g.creative_id'),
    )
    .where('c.status', '=', 'active')
    .$if(only !== undefined, (query) => query.where('g.campaign_id', 'in', only ?? []))
    .selectAll('g')
    .orderBy('g.position')
    .execute();
  const domains = await tx
    .selectFrom('ad_group_lists as g')
    .innerJoin('list_entries as e', (join) =>
      join.onRef('e.account_id', '=', 'g.account_id').onRef('e.list_id', '=', 'g.list_id'),
    )
    .$if(only !== undefined, (query) => query.where('g.campaign_id', 'in', only ?? []))
    .select(['g.campaign_id', 'g.ad_group_id', 'g.mode', 'e.entry'])
    .orderBy('e.entry')
    .execute();
  const audiences = await tx
    .selectFrom('segments')
    .selectAll()
    .where('kind', '=', 'audience')
    .where('status', '=', 'active')
    .orderBy('position')
    .execute();
  const audienceCampaigns = await tx
    .selectFrom('segment_campaigns as s')
    .innerJoin('campaigns as c', 'c.id', 's.campaign_id')
    .where('c.status', '!=', 'archived')
    .selectAll('s')
    .orderBy('s.position')
    .execute();
  return {
    settings,
    exchanges,
    seats: grouped(seats, (seat) => seat.exchange_id),
    accounts,
    creatives: grouped(creatives, (creative) => creative.account_id),
    campaigns: grouped(campaigns, (campaign) => campaign.account_id),
    groups: grouped(groups, (group) => group.campaign_id),
    ads: grouped(ads, (ad) => pair(ad.campaign_id, ad.ad_group_id)),
    domains: grouped(domains, (domain) => pair(domain.campaign_id, domain.ad_group_id)),
    audiences: grouped(audiences, (audience) => audience.account_id),
    audienceCampaigns: grouped(audienceCampaigns, (row) => pair(row.account_id, row.segment_id)),
  };
}

type BookRows = Awaited<ReturnType<typeof readRows>>;

function fileOf(rows: BookRows, settings: Row<'settings'>): CampaignFile {
  return {
    ...(settings.schema_url === null ? {} : { $schema: settings.schema_url }),
    currency: settings.currency,
    rates: settings.rates,
    exchanges: rows.exchanges.map((exchange) => ({
      id: exchange.id,
      ...nameOf(exchange),
      ...exchange.profile,
      seats: Object.fromEntries((rows.seats.get(exchange.id) ?? []).map(({ account_id, seat }) => [account_id, seat])),
    })),
    privacy: settings.privacy,
    traffic: settings.traffic,
    category_parents: settings.category_parents,
    accounts: rows.accounts.map((account) => accountOf(rows, account)),
  };
}

function accountOf(rows: BookRows, account: Row<'accounts'>): Account {
  const { id, seat, time_zone, policy } = account;
  const audiences = (rows.audiences.get(id) ?? []).flatMap((audience) => {
    const campaigns = (rows.audienceCampaigns.get(pair(id, audience.id)) ?? []).map((row) => row.campaign_id);
    const { event, days } = audience;
    return event === null || days === null || campaigns.length === 0
      ? []
      : [{ id: audience.id, event, campaigns, days }];
  });
  return {
    id,
    ...nameOf(account),
    seat,
    time_zone,
    policy,
    audiences,
    // The columns and the document are what the schema took apart; `parseCampaignFile` checks that they still are.
    creatives: (rows.creatives.get(id) ?? []).map(
      (creative) =>
        ({
          id: creative.id,
          ...nameOf(creative),
          type: creative.format,
          ...creative.content,
        }) as Account['creatives'][number],
    ),
    campaigns: (rows.campaigns.get(id) ?? []).map((campaign) => campaignOf(rows, campaign)),
  };
}

function campaignOf(rows: BookRows, campaign: Row<'campaigns'>): Campaign {
  const { id, status, budget_micros, daily_budget_micros, pacing, frequency_caps, starts_at, ends_at } = campaign;
  return {
    id,
    ...nameOf(campaign),
    status: status === 'paused' ? 'paused' : 'active',
    budget_micros,
    ...(daily_budget_micros === null ? {} : { daily_budget_micros }),
    pacing,
    frequency_caps,
    ...(starts_at === null ? {} : { start: timeText(starts_at) }),
    ...(ends_at === null ? {} : { end: timeText(ends_at) }),
    ad_groups: (rows.groups.get(id) ?? []).flatMap((group) => adGroupOf(rows, group)),
  };
}

/** None, if all its creatives are archived: there is nothing it could show. */
function adGroupOf(rows: BookRows, group: Row<'ad_groups'>): AdGroup[] {
  const key = pair(group.campaign_id, group.id);
  const creatives = (rows.ads.get(key) ?? []).map((ad) => ad.creative_id);
  if (creatives.length === 0) return [];
  const domains = rows.domains.get(key) ?? [];
  return [
    {
      id: group.id,
      ...nameOf(group),
      status: group.status === 'paused' ? 'paused' : 'active',
      goal: { type: group.goal, bid_micros: group.bid_micros },
      max_bid_cpm_micros: group.max_bid_cpm_micros,
      bid_expiry_s: group.bid_expiry_s,
      guaranteed: group.guaranteed,
      frequency_caps: group.frequency_caps,
      cap_unknown_users: group.cap_unknown_users,
      targeting: {
        ...group.targeting,
        ...listed('domains', group.targeting.domains, domains, 'include'),
        ...listed('domains_excluded', group.targeting.domains_excluded, domains, 'exclude'),
      },
      creatives,
    },
  ];
}

/** A list of the targeting, with what its domain lists add. */
function listed(
  key: 'domains' | 'domains_excluded',
  own: readonly string[] = [],
  domains: readonly { readonly mode: string; readonly entry: string }[],
  wanted: 'include' | 'exclude',
): { [key: string]: string[] } {
  const added = domains.filter(({ mode }) => mode === wanted).map(({ entry }) => entry);
  return added.length === 0 ? {} : { [key]: [...new Set([...own, ...added])] };
}

function nameOf({ name }: { readonly name: string | null }): { name?: string } {
  return name === null ? {} : { name };
}

/** As people write it: without milliseconds where there are none. */
function timeText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

/** No id has a space. */
function pair(first: string, second: string): string {
  return `${first} ${second}`;
}

function grouped<R>(rows: readonly R[], key: (row: R) => string): ReadonlyMap<string, readonly R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}
