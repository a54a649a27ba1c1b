// Lines of columns, separated by tabs or else by commas, fields in double quotes where they hold a comma or a quote
// (RFC 4180, except that a field may not run over lines). With a header row columns have names; without one they have
// numbers from 1, and the label is the first.
//
// Every column but the label is a feature of its own, also where it is empty. A value is taken as it is, as a category,
// for the numbers in logs are mostly names (sites, sizes, hours); numbers with a decimal point, and all numbers of the
// columns named so, are put in buckets.

import { labelOf, type Row, type RowReader } from './row.js';

export interface CsvOptions {
  /** Name of the label's column, or its number without a header. */
  readonly label?: string;
  /** Columns that are features; all others are left out. */
  readonly columns?: readonly string[];
  /** Columns whose whole numbers are put in buckets too. */
  readonly numeric?: readonly string[];
}

/** Names of a label's column, in lower case. */
const LABELS = ['click', 'label', 'clk'];
const QUOTE = 0x22;
const TAB = 0x09;
const COMMA = 0x2c;
const POINT = 0x2e;
const DECIMAL = /^[+-]?(\d+\.\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Where the columns of a file are. */
interface Columns {
  readonly separator: number;
  readonly count: number;
  readonly label: number;
  /** Columns that are features: their place in the line, and the field they are of. */
  readonly features: readonly { readonly place: number; readonly field: number; readonly isNumeric: boolean }[];
}

/** The names of the features of the first file, in order: later files must have the same, in any order. */
export class CsvSchema {
  readonly options: CsvOptions;
  fields: readonly string[] | undefined;

  constructor(options: CsvOptions = {}) {
    this.options = options;
  }
}

/** Reads one file from its start. */
export class CsvReader implements RowReader {
  readonly #schema: CsvSchema;
  #columns: Columns | undefined;
  isHeader = false;

  constructor(schema: CsvSchema) {
    this.#schema = schema;
  }

  read(line: Buffer, row: Row): string | undefined {
    this.isHeader = false;
    if (this.#columns === undefined) {
      const columns = this.#firstLine(line);
      if (typeof columns === 'string') return columns;
      this.#columns = columns;
      if (this.isHeader) return undefined;
    }
    const { separator, count, label, features } = this.#columns;
    const values = split(line, separator);
    if (typeof values === 'string') return values;
    if (values.length !== count) return `${values.length} columns; the first line has ${count}`;
    const text = (values[label] as Buffer).toString();
    const y = labelOf(text);
    if (y === undefined) return `label ${JSON.stringify(text)}: wants 0 or 1`;
    row.start(y);
    for (const { place, field, isNumeric } of features) {
      const value = values[place] as Buffer;
      const number = isNumeric || value.includes(POINT) ? numberOf(value.toString('latin1'), isNumeric) : undefined;
      if (number === undefined) row.addText(field, value);
      else row.addNumber(field, number);
    }
    return undefined;
  }

  #firstLine(line: Buffer): Columns | string {
    const separator = line.includes(TAB) ? TAB : COMMA;
    const values = split(line, separator);
    if (typeof values === 'string') return values;
    const { options } = this.#schema;
    const first = values.map((value) => value.toString().trim());
    const wanted = options.label?.toLowerCase();
    const named = first.findIndex((name) => (wanted === undefined ? LABELS : [wanted]).includes(name.toLowerCase()));
    // A number could be a value that happens to be the column's number.
    this.isHeader = named >= 0 && !first.some((name) => labelOf(name) !== undefined);
    const names = this.isHeader ? first : first.map((_, i) => String(i + 1));
    const label = this.isHeader ? named : names.indexOf(options.label ?? '1');
    if (label < 0 || (!this.isHeader && labelOf(first[label] as string) === undefined)) {
      const asked = options.label === undefined ? LABELS.join(', ') : options.label;
      return `no column named ${asked} in a header row, nor a label of 0 or 1: name it with --label`;
    }
    const fields = this.#schema.fields ?? this.#fieldsOf(names, label);
    if (typeof fields === 'string') return fields;
    const missing = [...fields, ...(options.numeric ?? [])].find((name) => !names.includes(name));
    if (missing !== undefined) return `no column ${missing}`;
    this.#schema.fields = fields;
    const features = fields.map((name, field) => ({
      place: names.indexOf(name),
      field,
      isNumeric: options.numeric?.includes(name) ?? false,
    }));
    return { separator, count: names.length, label, features };
  }

  #fieldsOf(names: readonly string[], label: number): readonly string[] | string {
    const { columns } = this.#schema.options;
    if (columns === undefined) return names.filter((_, i) => i !== label);
    return columns.includes(names[label] as string) ? `column ${names[label]} is the label` : columns;
  }
}

/** Number that is put in a bucket; whole ones only if `whole`. */
function numberOf(text: string, whole: boolean): number | undefined {
  if (!whole && !DECIMAL.test(text)) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** The fields of a line, or what is wrong with it. */
function split(line: Buffer, separator: number): Buffer[] | string {
  const values: Buffer[] = [];
  for (let from = 0; from <= line.length; ) {
    if (line[from] === QUOTE) {
      const end = closingQuote(line, from + 1);
      if (end < 0) return 'a quote is not closed';
      if (end + 1 < line.length && line[end + 1] !== separator) return 'text behind a closing quote';
      const inner = line.subarray(from + 1, end);
      values.push(inner.includes(QUOTE) ? Buffer.from(inner.toString().replaceAll('""', '"')) : inner);
      from = end + 2;
    } else {
      const next = line.indexOf(separator, from);
      const end = next < 0 ? line.length : next;
      values.push(line.subarray(from, end));
      from = end + 1;
    }
  }
  return values;
}

function closingQuote(line: Buffer, from: number): number {
  for (let at = line.indexOf(QUOTE, from); at >= 0; at = line.indexOf(QUOTE, at + 2)) {
    if (line[at + 1] !== QUOTE) return at;
  }
  return -1;
}
