// POST /bid/batch: a JSON array of requests in, an array of answers out, in order. Each element is answered as if it
// had come alone; one that gets no bid is answered with its id and a no-bid reason (OpenRTB 3.0 list).

import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { MAX_BATCH_BYTES, MAX_BODY_BYTES } from '../assembly/limits.js';
import { BODY_TOO_LARGE, INTERNAL_ERROR, OVER_LIMIT } from '../assembly/reasons.js';
import { reasonOf } from '../bidcore/reasons.js';
import type { Activity } from './activity.js';
import type { Bidding } from './bidding.js';
import { SlowBody } from './body.js';
import { acceptsGzip, gzip } from './content_encoding.js';
import * as http from './http.js';

const PATH = '/bid/batch';
const [OPEN, COMMA, CLOSE] = ['[', ',', ']'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

export class BatchRoute {
  readonly #bidding: Bidding;
  readonly #activity: Activity;
  readonly #gzipResponses: boolean;

  constructor(bidding: Bidding, activity: Activity, gzipResponses: boolean) {
    this.#bidding = bidding;
    this.#activity = activity;
    this.#gzipResponses = gzipResponses;
  }

  register(app: TemplatedApp): void {
    app.post(PATH, (res, req) => this.#receive(res, req));
    app.any(PATH, (res) => http.refuseMethod(res, 'POST'));
  }

  #receive(res: HttpResponse, req: HttpRequest): void {
    res.onAborted(http.ignoreAbort);
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
      else this.#answer(res, body, compress);
    });
  }

  #answer(res: HttpResponse, body: Uint8Array, compress: boolean): void {
    const count = this.#split(body);
    if (count < 0) {
      // Too many requests are answered like too many bytes: the sender must split its batches.
      this.#refuse(res, -count, count === -OVER_LIMIT ? BODY_TOO_LARGE : -count, false);
      return;
    }
    const parts: Uint8Array[] = [OPEN];
    for (let i = 0; i < count; i++) {
      if (i > 0) parts.push(COMMA);
      parts.push(this.#element(i));
    }
    parts.push(CLOSE);
    const response = Buffer.concat(parts);
    res.writeHeader(http.CONTENT_TYPE, http.JSON_TYPE).writeHeader(http.OPENRTB_VERSION, http.OPENRTB_2_6);
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

  /** Answers element i of the batch just split. */
  #element(i: number): Uint8Array {
    const { hotPath } = this.#bidding;
    const { offset, length } = hotPath.batchElement(i);
    const request = hotPath.batch.subarray(offset, offset + length);
    if (length > MAX_BODY_BYTES) {
      hotPath.countReason(BODY_TOO_LARGE);
      return noBid(request, BODY_TOO_LARGE);
    }
    const nowMs = performance.now();
    const answered = this.#bidding.bid(request, nowMs, 0);
    const seconds = (performance.now() - nowMs) / 1000;
    hotPath.observe(seconds, seconds);
    return answered > 0 ? hotPath.output.slice(0, answered) : noBid(request, -answered);
  }

  /** @param counted the reason in the metrics, @param shown the one whose status is answered */
  #refuse(res: HttpResponse, counted: number, shown: number, close: boolean): void {
    this.#bidding.hotPath.countReason(counted);
    http.refuse(res, shown, close || this.#activity.closing);
  }
}

function noBid(request: Uint8Array, code: number): Buffer {
  const { nbr } = reasonOf(code);
  const id = idToken(Buffer.from(request).toString());
  return Buffer.from(id === undefined ? `{"nbr":${nbr}}` : `{"id":${id},"nbr":${nbr}}`);
}

/**
 * The `id` of a request as it stands in its text, so that it is echoed byte for byte: parsing would lose its escapes
 * and the digits of long numbers. Undefined if there is none that is a non-empty string or a number.
 */
export function idToken(request: string): string | undefined {
  let depth = 0;
  let key = '';
  let previous = '';
  let id: string | undefined;
  // JSON without its white space: strings, brackets and punctuation, and numbers or literals.
  for (const [token] of request.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gs)) {
    if (depth === 1 && token === ':') key = JSON.parse(previous) as string;
    else if (depth === 1 && previous === ':' && key === 'id')
      id = /^(?:"[\s\S]+"|-?\d.*)$/.test(token) ? token : undefined;
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    previous = token;
  }
  return request.trimStart().startsWith('{') ? id : undefined;
}
