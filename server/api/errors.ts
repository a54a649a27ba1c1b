// Every error of the admin API in one table: the stable code a program goes by, its HTTP status, and what it means.
// All have one envelope: `{ "error": { "code", "message", "details"?, "request_id" } }`.

export const ERRORS = {
  invalid_json: { status: 400, help: 'The body is not JSON, or nests deeper than 32.' },
  invalid_body: { status: 400, help: 'The body does not fit the schema; `details` names each key at fault.' },
  invalid_query: { status: 400, help: 'A parameter of the query does not fit, or is none of this operation.' },
  invalid_cursor: { status: 400, help: 'The cursor is none that this list has given out.' },
  invalid_header: { status: 400, help: 'A header such as Idempotency-Key has a value that does not fit.' },
  unauthorized: { status: 401, help: 'No credentials, or none that are valid: unknown, expired, revoked.' },
  forbidden: { status: 403, help: 'The role or the scope of the credentials does not reach this operation.' },
  not_found: { status: 404, help: 'There is nothing of that name, or nothing that these credentials may see.' },
  unknown_exchange: { status: 404, help: 'The book that is live has no exchange of that name.' },
  method_not_allowed: { status: 405, help: 'The path exists, not with this method; see the header Allow.' },
  conflict: { status: 409, help: 'The id is taken.' },
  in_use: { status: 409, help: 'Something still refers to it.' },
  idempotency_conflict: { status: 409, help: 'The Idempotency-Key was used with another request.' },
  registry_refused: { status: 409, help: 'The registry of models does not take this step; the message says why.' },
  precondition_failed: { status: 412, help: 'It has changed since: read it again for its ETag.' },
  body_too_large: { status: 413, help: 'The body is larger than the operation takes.' },
  bad_encoding: { status: 415, help: 'The Content-Encoding is none of gzip and identity.' },
  unsupported_media_type: { status: 415, help: 'Bodies are application/json.' },
  invalid_reference: { status: 422, help: 'Well formed, but the campaigns would not hold together with it.' },
  too_much_to_explain: { status: 422, help: 'More ads and impressions than one explanation goes through.' },
  precondition_required: { status: 428, help: 'A change needs If-Match with the ETag of what is to change.' },
  rate_limited: { status: 429, help: 'Too many requests; Retry-After says for how many seconds.' },
  busy: { status: 429, help: 'As many of these are under way as may be; Retry-After says for how many seconds.' },
  database_unavailable: { status: 503, help: 'The database is being opened, or is away; Retry-After says when.' },
  internal_error: { status: 500, help: 'A bug in Gavel; its log has the request_id.' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly help: string }>>;

export type ErrorCode = keyof typeof ERRORS;

/** Why a call is refused. */
export interface Failure {
  readonly failure: ErrorCode;
  readonly message: string;
  /** One line for each thing at fault. */
  readonly details?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export function fail(failure: ErrorCode, message: string, more: Pick<Failure, 'details' | 'headers'> = {}): Failure {
  return { failure, message, ...more };
}

/** What a caller is told of a thing that is not there and of one that is not his: the same. */
export function notFound(what: string): Failure {
  return fail('not_found', `no ${what} here`);
}

/** Tells a refusal from a value to go on with. */
export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'failure' in value;
}
