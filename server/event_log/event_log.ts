// The event log of a node: records, numbered from 1, that survive whatever happens once they are acknowledged. Written
// by one thread, read by any number. docs/events.md is the page for operators.
//
//   append ──▶ queue ──▶ group: one write, one fdatasync ──▶ segment files ──▶ read, follow
//              (bound)   all that came meanwhile is the next     │
//                                                       cursors, snapshots: what is still needed
//
// Expected failures are values. A failed append has left nothing in the log, and the next one tries the disk again.
// One that was not answered when the process or the machine ended may be there afterwards, or the first of its records.

import type { EventRecord } from '../../bidcore/money/event.js';
import { Cursor, type CursorState, readCursors } from './cursor.js';
import type { Disk } from './disk.js';
import { type EventLogError, failureOf, isEventLogError } from './errors.js';
import { folderLock, type Held } from './lock.js';
import { boundsOf, type EventLogBounds, type EventLogNote, type EventLogOptions } from './options.js';
import { type Entry, followEntries, readEntries } from './reader.js';
import { realDisk } from './real_disk.js';
import { otherBytes, recover, type Segment } from './recovery.js';
import { bytesFrom, sweep } from './retention.js';
import { FRAME_BYTES, packRecord } from './segment.js';
import { newestSnapshot, type Snapshot, saveSnapshot, snapshotPositions } from './snapshots.js';
import type { SpanSource } from './span.js';
import type { EventLogStats } from './stats.js';
import { GroupWriter } from './writer.js';

/** Positions of appended records: from `first` to before `next`. */
export interface Appended {
  readonly first: number;
  readonly next: number;
}

interface Waiting {
  readonly payloads: readonly Buffer[];
  readonly bytes: number;
  readonly answer: (result: Appended | EventLogError) => void;
}

interface Parts {
  readonly disk: Disk;
  readonly folder: string;
  readonly bounds: EventLogBounds;
  readonly nowMs: () => number;
  readonly note: (note: EventLogNote) => void;
  readonly held: Held;
  readonly segments: Segment[];
  readonly writer: GroupWriter;
  readonly cursors: ReadonlyMap<string, CursorState>;
  readonly snapshots: readonly number[];
  readonly otherBytes: number;
  readonly tornBytes: number;
}

/** Opens a log, makes it if it is not there, and repairs what a crash has left. */
export async function openEventLog(folder: string, options: EventLogOptions = {}): Promise<EventLog | EventLogError> {
  const { disk = realDisk, lock = folderLock, nowMs = Date.now, note = () => undefined } = options;
  const bounds = boundsOf(options);
  let held: Held | undefined;
  try {
    await disk.makeFolder(folder);
    const lockResult = await lock(folder);
    if (isEventLogError(lockResult)) return lockResult;
    held = lockResult;
    const opened = await openParts(disk, folder, bounds, nowMs, note, held);
    if (!isEventLogError(opened)) return new EventLog(opened);
    await held.release();
    return opened;
  } catch (error) {
    await held?.release();
    return failureOf(error, `cannot open ${folder}`);
  }
}

async function openParts(
  disk: Disk,
  folder: string,
  bounds: EventLogBounds,
  nowMs: () => number,
  note: (note: EventLogNote) => void,
  held: Held,
): Promise<Parts | EventLogError> {
  const cursors = await readCursors(disk, folder);
  if (isEventLogError(cursors)) return cursors;
  const snapshots = (await snapshotPositions(disk, folder)).slice(-2);
  const needs = [...[...cursors.values()].map(({ next }) => next), ...snapshots];
  const neededFrom = Math.min(snapshots[0] ?? 1, ...needs);
  const { segments, next, tornBytes } = await recover({ disk, folder, nowMs: nowMs(), note, neededFrom });
  const beyond = Math.max(...needs, 1);
  if (beyond > next) {
    // Both are only ever written behind records that are durable.
    const problem = `${folder} ends before position ${next}, but a cursor or snapshot is at ${beyond}`;
    return {
      code: 'event_log_corrupt',
      problem,
      file: segments.at(-1)?.path ?? folder,
      offset: segments.at(-1)?.bytes ?? 0,
    };
  }
  const writer = new GroupWriter(disk, folder, segments, bounds, nowMs, note, next);
  await writer.resume();
  const others = await otherBytes(disk, folder);
  return {
    disk,
    folder,
    bounds,
    nowMs,
    note,
    held,
    segments,
    writer,
    cursors,
    snapshots,
    otherBytes: others,
    tornBytes,
  };
}

