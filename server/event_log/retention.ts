// What of a log may be deleted: whole segments from the front that neither the snapshots nor a cursor need, when they are
// too old or too many. A cursor that may lose records is moved on when it holds too much.

import type { Cursor } from './cursor.js';
import type { Disk } from './disk.js';
import { failureOf } from './errors.js';
import type { EventLogBounds, EventLogNote } from './options.js';
import type { Segment } from './recovery.js';

export interface Retention {
  readonly disk: Disk;
  readonly folder: string;
  /** Deleted ones are taken out. */
  readonly segments: Segment[];
  readonly cursors: Iterable<Cursor>;
  /** Of the snapshots that are kept, oldest first. Without one all records are needed. */
  readonly snapshots: readonly number[];
  readonly bounds: EventLogBounds;
  readonly nowMs: number;
  readonly note: (note: EventLogNote) => void;
}

/** Deletes what may be. What fails is noted; the next time tries again. */
export async function sweep(retention: Retention): Promise<void> {
  try {
    for (const cursor of retention.cursors) await moveOn(retention, cursor);
    await deleteSegments(retention);
  } catch (error) {
    retention.note({ code: 'retention_failed', text: failureOf(error, 'cannot delete old segments').problem });
  }
}

/** Bytes of the segments from the one that holds a position on. */
export function bytesFrom(segments: readonly Segment[], position: number): number {
  const start = Math.max(
    0,
    segments.findLastIndex(({ first }) => first <= position),
  );
  return segments.slice(start).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function moveOn({ segments, bounds, note }: Retention, cursor: Cursor): Promise<void> {
  if (!cursor.state.mayLose || bytesFrom(segments, cursor.next) <= bounds.cursorBytesMax) return;
  const target = segments.find(({ first }) => bytesFrom(segments, first) <= bounds.cursorBytesMax) ?? segments.at(-1);
  if (target === undefined || target.first <= cursor.next) return;
  const records = target.first - cursor.next;
  const error = await cursor.lose(target.first);
  if (error !== undefined) note({ code: 'retention_failed', text: error.problem });
  else
    note({ code: 'cursor_dropped', text: `cursor ${cursor.name} was too far behind and has lost ${records} records` });
}

async function deleteSegments({ disk, folder, segments, cursors, snapshots, bounds, nowMs }: Retention): Promise<void> {
  const needed = Math.min(snapshots[0] ?? 1, ...[...cursors].map(({ durableNext }) => durableNext));
  for (let [oldest, second] = segments; oldest !== undefined && second !== undefined; [oldest, second] = segments) {
    const sum = segments.reduce((bytes, segment) => bytes + segment.bytes, 0);
    if (second.first > needed) return;
    if (sum <= bounds.keepBytes && nowMs - second.madeMs <= bounds.keepMs) return;
    await disk.unlink(oldest.path);
    segments.shift();
    // One at a time, so that a crash leaves no gap.
    await disk.syncFolder(folder);
  }
}
