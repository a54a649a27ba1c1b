// Saved states of what learns. Bytes that are not a state of this version are refused with a reason, as a value: a
// checkpoint from before an upgrade is no broken invariant.

import { crc32 } from 'node:zlib';

/** Why bytes are not taken as a state. Nothing has changed then. */
export interface StateError {
  readonly code: 'invalid_state';
  readonly problem: string;
}

/** Bytes of the frame: magic, version, length and CRC-32 of what follows, each u32. */
const FRAME_BYTES = 16;

/** The state of one kind: `parts` behind a frame that says what and how much they are. */
export function frameState(magic: number, version: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const frame = Buffer.alloc(FRAME_BYTES);
  for (const [i, word] of [magic, version, body.length, crc32(body)].entries()) frame.writeUInt32LE(word, i * 4);
  return new Uint8Array(Buffer.concat([frame, body]));
}

/** What is in a frame, as bytes of their own, so that numbers in them are aligned. */
export function unframeState(magic: number, version: number, bytes: Uint8Array): Uint8Array | StateError {
  if (bytes.length < FRAME_BYTES) return invalidState(`${bytes.length} bytes are no state`);
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [itsMagic, itsVersion, length, crc] = [0, 4, 8, 12].map((at) => frame.readUInt32LE(at));
  if (itsMagic !== magic) return invalidState('not a state of this kind (magic)');
  if (itsVersion !== version) return invalidState(`a state of version ${itsVersion}; this program reads ${version}`);
  // Not `slice`, with which a Buffer shares its memory.
  const body = Uint8Array.from(bytes.subarray(FRAME_BYTES));
  if (body.length !== length) return invalidState(`${body.length} bytes of state; the frame says ${length}`);
  if (crc32(body) !== crc) return invalidState('CRC does not match: the state is damaged');
  return body;
}

export function invalidState(problem: string): StateError {
  return { code: 'invalid_state', problem };
}

/** Tells a state's error from what else a function returns. */
export function isStateError(value: unknown): value is StateError {
  return typeof value === 'object' && value !== null && (value as Partial<StateError>).code === 'invalid_state';
}
