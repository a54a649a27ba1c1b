// Long work in short steps. A system that gave a core to a thread leaves it there until its slice is over, whatever
// its priority: on Linux (EEVDF) up to the next tick, 4 ms. A bid that comes meanwhile waits. So work that is in no
// hurry rests after every fraction of a millisecond, and whoever waits has the core.

/** Called often by long work; rests when a step is over. */
export type Rest = () => void;

/** Bytes that are worked through between two calls of a rest: some 30 µs of checksums or comparisons. */
const STEP_BYTES = 2 ** 15;

/** Longest step, and the shortest time a core is free between two. */
const STEP_MS = 0.1;
const REST_MS = 0.05;

/** A word nobody wakes anybody by. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** For work that has a thread to itself, or whose thread may stand still: it does while resting. */
export function resting(): Rest {
  let until = performance.now() + STEP_MS;
  return () => {
    if (performance.now() < until) return;
    Atomics.wait(NOBODY, 0, 0, REST_MS);
    until = performance.now() + STEP_MS;
  };
}

/** For work that is to be over soon. */
export const restless: Rest = () => undefined;

/** The parts of bytes that are steps, in order. */
export function* stepsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += STEP_BYTES) yield bytes.subarray(at, at + STEP_BYTES);
}
