// The wall clock of a worker, made of the monotonic one and an offset that is corrected once a second: one reading of
// the clock serves a request's time of receipt and its durations. Steps of the system's clock are followed within a
// second.

const CORRECTION_MS = 1000;

export class WallClock {
  #offsetMs = performance.timeOrigin;
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      this.#offsetMs = Date.now() - performance.now();
    }, CORRECTION_MS).unref();
  }

  /** Microseconds since the epoch at a reading of performance.now(). */
  epochUs(nowMs: number): number {
    return (this.#offsetMs + nowMs) * 1000;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
