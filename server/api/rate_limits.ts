// How many requests a minute each key or user may make: a window of a minute that begins with its first request. What
// is left is told in every answer (draft-ietf-httpapi-ratelimit-headers, the three plain headers). The clock comes in
// from outside.

const WINDOW_MS = 60_000;
/** Callers remembered at once; beyond it, those whose minute is over are forgotten first. */
const CALLERS_MAX = 10_000;

interface Window {
  readonly endMs: number;
  taken: number;
}

/** What one request was told. */
export interface Allowance {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export class RateLimits {
  readonly #windows = new Map<string, Window>();

  /**
   * Counts a request.
   * @param caller who makes it
   * @param perMinute what he may make
   */
  take(caller: string, perMinute: number, nowMs: number): Allowance {
    const window = this.#window(caller, nowMs);
    const allowed = window.taken < perMinute;
    if (allowed) window.taken += 1;
    const reset = String(Math.ceil((window.endMs - nowMs) / 1000));
    const left = String(perMinute - window.taken);
    const headers = { 'ratelimit-limit': String(perMinute), 'ratelimit-remaining': left, 'ratelimit-reset': reset };
    return { allowed, headers: allowed ? headers : { ...headers, 'retry-after': reset } };
  }

  #window(caller: string, nowMs: number): Window {
    const known = this.#windows.get(caller);
    if (known !== undefined && known.endMs > nowMs) return known;
    this.#windows.delete(caller); // set again behind the others: the map stays in the order of the ends
    if (this.#windows.size >= CALLERS_MAX) this.#forget(nowMs);
    const begun = { endMs: nowMs + WINDOW_MS, taken: 0 };
    this.#windows.set(caller, begun);
    return begun;
  }

  /** Those that are over, and at least the oldest. */
  #forget(nowMs: number): void {
    for (const [caller, { endMs }] of this.#windows) {
      if (endMs > nowMs && this.#windows.size < CALLERS_MAX) return;
      this.#windows.delete(caller);
    }
  }
}

/** What of an address is one stranger: of IPv6 the network (/64), which a machine may have all of. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const behind = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - behind.length }, () => '0');
  return `${[...groups, ...zeros, ...behind].slice(0, 4).join(':')}::/64`;
}
