// The body of one request that comes in several pieces or compressed: gathered up to a bound, then decoded.

import type { HttpResponse } from 'uWebSockets.js';
import { BAD_ENCODING, BODY_TOO_LARGE } from '../assembly/reasons.js';
import type { Activity } from './activity.js';
import { decode, type Encoding, encodingOf } from './content_encoding.js';

/** Grows by doubling instead of trusting Content-Length: a claim must not cost memory before bytes have come. */
const FIRST_BYTES = 4096;

export class Body {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Copies a piece, which uWebSockets.js takes back afterwards. False: the body is over its bound. */
  append(chunk: ArrayBuffer): boolean {
    const length = this.#length + chunk.byteLength;
    if (length > this.#bytesMax) return false;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(Math.max(length, this.#bytes.length * 2), this.#bytesMax));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(new Uint8Array(chunk), this.#length);
    this.#length = length;
    return true;
  }

  /** What has come so far. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** A body that is not plain or not whole in its first piece, for as long as it takes. */
export class SlowBody {
  /** When its first piece came, milliseconds of performance.now(). */
  readonly startedMs = performance.now();
  readonly #body: Body;
  readonly #encoding: Encoding | undefined;
  readonly #bytesMax: number;
  readonly #activity: Activity;

  /**
   * @param contentEncoding the header, empty if absent
   * @param bytesMax bound of the body, as sent and as decoded
   */
  constructor(res: HttpResponse, contentEncoding: string, bytesMax: number, activity: Activity) {
    this.#body = new Body(bytesMax);
    this.#encoding = encodingOf(contentEncoding);
    this.#bytesMax = bytesMax;
    this.#activity = activity;
    activity.waiting += 1;
    res.onAborted(() => {
      activity.waiting -= 1;
    });
  }

  /** Takes the next piece. Returns the decoded body once it is whole, a reason code if refused, else undefined. */
  take(chunk: ArrayBuffer, last: boolean): Uint8Array | number | undefined {
    const body = this.#next(chunk, last);
    if (body !== undefined) this.#activity.waiting -= 1;
    return body;
  }

  #next(chunk: ArrayBuffer, last: boolean): Uint8Array | number | undefined {
    if (this.#encoding === undefined) return BAD_ENCODING;
    if (!this.#body.append(chunk)) return BODY_TOO_LARGE;
    return last ? decode(this.#body.bytes(), this.#encoding, this.#bytesMax) : undefined;
  }
}
