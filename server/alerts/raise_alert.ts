// An alert: a row of the alert list, and a delivery for each webhook of the account that wants its kind. Both are in
// the transaction of what gave the reason: nobody is told of what did not happen. `webhooks/` sends them afterwards.
//
// Alerts of one key are one for as long as what they tell of goes on:
//
//   none, or the last one was acknowledged and then quiet  ──▶ a new alert, webhooks are told
//   open                                                   ──▶ counted on it
//   acknowledged, and it has come again ever since         ──▶ counted on it, quietly
//   either of these, but now more severe                   ──▶ as if it were new

import { type Selectable, sql } from 'kysely';
import { type Db, toJson } from '../sql/database.js';
import { newId } from '../sql/ids.js';
import type { AlertsTable, Severity } from '../sql/schema/control.js';

/** Acknowledged, and not seen for so long: then it is over, and the next one is another. */
const QUIET_MS = 6 * 3_600_000;
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

export interface Alert {
  /** Undefined: of the installation; operators see it, no webhook is told. */
  readonly account: string | undefined;
  /** What webhooks choose by, such as `rule_executed`, `anomaly`, `budget_exhaustion`, `drift`. */
  readonly kind: string;
  readonly severity: Severity;
  /** One line for people, at most 512 characters. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** What it is about, at most 256 characters; the same key, the same alert. Undefined: each is its own. */
  readonly key?: string;
  /** Webhooks that are told whichever kinds they are for. */
  readonly webhooks?: readonly string[];
  /** A webhook that is not told. */
  readonly exceptWebhook?: string;
}

/** @returns id of the alert */
export async function raiseAlert(db: Db, alert: Alert): Promise<string> {
  const going = alert.key === undefined ? undefined : await goingOn(db, alert, alert.key);
  if (going !== undefined && !isWorse(alert, going)) return countOn(db, going, alert);
  // A more severe one takes the place of the one that is open.
  if (going !== undefined && going.acknowledged_at === null) {
    await countOn(db, going, alert);
    await deliver(db, going.id, alert);
    return going.id;
  }
  const id = newId();
  const { account, kind, severity, subject, detail, key } = alert;
  const row = await db
    .insertInto('alerts')
    .values({ id, account_id: account ?? null, kind, severity, subject, detail: toJson(detail), key: key ?? null })
    // Another node was faster.
    .onConflict((conflict) =>
      conflict
        .expression(sql`coalesce(account_id, ''), key`)
        .where('key', 'is not', null)
        .where('acknowledged_at', 'is', null)
        .doUpdateSet({ count: sql<number>`alerts.count + 1`, last_at: sql<Date>`now()` }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  if (row.id === id) await deliver(db, id, alert);
  return row.id;
}

type Row = Selectable<AlertsTable>;

/** The alert of the key that still goes on. */
async function goingOn(db: Db, { account }: Alert, key: string): Promise<Row | undefined> {
  const row = await db
    .selectFrom('alerts')
    .selectAll()
    .where('key', '=', key)
    .where('account_id', account === undefined ? 'is' : '=', account ?? null)
    .orderBy('last_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const over = row.acknowledged_at !== null && row.last_at.getTime() < Date.now() - QUIET_MS;
  return over ? undefined : row;
}

function isWorse({ severity }: Alert, before: Row): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(before.severity);
}

/** The latest words, the highest severity. */
async function countOn(db: Db, before: Row, alert: Alert): Promise<string> {
  const { subject, detail, severity } = alert;
  await db
    .updateTable('alerts')
    .set({
      subject,
      detail: toJson(detail),
      severity: isWorse(alert, before) ? severity : before.severity,
      count: sql<number>`count + 1`,
      last_at: sql<Date>`now()`,
    })
    .where('id', '=', before.id)
    .execute();
  return before.id;
}

async function deliver(db: Db, id: string, alert: Alert): Promise<void> {
  const { account, kind, severity, subject, detail, webhooks: named = [], exceptWebhook } = alert;
  if (account === undefined) return;
  const webhooks = await db
    .selectFrom('webhooks')
    .select(['id', 'events'])
    .where('account_id', '=', account)
    .where('status', '=', 'active')
    .execute();
  const wants = (webhook: { readonly id: string; readonly events: readonly string[] }): boolean =>
    webhook.id !== exceptWebhook &&
    (named.includes(webhook.id) || webhook.events.length === 0 || webhook.events.includes(kind));
  const data = { id, account, severity, subject, detail };
  const payload = toJson({ type: kind, timestamp: new Date().toISOString(), data });
  for (const webhook of webhooks.filter(wants)) {
    await db
      .insertInto('webhook_deliveries')
      .values({
        id: newId(),
        account_id: account,
        webhook_id: webhook.id,
        event: kind,
        payload,
        next_attempt_at: new Date(),
      })
      .execute();
  }
}
