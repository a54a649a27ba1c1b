// Virtual time: what is due when. Nothing of a simulated history waits for a real clock.

interface Due {
  readonly atMs: number;
  /** Events of one time run in the order they were made. */
  readonly nth: number;
  readonly run: () => void;
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

  at(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const due = { atMs: Math.max(atMs, this.nowMs), nth: this.#made++, run };
    let child = heap.push(due) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(due, heap[parent] as Due)) break;
      heap[child] = heap[parent] as Due;
      child = parent;
    }
    heap[child] = due;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Runs the next event that is due by a time; false if there is none. What it resolves, runs before this returns. */
  async step(untilMs: number): Promise<boolean> {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) return false;
    this.#removeFirst();
    this.nowMs = next.atMs;
    this.steps++;
    next.run();
    await new Promise((resolve) => setImmediate(resolve));
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
