// Conversions of an account: those that notices told, and those that it brings itself, such as sales in a shop. Brought
// ones count once by their id, however often they are sent, and are in the sums when the call is answered.

import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import type { Db, Tx } from '../../sql/database.js';
import type { NewRow } from '../../sql/repositories/rows.js';
import { AdDirectory, type AdName, type Place, UNKNOWN } from '../../sql/rollups/directory.js';
import { Sums } from '../../sql/rollups/sums.js';
import { writeSums } from '../../sql/rollups/write_sums.js';
import { type Failure, fail, isFailure, notFound } from '../errors.js';
import { operation } from '../operation.js';
import { cursorAt, isBehind, readPlace, type TimePlace } from '../page_place.js';
import { givenTime } from '../times.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

const AT_ONCE_MAX = 1000;
const PROBLEMS_SHOWN = 20;
/** How far clocks may be off. */
const FUTURE_MS_MAX = 300_000;
const NOTICE = 'notice:';

const brought = z.strictObject({
  id: id.refine((text) => !text.startsWith(NOTICE), `does not begin with ${NOTICE}`).describe('Counts once'),
  campaign: id,
  ad_group: id.optional(),
  creative: id.optional().describe('With the ad group: the ad it is counted for'),
  bid: z
    .string()
    .regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits')
    .optional()
    .describe('The bid it came of, if known'),
  value_micros: z.int().min(0).max(1e15).optional().describe('Without it what a conversion of the campaign is worth'),
  at: givenTime,
});
type Brought = z.output<typeof brought>;

const conversion = z.strictObject({
  id: z.string(),
  campaign: z.string(),
  ad_group: z.string().nullable(),
  creative: z.string().nullable(),
  bid: z.string().nullable(),
  source: z.enum(['notice', 'api']),
  value_micros: z.int(),
  at: z.iso.datetime(),
});

export const addConversions = operation({
  id: 'addConversions',
  kind: 'change',
  method: 'POST',
  path: '/accounts/{account}/conversions',
  tag: 'conversions',
  summary: 'Bring up to 1,000 conversions: all are counted, or none; those whose ids are known are left out',
  who: inAccount('trader'),
  bulk: true,
  body: z.strictObject({ conversions: z.array(brought).min(1).max(AT_ONCE_MAX) }),
  response: z.strictObject({ counted: z.int(), known: z.int() }),
  example: {
    path: { account: 'acme' },
    body: {
      conversions: [{ id: 'order-1001', campaign: 'spring', value_micros: 59_900_000, at: '2026-01-31T12:00:00Z' }],
    },
  },
  handle: async ({ db, path, body: { conversions }, nowMs, audit }) => {
    const account = parameter(path, 'account');
    const ads = await adsOf(db, account, conversions, nowMs);
    if (isFailure(ads)) return ads;
    const rows = conversions.map((one, i) => rowOf(account, one, ads[i] as AdName));
    const fresh = await insert(db, rows);
    const places = await placesOf(db, rows);
    const sums = new Sums(new AdDirectory([], [], []), 1);
    const counted = fresh.size;
    rows.forEach((row, i) => {
      if (!fresh.delete(row.id)) return; // known, or twice in this call
      const place = places.get(row.bid_id ?? '') ?? NOWHERE;
      sums.addConversion(ads[i] as AdName, place, row.at.getTime(), row.value_micros);
    });
    await writeSums(db as Tx, sums);
    const of = { account, entity: 'conversions', id: account } as const;
    if (counted > 0) await audit({ ...of, action: 'import', after: { counted } });
    return { body: { counted, known: rows.length - counted } };
  },
});

