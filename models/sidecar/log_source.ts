// Notices of a node that is alone: from the segments of its event log, which the bidder is writing. Reading takes no
// lock and leaves nothing behind, so retention does not wait for it: what is deleted before it was read (4 GiB later)
// is lost.

import type { NoticeRecord } from '../../bidcore/money/event.js';
import { EventLogCorrupt } from '../../server/event_log/errors.js';
import { Reader, readEntries } from '../../server/event_log/reader.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import { folderSpans } from '../../server/event_log/span.js';
import type { Positions, Source } from './source.js';

const STREAM = 'log';

export class LogSource implements Source {
  readonly where: string;
  #reader: Reader | undefined;
  #next = 1;
  #lost = 0;
  #problem = '';

  constructor(folder: string) {
    this.where = folder;
  }

  get problem(): string {
    return this.#problem;
  }

  get lost(): number {
    return this.#lost;
  }

  async open(positions: Positions): Promise<void> {
    this.#next = Number(positions[STREAM] ?? 1);
    const end = await this.#end();
    // Another log than the checkpoint's, or one that a crash of the machine has shortened.
    if (end !== undefined && this.#next > end) this.#next = end;
    await this.#reader?.close();
    this.#reader = new Reader(folderSpans(realDisk, this.where), this.#next);
  }

  async next(): Promise<readonly NoticeRecord[]> {
    const reader = this.#reader;
    if (reader === undefined) throw new Error('a source that was not opened');
    try {
      // A batch may hold nothing but leases and plans: only one without entries is the end.
      for (;;) {
        const entries = await reader.more();
        this.#problem = '';
        const [first] = entries;
        if (first === undefined) return [];
        this.#lost += Math.max(0, first.position - this.#next);
        this.#next = reader.next;
        const notices = entries.flatMap(({ record }) => (record.type === 'notice' ? [record] : []));
        if (notices.length > 0) return notices;
      }
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!missing && !(error instanceof EventLogCorrupt)) throw error;
      this.#problem = missing ? `${this.where} is not there yet` : (error as Error).message;
      return [];
    }
  }

  positions(): Positions {
    return { [STREAM]: this.#next };
  }

  async done(): Promise<void> {
    // the log keeps what it keeps
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }

  /** Position behind the newest record; undefined if it cannot be told. */
  async #end(): Promise<number | undefined> {
    const source = folderSpans(realDisk, this.where);
    try {
      const last = (await source.spans()).at(-1);
      if (last === undefined) return undefined;
      let end = last.first;
      for await (const { position } of readEntries(source, last.first)) end = position + 1;
      return end;
    } catch (error) {
      // Where there is no log yet, one will begin at 1. What is broken is met again, and told, when it is followed.
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 1 : undefined;
    }
  }
}
