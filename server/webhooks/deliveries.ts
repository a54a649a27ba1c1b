// Deliveries in the database: which are due, taken by one node at a time, and what became of an attempt.
//
//   waiting ──taken: attempts + 1, due again behind LEASE──▶ sent ──2xx──▶ delivered
//      ▲                                                      └─else──▶ due later, or failed behind the last attempt
//      └── the node ended meanwhile: the lease runs out, and it is sent again
//
// So a delivery comes at least once, with the same id each time.

import { sql } from 'kysely';
import { raiseAlert } from '../alerts/raise_alert.js';
import { type Db, inTransaction } from '../sql/database.js';
import type { Sent } from './send.js';

export const ATTEMPTS_MAX = 8;
/** After the first attempt; then four times as long each time, up to the longest. */
const RETRY_MS_FIRST = 10_000;
const RETRY_FACTOR = 4;
const RETRY_MS_MAX = 6 * 3_600_000;
/** Longer than any attempt. */
const LEASE_MS = 60_000;
const PROBLEM_LENGTH_MAX = 500;

/** A delivery that this node is to send. */
export interface Taken {
  readonly id: string;
  readonly account: string;
  readonly webhook: string;
  readonly url: string;
  /** That sign it, the newest first. */
  readonly secrets: readonly string[];
  readonly body: string;
  /** This one included. */
  readonly attempts: number;
}

export interface Room {
  /** Deliveries of all webhooks. */
  readonly all: number;
  /** Of one webhook: one that is slow does not take the place of the others. */
  readonly each: number;
  /** Webhooks, as `account/id`, that are busy enough. */
  readonly busy: readonly string[];
}

/** Takes what is due, for a while: other nodes pass over it. */
export async function takeDue(db: Db, { all, each, busy }: Room, nowMs: number): Promise<readonly Taken[]> {
  const now = new Date(nowMs);
  return inTransaction(db, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select d.id from webhooks w cross join lateral (
        select id from webhook_deliveries
        where account_id = w.account_id and webhook_id = w.id and status = 'waiting' and next_attempt_at <= ${now}
        order by next_attempt_at limit ${each} for update skip locked) d
      where w.status = 'active' and not (w.account_id || '/' || w.id = any(${[...busy]}::text[]))
      limit ${all}`.execute(tx);
    if (rows.length === 0) return [];
    const taken = await tx
      .updateTable('webhook_deliveries as d')
      .from('webhooks as w')
      .set({ attempts: sql<number>`d.attempts + 1`, next_attempt_at: new Date(nowMs + LEASE_MS) })
      .where(
        'd.id',
        'in',
        rows.map(({ id }) => id),
      )
      .whereRef('w.account_id', '=', 'd.account_id')
      .whereRef('w.id', '=', 'd.webhook_id')
      .returning(['d.id', 'd.account_id', 'd.webhook_id', 'd.payload', 'd.attempts'])
      .returning(['w.url', 'w.secret', 'w.secret_before', 'w.secret_before_until'])
      .execute();
    return taken.map(({ id, account_id: account, webhook_id: webhook, payload, attempts, url, ...keys }) => {
      const { secret, secret_before: before, secret_before_until: until } = keys;
      const both = before !== null && until !== null && until.getTime() > nowMs;
      const secrets = both ? [secret, before] : [secret];
      return { id, account, webhook, url, secrets, body: JSON.stringify(payload), attempts };
    });
  });
}

/**
 * Keeps what became of an attempt.
 * @param random in [0, 1): deliveries that failed together are not tried again together
 */
export async function settle(db: Db, taken: Taken, sent: Sent, nowMs: number, random: number): Promise<void> {
  const { id, account, webhook, attempts, url } = taken;
  const delivered = sent.outcome === 'delivered';
  const over = sent.outcome === 'failed' && (sent.final || attempts >= ATTEMPTS_MAX);
  await inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('webhook_deliveries')
      .set({
        status: delivered ? 'delivered' : over ? 'failed' : 'waiting',
        last_status: sent.status ?? null,
        last_problem: delivered ? null : sent.problem.slice(0, PROBLEM_LENGTH_MAX),
        delivered_at: delivered ? new Date(nowMs) : null,
        next_attempt_at: delivered || over ? null : new Date(nowMs + retryMs(attempts, random)),
      })
      // Of another node's attempt, after this one's lease ran out, nothing is known here.
      .where('id', '=', id)
      .where('attempts', '=', attempts)
      .executeTakeFirstOrThrow();
    if (!over || numUpdatedRows === 0n) return;
    await raiseAlert(tx, {
      account,
      kind: 'webhook_failed',
      severity: 'warning',
      subject: `webhook ${webhook} was given up after ${attempts} attempts`,
      detail: { webhook, url: new URL(url).origin, delivery: id, problem: sent.problem },
      key: `webhook_failed:${webhook}`,
      exceptWebhook: webhook,
    });
  });
}

/** Until the next attempt, milliseconds: between half and all of what doubles twice with each one. */
export function retryMs(attempts: number, random: number): number {
  const whole = Math.min(RETRY_MS_FIRST * RETRY_FACTOR ** (attempts - 1), RETRY_MS_MAX);
  return Math.round(whole * (0.5 + random / 2));
}

/** Deletes deliveries that are over and older than their days. */
export async function pruneDeliveries(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('webhook_deliveries').where('created_at', '<', before).where('status', '!=', 'waiting').execute();
}
