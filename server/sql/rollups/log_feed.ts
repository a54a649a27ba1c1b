// Feeds the sums of a node that has no Redis: from its own event log, as far as that is durable, some at a time. What
// is in the sums the log need not keep for them: it is told now and then.

import { EventLogCorrupt } from '../../event_log/errors.js';
import { type Entry, Reader } from '../../event_log/reader.js';
import type { SpanSource } from '../../event_log/span.js';
import type { Log } from '../../log.js';
import type { SumsFeed } from './feed.js';
import type { Rollups } from './rollups.js';
import type { LogEvent } from './sums.js';

/** Places of logs, one a node. */
export const LOG_CONSUMER = 'log';
/** Each time costs a sync of the disk. */
const TELL_MS = 5000;

export interface LogSide {
  /** The node whose log it is: the partition of its places. */
  readonly node: number;
  /** Its segments, as far as they are durable. */
  readonly source: SpanSource;
  /** Position behind the last durable record; undefined while nobody knows. */
  next(): number | undefined;
  /** The records before a position are in the sums. */
  summed(next: number): void;
}

export class LogFeed implements SumsFeed {
  readonly #rollups: Rollups;
  readonly #side: LogSide;
  readonly #log: Log;
  #reader: Reader | undefined;
  /** The stored place when the reader was behind it. */
  #place = 0;
  #told = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** @param rollups of the consumer `LOG_CONSUMER` */
  constructor(rollups: Rollups, side: LogSide, log: Log) {
    this.#rollups = rollups;
    this.#side = side;
    this.#log = log;
  }

  async catchUp(signal: AbortSignal): Promise<boolean> {
    const end = this.#side.next();
    if (end === undefined) return false;
    const reader = await this.#readerBefore(end);
    try {
      while (reader.next < end) {
        if (signal.aborted) return false;
        const entries = await reader.more();
        if (entries.length === 0) return false; // durable since the end was told, but not to be seen yet
        await this.#book(entries);
        this.#tell(reader.next, performance.now());
      }
      this.#tell(reader.next, performance.now());
      return true;
    } catch (error) {
      await this.close();
      if (!(error instanceof EventLogCorrupt)) throw error;
      this.#log.error({ problem: error.message }, 'the event log cannot be summed');
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  /** One that goes on behind the stored place. */
  async #readerBefore(end: number): Promise<Reader> {
    const { node, source } = this.#side;
    let place = Number((await this.#rollups.positions()).get(node) ?? 0);
    if (place >= end) {
      // Only what is durable is summed: this log is not the one of before.
      this.#log.warn({ place, end }, 'the event log is another one than was summed; its sums begin anew');
      await this.#rollups.begin(node);
      place = 0;
    }
    if (this.#reader !== undefined && place === this.#place) return this.#reader;
    await this.close();
    this.#place = place;
    this.#reader = new Reader(source, place + 1);
    return this.#reader;
  }

  async #book(entries: readonly Entry[]): Promise<void> {
    const partition = this.#side.node;
    const events = entries.flatMap(({ position, record }): LogEvent[] =>
      record.type === 'notice'
        ? [{ partition, position: String(position), record, chargedMicros: record.chargeMicros }]
        : [],
    );
    await this.#rollups.book(events);
    this.#place = Number(events.at(-1)?.position ?? this.#place);
  }

  #tell(next: number, nowMs: number): void {
    if (next === this.#told || nowMs - this.#toldMs < TELL_MS) return;
    this.#told = next;
    this.#toldMs = nowMs;
    this.#side.summed(next);
  }
}
