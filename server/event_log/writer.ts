// Writes groups of records to the last segment, one write and one fdatasync each, and keeps what failed out of the log.
//
//   A write fails     The segment is cut back to what is durable, and the cut synced. If that fails too, the segment is
//                     given up like after a failed sync.
//   A sync fails      Linux then takes the pages for clean: another fdatasync would succeed without the bytes being on
//                     the disk (https://wiki.postgresql.org/wiki/Fsync_Errors). So nothing is ever synced twice. The
//                     segment is given up: what earlier syncs made durable counts, and the group is written anew, from
//                     memory, into a new segment. If that fails as well, the group has failed.
//   Given up          The new segment begins with the position that follows what is durable, and where two segments
//                     have a position the later one counts. So it does not matter what is left behind in the old one.
//   A segment cannot  The old one is not written again either: the new one may be on the disk, and would hide what is
//   be made           appended to the old one. The next group tries to make it once more.

import type { Disk, DiskFile } from './disk.js';
import { type EventLogError, failureOf } from './errors.js';
import type { EventLogBounds, EventLogNote } from './options.js';
import type { Segment } from './recovery.js';
import { FRAME_BYTES, HEADER_BYTES, segmentName, writeFrame, writeHeader } from './segment.js';

export class GroupWriter {
  /** Position of the next record. */
  next: number;
  fsyncs = 0;
  failures = 0;
  /** Open for writing: the last segment, unless it is full or given up. */
  #file: DiskFile | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly folder: string,
    private readonly segments: Segment[],
    private readonly bounds: EventLogBounds,
    private readonly nowMs: () => number,
    private readonly note: (note: EventLogNote) => void,
    next: number,
  ) {
    this.next = next;
  }

  /** Goes on with the last segment of a log that was there. */
  async resume(): Promise<void> {
    const last = this.segments.at(-1);
    if (last !== undefined) this.#file = await this.disk.open(last.path, 'write');
  }

  /** Writes records durably, all or none; gives the position of the first. */
  async write(payloads: readonly Buffer[]): Promise<number | EventLogError> {
    for (let retried = false; ; retried = true) {
      let target: { file: DiskFile; segment: Segment };
      try {
        target = await this.#target();
      } catch (error) {
        return this.#failed(error, 'cannot make a segment');
      }
      const { file, segment } = target;
      const bytes = frames(payloads, this.next, segment.bytes);
      try {
        await file.write(bytes, segment.bytes);
      } catch (error) {
        await this.#cutBack(file, segment);
        return this.#failed(error, `cannot write ${segment.path}`);
      }
      try {
        this.fsyncs++;
        await file.fdatasync();
      } catch (error) {
        await this.#giveUp(file, segment);
        const failure = this.#failed(error, `cannot sync ${segment.path}`);
        if (retried) return failure;
        continue;
      }
      const first = this.next;
      segment.bytes += bytes.length;
      this.next += payloads.length;
      return first;
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #target(): Promise<{ file: DiskFile; segment: Segment }> {
    const last = this.segments.at(-1);
    if (this.#file !== undefined && last !== undefined && last.bytes < this.bounds.segmentBytes)
      return { file: this.#file, segment: last };
    await this.close();
    const segment = { path: `${this.folder}/${segmentName(this.next)}`, first: this.next, madeMs: this.nowMs() };
    const file = await this.disk.open(segment.path, 'create');
    try {
      await file.write(writeHeader(segment), 0);
      this.fsyncs += 2;
      await file.fdatasync();
      await this.disk.syncFolder(this.folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#file = file;
    // One that was given up before it held a record has the name of this one.
    if (last?.first === segment.first) this.segments.pop();
    this.segments.push({ ...segment, bytes: HEADER_BYTES });
    return { file, segment: this.segments.at(-1) as Segment };
  }

  async #cutBack(file: DiskFile, segment: Segment): Promise<void> {
    try {
      await file.truncate(segment.bytes);
      this.fsyncs++;
      await file.fdatasync();
    } catch (error) {
      this.#failed(error, `cannot cut back ${segment.path}`);
      await this.#giveUp(file, segment);
    }
  }

  async #giveUp(file: DiskFile, segment: Segment): Promise<void> {
    this.#file = undefined;
    this.note({ code: 'segment_abandoned', text: `${segment.path} is left as it is; a new segment follows` });
    try {
      // For those who look at the file; nothing depends on it.
      await file.truncate(segment.bytes);
      await file.close();
    } catch (error) {
      this.#failed(error, `cannot tidy ${segment.path}`);
    }
  }

  #failed(error: unknown, doing: string): EventLogError {
    const failure = failureOf(error, doing);
    this.failures++;
    this.note({ code: 'write_failed', text: failure.problem });
    return failure;
  }
}

function frames(payloads: readonly Buffer[], first: number, group: number): Buffer {
  const bytes = Buffer.allocUnsafe(payloads.reduce((sum, { length }) => sum + FRAME_BYTES + length, 0));
  let at = 0;
  payloads.forEach((payload, index) => {
    at = writeFrame(bytes, at, first + index, group, payload);
  });
  return bytes;
}
