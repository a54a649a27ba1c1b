// The model file: a header and the image of one model. A file is taken only if everything in it holds: a bidder that
// prices with half a model loses money faster than one that keeps the old one.
//
//   0 magic "GVLM" | 4 format | 8 layout hash | 12 version | 16 length | 20 CRC-32 of the image | 24 created (ms,
// f64) | 64 image

import { crc32 } from 'node:zlib';
import { MODEL_LAYOUT_HASH } from '../assembly/generated.js';
import * as l from '../assembly/model_layout.js';
import { policyProblem, readPolicy } from './policy/policy_weights.js';
import { type Rest, restless, stepsOf } from './steps.js';

/** Why a file is not a model. */
export interface ModelFileError {
  readonly code: 'invalid_model_file';
  readonly problem: string;
}

export interface ModelFile {
  readonly version: number;
  /** MODEL_BYTES, laid out as `assembly/model_layout.ts` says. */
  readonly image: Uint8Array;
  readonly createdMs: number;
}

/** Largest magnitude of a bias, weight or factor: keeps every score finite in 32-bit floats. */
export const WEIGHT_MAX = 1e3;

/**
 * Writes a model file.
 * @param version 1 to 2³² − 1, higher for later
 * @param rest called between steps
 */
export function writeModelFile(
  image: Uint8Array,
  version: number,
  createdMs: number,
  rest: Rest = restless,
): Uint8Array {
  if (image.length !== l.MODEL_BYTES) throw new Error(`a model has ${l.MODEL_BYTES} bytes, not ${image.length}`);
  const file = new Uint8Array(l.MODEL_HEADER_BYTES + image.length);
  const header = new DataView(file.buffer);
  header.setUint32(l.MODEL_HEADER_MAGIC, l.MODEL_FILE_MAGIC, true);
  header.setUint32(l.MODEL_HEADER_FORMAT, l.MODEL_FILE_FORMAT, true);
  header.setInt32(l.MODEL_HEADER_LAYOUT, MODEL_LAYOUT_HASH, true);
  header.setUint32(l.MODEL_HEADER_VERSION, version, true);
  header.setUint32(l.MODEL_HEADER_LENGTH, image.length, true);
  header.setUint32(l.MODEL_HEADER_CRC, checksum(image, rest), true);
  header.setFloat64(l.MODEL_HEADER_CREATED_MS, createdMs, true);
  copyInSteps(image, file.subarray(l.MODEL_HEADER_BYTES), rest);
  return file;
}

/**
 * Reads and verifies a model file, in about 40 ms. The image is a view of the bytes given.
 * @param rest called between steps
 */
export function readModelFile(bytes: Uint8Array, rest: Rest = restless): ModelFile | ModelFileError {
  if (bytes.length < l.MODEL_HEADER_BYTES) return failed('shorter than its header');
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(l.MODEL_HEADER_MAGIC, true) !== l.MODEL_FILE_MAGIC) return failed('not a model file (magic)');
  const format = header.getUint32(l.MODEL_HEADER_FORMAT, true);
  if (format !== l.MODEL_FILE_FORMAT) return failed(`format ${format}, this bidder reads ${l.MODEL_FILE_FORMAT}`);
  if (header.getInt32(l.MODEL_HEADER_LAYOUT, true) !== MODEL_LAYOUT_HASH) return failed('made for another layout');
  const length = header.getUint32(l.MODEL_HEADER_LENGTH, true);
  const image = bytes.subarray(l.MODEL_HEADER_BYTES);
  if (length !== l.MODEL_BYTES || image.length !== length) {
    return failed(`${image.length} bytes of model; the header says ${length}, the layout ${l.MODEL_BYTES}`);
  }
  if (header.getUint32(l.MODEL_HEADER_CRC, true) !== checksum(image, rest)) {
    return failed('CRC does not match: the file is damaged');
  }
  const version = header.getUint32(l.MODEL_HEADER_VERSION, true);
  if (version === 0) return failed('version 0');
  const problem = headProblem(image) ?? featureProblem(image, rest);
  if (problem !== undefined) return failed(problem);
  return { version, image, createdMs: header.getFloat64(l.MODEL_HEADER_CREATED_MS, true) };
}

