// The priority of threads that work beside the bids: those come first.

import { getPriority, setPriority } from 'node:os';

const LOW_PRIORITY = 10;

/** Lowers the priority of the thread that calls it, where a thread has one of its own: on Linux. */
export function lowerThreadPriority(): void {
  // Elsewhere it would be that of the whole bidder. One that is lower already stays.
  if (process.platform === 'linux') setPriority(Math.max(LOW_PRIORITY, getPriority()));
}
