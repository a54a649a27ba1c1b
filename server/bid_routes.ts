// POST /openrtb2/bid, /openrtb2/bid/{exchange} and /bid: one request, one answer. The path, or the header that is set
// up for it, says which exchange it comes from.
//
// The usual body stands whole and plain in one packet. It is copied into shared memory, answered by one call and sent
// from where it stands, all inside onData: no promise, no object made of the request. Bodies in several pieces or
// compressed take the slow way round to the same call.
//
// uWebSockets.js corks the socket while it hands out a packet, so answers given inside onData need no `cork`.

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { MAX_BODY_BYTES } from '../assembly/limits.js';
import { BODY_TOO_LARGE, OVER_QPS, OVERLOADED, UNAUTHORIZED } from '../assembly/reasons.js';
import type { Activity } from './activity.js';
import type { Bidding } from './bidding.js';
import { SlowBody } from './body.js';
import { acceptsGzip, gzip } from './content_encoding.js';
import type { Exchange } from './exchanges.js';
import * as http from './http.js';
import { idToken, noBid } from './no_bid.js';
import type { Overload } from './overload.js';

/** A Content-Length of fewer digits is below every bound and not worth parsing. */
const LENGTH_DIGITS_SAFE = 5;

export class BidRoutes {
  readonly #bidding: Bidding;
  readonly #activity: Activity;
  readonly #overload: Overload;
  readonly #gzipResponses: boolean;

  constructor(bidding: Bidding, activity: Activity, overload: Overload, gzipResponses: boolean) {
    this.#bidding = bidding;
    this.#activity = activity;
    this.#overload = overload;
    this.#gzipResponses = gzipResponses;
  }

  register(app: TemplatedApp): void {
    const paths = ['/openrtb2/bid', '/bid'];
    const { exchanges } = this.#bidding;
    for (const path of paths) app.post(path, (res, req) => this.#receive(res, req, exchanges.ofHeader(req)));
    app.post('/openrtb2/bid/:exchange', (res, req) => this.#receive(res, req, exchanges.named(req.getParameter(0))));
    for (const path of [...paths, '/openrtb2/bid/:exchange']) app.any(path, (res) => http.refuseMethod(res, 'POST'));
  }

  #receive(res: HttpResponse, req: HttpRequest, exchange: Exchange): void {
    if (this.#overload.refuses()) {
      this.#bidding.hotPath.countReason(OVERLOADED);
      http.refuseOverloaded(res, this.#activity.closing);
      return;
    }
    res.onAborted(http.ignoreAbort);
    if (!exchange.authorizes(req)) {
      this.#bidding.hotPath.countReason(UNAUTHORIZED);
      http.refuseUnauthorized(res, this.#activity.closing);
      return;
    }
    if (!exchange.admits()) {
      this.#refuse(res, OVER_QPS, false);
      return;
    }
    const contentEncoding = req.getHeader(http.CONTENT_ENCODING);
    const acceptEncoding = this.#gzipResponses ? req.getHeader(http.ACCEPT_ENCODING) : '';
    const contentLength = req.getHeader(http.CONTENT_LENGTH);
    if (contentLength.length > LENGTH_DIGITS_SAFE && Number(contentLength) > MAX_BODY_BYTES) {
      this.#refuse(res, BODY_TOO_LARGE, true);
      return;
    }
    let slow: SlowBody | undefined;
    res.onData((chunk, last) => {
      if (last && slow === undefined && contentEncoding === '' && chunk.byteLength <= MAX_BODY_BYTES) {
        const nowMs = performance.now();
        this.#answer(res, new Uint8Array(chunk), exchange, acceptEncoding, nowMs, nowMs);
        return;
      }
      slow ??= new SlowBody(res, contentEncoding, MAX_BODY_BYTES, this.#activity);
      const body = slow.take(chunk, last);
      if (body === undefined) return;
      if (typeof body === 'number') this.#refuse(res, body, !last);
      else this.#answer(res, body, exchange, acceptEncoding, slow.startedMs, performance.now());
    });
  }

  /**
   * @param startedMs when the request's first piece came
   * @param nowMs when its last one did
   */
  #answer(
    res: HttpResponse,
    body: Uint8Array,
    exchange: Exchange,
    acceptEncoding: string,
    startedMs: number,
    nowMs: number,
  ): void {
    const { hotPath } = this.#bidding;
    const { closing } = this.#activity;
    this.#activity.lastMs = nowMs;
    const length = this.#bidding.bid(body, nowMs, exchange.index);
    const decidedMs = performance.now();
    hotPath.observe((decidedMs - startedMs) / 1000, (decidedMs - nowMs) / 1000);
    if (length <= 0) {
      if (exchange.tellsReason && http.isTold(-length)) this.#tellReason(res, body, -length);
      else http.refuse(res, -length, closing);
      return;
    }
    const response = hotPath.output.subarray(0, length);
    http.startResponse(res);
    if (acceptEncoding !== '' && acceptsGzip(acceptEncoding)) {
      res.writeHeader(http.CONTENT_ENCODING, http.GZIP).end(gzip(response), closing);
    } else {
      res.end(response, closing);
    }
  }

  /** Answers a no-bid with the request's id and the reason's number; empty if it has no id to answer with. */
  #tellReason(res: HttpResponse, body: Uint8Array, code: number): void {
    const { closing } = this.#activity;
    const id = idToken(body);
    if (id === undefined) http.refuse(res, code, closing);
    else http.startResponse(res).end(noBid(id, code), closing);
  }

  /** Refuses a request the hot path has not seen. */
  #refuse(res: HttpResponse, code: number, close: boolean): void {
    this.#bidding.hotPath.countReason(code);
    http.refuse(res, code, close || this.#activity.closing);
  }
}
