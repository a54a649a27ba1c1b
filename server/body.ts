// The body of one request that comes in several pieces, gathered up to a bound.

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
