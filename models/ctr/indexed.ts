// The two formats whose features are numbered:
//
//   libsvm   label index:value …             label 1, 0 or −1
//   iclick   click price … index:1 …         as iPinYou's logs are passed around (yzx): the click, then plain numbers
//                                            (the price paid, the bid) that are not known before a bid and are skipped
//
// An index is a feature if its value is 1, none if it is 0; of another value, the index and the value's bucket are one.

import { labelOf, ROW_FEATURES_MAX, type Row, type RowReader } from './row.js';

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const HASH = 0x23;
const ZERO = 0x30;
const ONE = 0x31;
const INDEX_MAX = 2 ** 31 - 1;

export class IndexedReader implements RowReader {
  readonly #skipsNumbers: boolean;

  constructor(format: 'libsvm' | 'iclick') {
    this.#skipsNumbers = format === 'iclick';
  }

  read(line: Buffer, row: Row): string | undefined {
    let from = pastSpace(line, 0);
    let to = tokenEnd(line, from);
    const text = line.toString('latin1', from, to);
    const label = labelOf(text);
    if (label === undefined) return `label ${JSON.stringify(text)}: wants 1, 0 or -1`;
    row.start(label);
    let numbers = this.#skipsNumbers;
    for (from = pastSpace(line, to); from < line.length; from = pastSpace(line, to)) {
      if (line[from] === HASH) break; // a comment
      to = tokenEnd(line, from);
      const colon = colonOf(line, from, to);
      if (numbers && colon < 0 && isNumber(line, from, to)) continue;
      numbers = false;
      const problem = colon < 0 ? 'wants index:value' : addPair(line, from, colon, to, row);
      if (problem !== undefined) return `${JSON.stringify(line.toString('latin1', from, to))}: ${problem}`;
    }
    return undefined;
  }
}

function addPair(line: Buffer, from: number, colon: number, to: number, row: Row): string | undefined {
  let index = 0;
  for (let at = from; at < colon; at++) {
    const digit = (line[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return 'the index is no whole number';
    index = index * 10 + digit;
  }
  if (index > INDEX_MAX) return `the index is above ${INDEX_MAX}`;
  const isOne = to === colon + 2 && line[colon + 1] === ONE;
  const value = isOne ? 1 : Number(line.toString('latin1', colon + 1, to));
  if (!Number.isFinite(value)) return 'the value is no number';
  if (value === 0) return undefined;
  if (row.isFull) return `more than ${ROW_FEATURES_MAX} features`;
  row.addNumber(index, value);
  return undefined;
}

/** Where the colon of a pair is, with something on both sides of it; −1 if there is none. */
function colonOf(line: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) if (line[at] === COLON) return at > from && at < to - 1 ? at : -1;
  return -1;
}

const isSpace = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
const isNumber = (line: Buffer, from: number, to: number): boolean =>
  Number.isFinite(Number(line.toString('latin1', from, to)));

function pastSpace(line: Buffer, from: number): number {
  let at = from;
  while (isSpace(line[at])) at++;
  return at;
}

function tokenEnd(line: Buffer, from: number): number {
  let at = from;
  while (at < line.length && !isSpace(line[at])) at++;
  return at;
}
