// The checkpoint: everything the sidecar knows, in one file that is replaced as a whole. Where it stands in the events
// is in it, so the two never disagree: what is before that place has been learned, what is behind has not.
//
//   0 magic "GVTC" | 4 version | 8 length | 12 CRC-32 | 16 MessagePack

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Packr } from 'msgpackr';
import { readWhole, replaceDurably } from '../../server/event_log/disk.js';
import { realDisk } from '../../server/event_log/real_disk.js';
import type { PipelineState } from './pipeline.js';
import type { Positions } from './source.js';

const NAME = 'trainer.checkpoint';
const MAGIC = 0x43545647; // "GVTC"
const VERSION = 2;
const HEADER_BYTES = 16;

export interface Checkpoint {
  readonly positions: Positions;
  readonly pipeline: PipelineState;
  /** Impressions learned when the last candidate was made. */
  readonly judgedAt: number;
  /** Under which lease it was made: of no use once another has trained (bus/shelf.ts). */
  readonly owner: string;
  readonly term: number;
}

/** The file is there and of no use. */
export interface CheckpointProblem {
  readonly problem: string;
}

const packr = new Packr({ moreTypes: true, useRecords: true, int64AsType: 'number' });

/** Writes it durably. Throws what the disk throws. */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<number> {
  const body = packr.pack(checkpoint);
  const header = Buffer.alloc(HEADER_BYTES);
  for (const [i, word] of [MAGIC, VERSION, body.length, crc32(body)].entries()) header.writeUInt32LE(word, i * 4);
  await replaceDurably(realDisk, folder, NAME, Buffer.concat([header, body]));
  return HEADER_BYTES + body.length;
}

/** Reads it; undefined where there is none. */
export async function readCheckpoint(folder: string): Promise<Checkpoint | CheckpointProblem | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readWhole(realDisk, join(folder, NAME));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { problem: message };
  }
  if (bytes.length < HEADER_BYTES) return { problem: `${bytes.length} bytes are no checkpoint` };
  const [magic, version, length, crc] = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at));
  if (magic !== MAGIC) return { problem: 'not a checkpoint (magic)' };
  if (version !== VERSION) return { problem: `version ${version}; this program reads ${VERSION}` };
  const body = bytes.subarray(HEADER_BYTES);
  if (body.length !== length) return { problem: `${body.length} bytes; the header says ${length}` };
  if (crc32(body) !== crc) return { problem: 'CRC does not match: it is damaged' };
  return packr.unpack(body) as Checkpoint;
}

export function isCheckpointProblem(value: Checkpoint | CheckpointProblem): value is CheckpointProblem {
  return 'problem' in value;
}

/** Puts a file of no use where it does not disturb and can be looked at; gives its new name. */
export async function setAside(folder: string, nowMs: number): Promise<string> {
  const aside = `${NAME}.broken-${nowMs}`;
  await rename(join(folder, NAME), join(folder, aside));
  return aside;
}
