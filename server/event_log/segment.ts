// The bytes of a segment, the file that the event log consists of. Numbers are little-endian.
//
//   0000000000000001.events            named for its first position, 16 digits
//   ┌───────────────────────────── header, 32 bytes ──────────────────────────────┐
//   │ 0 "GAVELEVT" │ 8 u32 version │ 12 u32 CRC │ 16 u64 first position │ 24 u64 made at, ms │
//   ├───────────────────────────── frame, 20 bytes and the record ────────────────┤
//   │ 0 u32 length │ 4 u32 CRC │ 8 u64 position │ 16 u32 group │ 20 msgpack of an EventRecord │
//   ├─────────────────────────────────────────────────────────────────────────────┤
//   │ more frames, without gaps; positions count up by one                          │
//   └─────────────────────────────────────────────────────────────────────────────┘
//
// CRC: CRC-32 as in zlib; of the header without the CRC itself, of a frame from its position to its end.
// Group: offset in the segment where the group that the frame was written with begins. A group is written when all
// before it is durable. So if a frame is bad and a good one behind it names a group that begins behind the bad one, the
// bad one has been durable and its loss is a fault of the disk, not the torn end of a write.

import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { NO_FEATURES } from '../../bidcore/feature_list.js';
import type { BidFacts, EventRecord } from '../../bidcore/money/event.js';

export const HEADER_BYTES = 32;
export const FRAME_BYTES = 20;
/** Bytes of one record: far more than a notice's address can make of it. */
export const RECORD_BYTES_MAX = 65_536;

const MAGIC = Buffer.from('GAVELEVT', 'latin1');
const VERSION = 1;
const ENDING = '.events';
const POSITION_DIGITS = 16;
/** Each record stands for itself: no dictionary that another record or file would have to bring. */
const packr = new Packr({ useRecords: false, variableMapSize: true });

export interface SegmentHeader {
  readonly first: number;
  readonly madeMs: number;
}

export interface Frame {
  readonly position: number;
  /** Where it begins in the segment. */
  readonly offset: number;
  readonly group: number;
  readonly payload: Buffer;
}

/** Why the bytes at an offset are no frame: they end, or they are not what was written. */
export type FrameFault = 'cut' | 'length' | 'crc' | 'order';

export function segmentName(first: number): string {
  return `${String(first).padStart(POSITION_DIGITS, '0')}${ENDING}`;
}

/** First position of a segment, by its name; undefined of another file. */
export function segmentFirst(name: string): number | undefined {
  return /^\d{16}\.events$/.test(name) ? Number(name.slice(0, POSITION_DIGITS)) : undefined;
}

export function packRecord(record: EventRecord): Buffer {
  const payload = packr.pack(record);
  if (payload.length <= RECORD_BYTES_MAX) return payload;
  throw new Error(`a record of ${payload.length} bytes; the event log takes ${RECORD_BYTES_MAX}`);
}

/** A record as it was packed. Bids of before tokens had features are of the control, and have none. */
export function unpackRecord(payload: Buffer): EventRecord {
  const record = packr.unpack(payload) as EventRecord;
  if (record.type !== 'notice') return record;
  const { arm = 0, features = NO_FEATURES } = record.facts as Partial<BidFacts>;
  return { ...record, facts: { ...record.facts, arm, features: new Uint8Array(features) } };
}

export function writeHeader({ first, madeMs }: SegmentHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 8);
  header.writeBigUInt64LE(BigInt(first), 16);
  header.writeBigUInt64LE(BigInt(madeMs), 24);
  header.writeUInt32LE(headerCrc(header), 12);
  return header;
}

/** The header of a segment, or what is wrong with it. */
export function readHeader(bytes: Buffer): SegmentHeader | string {
  if (bytes.length < HEADER_BYTES) return `${bytes.length} bytes, less than a header`;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'does not begin as a segment does';
  if (bytes.readUInt32LE(12) !== headerCrc(bytes)) return 'the CRC of its header is wrong';
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) return `version ${version}; this Gavel reads ${VERSION}`;
  return { first: Number(bytes.readBigUInt64LE(16)), madeMs: Number(bytes.readBigUInt64LE(24)) };
}

function headerCrc(header: Buffer): number {
  return crc32(header.subarray(16, HEADER_BYTES), crc32(header.subarray(0, 12)));
}

/** Writes a frame into `into` at `at`, and says where it ends. */
export function writeFrame(into: Buffer, at: number, position: number, group: number, payload: Buffer): number {
  const end = at + FRAME_BYTES + payload.length;
  into.writeUInt32LE(payload.length, at);
  into.writeUInt32LE(position % 0x1_0000_0000, at + 8);
  into.writeUInt32LE(Math.floor(position / 0x1_0000_0000), at + 12);
  into.writeUInt32LE(group, at + 16);
  payload.copy(into, at + FRAME_BYTES);
  into.writeUInt32LE(crc32(into.subarray(at + 8, end)), at + 4);
  return end;
}

/** The frame at `at` in `bytes`, which stand at `base` in their segment; or why there is none. */
export function readFrame(bytes: Buffer, at: number, base: number): Frame | FrameFault {
  if (bytes.length - at < FRAME_BYTES) return 'cut';
  const length = bytes.readUInt32LE(at);
  if (length === 0 || length > RECORD_BYTES_MAX) return 'length';
  const end = at + FRAME_BYTES + length;
  if (end > bytes.length) return 'cut';
  if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) return 'crc';
  return {
    position: framePosition(bytes, at),
    offset: base + at,
    group: bytes.readUInt32LE(at + 16),
    payload: bytes.subarray(at + FRAME_BYTES, end),
  };
}

/**
 * Whether a frame behind a bad one shows that the bad one has been durable.
 * @param bytes from the bad frame to the end of the segment
 * @param base where they stand in it
 */
export function wasDurable(bytes: Buffer, base: number, badPosition: number): boolean {
  for (let at = 1; at <= bytes.length - FRAME_BYTES; at++) {
    const group = bytes.readUInt32LE(at + 16);
    // Looked at first, since hardly any other bytes have them: a CRC at each offset would take minutes.
    if (group <= base || group > base + at || framePosition(bytes, at) <= badPosition) continue;
    if (typeof readFrame(bytes, at, base) === 'object') return true;
  }
  return false;
}

function framePosition(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12) * 0x1_0000_0000;
}
