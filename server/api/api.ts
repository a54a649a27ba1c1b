// One call of the admin API, from request to answer. It is refused as early as can be: path, credentials, rate, role,
// query, body, then what the operation itself finds.

import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { reasonOf } from '../../bidcore/reasons.js';
import type { AdminAnswer } from '../admin_answer.js';
import { readBody } from '../admin_body.js';
import type { Log } from '../log.js';
import type { Db } from '../sql/database.js';
import { isConnectionError } from '../sql/errors.js';
import { type Access, databaseAway } from './access.js';
import { failureAnswer, replyAnswer } from './answers.js';
import { type Caller, reaches, roleIn } from './caller.js';
import { ERRORS, type ErrorCode, type Failure, fail, isFailure, notFound } from './errors.js';
import { readJson } from './json_text.js';
import { Moment } from './moment.js';
import type { Call, DatabaseOperation, Host, Operation, PathValues } from './operation.js';
import { networkOf, type RateLimits } from './rate_limits.js';
import type { Router } from './router.js';
import { runChange } from './transactions.js';

const BODY_BYTES_MAX = 1 << 20;
const BULK_BYTES_MAX = 32 << 20;
const PROBLEMS_SHOWN = 20;
/** Of an address whose calls have no valid credentials. */
const STRANGERS_PER_MINUTE = 300;

const NOBODY: Caller = {
  actor: 'nobody:',
  perMinute: STRANGERS_PER_MINUTE,
  operator: false,
  roles: new Map(),
  scopes: undefined,
  untilMs: undefined,
};

export interface ApiParts {
  readonly router: Router;
  readonly access: Access;
  readonly limits: RateLimits;
  readonly host: Host;
  /** Undefined: it is being opened, which the first call begins, or away. */
  readonly database: () => Db | undefined;
  /** Told after a change of what bidders bid with. */
  readonly bookChanged: () => void;
  readonly log: Log;
}

/** A call whose caller and place are known. */
interface Head {
  readonly caller: Caller;
  readonly path: PathValues;
  readonly nowMs: number;
  readonly address: string;
}

export class Api {
  readonly #parts: ApiParts;
  /** Whose the things are that paths name. */
  readonly #accounts = new Moment<string>();

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  /**
   * @param url path and query
   * @param requestId stands in an error, and in the log where it is a bug
   */
  async answer(request: IncomingMessage, url: URL, requestId: string): Promise<AdminAnswer> {
    const rate: Record<string, string> = {};
    let result: AdminAnswer | Failure;
    try {
      result = await this.#answer(request, url, requestId, rate);
    } catch (error) {
      if (request.socket.destroyed) throw error; // the client went away with its request half sent
      if (isConnectionError(error)) return failureAnswer(databaseAway(), requestId);
      this.#parts.log.error({ requestId, path: url.pathname, stack: (error as Error).stack }, 'call failed');
      result = fail('internal_error', 'this is a bug in Gavel; its log has this request_id');
    }
    const answer = isFailure(result) ? failureAnswer(result, requestId) : result;
    return { ...answer, headers: { ...answer.headers, ...rate } };
  }

