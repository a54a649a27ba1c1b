// Anomalies of an account: those that were found, what somebody has said of them, and looking for them now.

import { sql } from 'kysely';
import { z } from 'zod';
import { findAnomalies, keepAnomalies, lastHour } from '../../sql/outlook/anomalies.js';
import { isFailure } from '../errors.js';
import { operation } from '../operation.js';
import { cursorAt, isBehind, readPlace, type TimePlace } from '../page_place.js';
import { pageOf, pageQuery } from './crud.js';
import { parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

const STATES = ['open', 'acknowledged', 'resolved'] as const;
const SEVERITIES = ['info', 'warning', 'critical'] as const;

const anomaly = z.strictObject({
  id: z.string(),
  campaign: z.string().nullable(),
  metric: z.string(),
  severity: z.enum(SEVERITIES),
  observed: z.number().nullable(),
  expected: z.number().nullable(),
  score: z.number().nullable().describe('-log10 of the p-value, adjusted for all that was looked at'),
  detail: z.record(z.string(), z.unknown()),
  status: z.enum(STATES),
  hour: z.iso.datetime().describe('When the hour begins'),
});

export const listAnomalies = operation({
  id: 'listAnomalies',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/anomalies',
  tag: 'anomalies',
  summary: 'List what was out of the ordinary, the latest first',
  who: inAccount('viewer'),
  query: pageQuery.extend({
    status: z.enum(STATES).optional(),
    severity: z.enum(SEVERITIES).optional(),
    campaign: z.string().optional(),
    metric: z.string().optional(),
  }),
  response: pageOf(anomaly),
  example: { path: { account: 'acme' }, query: { status: 'open' } },
  handle: async ({ db, path, query: { cursor, limit, status, severity, campaign, metric } }) => {
    const after = readPlace(cursor);
    if (isFailure(after)) return after;
    const rows = await db
      .selectFrom('anomalies')
      .selectAll()
      .where('account_id', '=', parameter(path, 'account'))
      .$if(status !== undefined, (rest) => rest.where('status', '=', status as 'open'))
      .$if(severity !== undefined, (rest) => rest.where('severity', '=', severity as 'info'))
      .$if(campaign !== undefined, (rest) => rest.where('campaign_id', '=', campaign as string))
      .$if(metric !== undefined, (rest) => rest.where('metric', '=', metric as string))
      .$if(after !== undefined, (rest) => rest.where(isBehind(after as TimePlace, ['bucket', 'id'])))
      .orderBy('bucket', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const items = rows
      .slice(0, limit)
      .map(({ id, campaign_id, observed, expected, score, detail, bucket, ...row }) => ({
        ...{ id, campaign: campaign_id, metric: row.metric, severity: row.severity, observed, expected, score, detail },
        ...{ status: row.status, hour: timeText(bucket) },
      }));
    const last = rows[limit - 1];
    const next_cursor = rows.length > limit && last ? cursorAt({ at: last.bucket, id: last.id }) : null;
    return { body: { items, next_cursor } };
  },
});

/** What somebody says of anomalies, and from which states they come to it. */
const SAID = {
  acknowledge: { to: 'acknowledged', from: ['open'], summary: 'Say that somebody looks into anomalies' },
  resolve: { to: 'resolved', from: ['open', 'acknowledged'], summary: 'Say that anomalies are dealt with' },
} as const;

function saying(verb: keyof typeof SAID) {
  const { to, from, summary } = SAID[verb];
  return operation({
    id: `${verb}Anomalies`,
    kind: 'change',
    method: 'POST',
    path: `/accounts/{account}/anomalies/${verb}`,
    tag: 'anomalies',
    summary,
    who: inAccount('trader'),
    body: z.strictObject({ ids: z.array(z.string().max(64)).min(1).max(1000) }),
    response: z.strictObject({ changed: z.int().describe('How many were not so before') }),
    example: { path: { account: 'acme' }, body: { ids: ['0190a0b0-0000-7000-8000-000000000000'] } },
    handle: async ({ db, path, body: { ids }, audit }) => {
      const account = parameter(path, 'account');
      const rows = await db
        .updateTable('anomalies')
        .set({ status: to, version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
        .where('account_id', '=', account)
        .where('id', 'in', ids)
        .where('status', 'in', [...from])
        .returning('id')
        .execute();
      for (const { id } of rows)
        await audit({ account, action: 'update', entity: 'anomaly', id, after: { status: to } });
      return { body: { changed: rows.length } };
    },
  });
}

export const acknowledgeAnomalies = saying('acknowledge');
export const resolveAnomalies = saying('resolve');

export const findAnomaliesNow = operation({
  id: 'findAnomalies',
  kind: 'change',
  method: 'POST',
  path: '/accounts/{account}/anomalies/find',
  tag: 'anomalies',
  summary: 'Look for anomalies in the last whole hour; a job does so every hour',
  who: inAccount('trader'),
  response: z.strictObject({ hour: z.iso.datetime(), found: z.int(), known: z.int() }),
  example: { path: { account: 'acme' } },
  handle: async ({ db, path, nowMs }) => {
    const account = parameter(path, 'account');
    const hourMs = lastHour(nowMs, 0);
    const anomalies = await findAnomalies(db, account, hourMs);
    const found = await keepAnomalies(db, account, anomalies);
    return { body: { hour: timeText(new Date(hourMs)), found, known: anomalies.length - found } };
  },
});
