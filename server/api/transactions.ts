// Calls that change something, each in one transaction with its lines of the audit log, its idempotency record and the
// proof that the campaigns still hold together: all of it is there afterwards, or nothing.

import type { AdminAnswer } from '../admin_answer.js';
import { type Audit, type Author, change, isChangeRefused } from '../sql/change.js';
import { type Db, type Tx, toJson } from '../sql/database.js';
import { rowErrorOf } from '../sql/errors.js';
import { replyAnswer } from './answers.js';
import { type Failure, fail, isFailure } from './errors.js';
import type { Call, DatabaseOperation, Reply } from './operation.js';

const IDEMPOTENCY_LIFE_MS = 24 * 3_600_000;
const KEY_FORM = /^[\x21-\x7e]{1,255}$/;
const PROBLEMS_SHOWN = 20;

/** What of a call is known before its transaction is. */
export interface Pending {
  readonly operation: DatabaseOperation;
  readonly call: Omit<Call, 'db' | 'unchanged' | 'audit'>;
  /** The body as it came. */
  readonly text: string;
  readonly url: string;
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
  readonly requestId: string;
}

/** Ends a transaction without a trace. */
class Refused extends Error {
  constructor(readonly why: Failure) {
    super(why.message);
  }
}

/** Makes the change; resolves once it is committed, or nothing was done. */
export async function runChange(db: Db, pending: Pending): Promise<AdminAnswer | Failure> {
  const { idempotencyKey: key } = pending;
  if (key !== undefined && !KEY_FORM.test(key)) {
    return fail('invalid_header', 'Idempotency-Key has 1 to 255 printable characters without spaces');
  }
  const { operation, call, requestId } = pending;
  const work = async (tx: Tx, audit: Audit): Promise<AdminAnswer> => {
    const before = key === undefined ? undefined : await answerOf(tx, pending, key);
    if (before !== undefined) return before;
    const reply = await changed(tx, audit, pending);
    if (key !== undefined) await keepAnswer(tx, pending, key, replyAnswer(operation, reply));
    const { body, once } = reply;
    return replyAnswer(operation, once === undefined ? reply : { ...reply, body: { ...body, ...once } });
  };
  try {
    const { changesBook } = operation;
    const answer = await change(db, authorOf(call), requestId, { changesBook }, work);
    if (!isChangeRefused(answer)) return answer;
    const details = answer.problems.slice(0, PROBLEMS_SHOWN);
    return fail('invalid_reference', 'the campaigns would not hold together', { details });
  } catch (error) {
    return error instanceof Refused ? error.why : failureOf(error, pending.operation.method === 'DELETE');
  }
}

async function changed(tx: Tx, audit: Audit, { operation, call, ifMatch }: Pending): Promise<Reply> {
  const reply = await operation.handle({
    ...call,
    db: tx,
    unchanged: (version) => unchanged(version, ifMatch),
    audit,
  });
  if (isFailure(reply)) throw new Refused(reply);
  return reply;
}

/** Who calls, as the audit log names him. */
function authorOf({ caller }: Pending['call']): Author {
  const [kind, id] = caller.actor.split(':', 2) as ['api_key' | 'user', string];
  return { kind, id };
}

function unchanged(version: number, ifMatch: string | undefined): Failure | undefined {
  if (ifMatch === undefined) return fail('precondition_required', 'give If-Match with the ETag it was read with');
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.includes('*') || tags.includes(`"${version}"`)) return undefined;
  return fail('precondition_failed', 'it has changed since; read it again');
}

/** The answer to the same request before; a failure if the key was used for another one; undefined: it is new. */
async function answerOf(tx: Tx, pending: Pending, key: string): Promise<AdminAnswer | undefined> {
  const { call } = pending;
  await tx.deleteFrom('idempotency_keys').where('expires_at', '<=', new Date(call.nowMs)).execute();
  const row = await tx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('scope', '=', call.caller.actor)
    .where('key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.request_sha256 !== digestOf(pending)) {
    throw new Refused(fail('idempotency_conflict', 'this Idempotency-Key came with another request before'));
  }
  const headers = { ...row.headers, 'idempotent-replayed': 'true' };
  return { status: row.status ?? 200, contentType: 'application/json', text: row.body ?? '', headers };
}

async function keepAnswer(tx: Tx, pending: Pending, key: string, answer: AdminAnswer): Promise<void> {
  const { call } = pending;
  await tx
    .insertInto('idempotency_keys')
    .values({
      scope: call.caller.actor,
      key,
      request_sha256: digestOf(pending),
      status: answer.status,
      headers: toJson(answer.headers ?? {}),
      body: answer.text,
      expires_at: new Date(call.nowMs + IDEMPOTENCY_LIFE_MS),
    })
    .execute();
}

function digestOf({ operation, call, url, text }: Pending): string {
  return call.host.access.printOf(`${operation.method} ${url}\n${text}`);
}

/** What SQL refused, in the words of the API; what it does not know is thrown on. */
function failureOf(error: unknown, deleting: boolean): Failure {
  const { code, where } = rowErrorOf(error, deleting);
  const at = where === undefined ? {} : { details: [where] };
  if (code === 'already_exists') return fail('conflict', 'there is one with this id, seat, email or name', at);
  if (code === 'in_use') return fail('in_use', 'others refer to it', at);
  if (code === 'missing_reference') return fail('invalid_reference', 'what it refers to is not in this account', at);
  return fail('invalid_body', 'a value is out of range', at);
}
