// The state of a landscape trainer as bytes: what it is, the settings it was learned with, then its arrays.
//
//   0 magic "GVLL" | 4 version | 8 bytes in all | 12 settings (count) | 16 settings (f64 each) | the arrays, one by one

const MAGIC = 0x4c4c5647;
const VERSION = 1;
const HEADER = 16;

type State = Float64Array | Uint32Array | Uint8Array;

export interface States {
  /** Numbers that have to be the same where the state is taken up. */
  readonly settings: readonly number[];
  readonly arrays: readonly State[];
}

export function saveArrays({ settings, arrays }: States): Uint8Array {
  const bytes = new Uint8Array(lengthOf({ settings, arrays }));
  const view = new DataView(bytes.buffer);
  [MAGIC, VERSION, bytes.length, settings.length].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  settings.forEach((setting, i) => {
    view.setFloat64(HEADER + 8 * i, setting, true);
  });
  let at = HEADER + 8 * settings.length;
  for (const array of arrays) {
    bytes.set(bytesOf(array), at);
    at += array.byteLength;
  }
  return bytes;
}

/** Writes a saved state over the arrays. Throws, and changes nothing, if it does not fit them. */
export function restoreArrays(bytes: Uint8Array, { settings, arrays }: States): void {
  const length = lengthOf({ settings, arrays });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (i: number): number => (bytes.length >= HEADER ? view.getUint32(4 * i, true) : 0);
  if (word(0) !== MAGIC) throw new Error('no state of a landscape trainer');
  if (word(1) !== VERSION) throw new Error(`a landscape state of version ${word(1)}, not ${VERSION}`);
  if (word(2) !== bytes.length || word(2) !== length || word(3) !== settings.length) {
    throw new Error(`a landscape state of ${bytes.length} bytes, not ${length}`);
  }
  const other = settings.find((setting, i) => view.getFloat64(HEADER + 8 * i, true) !== setting);
  if (other !== undefined) throw new Error('a landscape state learned with other options');
  let at = HEADER + 8 * settings.length;
  for (const array of arrays) {
    bytesOf(array).set(bytes.subarray(at, at + array.byteLength));
    at += array.byteLength;
  }
}

const bytesOf = (array: State): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const lengthOf = ({ settings, arrays }: States): number =>
  arrays.reduce((sum, array) => sum + array.byteLength, HEADER + 8 * settings.length);
