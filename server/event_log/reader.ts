// Reads records in order across segments, while others are appended and old segments are deleted.

import type { EventRecord } from '../../bidcore/money/event.js';
import { EventLogCorrupt } from './errors.js';
import { FAULT_TEXTS, SegmentScanner } from './scanner.js';
import { HEADER_BYTES, unpackRecord } from './segment.js';
import type { Span, SpanSource } from './span.js';

export interface Entry {
  readonly position: number;
  readonly record: EventRecord;
}

export class Reader {
  /** Position of the next record it gives, unless retention has deleted that: then the oldest there is. */
  next: number;
  readonly #source: SpanSource;
  #scanner: SegmentScanner | undefined;

  constructor(source: SpanSource, from: number) {
    this.#source = source;
    this.next = from;
  }

  /** The next records, some at a time; none if there are no more yet. Throws `EventLogCorrupt`. */
  async more(): Promise<Entry[]> {
    for (;;) {
      const spans = await this.#source.spans();
      const at = this.#indexOf(spans);
      const span = spans[at];
      if (span === undefined) return [];
      const scanner = this.#scanner ?? (await this.#open(span, at === spans.length - 1));
      if (scanner === undefined) return [];
      if (scanner === GONE) continue;
      this.#scanner = scanner;
      const following = spans[at + 1];
      const { frames, fault } = await scanner.step(span.bytes, following?.first ?? Number.MAX_SAFE_INTEGER);
      const wanted = frames.filter(({ position }) => position >= this.next);
      if (wanted.length > 0) {
        this.next = scanner.position;
        return wanted.map(({ position, payload }) => ({ position, record: unpackRecord(payload) }));
      }
      if (frames.length > 0) continue;
      if (following !== undefined && scanner.position === following.first) {
        await this.close();
        this.next = Math.max(this.next, following.first);
        continue;
      }
      if (following === undefined && (fault === undefined || this.#source.tailIsOpen)) return [];
      const what = fault === undefined ? `it ends before position ${following?.first}` : FAULT_TEXTS[fault];
      throw new EventLogCorrupt(span.path, scanner.offset, what);
    }
  }

  async close(): Promise<void> {
    const scanner = this.#scanner;
    this.#scanner = undefined;
    await scanner?.close();
  }

  /** Of the segment that is open, or else of the one that holds `next`. */
  #indexOf(spans: readonly Span[]): number {
    const open = this.#scanner;
    if (open !== undefined) {
      const at = spans.findIndex(({ first }) => first === open.header.first);
      if (at >= 0) return at;
      // Deleted by retention while it was read.
      this.#scanner = undefined;
      void open.close();
    }
    const at = spans.findLastIndex(({ first }) => first <= this.next);
    if (at >= 0) return at;
    this.next = spans[0]?.first ?? this.next;
    return 0;
  }

  async #open(span: Span, last: boolean): Promise<SegmentScanner | typeof GONE | undefined> {
    // A segment that is being made, or whose making was cut off, may not have its header.
    if (last && span.bytes <= HEADER_BYTES) return undefined;
    try {
      return await SegmentScanner.open(this.#source.disk, span.path, span.first);
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return GONE;
      throw error;
    }
  }
}

const GONE = Symbol('deleted since it was listed');

/** All records from a position to the end of now. */
export async function* readEntries(source: SpanSource, from: number): AsyncGenerator<Entry, void> {
  const reader = new Reader(source, from);
  try {
    for (let entries = await reader.more(); entries.length > 0; entries = await reader.more()) yield* entries;
  } finally {
    await reader.close();
  }
}

/**
 * All records from a position on, waiting for those to come.
 * @param change resolves with true when there may be more, with false when there will be none
 */
export async function* followEntries(
  source: SpanSource,
  from: number,
  change: () => Promise<boolean>,
): AsyncGenerator<Entry, void> {
  const reader = new Reader(source, from);
  try {
    for (;;) {
      // Asked for before reading, so that what comes while reading is not slept through.
      const changed = change();
      const entries = await reader.more();
      if (entries.length > 0) yield* entries;
      else if (!(await changed)) return;
    }
  } finally {
    await reader.close();
  }
}
