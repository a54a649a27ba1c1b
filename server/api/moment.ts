// What was looked up a moment ago is not looked up again: known for half a second, and forgotten at once where this
// node changes something. So what another node changes counts here within that half second.

const KNOWN_MS = 500;
const KNOWN_MAX = 10_000;

export class Moment<T> {
  readonly #known = new Map<string, { readonly value: T; readonly untilMs: number }>();
  /** Raised by every change: what was read before one is not remembered after it. */
  #era = 0;

  /**
   * @param nowMs milliseconds since the epoch
   * @param lookUp undefined: there is none, which is not remembered
   */
  async of(key: string, nowMs: number, lookUp: () => Promise<T | undefined>): Promise<T | undefined> {
    const known = this.#known.get(key);
    if (known !== undefined && known.untilMs > nowMs) return known.value;
    const era = this.#era;
    const value = await lookUp();
    if (value === undefined || era !== this.#era) return value;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(key, { value, untilMs: nowMs + KNOWN_MS });
    return value;
  }

  /** To be called after a change of this node. */
  forget(): void {
    this.#era += 1;
    this.#known.clear();
  }
}
