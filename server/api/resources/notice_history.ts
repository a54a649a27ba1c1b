// What notices left behind, one by one: the sample of bids whose outcome is known, and, for operators, notices that
// could not be put under any campaign.

import { z } from 'zod';
import { isFailure } from '../errors.js';
import { operation } from '../operation.js';
import { cursorAt, isBehind, readPlace, type TimePlace } from '../page_place.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

const micros = z.int();
const time = z.iso.datetime();

const bid = z.strictObject({
  bid: z.string(),
  campaign: z.string(),
  ad_group: z.string(),
  creative: z.string(),
  exchange: z.string(),
  outcome: z.enum(['won', 'lost']),
  currency: z.string(),
  price_micros: micros.describe('Prices: micros CPM of `currency`'),
  clearing_micros: micros.nullable(),
  to_win_micros: micros.nullable(),
  loss_reason: z.int().nullable().describe('OpenRTB list Loss Reason Codes'),
  ctr: z.number(),
  cvr: z.number(),
  multiplier: z.number(),
  model_version: z.int(),
  arm: z.enum(['control', 'candidate']),
  bid_at: time,
  at: time,
});

export const listBids = operation({
  id: 'listBids',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/bids',
  tag: 'reports',
  summary: 'List the bids whose outcome is known, one in sixteen of them, the latest first',
  who: inAccount('viewer'),
  query: pageQuery.extend({ campaign: z.string().optional(), outcome: z.enum(['won', 'lost']).optional() }),
  response: pageOf(bid),
  example: { path: { account: 'acme' }, query: { outcome: 'lost' } },
  handle: async ({ db, path, query: { cursor, limit, campaign, outcome } }) => {
    const after = readPlace(cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('bid_history')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .$if(campaign !== undefined, (rest) => rest.where('campaign_id', '=', campaign as string))
      .$if(outcome !== undefined, (rest) => rest.where('outcome', '=', outcome as 'won'))
      .$if(after !== undefined, (rest) => rest.where(isBehind(after as TimePlace, ['at', 'bid_id'])))
      .orderBy('at', 'desc')
      .orderBy('bid_id', 'desc')
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map((row) => ({
      ...{ bid: row.bid_id, campaign: row.campaign_id, ad_group: row.ad_group_id, creative: row.creative_id },
      ...{ exchange: row.exchange_id, outcome: row.outcome, currency: row.currency, price_micros: row.price_micros },
      ...{ clearing_micros: row.clearing_micros, to_win_micros: row.to_win_micros, loss_reason: row.loss_reason },
      ...{ ctr: row.ctr, cvr: row.cvr, multiplier: row.multiplier, model_version: row.model_version },
      ...{ arm: row.arm === 0 ? 'control' : 'candidate', bid_at: timeText(row.bid_at), at: timeText(row.at) },
    }));
    const last = rows[limit - 1];
    return {
      body: { items, next_cursor: rows.length > limit && last ? cursorAt({ at: last.at, id: last.bid_id }) : null },
    };
  },
});

const doubtful = z.strictObject({
  id: z.string(),
  reason: z.string(),
  kind: z.string(),
  bid: z.string(),
  campaign_hash: z.string(),
  ad_hash: z.string(),
  charge_micros: micros,
  at: time,
  resolved_at: time.nullable(),
});

export const listDoubtfulNotices = operation({
  id: 'listDoubtfulNotices',
  kind: 'read',
  method: 'GET',
  path: '/doubtful-notices',
  tag: 'reports',
  summary: 'List notices that were booked and belong to no campaign of the database, the latest first',
  who: { kind: 'operator' },
  query: pageQuery.extend({ state: z.enum(['open', 'resolved', 'all']).default('open') }),
  response: pageOf(doubtful),
  handle: async ({ db, query: { cursor, limit, state } }) => {
    const after = readPlace(cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('doubtful_notices')
      .selectAll()
      .$if(state !== 'all', (rest) => rest.where('resolved_at', state === 'open' ? 'is' : 'is not', null))
      .$if(after !== undefined, (rest) => rest.where(isBehind(after as TimePlace, ['at', 'id'])))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const items = rows.slice(0, limit).map(({ id, reason, kind, bid_id, campaign_hash, ad_hash, ...row }) => ({
      ...{ id, reason, kind, bid: bid_id, campaign_hash, ad_hash, charge_micros: row.charge_micros },
      ...{ at: timeText(row.at), resolved_at: row.resolved_at && timeText(row.resolved_at) },
    }));
    const last = rows[limit - 1];
    return { body: { items, next_cursor: rows.length > limit && last ? cursorAt(last) : null } };
  },
});

export const resolveDoubtfulNotices = operation({
  id: 'resolveDoubtfulNotices',
  kind: 'change',
  method: 'POST',
  path: '/doubtful-notices/resolve',
  tag: 'reports',
  summary: 'Say that doubtful notices have been looked at',
  who: { kind: 'operator' },
  body: z.strictObject({ ids: z.array(z.string().max(64)).min(1).max(1000) }),
  response: z.strictObject({ resolved: z.int().describe('How many were open') }),
  example: { body: { ids: ['0.1'] } },
  handle: async ({ db, body: { ids }, nowMs, audit }) => {
    const rows = await db
      .updateTable('doubtful_notices')
      .set({ resolved_at: new Date(nowMs) })
      .where('id', 'in', ids)
      .where('resolved_at', 'is', null)
      .returning('id')
      .execute();
    for (const { id } of rows)
      await audit({ action: 'update', entity: 'doubtful notice', id, after: { resolved: true } });
    return { body: { resolved: rows.length } };
  },
});
