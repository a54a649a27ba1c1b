// What a start makes of a log's folder. The end of the last segment may be torn: it is cut back to the last good record,
// and what was cut is kept aside in a *.torn file. Whatever else is not as it was written is an error that names file and
// offset, and nothing is changed.

import type { Disk } from './disk.js';
import { EventLogCorrupt } from './errors.js';
import type { EventLogNote } from './options.js';
import { FAULT_TEXTS, SegmentScanner } from './scanner.js';
import { HEADER_BYTES, segmentName, wasDurable } from './segment.js';
import { folderSpans, type Span, sizeOf } from './span.js';

export const TORN = '.torn';

/** A segment of the log, as its writer knows it. */
export interface Segment {
  readonly path: string;
  readonly first: number;
  readonly madeMs: number;
  /** Up to here it is durable. */
  bytes: number;
}

export interface Recovered {
  readonly segments: Segment[];
  /** Position of the next record. */
  readonly next: number;
  readonly tornBytes: number;
}

export interface RecoveryContext {
  readonly disk: Disk;
  readonly folder: string;
  readonly nowMs: number;
  readonly note: (note: EventLogNote) => void;
  /**
   * Records before it are needed by nobody, so that the segments that end before it are not read through at each start;
   * `gavel events verify` reads all.
   */
  readonly neededFrom: number;
}

export async function recover(context: RecoveryContext): Promise<Recovered> {
  const { disk, folder } = context;
  const spans = [...(await folderSpans(disk, folder).spans())];
  let tornBytes = await dropUnbornSegment(context, spans);
  const segments: Segment[] = [];
  let next = 1;
  for (const [index, span] of spans.entries()) {
    const following = spans[index + 1];
    const scanner = await SegmentScanner.open(disk, span.path, span.first);
    const { madeMs } = scanner.header;
    try {
      if (following === undefined || following.first > context.neededFrom) {
        const fault = await scanToFault(scanner, span.bytes, following?.first);
        if (following !== undefined && scanner.position < following.first) {
          const what = fault ?? `it ends with ${scanner.position - 1}, the next begins with ${following.first}`;
          throw new EventLogCorrupt(span.path, scanner.offset, what);
        }
        const cut = span.bytes - scanner.offset;
        if (cut > 0) {
          if (following === undefined) await refuseDurable(scanner, span, fault ?? '');
          const code = following === undefined ? 'torn_tail_cut' : 'superseded_cut';
          tornBytes += await cutBack(context, scanner, span, code);
        }
        if (following === undefined) await writeLastGroupAgain(context, scanner, span.path);
        segments.push({ path: span.path, first: span.first, madeMs, bytes: scanner.offset });
      } else segments.push({ path: span.path, first: span.first, madeMs, bytes: span.bytes });
      next = scanner.position;
    } finally {
      await scanner.close();
    }
  }
  return { segments, next, tornBytes };
}

/** Reads on to where the good records end, and says why there, if not because the file does. */
export async function scanToFault(
  scanner: SegmentScanner,
  limit: number,
  until = Number.MAX_SAFE_INTEGER,
): Promise<string | undefined> {
  for (;;) {
    const { frames, fault } = await scanner.step(limit, until);
    if (fault !== undefined) return FAULT_TEXTS[fault];
    if (frames.length === 0) return undefined;
  }
}

/**
 * A segment is made, its header synced and its name synced, before a record goes into it. So one with less than a header
 * has never held any.
 */
async function dropUnbornSegment({ disk, folder, note }: RecoveryContext, spans: Span[]): Promise<number> {
  const last = spans.at(-1);
  if (last === undefined || last.bytes > HEADER_BYTES) return 0;
  try {
    await (await SegmentScanner.open(disk, last.path, last.first)).close();
    return 0;
  } catch (error) {
    if (!(error instanceof EventLogCorrupt)) throw error;
  }
  await disk.unlink(last.path);
  await disk.syncFolder(folder);
  spans.pop();
  note({ code: 'torn_tail_cut', text: `${last.path} was not finished and held no record yet: deleted` });
  return last.bytes;
}

async function refuseDurable(scanner: SegmentScanner, span: Span, fault: string): Promise<void> {
  const rest = await scanner.rest(span.bytes);
  if (!wasDurable(rest, scanner.offset, scanner.position)) return;
  throw new EventLogCorrupt(span.path, scanner.offset, `${fault}, and records behind it were written later`);
}

async function cutBack(
  { disk, folder, nowMs, note }: RecoveryContext,
  scanner: SegmentScanner,
  span: Span,
  code: 'torn_tail_cut' | 'superseded_cut',
): Promise<number> {
  const rest = await scanner.rest(span.bytes);
  const kept = `${folder}/${segmentName(span.first)}-${scanner.offset}-${nowMs}${TORN}`;
  const aside = await disk.open(kept, 'create');
  try {
    await aside.write(rest, 0);
    await aside.fdatasync();
  } finally {
    await aside.close();
  }
  await disk.syncFolder(folder);
  const file = await disk.open(span.path, 'write');
  try {
    await file.truncate(scanner.offset);
    await file.fdatasync();
  } finally {
    await file.close();
  }
  note({ code, text: `${span.path} cut back by ${rest.length} bytes to ${scanner.offset}; they are in ${kept}` });
  return rest.length;
}

/**
 * What a killed process has written is read as if it were durable, and a sync that failed in it may have left pages that
 * no later sync writes. Only the last group can be so; written once more, its pages are dirty and a sync is a sync.
 */
async function writeLastGroupAgain(
  { disk, folder }: RecoveryContext,
  scanner: SegmentScanner,
  path: string,
): Promise<void> {
  const file = await disk.open(path, 'write');
  try {
    const from = scanner.offset > HEADER_BYTES ? scanner.group : 0;
    const group = Buffer.alloc(scanner.offset - from);
    await scanner.file.read(group, from);
    await file.write(group, from);
    await file.fdatasync();
  } finally {
    await file.close();
  }
  await disk.syncFolder(folder);
}

/** Bytes of the files in the folder that are not segments: snapshots, cursors, what was cut. */
export async function otherBytes(disk: Disk, folder: string): Promise<number> {
  let sum = 0;
  for (const name of await disk.list(folder)) {
    if (!name.endsWith('.events')) sum += (await sizeOf(disk, `${folder}/${name}`)) ?? 0;
  }
  return sum;
}
