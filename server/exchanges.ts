// The exchanges of the book as the HTTP front sees them: which one a request comes from, whether it may bid here at
// all, and how it wants to be told that there is no bid.
//
// There is one object an exchange, and it lives as long as the worker: a request that waits for its body while the
// book changes holds on to its exchange, not to an index of the old book.

import type { HttpRequest } from 'uWebSockets.js';
import * as http from './http.js';
import type { FrontExchange } from './messages.js';
import { bearerToken, isSecret } from './secret.js';
import { TokenBucket } from './token_bucket.js';

const DEFAULT_ID = 'default';
const TOKEN_PARAMETER = 'token';

export class Exchange {
  /** Position in the book. */
  index = 0;
  /** Whether a no-bid is answered with its reason. */
  tellsReason = false;
  #tokenSha256: Uint8Array | undefined;
  #bucket: TokenBucket | undefined;

  /** @param share of the node's quota that is this worker's */
  set(front: FrontExchange, share: number, nowMs: number): void {
    this.index = front.index;
    this.tellsReason = front.tellsReason;
    this.#tokenSha256 = front.tokenSha256 === undefined ? undefined : Buffer.from(front.tokenSha256, 'hex');
    const ratePerS = front.qps === undefined ? undefined : front.qps * share;
    // A quota that has not changed keeps its bucket: a new book is no reason for another burst.
    if (ratePerS !== this.#bucket?.ratePerS) {
      this.#bucket = ratePerS === undefined ? undefined : new TokenBucket(ratePerS, nowMs);
    }
  }

  /** Whether a request has the token of its exchange, if that has one. */
  authorizes(req: HttpRequest): boolean {
    if (this.#tokenSha256 === undefined) return true;
    const given =
      bearerToken(req.getHeader(http.AUTHORIZATION)) ??
      (req.getHeader(http.X_AUTH_TOKEN) || req.getQuery(TOKEN_PARAMETER) || '');
    return isSecret(given, this.#tokenSha256);
  }

  /** Whether one more request is inside the quota; counts it if it is. */
  admits(): boolean {
    return this.#bucket === undefined || this.#bucket.take(performance.now());
  }
}

export class Exchanges {
  readonly #share: number;
  readonly #header: Uint8Array | undefined;
  readonly #default = new Exchange();
  /** Those of the book. */
  #named: ReadonlyMap<string, Exchange> = new Map();

  /**
   * @param workers among whom the quotas are divided
   * @param header that names the exchange where the path does not; undefined for none
   */
  constructor(workers: number, header: string | undefined) {
    this.#share = 1 / workers;
    this.#header = header === undefined ? undefined : new TextEncoder().encode(header);
  }

  /** Takes the exchanges of a book. Those it no longer has count as the default one from now on. */
  set(fronts: readonly FrontExchange[]): void {
    const nowMs = performance.now();
    const before = this.#named;
    for (const exchange of before.values()) exchange.index = 0;
    this.#named = new Map(
      fronts.map((front) => {
        const exchange = front.id === DEFAULT_ID ? this.#default : (before.get(front.id) ?? new Exchange());
        exchange.set(front, this.#share, nowMs);
        return [front.id, exchange];
      }),
    );
  }

  /** An exchange by its id; one that the book does not have is the default one. */
  named(id: string | undefined): Exchange {
    return (id === undefined ? undefined : this.#named.get(id)) ?? this.#default;
  }

  /** The exchange a request names in the header for it, if there is one and the book has more than one exchange. */
  ofHeader(req: HttpRequest): Exchange {
    if (this.#header === undefined || this.#named.size <= 1) return this.#default;
    return this.named(req.getHeader(this.#header));
  }
}