export const listConversions = operation({
  id: 'listConversions',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/conversions',
  tag: 'conversions',
  summary: 'List conversions, the latest first',
  who: inAccount('viewer'),
  query: pageQuery.extend({ campaign: z.string().optional(), source: z.enum(['notice', 'api']).optional() }),
  response: pageOf(conversion),
  example: { path: { account: 'acme' }, query: { source: 'api' } },
  handle: async ({ db, path, query: { cursor, limit, campaign, source } }) => {
    const after = readPlace(cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('conversions')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .$if(campaign !== undefined, (rest) => rest.where('campaign_id', '=', campaign as string))
      .$if(source !== undefined, (rest) => rest.where('source', '=', source as 'api'))
      .$if(after !== undefined, (rest) => rest.where(isBehind(after as TimePlace, ['at', 'id'])))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const last = rows[limit - 1];
    const next_cursor = rows.length > limit && last !== undefined ? cursorAt(last) : null;
    return { body: { items: rows.slice(0, limit).map(shown), next_cursor } };
  },
});

export const getConversion = operation({
  id: 'getConversion',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/conversions/{conversion}',
  tag: 'conversions',
  summary: 'Read a conversion',
  who: inAccount('viewer'),
  response: conversion,
  example: { path: { account: 'acme', conversion: 'order-1001' } },
  handle: async ({ db, path }) => {
    const row = await db
      .selectFrom('conversions')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .where('id', '=', parameter(path, 'conversion'))
      .executeTakeFirst();
    return row === undefined ? notFound('conversion') : { body: shown(row) };
  },
});

const NOWHERE: Place = { exchange: UNKNOWN, geo: UNKNOWN, device: UNKNOWN };

/** What each is counted for, or why one of them cannot be. */
async function adsOf(
  db: Db,
  account: string,
  conversions: readonly Brought[],
  nowMs: number,
): Promise<readonly AdName[] | Failure> {
  const names = [...new Set(conversions.map(({ campaign }) => campaign))];
  const campaigns = await db
    .selectFrom('campaigns')
    .select(['id', 'conversion_value_micros'])
    .where('account_id', '=', account)
    .where('id', 'in', names)
    .execute();
  const ads = await db
    .selectFrom('ad_group_creatives')
    .select(['campaign_id', 'ad_group_id', 'creative_id'])
    .where('account_id', '=', account)
    .where('campaign_id', 'in', names)
    .execute();
  const worth = new Map(campaigns.map((campaign) => [campaign.id, campaign.conversion_value_micros]));
  const known = new Set(ads.map((ad) => `${ad.campaign_id}/${ad.ad_group_id}/${ad.creative_id}`));
  const problems = conversions.flatMap((one) => {
    const problem = problemOf(one, worth, known, nowMs);
    return problem === undefined ? [] : [`${one.id}: ${problem}`];
  });
  if (problems.length > 0) {
    return fail('invalid_reference', 'nothing was counted', { details: problems.slice(0, PROBLEMS_SHOWN) });
  }
  return conversions.map(({ campaign, ad_group, creative }) => ({
    account,
    campaign,
    adGroup: ad_group !== undefined && creative !== undefined ? ad_group : UNKNOWN,
    creative: ad_group !== undefined && creative !== undefined ? creative : UNKNOWN,
    conversionMicros: worth.get(campaign) ?? 0,
  }));
}

function problemOf(
  { campaign, ad_group, creative, at }: Brought,
  worth: ReadonlyMap<string, number>,
  ads: ReadonlySet<string>,
  nowMs: number,
): string | undefined {
  if (!worth.has(campaign)) return `no campaign ${campaign} in this account`;
  if ((ad_group === undefined) !== (creative === undefined)) return 'give both of ad_group and creative, or neither';
  if (ad_group !== undefined && !ads.has(`${campaign}/${ad_group}/${creative}`)) {
    return `no ad ${ad_group}/${creative} in campaign ${campaign}`;
  }
  return Date.parse(at) > nowMs + FUTURE_MS_MAX ? 'it lies in the future' : undefined;
}

type Row = NewRow<'conversions'> & { readonly value_micros: number; readonly at: Date };

function rowOf(account_id: string, one: Brought, ad: AdName): Row {
  return {
    account_id,
    id: one.id,
    campaign_id: one.campaign,
    ad_group_id: one.ad_group ?? null,
    creative_id: one.creative ?? null,
    bid_id: one.bid ?? null,
    source: 'api',
    value_micros: one.value_micros ?? ad.conversionMicros,
    at: new Date(one.at),
  };
}

/** Ids of those that were new. */
async function insert(db: Db, rows: readonly Row[]): Promise<Set<string>> {
  const inserted = await db
    .insertInto('conversions')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute();
  return new Set(inserted.map((row) => row.id));
}

/** Where the bids were that are in the sample; of others nobody knows. */
async function placesOf(db: Db, rows: readonly Row[]): Promise<ReadonlyMap<string, Place>> {
  const bids = rows.flatMap(({ bid_id }) => bid_id ?? []);
  if (bids.length === 0) return new Map();
  const found = await db
    .selectFrom('bid_history')
    .select(['bid_id', 'exchange_id'])
    .where('bid_id', 'in', bids)
    .execute();
  return new Map(found.map(({ bid_id, exchange_id }) => [bid_id, { ...NOWHERE, exchange: exchange_id }]));
}

type Stored = { readonly [K in 'id' | 'campaign_id']: string } & {
  readonly [K in 'ad_group_id' | 'creative_id' | 'bid_id']: string | null;
} & { readonly source: 'notice' | 'api'; readonly value_micros: number; readonly at: Date };

function shown({ id: name, campaign_id, ad_group_id, creative_id, bid_id, source, value_micros, at }: Stored) {
  return {
    ...{ id: name, campaign: campaign_id, ad_group: ad_group_id, creative: creative_id, bid: bid_id },
    ...{ source, value_micros, at: timeText(at) },
  };
}
