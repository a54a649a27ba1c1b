// Feeds the rollups of a node that has no Redis: from its own event log, from behind the stored place, some at a time.

import { Reader } from '../../event_log/reader.js';
import type { SpanSource } from '../../event_log/span.js';
import type { Rollups } from './rollups.js';
import type { LogEvent } from './sums.js';

/** A folder's log is one partition. */
const PARTITION = 0;

/**
 * Books all that is in the log by now. To go on with what comes, call it again.
 * @returns how many notices were new
 */
export async function catchUp(rollups: Rollups, source: SpanSource): Promise<number> {
  const place = Number((await rollups.positions()).get(PARTITION) ?? 0);
  const reader = new Reader(source, place + 1);
  let booked = 0;
  try {
    for (let entries = await reader.more(); entries.length > 0; entries = await reader.more()) {
      const events = entries.flatMap(({ position, record }): LogEvent[] =>
        record.type === 'notice'
          ? [{ partition: PARTITION, position: String(position), record, chargedMicros: record.chargeMicros }]
          : [],
      );
      booked += await rollups.book(events);
    }
  } finally {
    await reader.close();
  }
  return booked;
}
