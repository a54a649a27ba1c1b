// The bounds of an event log, all in one place, and how they relate.

import type { Disk } from './disk.js';
import type { FolderLock } from './lock.js';
import { FRAME_BYTES, HEADER_BYTES, RECORD_BYTES_MAX } from './segment.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const DAY_MS = 86_400_000;

export interface EventLogBounds {
  /** A segment takes no more groups from here on. */
  readonly segmentBytes: number;
  /** What is written, and synced, at once. */
  readonly groupBytesMax: number;
  /** What may wait to be written. */
  readonly queueBytesMax: number;
  /** Of the folder: beyond, nothing is appended. */
  readonly diskBytesMax: number;
  /** What nobody needs any more is kept for so long and so many bytes, for people to look at. */
  readonly keepMs: number;
  readonly keepBytes: number;
  /** How far a cursor that may lose records can be behind before it loses them. */
  readonly cursorBytesMax: number;
}

export const EVENT_LOG_BOUNDS: EventLogBounds = {
  segmentBytes: 64 * MIB,
  groupBytesMax: 4 * MIB,
  queueBytesMax: 16 * MIB,
  diskBytesMax: 16 * GIB,
  keepMs: 7 * DAY_MS,
  keepBytes: 4 * GIB,
  cursorBytesMax: 8 * GIB,
};

/** What the log tells its owner beside answers, to be logged. */
export interface EventLogNote {
  readonly code:
    | 'torn_tail_cut'
    | 'superseded_cut'
    | 'segment_abandoned'
    | 'write_failed'
    | 'retention_failed'
    | 'cursor_behind'
    | 'cursor_dropped';
  readonly text: string;
}

export interface EventLogOptions extends Partial<EventLogBounds> {
  readonly disk?: Disk;
  readonly lock?: FolderLock;
  readonly nowMs?: () => number;
  readonly note?: (note: EventLogNote) => void;
}

/** All bounds, set or not. Throws where they contradict each other. */
export function boundsOf(options: EventLogOptions): EventLogBounds {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const bounds: EventLogBounds = { ...EVENT_LOG_BOUNDS, ...given };
  const { segmentBytes, groupBytesMax, queueBytesMax, diskBytesMax, keepBytes, cursorBytesMax } = bounds;
  const rules: [boolean, string][] = [
    // The offsets in a frame have 32 bits, and a segment ends with the group that makes it full.
    [segmentBytes + groupBytesMax + queueBytesMax < 4 * GIB, 'a segment is under 4 GiB'],
    [FRAME_BYTES + RECORD_BYTES_MAX <= queueBytesMax, 'the queue holds the longest record'],
    [segmentBytes > HEADER_BYTES, 'a segment holds more than its header'],
    [keepBytes <= cursorBytesMax, 'keepBytes is at most cursorBytesMax'],
    [cursorBytesMax <= diskBytesMax, 'cursorBytesMax is at most diskBytesMax'],
  ];
  for (const [holds, rule] of rules) if (!holds) throw new RangeError(`event log: ${rule}`);
  return bounds;
}
