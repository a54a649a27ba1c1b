// The days of an account: a daily budget is for one day of its time zone, which may have 23 or 25 hours.

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Day {
  /** `2026-01-31`. */
  readonly name: string;
  readonly startMs: number;
  /** When the next day starts. */
  readonly endMs: number;
}

/** Whether a time zone is one of the IANA database. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The days of one time zone; asking again inside a day costs nothing. */
export class Days {
  readonly #format: Intl.DateTimeFormat;
  #day: Day | undefined;

  /** @param timeZone name in the IANA database */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  }

  /** The day a time lies in, milliseconds since the epoch. */
  at(ms: number): Day {
    if (this.#day === undefined || ms < this.#day.startMs || ms >= this.#day.endMs) this.#day = this.#find(ms);
    return this.#day;
  }

  #find(ms: number): Day {
    const name = this.#nameAt(ms);
    return { name, startMs: this.#change(ms - 2 * DAY_MS, ms, name), endMs: this.#end(ms, name) };
  }

  #end(ms: number, name: string): number {
    let after = ms + DAY_MS / 2;
    while (this.#nameAt(after) === name) after += DAY_MS / 2;
    // The first minute that has another name.
    let low = Math.floor(ms / MINUTE_MS);
    let high = Math.ceil(after / MINUTE_MS);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#nameAt(middle * MINUTE_MS) === name) low = middle;
      else high = middle;
    }
    return high * MINUTE_MS;
  }

  /** The first minute of a name, between a time that has another and one that has it. */
  #change(beforeMs: number, ms: number, name: string): number {
    let low = Math.floor(beforeMs / MINUTE_MS);
    let high = Math.floor(ms / MINUTE_MS);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#nameAt(middle * MINUTE_MS) === name) high = middle;
      else low = middle;
    }
    return high * MINUTE_MS;
  }

  #nameAt(ms: number): string {
    return this.#format.format(ms);
  }
}
