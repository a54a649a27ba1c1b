// Reads the notices of all partitions from their streams. It asks again and again instead of blocking: a blocking read
// waits on streams of one slot only, and in a cluster sixteen of them would queue up behind each other. Sixteen small
// questions a tenth of a second cost Redis next to nothing. It has a connection of its own, for reads are bulky.

import { type Away, isAway } from '../../bidcore/money/authority.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { decodeNotice } from './event_codec.js';

/** A notice as it was booked. */
export interface BookedEvent {
  /** Of the stream entry; its first part is Redis' time of the booking in milliseconds. */
  readonly id: string;
  readonly partition: number;
  readonly record: NoticeRecord;
  /** What it was charged; 0 if another notice of the bid had been. */
  readonly chargedMicros: number;
  /** It came when the money for it was not held any more, or its bid had expired. */
  readonly late: boolean;
}

/** An entry nobody can read. */
export interface BrokenEntry {
  readonly id: string;
  readonly partition: number;
  readonly broken: true;
}

type RawEntry = readonly [id: Buffer, fields: readonly Buffer[] | null];

export function isBroken(entry: BookedEvent | BrokenEntry): entry is BrokenEntry {
  return 'broken' in entry;
}

/** What XREAD and XREADGROUP of one stream return: under RESP3 a map, flattened, else a list of pairs; or null. */
export function entriesOfRead(reply: unknown, partition: number): readonly (BookedEvent | BrokenEntry)[] {
  if (reply === null || reply === undefined) return [];
  const list = reply as readonly unknown[];
  const [first, second] = list;
  const raw = Buffer.isBuffer(first) ? second : (first as readonly unknown[] | undefined)?.[1];
  return entriesOf((raw ?? []) as readonly RawEntry[], partition);
}

export function entriesOf(raw: readonly RawEntry[], partition: number): readonly (BookedEvent | BrokenEntry)[] {
  return raw.map(([id, fields]) => entryOf(id.toString(), fields ?? [], partition));
}

export function awayOf(reply: unknown): Away | undefined {
  return typeof reply === 'object' && reply !== null && isAway(reply) ? reply : undefined;
}

function entryOf(id: string, fields: readonly Buffer[], partition: number): BookedEvent | BrokenEntry {
  const value = (name: string): Buffer | undefined => {
    for (let i = 0; i + 1 < fields.length; i += 2) if (fields[i]?.toString() === name) return fields[i + 1];
    return undefined;
  };
  const bytes = value('r');
  const record = bytes === undefined ? undefined : decodeNotice(bytes);
  if (record === undefined) return { id, partition, broken: true };
  return { id, partition, record, chargedMicros: Number(value('c')?.toString()), late: value('l')?.toString() === '1' };
}
