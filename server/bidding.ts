// One request through the hot path, with everything that may go wrong in there: what the bid and the batch route share.

import { INTERNAL_ERROR } from '../assembly/reasons.js';
import type { HotPath } from '../bidcore/hotpath.js';
import type { WallClock } from './clock.js';
import type { Exchanges } from './exchanges.js';
import { Staging } from './staging.js';

export class Bidding {
  readonly hotPath: HotPath;
  readonly exchanges: Exchanges;
  readonly #clock: WallClock;
  readonly #staging: Staging;

  constructor(hotPath: HotPath, clock: WallClock, exchanges: Exchanges) {
    this.hotPath = hotPath;
    this.exchanges = exchanges;
    this.#clock = clock;
    this.#staging = new Staging(hotPath.input);
  }

  /**
   * Answers one body of at most MAX_BODY_BYTES.
   * @param nowMs reading of performance.now()
   * @param exchange position of its exchange in the book
   * @returns above 0: bytes of the response in the hot path's output; else minus a reason code
   */
  bid(body: Uint8Array, nowMs: number, exchange: number): number {
    this.#staging.place(body);
    try {
      return this.hotPath.bid(body.length, this.#clock.epochUs(nowMs), exchange);
    } catch (error) {
      this.recover(error);
      return -INTERNAL_ERROR;
    }
  }

  /** A trap costs its request; whatever else was thrown is a broken invariant and goes on. */
  recover(error: unknown): void {
    // V8 reports an exhausted stack inside a module as a RangeError.
    if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
    this.hotPath.recover();
  }
}
