// CORS (WHATWG Fetch, section 3.2) for the admin port: closed, but for the origins that somebody has listed. Keys
// travel in headers, never in cookies, so no credentials are allowed; an origin that is not listed is told nothing at
// all.

import type { IncomingMessage } from 'node:http';
import type { AdminAnswer } from './admin_answer.js';

const MAX_AGE_S = 600;
const METHODS = 'GET, HEAD, POST, PATCH, DELETE';
const ASKED = 'authorization, content-type, idempotency-key, if-match, if-none-match, x-api-key';
const TOLD =
  'etag, idempotent-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, www-authenticate';

export class Cors {
  readonly #origins: ReadonlySet<string>;

  /** @param origins as browsers send them: `https://desk.example` */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** Of the answer to a request, whatever it is. */
  headersFor({ headers: { origin } }: IncomingMessage): Readonly<Record<string, string>> {
    if (this.#origins.size === 0) return {};
    const vary = { vary: 'origin' };
    if (origin === undefined || !this.#origins.has(origin)) return vary;
    return { ...vary, 'access-control-allow-origin': origin, 'access-control-expose-headers': TOLD };
  }

  /** The answer to a browser that asks whether it may; undefined for anything else. */
  preflight({ method, headers }: IncomingMessage): AdminAnswer | undefined {
    const { origin } = headers;
    const asks = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
    if (!asks || origin === undefined || !this.#origins.has(origin)) return undefined;
    const allowed = {
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': ASKED,
      'access-control-max-age': String(MAX_AGE_S),
    };
    return { status: 204, contentType: 'text/plain; charset=utf-8', text: '', headers: allowed };
  }
}
