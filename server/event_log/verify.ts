// Reads a whole log and checks all there is to check: headers, CRCs, the order of positions, snapshots, cursors. Changes
// nothing, and may run while the log is written.

import { type CursorState, readCursors } from './cursor.js';
import type { Disk } from './disk.js';
import { EventLogCorrupt, type EventLogError, isEventLogError } from './errors.js';
import { scanToFault } from './recovery.js';
import { SegmentScanner } from './scanner.js';
import { HEADER_BYTES, wasDurable } from './segment.js';
import { checkSnapshot, snapshotPositions } from './snapshots.js';
import { folderSpans, type Span } from './span.js';

export interface Verified {
  readonly segments: number;
  readonly records: number;
  readonly bytes: number;
  /** Position of the oldest record, and of the one that comes next. */
  readonly oldest: number;
  readonly next: number;
  /** At the end, not complete: being written, or to be cut off by the next start. */
  readonly tailBytes: number;
  /** Positions of the snapshots. */
  readonly snapshots: readonly number[];
  readonly cursors: Readonly<Record<string, CursorState>>;
  readonly broken: readonly EventLogError[];
}

export async function verifyFolder(disk: Disk, folder: string): Promise<Verified> {
  const broken: EventLogError[] = [];
  // Before the segments: what they say was durable when they were read.
  const cursors = await readCursors(disk, folder);
  const snapshots = await snapshotPositions(disk, folder);
  const spans = await folderSpans(disk, folder).spans();
  const sums = { records: 0, bytes: 0, tailBytes: 0, next: spans.at(-1)?.first ?? 1 };
  for (const [index, span] of spans.entries()) {
    try {
      const { position, offset, tailBytes } = await checkSegment(disk, span, spans[index + 1]);
      sums.records += position - span.first;
      sums.bytes += offset;
      sums.tailBytes += tailBytes;
      sums.next = position;
    } catch (error) {
      if (error instanceof EventLogCorrupt) broken.push(error.value);
      // Deleted by retention since it was listed.
      else if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  if (isEventLogError(cursors)) broken.push(cursors);
  for (const position of snapshots) broken.push(...(await checkSnapshot(disk, folder, position)));
  const places = isEventLogError(cursors) ? new Map<string, CursorState>() : cursors;
  const beyond = Math.max(...snapshots, ...[...places.values()].map(({ next }) => next), 1);
  if (beyond > sums.next && broken.length === 0) {
    const problem = `${folder} ends before position ${sums.next}, but a cursor or snapshot is at ${beyond}`;
    broken.push({
      code: 'event_log_corrupt',
      problem,
      file: spans.at(-1)?.path ?? folder,
      offset: spans.at(-1)?.bytes ?? 0,
    });
  }
  const oldest = spans[0]?.first ?? 1;
  return { ...sums, segments: spans.length, oldest, snapshots, cursors: Object.fromEntries(places), broken };
}

async function checkSegment(
  disk: Disk,
  span: Span,
  following: Span | undefined,
): Promise<{ position: number; offset: number; tailBytes: number }> {
  if (following === undefined && span.bytes <= HEADER_BYTES) {
    return { position: span.first, offset: 0, tailBytes: span.bytes < HEADER_BYTES ? span.bytes : 0 };
  }
  const scanner = await SegmentScanner.open(disk, span.path, span.first);
  try {
    const fault = await scanToFault(scanner, span.bytes, following?.first);
    const { position, offset } = scanner;
    if (following !== undefined && position < following.first) {
      const what = fault ?? `it ends with ${position - 1}, the next begins with ${following.first}`;
      throw new EventLogCorrupt(span.path, offset, what);
    }
    if (fault === undefined || following !== undefined) return { position, offset, tailBytes: 0 };
    const rest = await scanner.rest(span.bytes);
    if (wasDurable(rest, offset, position)) {
      throw new EventLogCorrupt(span.path, offset, `${fault}, and records behind it were written later`);
    }
    return { position, offset, tailBytes: rest.length };
  } finally {
    await scanner.close();
  }
}