  async #answer(
    request: IncomingMessage,
    url: URL,
    requestId: string,
    rate: Record<string, string>,
  ): Promise<AdminAnswer | Failure> {
    const match = this.#parts.router.match(request.method ?? '', url.pathname);
    if (isFailure(match)) return match;
    const { operation, path } = match;
    const nowMs = Date.now();
    const address = request.socket.remoteAddress ?? '';
    const caller = await this.#admit(request, operation, address, nowMs, rate);
    if (isFailure(caller)) return caller;
    const refused = scopeProblem(caller, operation);
    if (refused !== undefined) return refused;
    if (operation.kind === 'relay') return operation.relay(this.#parts.host, request, url.searchParams);

    if ([...url.searchParams.values()].some((value) => value.includes('\0'))) {
      return fail('invalid_query', 'U+0000 is not taken in texts'); // PostgreSQL cannot keep it
    }
    const query = operation.query.safeParse({ ...asked(request, operation), ...Object.fromEntries(url.searchParams) });
    if (!query.success) return misfit('invalid_query', 'the query does not fit', query.error);
    const head = { caller, path, nowMs, address };
    const text = operation.body === undefined ? '' : await readText(request, operation);
    if (isFailure(text)) return text;
    const read = operation.body === undefined ? { value: undefined } : readJson(text);
    if (isFailure(read)) return read;
    const db = this.#parts.database();
    if (db === undefined) return databaseAway();
    const barred = await this.#roleProblem(head, operation, read.value, db);
    // A body that names no account is told so, rather than that there is no such account.
    if (barred !== undefined && namesAccount(operation, read.value)) return barred;
    const body = operation.body?.safeParse(read.value) ?? { success: true, data: undefined };
    if (!body.success) return misfit('invalid_body', 'the body does not fit', body.error);
    if (barred !== undefined) return barred;
    const prepared = operation.prepare === undefined ? body.data : await operation.prepare(body.data);
    if (isFailure(prepared)) return prepared;
    const call = { ...head, query: query.data, body: prepared, host: this.#parts.host };
    if (operation.kind === 'read') return answerRead(operation, { ...call, ...READ_ONLY, db }, request);
    const answer = await runChange(db, {
      operation,
      call,
      text,
      url: url.pathname + url.search,
      idempotencyKey: operation.method === 'POST' ? oneHeader(request, 'idempotency-key') : undefined,
      ifMatch: oneHeader(request, 'if-match'),
      requestId,
    });
    this.#parts.access.forget();
    this.#accounts.forget();
    if (operation.changesBook && !isFailure(answer)) this.#parts.bookChanged();
    return answer;
  }

  /** An account in which the caller has no role is one that is not there. */
  async #roleProblem(
    { caller, path, nowMs }: Head,
    { who, kind, path: template }: Operation,
    body: unknown,
    db: Db,
  ): Promise<Failure | undefined> {
    if (who.kind !== 'account') return undefined;
    const find = (): Promise<string | undefined> => who.of({ path, body, db });
    const key = kind === 'read' ? who.key?.(path) : undefined;
    const account = await (key === undefined ? find() : this.#accounts.of(key, nowMs, find));
    const role = account === undefined ? undefined : roleIn(caller, account);
    if (role === undefined) return notFound(/\{(\w+)\}/.exec(template)?.[1] ?? 'account');
    return reaches(role, who.role) ? undefined : fail('forbidden', `this needs the role ${who.role}`);
  }

  /** Who calls, counted against what he may; those without credentials are counted by their address. */
  async #admit(
    request: IncomingMessage,
    operation: Operation,
    address: string,
    nowMs: number,
    rate: Record<string, string>,
  ): Promise<Caller | Failure> {
    const { access, database, limits } = this.#parts;
    const open = operation.who.kind === 'open';
    const caller = open ? NOBODY : await access.callerOf(request.headers, database, nowMs);
    if (isFailure(caller)) return caller;
    const counted = caller ?? NOBODY;
    const { allowed, headers } = limits.take(
      counted === NOBODY ? `address:${networkOf(address)}` : counted.actor,
      counted.perMinute,
      nowMs,
    );
    Object.assign(rate, headers);
    if (!allowed) return fail('rate_limited', `${counted.perMinute} calls a minute are over`);
    if (caller !== undefined) return caller;
    return fail('unauthorized', 'give a valid key: X-API-Key: KEY, or Authorization: Bearer KEY', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
}

const READ_ONLY: Pick<Call, 'unchanged' | 'audit'> = {
  unchanged: () => {
    throw new Error('an operation that reads has nothing to compare');
  },
  audit: () => {
    throw new Error('an operation that reads has nothing to tell the audit log');
  },
};

async function answerRead(
  operation: DatabaseOperation,
  call: Call,
  request: IncomingMessage,
): Promise<AdminAnswer | Failure> {
  const reply = await operation.handle(call);
  if (isFailure(reply)) return reply;
  const answer = replyAnswer(operation, reply);
  const etag = answer.headers?.['etag'];
  const known = oneHeader(request, 'if-none-match');
  return etag !== undefined && known !== undefined && isAmong(etag, known)
    ? { ...answer, status: 304, text: '' }
    : answer;
}

/** Whether If-None-Match has an ETag: a list or `*`, compared weakly (RFC 9110, section 13.1.2). */
function isAmong(etag: string, known: string): boolean {
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** What headers say that could stand in the query as well. */
function asked({ headers }: IncomingMessage, { csv }: Operation): Readonly<Record<string, string>> {
  return csv && /^text\/csv\b/i.test(headers.accept ?? '') ? { format: 'csv' } : {};
}

/** What the credentials are kept to, as far as the path tells. */
function scopeProblem(caller: Caller, { who, tag }: Operation): Failure | undefined {
  if (who.kind === 'open') return undefined;
  if (caller.scopes !== undefined && !caller.scopes.includes(tag)) {
    return fail('forbidden', `this key is kept to ${caller.scopes.join(', ')}`);
  }
  if (who.kind === 'operator' && !caller.operator) return fail('forbidden', 'this is for operators');
  return undefined;
}

/** Whether a call says which account, or whose thing, it is about: in its path, or else in its body. */
function namesAccount({ path }: DatabaseOperation, body: unknown): boolean {
  if (path.includes('{')) return true;
  return typeof body === 'object' && body !== null && 'account' in body && typeof body.account === 'string';
}

async function readText(request: IncomingMessage, { bulk }: DatabaseOperation): Promise<string | Failure> {
  const type = request.headers['content-type'] ?? 'application/json';
  if (!/^application\/(merge-patch\+)?json\s*(;|$)/i.test(type)) {
    return fail('unsupported_media_type', 'bodies are application/json');
  }
  const bytes = await readBody(request, bulk ? BULK_BYTES_MAX : BODY_BYTES_MAX);
  if (typeof bytes !== 'number') return Buffer.from(bytes).toString();
  const { label, help } = reasonOf(bytes);
  return fail(label in ERRORS ? (label as ErrorCode) : 'bad_encoding', help);
}

function misfit(code: ErrorCode, message: string, { issues }: z.ZodError): Failure {
  const details = issues
    .slice(0, PROBLEMS_SHOWN)
    .map((issue) => `${issue.path.map(String).join('.') || '(all)'}: ${issue.message}`);
  return fail(code, message, { details });
}

/** Node joins repeated ones with a comma, which none of these takes. */
function oneHeader({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
