// A limit on requests a second: a bucket of tokens that fills at the limit's rate and costs a token a request. The
// clock comes in from outside.

/** How long a pause a bucket makes up for: the burst after it is this much of the rate, and at least one request. */
const BURST_S = 0.1;

export class TokenBucket {
  readonly ratePerS: number;
  readonly #tokensMax: number;
  #tokens: number;
  #filledMs: number;

  /**
   * @param ratePerS requests a second, above 0
   * @param nowMs the time now; it starts full
   */
  constructor(ratePerS: number, nowMs: number) {
    this.ratePerS = ratePerS;
    this.#tokensMax = Math.max(ratePerS * BURST_S, 1);
    this.#tokens = this.#tokensMax;
    this.#filledMs = nowMs;
  }

  /** Takes a token; false if there is none. */
  take(nowMs: number): boolean {
    const filled = this.#tokens + ((nowMs - this.#filledMs) / 1000) * this.ratePerS;
    this.#filledMs = nowMs;
    this.#tokens = Math.min(filled, this.#tokensMax);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
