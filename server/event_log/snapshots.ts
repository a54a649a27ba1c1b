// Snapshots: what somebody has made of all records before a position, so that a start reads on from there. The newest
// two are kept, so that there is one to go back to.
//
//   snapshot-0000000000012345   named for the position, 16 digits
//   │ 0 "GAVELSNP" │ 8 u32 version │ 12 u32 CRC-32 of what follows │ 16 u64 position │ 24 bytes… │

import { crc32 } from 'node:zlib';
import { type Disk, readWhole, replaceDurably } from './disk.js';
import type { EventLogError } from './errors.js';

const MAGIC = Buffer.from('GAVELSNP', 'latin1');
const VERSION = 1;
const HEADER_BYTES = 24;
const KEPT = 2;
const NAME = /^snapshot-(\d{16})$/;

export interface Snapshot {
  /** All records before it are in it: read on from here. */
  readonly position: number;
  readonly bytes: Buffer;
}

/** Positions of the snapshots there are, oldest first. */
export async function snapshotPositions(disk: Disk, folder: string): Promise<number[]> {
  const names = await disk.list(folder);
  return names.flatMap((name) => (NAME.test(name) ? [Number(name.slice(-16))] : [])).sort((a, b) => a - b);
}

/** Writes one durably and deletes those that are too old; gives the positions of those kept. */
export async function saveSnapshot(disk: Disk, folder: string, position: number, bytes: Uint8Array): Promise<number[]> {
  const file = Buffer.alloc(HEADER_BYTES + bytes.length);
  MAGIC.copy(file);
  file.writeUInt32LE(VERSION, 8);
  file.writeBigUInt64LE(BigInt(position), 16);
  file.set(bytes, HEADER_BYTES);
  file.writeUInt32LE(crc32(file.subarray(16)), 12);
  await replaceDurably(disk, folder, snapshotName(position), file);
  const positions = await snapshotPositions(disk, folder);
  for (const old of positions.slice(0, -KEPT)) await disk.unlink(`${folder}/${snapshotName(old)}`);
  return positions.slice(-KEPT);
}

/** The newest good one; undefined where there is none at all, an error where all are broken. */
export async function newestSnapshot(disk: Disk, folder: string): Promise<Snapshot | EventLogError | undefined> {
  let broken: EventLogError | undefined;
  for (const position of (await snapshotPositions(disk, folder)).reverse()) {
    const snapshot = await readSnapshot(disk, folder, position);
    if ('bytes' in snapshot) return snapshot;
    broken ??= snapshot;
  }
  return broken;
}

/** What is wrong with one. */
export async function checkSnapshot(disk: Disk, folder: string, position: number): Promise<EventLogError[]> {
  const snapshot = await readSnapshot(disk, folder, position);
  return 'bytes' in snapshot ? [] : [snapshot];
}

async function readSnapshot(disk: Disk, folder: string, position: number): Promise<Snapshot | EventLogError> {
  const path = `${folder}/${snapshotName(position)}`;
  const file = await readWhole(disk, path);
  const problem = problemOf(file, position);
  if (problem === undefined) return { position, bytes: file.subarray(HEADER_BYTES) };
  return { code: 'event_log_corrupt', problem: `${path} is broken: ${problem}`, file: path, offset: 0 };
}

function problemOf(file: Buffer, position: number): string | undefined {
  if (file.length < HEADER_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) return 'it is no snapshot';
  if (file.readUInt32LE(8) !== VERSION) return `version ${file.readUInt32LE(8)}; this Gavel reads ${VERSION}`;
  if (file.readUInt32LE(12) !== crc32(file.subarray(16))) return 'its CRC is wrong';
  return Number(file.readBigUInt64LE(16)) === position ? undefined : 'its position is not that of its name';
}

function snapshotName(position: number): string {
  return `snapshot-${String(position).padStart(16, '0')}`;
}
