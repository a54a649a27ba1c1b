// POST /bid/batch: a JSON array of requests in, an array of answers out, in order. Each element is answered as if it
// had come alone, from the exchange that the header set up for it names; one that gets no bid is answered with its
// id and a no-bid reason (OpenRTB 3.0 list).

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { MAX_BATCH_BYTES, MAX_BODY_BYTES } from '../assembly/limits.js';
import { BODY_TOO_LARGE, INTERNAL_ERROR, OVER_LIMIT, OVER_QPS, OVERLOADED, UNAUTHORIZED } from '../assembly/reasons.js';
import type { Activity } from './activity.js';
import type { Bidding } from './bidding.js';
import { SlowBody } from './body.js';
import { acceptsGzip, gzip } from './content_encoding.js';
import type { Exchange } from './exchanges.js';
import * as http from './http.js';
import { idToken, noBid } from './no_bid.js';
import type { Overload } from './overload.js';

const PATH = '/bid/batch';
const [OPEN, COMMA, CLOSE] = ['[', ',', ']'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

export class BatchRoute {
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
    app.post(PATH, (res, req) => this.#receive(res, req));
    app.any(PATH, (res) => http.refuseMethod(res, 'POST'));
  }

  #receive(res: HttpResponse, req: HttpRequest): void {
    if (this.#overload.refuses()) {
      this.#bidding.hotPath.countReason(OVERLOADED);
      http.refuseOverloaded(res, this.#activity.closing);
      return;
    }
    res.onAborted(http.ignoreAbort);
    const exchange = this.#bidding.exchanges.ofHeader(req);
    if (!exchange.authorizes(req)) {
      this.#bidding.hotPath.countReason(UNAUTHORIZED);
      http.refuseUnauthorized(res, this.#activity.closing);
      return;
    }
    const compress = this.#gzipResponses && acceptsGzip(req.getHeader(http.ACCEPT_ENCODING));
    if (Number(req.getHeader(http.CONTENT_LENGTH)) > MAX_BATCH_BYTES) {
      this.#refuse(res, BODY_TOO_LARGE, BODY_TOO_LARGE, true);
      return;
    }
    const slow = new SlowBody(res, req.getHeader(http.CONTENT_ENCODING), MAX_BATCH_BYTES, this.#activity);
    res.onData((chunk, last) => {
      this.#activity.lastMs = performance.now();
      const body = slow.take(chunk, last);
      if (body === undefined) return;
      if (typeof body === 'number') this.#refuse(res, body, body, !last);
      else this.#answer(res, body, exchange, compress);
    });
  }

  #answer(res: HttpResponse, body: Uint8Array, exchange: Exchange, compress: boolean): void {
    const count = this.#split(body);
    if (count < 0) {
      // Too many requests are answered like too many bytes: the sender must split its batches.
      this.#refuse(res, -count, count === -OVER_LIMIT ? BODY_TOO_LARGE : -count, false);
      return;
    }
    const parts: Uint8Array[] = [OPEN];
    for (let i = 0; i < count; i++) {
      if (i > 0) parts.push(COMMA);
      parts.push(this.#element(i, exchange));
    }
    parts.push(CLOSE);
    const response = Buffer.concat(parts);
    http.startResponse(res);
    if (compress) res.writeHeader(http.CONTENT_ENCODING, http.GZIP);
    res.end(compress ? gzip(response) : response, this.#activity.closing);
  }

  #split(body: Uint8Array): number {
    const { hotPath } = this.#bidding;
    hotPath.batch.set(body);
    try {
      return hotPath.splitBatch(body.length);
    } catch (error) {
      this.#bidding.recover(error);
      return -INTERNAL_ERROR;
    }
  }

  /** Answers element i of the batch just split. Each counts against the exchange's quota. */
  #element(i: number, exchange: Exchange): Uint8Array {
    const { hotPath } = this.#bidding;
    const { offset, length } = hotPath.batchElement(i);
    const request = hotPath.batch.subarray(offset, offset + length);
    if (!exchange.admits()) return this.#refuseElement(request, OVER_QPS);
    if (length > MAX_BODY_BYTES) return this.#refuseElement(request, BODY_TOO_LARGE);
    const nowMs = performance.now();
    const answered = this.#bidding.bid(request, nowMs, exchange.index);
    const seconds = (performance.now() - nowMs) / 1000;
    hotPath.observe(seconds, seconds);
    return answered > 0 ? hotPath.output.slice(0, answered) : noBid(idToken(request), -answered);
  }

  #refuseElement(request: Uint8Array, code: number): Uint8Array {
    this.#bidding.hotPath.countReason(code);
    return noBid(idToken(request), code);
  }

  /** @param counted the reason in the metrics, @param shown the one whose status is answered */
  #refuse(res: HttpResponse, counted: number, shown: number, close: boolean): void {
    this.#bidding.hotPath.countReason(counted);
    http.refuse(res, shown, close || this.#activity.closing);
  }
}