/** Tells a model from the error `readModelFile` returns. */
export function isModelFileError(value: object): value is ModelFileError {
  return 'problem' in value;
}

/**
 * Copies bytes step by step.
 * @param to as long as `from`
 */
export function copyInSteps(from: Uint8Array, to: Uint8Array, rest: Rest): void {
  let at = 0;
  for (const step of stepsOf(from)) {
    to.set(step, at);
    at += step.length;
    rest();
  }
}

function checksum(image: Uint8Array, rest: Rest): number {
  let sum = 0;
  for (const step of stepsOf(image)) {
    sum = crc32(step, sum);
    rest();
  }
  return sum;
}

function failed(problem: string): ModelFileError {
  return { code: 'invalid_model_file', problem };
}

/** What a CRC cannot see: numbers that are out of range, tables that are not what they stand for. */
function headProblem(image: Uint8Array): string | undefined {
  // A copy of the small part, because a view of floats needs an aligned start.
  const head = new Uint8Array(image.subarray(0, l.MODEL_FEATURES)).buffer;
  const isSmall = (x: number): boolean => Math.abs(x) <= WEIGHT_MAX;
  const scalars = new Float32Array(head, 0, l.MODEL_EXCHANGES / 4);
  if (!scalars.every(isSmall)) return 'bias: not finite or too large';
  const policy = policyProblem(readPolicy(new Uint8Array(head)));
  if (policy !== undefined) return `policy: ${policy}`;
  const exchanges = new Uint32Array(head, l.MODEL_EXCHANGES, l.EXCHANGE_SLOTS);
  if (exchanges[0] !== l.NO_EXCHANGE) return 'slots: slot 0 is for all other exchanges, and has none of its own';
  if (!exchanges.every((index) => index < l.FEATURES || index === l.NO_EXCHANGE)) return 'slots: no such feature';
  for (let slot = 0; slot < l.CALIBRATION_TABLES * 2; slot++) {
    const table = new Float32Array(head, l.MODEL_CALIBRATION + slot * l.CALIBRATION_TABLE_BYTES, l.CALIBRATION_KNOTS);
    if (!isRising(table)) return `calibration table ${slot}: not rising from 0 to 1`;
  }
  const grid = new Float64Array(head, l.MODEL_LANDSCAPE + l.LANDSCAPE_GRID, l.LANDSCAPE_PRICES);
  if (!grid.every((price, i) => price > (i === 0 ? 0 : (grid[i - 1] as number)) && price <= 1e15)) {
    return 'landscape: grid prices are not ascending';
  }
  for (let slot = 0; slot < l.LANDSCAPE_TABLES; slot++) {
    const at = l.MODEL_LANDSCAPE + l.LANDSCAPE_WIN + slot * l.LANDSCAPE_TABLE_BYTES;
    if (!isRising(new Float64Array(head, at, l.LANDSCAPE_PRICES)))
      return `landscape table ${slot}: not rising from 0 to 1`;
  }
  return undefined;
}

/** The same of the records of the features. */
function featureProblem(image: Uint8Array, rest: Rest): string | undefined {
  let before = 0;
  for (const step of stepsOf(image.subarray(l.MODEL_FEATURES, l.MODEL_FEATURES + l.FEATURES * l.FEATURE_STRIDE))) {
    const wrong = firstWrong(step);
    if (wrong >= 0) {
      return `feature ${Math.floor((before + wrong) / l.FEATURE_STRIDE)}: a weight is not finite or too large`;
    }
    before += step.length;
    rest();
  }
  return undefined;
}

/** Where among 32-bit floats one is out of range; -1 if none is. */
function firstWrong(floats: Uint8Array): number {
  const view = new DataView(floats.buffer, floats.byteOffset, floats.length);
  for (let at = 0; at < view.byteLength; at += 4) {
    if (!(Math.abs(view.getFloat32(at, true)) <= WEIGHT_MAX)) return at;
  }
  return -1;
}

function isRising(table: Float32Array | Float64Array): boolean {
  return table.every((p, i) => p >= (i === 0 ? 0 : (table[i - 1] as number)) && p <= 1);
}
