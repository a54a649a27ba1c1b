// One line of a log as an example: what the readers of all formats fill, and how values become features.

import type { FmTrainer } from '../fm/fm_trainer.js';

/** Features of one line at most. */
export const ROW_FEATURES_MAX = 16_384;

/** Makes indices of values: the trainer, whose hash is the hot path's. */
export type Hasher = Pick<FmTrainer, 'featureOfNumber' | 'featureOfText'>;

export class Row {
  label: 0 | 1 = 0;
  count = 0;
  readonly features = new Uint32Array(ROW_FEATURES_MAX);
  readonly #hasher: Hasher;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  start(label: 0 | 1): void {
    this.label = label;
    this.count = 0;
  }

  /** Adds a text of a field, as bytes. */
  addText(field: number, text: Uint8Array): void {
    this.#add(this.#hasher.featureOfText(field, text));
  }

  /** Adds a number of a field: one feature for all numbers of its bucket. */
  addNumber(field: number, value: number): void {
    this.#add(this.#hasher.featureOfNumber(field, bucketOf(value)));
  }

  get isFull(): boolean {
    return this.count === ROW_FEATURES_MAX;
  }

  #add(index: number): void {
    this.features[this.count++] = index;
  }
}

/**
 * Reads lines of one format.
 * @returns what is wrong with the line, or undefined
 */
export interface RowReader {
  read(line: Buffer, row: Row): string | undefined;
  /** True after a line that is no example but names the columns. */
  readonly isHeader?: boolean;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * The bucket of a number: the model has no values, only features that are there or not, as the hot path's are. Numbers
 * are in one bucket if they are the same to three significant bits, so 1 to 7 each have one of their own, and so has
 * every quarter of an octave above. It needs no look at the data first, and treats all scales alike.
 */
export function bucketOf(value: number): number {
  float[0] = value === 0 ? 0 : value; // −0 is 0
  // Sign, exponent and two bits of the mantissa, the third rounded into them.
  return ((bits[0] as number) + 0x100000) >>> 21;
}

/** The label of a text: 1, or 0 for 0 and −1; undefined for anything else. */
export function labelOf(text: string): 0 | 1 | undefined {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  if (value === 1) return 1;
  return value === 0 || value === -1 ? 0 : undefined;
}
