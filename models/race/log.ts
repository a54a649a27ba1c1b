// A log to race on: one auction a line in the order they happened, with the price that won it, the click rate predicted
// for it and whether it was clicked. Columns are named by who calls, separated by tabs or spaces; the file may be
// compressed by gzip, and is read in pieces.

import { readLines } from '../ctr/line_file.js';
import type { Auctions } from './day.js';

/** Columns that are read. Of the others `hour` is known and left: a log's auctions are spread evenly over a day. */
const READ = ['click', 'price', 'pctr'] as const;
type Read = (typeof READ)[number];
const KNOWN: readonly string[] = [...READ, 'hour', '-'];

/** Where in a line each column stands, from 0. */
export type Columns = Readonly<Record<Read, number>>;

/** Why a log cannot be raced on. */
export interface LogError {
  readonly code: 'invalid_log';
  /** With the file's name, and the line's number where it is about a line. */
  readonly problem: string;
}

/** Fewer auctions leave slots empty, and shares of them mean nothing. */
const AUCTIONS_MIN = 1000;
const SEPARATORS = /[ \t]+/;

/** @param text as `click,price,pctr,hour`; `-` is a column to skip. @returns what is wrong with it otherwise */
export function columnsOf(text: string): Columns | string {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return `no column is called "${unknown}"; there are ${KNOWN.join(', ')}`;
  for (const name of READ) {
    const times = names.filter((each) => each === name).length;
    if (times !== 1) return times === 0 ? `the column ${name} is needed` : `the column ${name} is there ${times} times`;
  }
  return { click: names.indexOf('click'), price: names.indexOf('price'), pctr: names.indexOf('pctr') };
}

/** Reads a whole log into memory that worker threads may share: 17 bytes an auction. */
export async function readLog(file: string, { click, price, pctr }: Columns): Promise<Auctions | LogError> {
  const prices = new Growing();
  const rates = new Growing();
  const clicks = new Growing();
  const error = await readLines(file, (line) => {
    const fields = line.toString('latin1').trim().split(SEPARATORS);
    const priceOf = amount(fields[price]);
    if (priceOf === undefined) return `column ${price + 1}, price: ${wanted(fields[price])} from 0 on`;
    const rateOf = amount(fields[pctr]);
    if (rateOf === undefined || rateOf > 1) return `column ${pctr + 1}, pctr: ${wanted(fields[pctr])} from 0 to 1`;
    const clickOf = amount(fields[click]);
    if (clickOf !== 0 && clickOf !== 1) return `column ${click + 1}, click: ${wanted(fields[click])}, 0 or 1`;
    prices.add(priceOf);
    rates.add(rateOf);
    clicks.add(clickOf);
    return undefined;
  });
  if (error !== undefined) return { code: 'invalid_log', problem: error.problem };
  const count = prices.count;
  const refused = (why: string): LogError => ({ code: 'invalid_log', problem: `${file}: ${why}` });
  if (count < AUCTIONS_MIN) return refused(`${count} auctions; a race wants at least ${AUCTIONS_MIN}`);
  const click01 = new Uint8Array(new SharedArrayBuffer(count));
  click01.set(clicks.values());
  const auctions = { price: shared(prices.values()), rate: shared(rates.values()), click: click01 };
  if (!auctions.price.some((each) => each > 0)) return refused('all prices are 0');
  if (!auctions.rate.some((each) => each > 0)) return refused('all predicted click rates are 0');
  return auctions;
}

/** Some of a log's auctions, in their order, without a copy. */
export function partOf({ price, rate, click }: Auctions, from: number, to: number): Auctions {
  return { price: price.subarray(from, to), rate: rate.subarray(from, to), click: click.subarray(from, to) };
}

/** A number from 0 on, undefined if it is none. */
function amount(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  return value >= 0 && value < Infinity ? value : undefined;
}

const wanted = (text: string | undefined): string =>
  text === undefined ? 'is missing, wants a number' : `"${text.slice(0, 40)}" is no number`;

function shared(values: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

/** Numbers of a file whose length is not known. */
class Growing {
  #values = new Float64Array(1 << 16);
  count = 0;

  add(value: number): void {
    if (this.count === this.#values.length) {
      const values = new Float64Array(2 * this.count);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.count++] = value;
  }

  values(): Float64Array {
    return this.#values.subarray(0, this.count);
  }
}
