// Follows the impressions, clicks and conversions that other nodes have booked, so that a user is counted the same
// everywhere (frequency caps, audiences).
// Every node follows all of them: there is no group, nothing is acknowledged, nothing is kept for who does not listen.

import { setTimeout as sleep } from 'node:timers/promises';
import { awayOf, type BookedEvent, entriesOfRead, isBroken } from './event_reader.js';
import { Keys, PARTITIONS } from './keys.js';
import type { RedisLink } from './link.js';

export interface FollowOptions {
  readonly namespace: string;
  /** Its own notices are left out. */
  readonly node: number;
  /** From which booking on, milliseconds since the epoch: a node that restarts counts again what it still needs. */
  readonly fromMs: number;
  readonly batch?: number;
  readonly pauseMs?: number;
  readonly signal: AbortSignal;
}

const COUNTED: ReadonlySet<string> = new Set(['imp', 'click', 'conv']);
const BATCH = 1000;
const PAUSE_MS = 100;

/** Calls the handler, in the order of booking within a campaign, until told to stop. */
export async function followNotices(
  link: RedisLink,
  { namespace, node, fromMs, batch = BATCH, pauseMs = PAUSE_MS, signal }: FollowOptions,
  handler: (notices: readonly BookedEvent[]) => void,
): Promise<void> {
  const keys = new Keys(namespace);
  const last = new Array<string>(PARTITIONS).fill(`${Math.max(0, Math.floor(fromMs) - 1)}-18446744073709551615`);
  while (!signal.aborted) {
    const counts = await Promise.all(
      last.map(async (id, partition) => {
        const reply = await link.callBytes('xread', 'COUNT', batch, 'STREAMS', keys.events(partition), id);
        if (signal.aborted || awayOf(reply) !== undefined) return 0;
        const entries = entriesOfRead(reply, partition);
        last[partition] = entries.at(-1)?.id ?? id;
        const notices = entries.filter(
          (entry): entry is BookedEvent =>
            !isBroken(entry) && COUNTED.has(entry.record.kind) && entry.record.by !== node,
        );
        if (notices.length > 0) handler(notices);
        return entries.length;
      }),
    );
    if (!counts.some((count) => count === batch)) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
