// An alert: a row of the alert list, and a delivery for each webhook of the account that wants its kind. Both are in
// the transaction of what gave the reason: nobody is told of what did not happen. `deliver.ts` sends them afterwards.

import { type Db, toJson } from '../sql/database.js';
import { newId } from '../sql/ids.js';
import type { Severity } from '../sql/schema/control.js';

export interface Alert {
  /** Undefined: of the installation; operators see it, no webhook is told. */
  readonly account: string | undefined;
  /** What webhooks choose by, such as `rule_executed`, `anomaly`, `budget_exhaustion`, `drift`. */
  readonly kind: string;
  readonly severity: Severity;
  /** One line for people, at most 512 characters. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** @returns id of the alert */
export async function raiseAlert(db: Db, { account, kind, severity, subject, detail }: Alert): Promise<string> {
  const id = newId();
  await db
    .insertInto('alerts')
    .values({ id, account_id: account ?? null, kind, severity, subject, detail: toJson(detail) })
    .execute();
  if (account === undefined) return id;
  const webhooks = await db
    .selectFrom('webhooks')
    .select(['id', 'events'])
    .where('account_id', '=', account)
    .where('status', '=', 'active')
    .execute();
  const payload = toJson({ id, account, kind, severity, subject, detail });
  for (const webhook of webhooks.filter(({ events }) => events.length === 0 || events.includes(kind))) {
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
  return id;
}
