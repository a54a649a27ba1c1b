// The list of alerts: of an account, and of the whole installation for operators. Alerts are raised by jobs
// (server/alerts/); people read and acknowledge them.

import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { id } from '../../../bidcore/creative_file.js';
import type { Db } from '../../sql/database.js';
import type { AlertsTable } from '../../sql/schema/control.js';
import { cursorAfter, readCursor } from '../cursor.js';
import { type Failure, isFailure } from '../errors.js';
import { type Call, type Operation, operation, type Reply } from '../operation.js';
import { pageOf, pageQuery } from './crud.js';
import { changedRow, parameter, timeText } from './rows.js';
import { inAccount } from './who.js';

const ACKNOWLEDGED_AT_ONCE_MAX = 500;

const alert = z.strictObject({
  id: z.string(),
  account: z.string().nullable().describe('Null: of the installation'),
  kind: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  count: z.int().min(1).describe('How often it came while it went on'),
  at: z.iso.datetime(),
  last_at: z.iso.datetime(),
  acknowledged_at: z.iso.datetime().nullable(),
  acknowledged_by: z.string().nullable(),
});

const filters = pageQuery.extend({
  kind: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .optional(),
  severity: z.enum(['info', 'warning', 'critical']).optional(),
  acknowledged: z.enum(['true', 'false']).optional(),
});
type Filters = z.output<typeof filters>;

const acknowledgement = z.strictObject({ alerts: z.array(z.string().max(64)).min(1).max(ACKNOWLEDGED_AT_ONCE_MAX) });
const acknowledged = z.strictObject({ acknowledged: z.array(z.string()) });
const tag = 'alerts';

const list = operation({
  id: 'listAlerts',
  kind: 'read',
  method: 'GET',
  path: '/accounts/{account}/alerts',
  tag,
  summary: 'List the alerts of an account, the latest first',
  who: inAccount('viewer'),
  query: filters,
  response: pageOf(alert),
  example: { path: { account: 'acme' }, query: { acknowledged: 'false' } },
  handle: async ({ db, path, query }) => page(db, query, parameter(path, 'account')),
});

const listAll = operation({
  id: 'listAllAlerts',
  kind: 'read',
  method: 'GET',
  path: '/alerts',
  tag,
  summary: 'List the alerts of all accounts and those of the installation, the latest first',
  who: { kind: 'operator' },
  query: filters.extend({ account: id.optional() }),
  response: pageOf(alert),
  example: { query: { severity: 'critical' } },
  handle: async ({ db, query }) => page(db, query, query.account),
});

const acknowledge = operation({
  id: 'acknowledgeAlerts',
  kind: 'change',
  method: 'POST',
  path: '/accounts/{account}/alerts/acknowledge',
  tag,
  summary: 'Acknowledge alerts of an account; the answer names those that were open',
  who: inAccount('trader'),
  body: acknowledgement,
  response: acknowledged,
  example: { path: { account: 'acme' }, body: { alerts: ['01920000-0000-7000-8000-000000000000'] } },
  handle: async (call) => acknowledgeThem(call, parameter(call.path, 'account')),
});

const acknowledgeAny = operation({
  id: 'acknowledgeAnyAlerts',
  kind: 'change',
  method: 'POST',
  path: '/alerts/acknowledge',
  tag,
  summary: 'Acknowledge alerts of any account or of the installation; the answer names those that were open',
  who: { kind: 'operator' },
  body: acknowledgement,
  response: acknowledged,
  example: { body: { alerts: ['01920000-0000-7000-8000-000000000000'] } },
  handle: async (call) => acknowledgeThem(call, undefined),
});

export const alertOperations: readonly Operation[] = [list, listAll, acknowledge, acknowledgeAny];

/** @param account undefined: all of them, and the installation's */
async function page(db: Db, query: Filters, account: string | undefined): Promise<Reply | Failure> {
  const after = readCursor(query.cursor);
  if (isFailure(after)) return after;
  const { kind, severity, limit } = query;
  const rows = await db
    .selectFrom('alerts')
    .selectAll()
    .$if(account !== undefined, (rest) => rest.where('account_id', '=', account ?? ''))
    .$if(kind !== undefined, (rest) => rest.where('kind', '=', kind ?? ''))
    .$if(severity !== undefined, (rest) => rest.where('severity', '=', severity ?? 'info'))
    .$if(query.acknowledged === 'true', (rest) => rest.where('acknowledged_at', 'is not', null))
    .$if(query.acknowledged === 'false', (rest) => rest.where('acknowledged_at', 'is', null))
    .$if(after !== undefined, (rest) => rest.where('id', '<', after ?? ''))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const items = rows.slice(0, limit).map(shownOf);
  const last = items.at(-1);
  return { body: { items, next_cursor: rows.length > limit && last ? cursorAfter(last.id) : null } };
}

async function acknowledgeThem(
  { db, body, caller, audit }: Call<z.output<typeof acknowledgement>>,
  account: string | undefined,
): Promise<Reply> {
  const rows = await db
    .updateTable('alerts')
    .set({ acknowledged_at: sql<Date>`now()`, acknowledged_by: caller.actor, ...changedRow })
    .where('id', 'in', body.alerts)
    .where('acknowledged_at', 'is', null)
    .$if(account !== undefined, (rest) => rest.where('account_id', '=', account ?? ''))
    .returning(['id', 'account_id', 'subject'])
    .execute();
  for (const { id: alertId, account_id, subject } of rows) {
    const after = { subject, acknowledged_by: caller.actor };
    await audit({ account: account_id ?? undefined, action: 'update', entity: 'alert', id: alertId, after });
  }
  return { body: { acknowledged: rows.map((row) => row.id) } };
}

function shownOf(row: Selectable<AlertsTable>): z.output<typeof alert> {
  const { id: alertId, account_id: account, kind, severity, subject, detail, count, acknowledged_by } = row;
  return {
    id: alertId,
    account,
    ...{ kind, severity, subject, detail, count },
    at: timeText(row.at),
    last_at: timeText(row.last_at),
    acknowledged_at: row.acknowledged_at && timeText(row.acknowledged_at),
    acknowledged_by,
  };
}
