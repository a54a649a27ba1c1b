// The active snapshot: one word that says which half of the book, of each arm's model and of each arm's ad vectors is
// live. A flip is one store of it. Before a half is written, every worker must have let go of the snapshots that name
// it: a worker shows what it reads in its hazard word (assembly/memory_map.ts), for microseconds.

import { MAX_WORKERS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';

/** Which of the live models: what all traffic has, or a candidate for its place that takes a share. */
export const ARMS = ['control', 'candidate'] as const;
export type Arm = (typeof ARMS)[number];

export class Snapshot {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer, 0, map.COUNTERS / 4);
  }

  get bits(): number {
    return Atomics.load(this.#words, (map.CONTROL + map.CONTROL_SNAPSHOT) / 4);
  }

  /** Makes the halves that bits name the live ones; counts the flip. */
  publish(bits: number): void {
    Atomics.store(this.#words, (map.CONTROL + map.CONTROL_SNAPSHOT) / 4, (bits + map.SNAPSHOT_STEP) | 0);
  }

  /** Which half is idle, 0 or 1, of the kind a bit names. Not to be written before `idle` says that it is let go. */
  other(bit: number): 0 | 1 {
    return (this.bits & bit) === 0 ? 1 : 0;
  }

  /** Waits until no worker reads the half, of the kind a bit names, that is about to be written. */
  async idle(bit: number): Promise<void> {
    const active = this.bits & bit;
    const reading = (): boolean => {
      for (let worker = 0; worker < MAX_WORKERS; worker++) {
        const hazard = Atomics.load(this.#words, hazardIndex(worker));
        if (hazard !== 0 && (hazard & bit) !== active) return true;
      }
      return false;
    };
    while (reading()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets go of what a dead worker was reading. */
  clearHazard(worker: number): void {
    Atomics.store(this.#words, hazardIndex(worker), 0);
  }
}

/** The bits of an arm's model and vector halves. */
export function armBits(arm: Arm): { readonly model: number; readonly vectors: number } {
  const shift = ARMS.indexOf(arm) * map.SNAPSHOT_ARM_SHIFT;
  return { model: map.SNAPSHOT_MODEL << shift, vectors: map.SNAPSHOT_VECTORS << shift };
}

function hazardIndex(worker: number): number {
  return (map.CONTROL + map.CONTROL_HAZARDS + worker * map.HAZARD_STRIDE) / 4;
}
