// Saved states of agents: arrays by name, in a frame that says which agent's they are (../state.ts).
//
//   frame │ u32 bytes of the table │ table: JSON and padding │ the arrays, each from a multiple of 8
//
// The table names what is there, so a state of another shape of network is refused, not misread.

import type { Adam } from '../nn/adam.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../state.js';

const TYPES = { f32: Float32Array, f64: Float64Array, u32: Uint32Array, u8: Uint8Array } as const;
type TypeName = keyof typeof TYPES;
type NumberArray = Float32Array | Float64Array | Uint32Array | Uint8Array;
export type Arrays = Readonly<Record<string, NumberArray>>;

const VERSION = 1;
const ALIGNED = 8;

/** @param magic of the kind of agent; `shape` what must be the same where the state is restored, as text */
export function packArrays(magic: number, shape: string, arrays: Arrays): Uint8Array {
  const entries = Object.entries(arrays).map(([name, array]) => [name, typeOf(array), array.length] as const);
  const table = Buffer.from(JSON.stringify({ shape, entries }));
  const head = Buffer.alloc(aligned(4 + table.length));
  head.writeUInt32LE(table.length, 0);
  table.copy(head, 4);
  const bodies = Object.values(arrays).map((array) => {
    const body = new Uint8Array(aligned(array.byteLength));
    body.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return body;
  });
  return frameState(magic, VERSION, [head, ...bodies]);
}

/** The arrays of a state of this kind and shape, each of its own memory or views of the copy that was read. */
export function unpackArrays(magic: number, shape: string, bytes: Uint8Array): Arrays | StateError {
  const body = unframeState(magic, VERSION, bytes);
  if (isStateError(body)) return body;
  const length = Buffer.from(body.buffer).readUInt32LE(0);
  const table = JSON.parse(Buffer.from(body.buffer, 4, length).toString()) as {
    readonly shape: string;
    readonly entries: readonly (readonly [string, TypeName, number])[];
  };
  if (table.shape !== shape) return invalidState(`the state is of ${table.shape}, not of ${shape}`);
  const arrays: Record<string, NumberArray> = {};
  let at = aligned(4 + length);
  for (const [name, type, count] of table.entries) {
    const array = new TYPES[type](body.buffer as ArrayBuffer, at, count);
    arrays[name] = array;
    at += aligned(array.byteLength);
  }
  return arrays;
}

/** Copies arrays into those of the same names; the shape was compared, so another length is a broken invariant. */
export function copyArrays(from: Arrays, to: Arrays): void {
  for (const [name, array] of Object.entries(to)) {
    const source = from[name];
    if (source?.length !== array.length) throw new Error(`${name}: ${source?.length} numbers of ${array.length}`);
    array.set(source);
  }
}

/** What an optimiser knows besides the parameters, as it is. */
export function optimiserArrays(name: string, { steps, first, second }: Adam): Arrays {
  return { [`${name}Steps`]: steps, [`${name}First`]: first, [`${name}Second`]: second };
}

function typeOf(array: NumberArray): TypeName {
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Float64Array) return 'f64';
  return array instanceof Uint32Array ? 'u32' : 'u8';
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNED) * ALIGNED;
}