export class EventLog {
  readonly #parts: Parts;
  readonly #cursors = new Map<string, Cursor>();
  readonly #behind = new Set<string>();
  readonly #source: SpanSource;
  #snapshots: readonly number[];
  #otherBytes: number;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #pumping: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;
  #closed = false;
  #changed = deferred();
  #records = 0;
  #bytes = 0;
  #groups = 0;
  #groupRecordsMax = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#snapshots = parts.snapshots;
    this.#otherBytes = parts.otherBytes;
    for (const [name, state] of parts.cursors) this.#cursors.set(name, this.#makeCursor(name, state, true));
    const spans = async () => parts.segments.map(({ path, first, bytes }) => ({ path, first, bytes }));
    this.#source = { disk: parts.disk, spans, tailIsOpen: false };
  }

  /** Position of the oldest record there is, or of the next one if there is none. */
  get oldest(): number {
    return this.#parts.segments[0]?.first ?? this.next;
  }

  /** Position of the next record. */
  get next(): number {
    return this.#parts.writer.next;
  }

  /** Resolves when all the records are durable, or with why none of them is in the log. */
  append(records: readonly EventRecord[]): Promise<Appended | EventLogError> {
    if (this.#closed) return Promise.resolve({ code: 'event_log_failed', problem: 'the event log is closed' });
    const payloads = records.map(packRecord);
    const bytes = payloads.reduce((sum, { length }) => sum + FRAME_BYTES + length, 0);
    const { queueBytesMax, diskBytesMax } = this.#parts.bounds;
    if (this.#queueBytes + bytes > queueBytesMax) {
      const problem = `${this.#queueBytes} bytes wait to be written, at most ${queueBytesMax} do`;
      return Promise.resolve({ code: 'event_log_full', problem });
    }
    if (this.#diskBytes() + this.#queueBytes + bytes > diskBytesMax) {
      void this.sweep();
      const problem = `${this.#parts.folder} has ${this.#diskBytes()} bytes, at most ${diskBytesMax}`;
      return Promise.resolve({ code: 'event_log_full', problem });
    }
    this.#queueBytes += bytes;
    return new Promise((answer) => {
      this.#queue.push({ payloads, bytes, answer });
      this.#pumping ??= this.#pump();
    });
  }

  /** What is durable from a position on, to the end of now. Throws `EventLogCorrupt` where bytes are broken. */
  read(from: number): AsyncGenerator<Entry, void> {
    return readEntries(this.#source, from);
  }

  /** The same, and then what comes, until the log is closed. What retention has deleted is left out. */
  follow(from: number): AsyncGenerator<Entry, void> {
    return followEntries(this.#source, from, () => (this.#closed ? Promise.resolve(false) : this.#changed.promise));
  }

  /**
   * The place of a consumer, made at the oldest record if it is new. Records it has not passed are kept: with `mayLose`
   * up to `cursorBytesMax`, without until the log is full.
   */
  async cursor(name: string, { mayLose }: { readonly mayLose: boolean }): Promise<Cursor | EventLogError> {
    const known = this.#cursors.get(name);
    const cursor = known ?? this.#makeCursor(name, { next: this.oldest, mayLose, lost: 0 }, false);
    this.#cursors.set(name, cursor);
    const error = cursor.state.mayLose === mayLose ? await cursor.save() : await cursor.allowLoss(mayLose);
    return error ?? cursor;
  }

  /** Keeps what was made of all records before a position, and lets go of what only older snapshots need. */
  async writeSnapshot(position: number, bytes: Uint8Array): Promise<EventLogError | undefined> {
    const newest = this.#snapshots.at(-1) ?? 1;
    if (position > this.next || position < newest) {
      throw new Error(`a snapshot at ${position}, not from ${newest} to ${this.next}`);
    }
    const { disk, folder } = this.#parts;
    try {
      this.#snapshots = await saveSnapshot(disk, folder, position, bytes);
      this.#otherBytes = await otherBytes(disk, folder);
    } catch (error) {
      return failureOf(error, 'cannot write a snapshot');
    }
    await this.sweep();
    return undefined;
  }

  /** The newest good snapshot; undefined where there is none, an error where none is good. */
  async readSnapshot(): Promise<Snapshot | EventLogError | undefined> {
    try {
      return await newestSnapshot(this.#parts.disk, this.#parts.folder);
    } catch (error) {
      return failureOf(error, 'cannot read a snapshot');
    }
  }

  /** Deletes what retention allows. The log calls it as it grows; for age alone its owner does now and then. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  stats(): EventLogStats {
    const { segments, writer, tornBytes, bounds } = this.#parts;
    return {
      records: this.#records,
      bytes: this.#bytes,
      groups: this.#groups,
      groupRecordsMax: this.#groupRecordsMax,
      fsyncs: writer.fsyncs,
      failures: writer.failures,
      queueBytes: this.#queueBytes,
      diskBytes: this.#diskBytes(),
      tornBytes,
      segments: segments.length,
      oldest: this.oldest,
      next: this.next,
      tail: tailOf(segments),
      cursors: [...this.#cursors.values()].map(({ name, next, state: { lost } }) => {
        const lagBytes = next >= this.next ? 0 : bytesFrom(segments, next);
        return { name, next, lost, lag: this.next - next, behind: lagBytes > bounds.keepBytes };
      }),
    };
  }

  /** Writes what waits, ends those who follow, and lets others open the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pumping;
    await this.#sweeping;
    for (const cursor of this.#cursors.values()) await cursor.save();
    await this.#parts.writer.close();
    await this.#parts.held.release();
    this.#changed.resolve(false);
  }

  async #pump(): Promise<void> {
    // Those who append in the same turn share the first group.
    await null;
    for (let group = this.#takeGroup(); group.length > 0; group = this.#takeGroup()) await this.#writeGroup(group);
    this.#pumping = undefined;
  }

  #takeGroup(): Waiting[] {
    const { groupBytesMax } = this.#parts.bounds;
    let count = 0;
    for (let bytes = 0; count < this.#queue.length; count++) {
      bytes += (this.#queue[count] as Waiting).bytes;
      if (count > 0 && bytes > groupBytesMax) break;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const { writer, segments } = this.#parts;
    const payloads = group.flatMap((waiting) => waiting.payloads);
    const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0);
    const newestBefore = segments.at(-1);
    const first = payloads.length === 0 ? writer.next : await writer.write(payloads);
    this.#queueBytes -= bytes;
    if (typeof first === 'object') {
      for (const { answer } of group) answer(first);
      return;
    }
    this.#records += payloads.length;
    this.#bytes += bytes;
    this.#groups++;
    this.#groupRecordsMax = Math.max(this.#groupRecordsMax, payloads.length);
    let at = first;
    for (const waiting of group) {
      waiting.answer({ first: at, next: at + waiting.payloads.length });
      at += waiting.payloads.length;
    }
    const changed = this.#changed;
    this.#changed = deferred();
    changed.resolve(true);
    if (segments.at(-1) !== newestBefore) void this.sweep();
  }

  #makeCursor(name: string, state: CursorState, isSaved: boolean): Cursor {
    const { disk, folder } = this.#parts;
    return new Cursor(disk, folder, name, state, isSaved, () => {
      const second = this.#parts.segments[1];
      if (second !== undefined && !this.#closed) void this.sweep();
    });
  }

  async #sweep(): Promise<void> {
    const { disk, folder, segments, bounds, nowMs, note } = this.#parts;
    const cursors = [...this.#cursors.values()];
    for (const { name, behind } of this.stats().cursors) {
      if (behind && !this.#behind.has(name)) {
        note({
          code: 'cursor_behind',
          text: `cursor ${name} keeps more than ${bounds.keepBytes} bytes from being deleted`,
        });
      }
      if (behind) this.#behind.add(name);
      else this.#behind.delete(name);
    }
    const snapshots = this.#snapshots;
    await sweep({ disk, folder, segments, cursors, snapshots, bounds, nowMs: nowMs(), note });
  }

  #diskBytes(): number {
    return this.#parts.segments.reduce((sum, { bytes }) => sum + bytes, this.#otherBytes);
  }
}

function tailOf(segments: readonly Segment[]): EventLogStats['tail'] {
  const last = segments.at(-1);
  return last && { first: last.first, bytes: last.bytes };
}

interface Deferred {
  readonly promise: Promise<boolean>;
  readonly resolve: (value: boolean) => void;
}

function deferred(): Deferred {
  let resolve: (value: boolean) => void = () => undefined;
  const promise = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
