// Webhooks of an account: where alerts are sent, signed. A secret is told in the answer that makes it and never again.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { httpUrl, id } from '../../../bidcore/creative_file.js';
import { type Db, toJson } from '../../sql/database.js';
import { newId } from '../../sql/ids.js';
import type { WebhooksTable } from '../../sql/schema/control.js';
import { makeSecret } from '../../webhooks/signature.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { isFailure, notFound } from '../errors.js';
import { type Operation, operation, type PathValues } from '../operation.js';
import { type Crud, createOne, crud, pageOf, pageQuery, type Resource, type Store, type Stored } from './crud.js';
import { changedRow, parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

/** How long the secret of before signs as well after a rotation, at most. */
const GRACE_S_MAX = 7 * 86_400;
const GRACE_S = 86_400;

const webhookBody = z.strictObject({
  id,
  url: httpUrl.describe('Where to; this machine and private networks only with GAVEL_WEBHOOKS_PRIVATE'),
  events: z.array(z.string().min(1).max(64)).max(50).default([]).describe('Kinds of alerts; none: all'),
  status: z.enum(['active', 'paused']).default('active'),
});
type Webhook = z.output<typeof webhookBody>;
const webhookTold = webhookBody.extend({ secret: z.string().optional().describe('Told once') });

const tag = 'webhooks';
const path = '/accounts/{account}/webhooks';
const one = `${path}/{webhook}`;
const example = { account: 'acme', webhook: 'traders' };

const columnsOf = ({ url, events, status }: Webhook) => ({ url, events: toJson(events), status });

const store: Store<Webhook, Webhook> = {
  async list(db, at, { after, limit }) {
    const rows = await db
      .selectFrom('webhooks')
      .selectAll()
      .where('account_id', '=', parameter(at, 'account'))
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(shownOf);
  },
  async get(db, at) {
    const row = await rowOf(db, at);
    return row && shownOf(row);
  },
  async insert(db, at, value) {
    const key = { account_id: parameter(at, 'account'), id: value.id, secret: makeSecret() };
    await db
      .insertInto('webhooks')
      .values({ ...key, ...columnsOf(value) })
      .execute();
  },
  async update(db, at, value) {
    await db
      .updateTable('webhooks')
      .set({ ...columnsOf(value), ...changedRow })
      .where('account_id', '=', parameter(at, 'account'))
      .where('id', '=', value.id)
      .execute();
  },
  async remove(db, at) {
    await db
      .deleteFrom('webhooks')
      .where('account_id', '=', parameter(at, 'account'))
      .where('id', '=', parameter(at, 'webhook'))
      .execute();
  },
};

function rowOf(db: Db, at: PathValues): Promise<Selectable<WebhooksTable> | undefined> {
  return db
    .selectFrom('webhooks')
    .selectAll()
    .where('account_id', '=', parameter(at, 'account'))
    .where('id', '=', parameter(at, 'webhook'))
    .executeTakeFirst();
}

function shownOf(row: Selectable<WebhooksTable>): Stored<Webhook> {
  const { id: webhook, account_id: account, url, events, status, version } = row;
  return { version, account, shown: { id: webhook, url, events: [...events], status } };
}

const resource: Resource<typeof webhookBody, Webhook> = {
  names: ['Webhook', 'Webhooks'],
  noun: 'webhook',
  tag,
  path,
  parameter: 'webhook',
  body: webhookBody,
  shown: webhookBody,
  who: {
    list: inAccount('viewer'),
    read: inAccount('viewer'),
    create: inAccount('trader'),
    change: inAccount('trader'),
  },
  changesBook: false,
  store,
  example: {
    path: { account: 'acme' },
    body: { id: 'traders', url: 'https://hooks.acme.example/gavel', events: ['rule_executed', 'anomaly'] },
    patch: { events: [] },
  },
};

const create = operation({
  id: 'createWebhook',
  kind: 'change',
  method: 'POST',
  path,
  tag,
  summary: 'Create a webhook; the answer tells its secret, once',
  who: inAccount('trader'),
  body: webhookBody,
  response: webhookTold,
  status: 201,
  example: { path: { account: 'acme' }, body: resource.example.body },
  handle: async (call) => {
    const at = { ...call.path, webhook: call.body.id };
    const made = await createOne(resource, call, at, call.body);
    const row = await rowOf(call.db, at);
    return { ...made, once: { secret: row?.secret } };
  },
});

export const webhooks: Crud = { ...crud(resource), create };

const rotate = operation({
  id: 'rotateWebhookSecret',
  kind: 'change',
  method: 'POST',
  path: `${one}/rotate`,
  tag,
  summary: 'Give a webhook a new secret; for a while the one before signs as well',
  who: inAccount('trader'),
  body: z.strictObject({
    grace_s: z.int().min(0).max(GRACE_S_MAX).default(GRACE_S).describe('Seconds that both sign'),
  }),
  response: webhookTold,
  example: { path: example, body: { grace_s: 3600 } },
  handle: async ({ db, path: at, body, audit, nowMs }) => {
    const before = await rowOf(db, at);
    if (before === undefined) return notFound('webhook');
    const secret = makeSecret();
    const until = new Date(nowMs + body.grace_s * 1000);
    await db
      .updateTable('webhooks')
      .set({ secret, secret_before: before.secret, secret_before_until: until, ...changedRow })
      .where('account_id', '=', before.account_id)
      .where('id', '=', before.id)
      .execute();
    const { shown, account } = shownOf(before);
    await audit({ account, action: 'rotate', entity: 'webhook', id: before.id, before: shown, after: shown });
    return { body: shown, once: { secret }, version: before.version + 1 };
  },
});

const test = operation({
  id: 'testWebhook',
  kind: 'change',
  method: 'POST',
  path: `${one}/test`,
  tag,
  summary: 'Send a webhook something to see that it comes; look among its deliveries for what became of it',
  who: inAccount('trader'),
  response: z.strictObject({ delivery: z.string() }),
  status: 201,
  example: { path: example },
  handle: async ({ db, path: at, nowMs }) => {
    const webhook = await rowOf(db, at);
    if (webhook === undefined) return notFound('webhook');
    const delivery = newId(nowMs);
    const payload = { type: 'test', timestamp: new Date(nowMs).toISOString(), data: { webhook: webhook.id } };
    await db
      .insertInto('webhook_deliveries')
      .values({
        id: delivery,
        account_id: webhook.account_id,
        webhook_id: webhook.id,
        event: 'test',
        payload: toJson(payload),
        next_attempt_at: new Date(nowMs),
      })
      .execute();
    return { body: { delivery } };
  },
});

const STATUSES = ['waiting', 'delivered', 'failed'] as const;
const delivery = z.strictObject({
  id: z.string().describe('The webhook-id that it is sent with'),
  event: z.string(),
  status: z.enum(STATUSES),
  attempts: z.int().min(0),
  created_at: z.iso.datetime(),
  next_attempt_at: z.iso.datetime().nullable(),
  delivered_at: z.iso.datetime().nullable(),
  last_status: z.int().nullable().describe('HTTP status of the last answer'),
  last_problem: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
});

const deliveries = operation({
  id: 'listWebhookDeliveries',
  kind: 'read',
  method: 'GET',
  path: `${one}/deliveries`,
  tag,
  summary: 'What a webhook was sent in the last 30 days, the latest first',
  who: inAccount('viewer'),
  query: pageQuery.extend({ status: z.enum(STATUSES).optional() }),
  response: pageOf(delivery),
  example: { path: example, query: { limit: '20' } },
  handle: async ({ db, path: at, query }) => {
    const after = readCursor(query.cursor);
    if (isFailure(after)) return after;
    if ((await rowOf(db, at)) === undefined) return notFound('webhook');
    const { status, limit } = query;
    const rows = await db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('account_id', '=', parameter(at, 'account'))
      .where('webhook_id', '=', parameter(at, 'webhook'))
      .$if(status !== undefined, (rest) => rest.where('status', '=', status ?? 'waiting'))
      .$if(after !== undefined, (rest) => rest.where('id', '<', after ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const time = (when: Date | null): string | null => when && timeText(when);
    const items = rows.slice(0, limit).map(({ account_id: _, webhook_id: __, ...row }) => ({
      ...row,
      created_at: timeText(row.created_at),
      next_attempt_at: time(row.next_attempt_at),
      delivered_at: time(row.delivered_at),
    }));
    const last = items.at(-1);
    return { body: { items, next_cursor: rows.length > limit && last ? cursorAfter(last.id) : null } };
  },
});

const redeliver = operation({
  id: 'redeliverWebhook',
  kind: 'change',
  method: 'POST',
  path: `${one}/redeliver`,
  tag,
  summary: 'Send again what was given up, from a time on',
  who: inAccount('trader'),
  body: z.strictObject({ since: z.iso.datetime() }),
  response: z.strictObject({ deliveries: z.int().min(0) }),
  example: { path: example, body: { since: '2026-01-01T00:00:00Z' } },
  handle: async ({ db, path: at, body, nowMs }) => {
    if ((await rowOf(db, at)) === undefined) return notFound('webhook');
    const { numUpdatedRows } = await db
      .updateTable('webhook_deliveries')
      .set({ status: 'waiting', attempts: 0, next_attempt_at: new Date(nowMs) })
      .where('account_id', '=', parameter(at, 'account'))
      .where('webhook_id', '=', parameter(at, 'webhook'))
      .where('status', '=', 'failed')
      .where('created_at', '>=', new Date(body.since))
      .executeTakeFirstOrThrow();
    return { body: { deliveries: Number(numUpdatedRows) } };
  },
});

export const webhookOperations: readonly Operation[] = [rotate, test, deliveries, redeliver];
