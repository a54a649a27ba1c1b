// When a worker is asked for more than it can answer, requests wait for their turn longer and longer, until all
// answers are late. So those that have waited too long are refused at once, before their bodies are read: the time is
// left to those that can still be answered in time. After CoDel (RFC 8289): what counts is how long requests wait, not
// how many, and only a wait that lasts is overload; a burst or a pause of the process is not, up to a bound.
//
// How long a request has waited for its turn nobody says. The event loop asks for sockets that are ready, then works
// through them; who was not ready when it asked before, and is now, came in between. So no request has waited longer
// than since the last but one time it asked. Those times are known from `setImmediate`, which comes round behind each
// batch of sockets; it is set only in a batch of several, so that a quiet worker has no turn of the loop more.
//
//   ask      batch       ask         batch             ask
//   ─┬─────────────────────┬──────────────────────────────┬──▶
//    before                polled            now
//    └── age of what is handled now, at most ┘

/** A loop that did nothing for so long, milliseconds, has waited for the request: nobody waits in front of it. */
const IDLE_MS = 0.1;
/** A wait is overload when all requests have waited longer than the target for so long. */
const LASTING_MS = 20;
/** It is over when none has waited longer than half the target for so long. */
const CALM_MS = 100;
/** The longest wait, in targets, also of what is no overload yet. */
const BOUND = 2;

/** The times that it needs, milliseconds, and the loop's turns: in tests, others than this process's. */
export interface Loop {
  now(): number;
  /** Calls back once behind the sockets of this turn. */
  behind(turn: () => void): void;
}

export const processLoop: Loop = {
  now: () => performance.now(),
  behind: (turn) => void setImmediate(turn),
};

export class Overload {
  readonly #loop: Loop;
  readonly #targetMs: number;
  #shedding = false;
  /** When the loop asked for ready sockets, and the time before that. */
  #polledMs = 0;
  #beforeMs = 0;
  /** When the request before was taken up, or the loop came round. */
  #seenMs = Number.NEGATIVE_INFINITY;
  #marked = false;
  /** Since when no request has waited less than the target; undefined: the last one has. */
  #lateSinceMs: number | undefined;
  /** When a request had last waited longer than half the target. */
  #lateMs = 0;

  /** @param targetMs how long a request may wait for its turn, milliseconds; 0: however long */
  constructor(targetMs: number, loop: Loop = processLoop) {
    this.#targetMs = targetMs;
    this.#loop = loop;
  }

  /** Whether requests that have waited are refused at present. */
  get shedding(): boolean {
    return this.#shedding;
  }

  /** Whether the request whose turn it is now has waited too long: to be called once for each, first of all. */
  refuses(): boolean {
    if (this.#targetMs === 0) return false;
    const nowMs = this.#loop.now();
    this.#follow(nowMs);
    const ageMs = nowMs - this.#beforeMs;
    if (this.#shedding) return this.#shed(ageMs, nowMs);
    if (ageMs <= this.#targetMs) {
      this.#lateSinceMs = undefined;
      return false;
    }
    this.#lateSinceMs ??= nowMs;
    if (nowMs - this.#lateSinceMs >= LASTING_MS) {
      this.#shedding = true;
      return this.#shed(ageMs, nowMs);
    }
    return ageMs > this.#targetMs * BOUND;
  }

  #shed(ageMs: number, nowMs: number): boolean {
    if (ageMs > this.#targetMs / 2) this.#lateMs = nowMs;
    else if (nowMs - this.#lateMs > CALM_MS) {
      this.#shedding = false;
      this.#lateSinceMs = undefined;
    }
    return ageMs > this.#targetMs;
  }

  #follow(nowMs: number): void {
    if (!this.#marked) {
      if (nowMs - this.#seenMs > IDLE_MS) {
        this.#polledMs = nowMs;
        this.#beforeMs = nowMs;
      } else {
        this.#marked = true;
        this.#loop.behind(this.#turn);
      }
    }
    this.#seenMs = nowMs;
  }

  readonly #turn = (): void => {
    this.#marked = false;
    this.#beforeMs = this.#polledMs;
    this.#polledMs = this.#loop.now();
    this.#seenMs = this.#polledMs;
  };
}
