// What the event logs of some bidders have charged.

import { readEntries } from '../../server/event_log/reader.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import { folderSpans } from '../../server/event_log/span.js';

/** The charges of each bid, micros, in any of the folders. */
export async function chargesOf(folders: readonly string[]): Promise<Map<string, number[]>> {
  const charges = new Map<string, number[]>();
  for (const folder of folders) {
    for await (const { record } of readEntries(folderSpans(realDisk, folder), 1)) {
      if (record.type !== 'notice' || record.chargeMicros === 0) continue;
      const its = charges.get(record.facts.bid) ?? [];
      its.push(record.chargeMicros);
      charges.set(record.facts.bid, its);
    }
  }
  return charges;
}
