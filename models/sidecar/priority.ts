// The priority of a trainer: bids come first.

import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

const LOW_PRIORITY = 10;

/** Lowers the priority of this process with all its threads. */
export function lowerPriority(): void {
  setPriority(LOW_PRIORITY);
  if (process.platform !== 'linux') return;
  // There, a priority is a thread's own, and Node has some before the first line runs: V8's, and those that read files.
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      setPriority(Number(thread), LOW_PRIORITY);
    } catch {
      // it has ended meanwhile
    }
  }
}
