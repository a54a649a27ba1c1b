// Virtual time: what is due when. Nothing of a simulated history waits for a real clock.

/** What an event resolves has its consequences within so many turns of the queue of promises. */
const TURNS = 40;

export interface Due {
  readonly atMs: number;
  /** Events of one time run in the order they were made. */
  readonly nth: number;
  run: (() => void) | undefined;
}

export class Schedule {
  nowMs: number;
  /** Events that have run. */
  steps = 0;
  readonly #heap: Due[] = [];
  #made = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  at(atMs: number, run: () => void): Due {
    const heap = this.#heap;
    const due: Due = { atMs: Math.max(atMs, this.nowMs), nth: this.#made++, run };
    let child = heap.push(due) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(due, heap[parent] as Due)) break;
      heap[child] = heap[parent] as Due;
      child = parent;
    }
    heap[child] = due;
    return due;
  }

  after(delayMs: number, run: () => void): Due {
    return this.at(this.nowMs + delayMs, run);
  }

  /** Takes back what is not to happen any more. */
  cancel(due: Due): void {
    due.run = undefined;
  }

  /** Runs the next event that is due by a time; false if there is none. What it resolves, runs before this returns. */
  async step(untilMs: number): Promise<boolean> {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) return false;
    this.#removeFirst();
    this.nowMs = next.atMs;
    if (next.run === undefined) return true;
    this.steps++;
    next.run();
    for (let turn = 0; turn < TURNS; turn++) await undefined;
    return true;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child++;
      if (isBefore(last, heap[child] as Due)) break;
      heap[parent] = heap[child] as Due;
      parent = child;
    }
    heap[parent] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.nth < b.nth);
}
