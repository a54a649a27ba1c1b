// The formats of click logs, line by line: what becomes a feature, what is refused and why; and files of lines.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { featureIndex, hashNumber, hashText } from '../../bidcore/hash.js';
import { FmTrainer } from '../fm/fm_trainer.js';
import { type CsvOptions, CsvReader, CsvSchema } from './csv.js';
import { HeldBack } from './held_back.js';
import { IndexedReader } from './indexed.js';
import { readLines } from './line_file.js';
import { bucketOf, ROW_FEATURES_MAX, Row, type RowReader } from './row.js';

const trainer = await FmTrainer.create();

/** Label and features of a line, or what is wrong with it. */
function read(reader: RowReader, line: string): { label: number; features: number[] } | string {
  const row = new Row(trainer);
  const problem = reader.read(Buffer.from(line), row);
  return problem ?? { label: row.label, features: [...row.features.subarray(0, row.count)] };
}

const pair = (index: number, value = 1): number => featureIndex(index, hashNumber(bucketOf(value)));
const text = (field: number, value: string): number => featureIndex(field, hashText(value));
const amount = (field: number, value: number): number => featureIndex(field, hashNumber(bucketOf(value)));

t.test('libsvm: labels of both kinds, values other than 1, comments', async (t) => {
  const reader = new IndexedReader('libsvm');
  t.same(read(reader, '-1 3:1 11:1 '), { label: 0, features: [pair(3), pair(11)] });
  t.same(read(reader, '+1 3:1'), { label: 1, features: [pair(3)] });
  t.same(read(reader, '0\t7:1  8:1'), { label: 0, features: [pair(7), pair(8)] });
  t.same(read(reader, '1'), { label: 1, features: [] }, 'an example of nothing');
  t.same(read(reader, '1 3:0 4:0.25 5:-2 # 6:1'), { label: 1, features: [pair(4, 0.25), pair(5, -2)] });
  t.notSame(pair(3), pair(3, 2), 'another value is another feature');
});

t.test('libsvm: what is wrong is said', async (t) => {
  const reader = new IndexedReader('libsvm');
  const many = Array.from({ length: ROW_FEATURES_MAX + 1 }, (_, i) => `${i}:1`).join(' ');
  for (const [line, problem] of [
    ['2 3:1', /^label "2": wants 1, 0 or -1$/],
    ['3:1', /label "3:1"/],
    ['  ', /label ""/],
    ['1 3', /^"3": wants index:value$/],
    ['1 3:', /"3:": wants index:value/],
    ['1 :1', /":1": wants index:value/],
    ['1 a:1', /the index is no whole number/],
    ['1 -1:1', /the index is no whole number/],
    ['1 3:x', /"3:x": the value is no number/],
    ['1 9999999999:1', /the index is above/],
    [`1 ${many}`, /more than 16384 features/],
  ] as const) {
    t.match(read(reader, line), problem, line.slice(0, 30));
  }
});

t.test('iclick: plain numbers behind the click are skipped', async (t) => {
  const reader = new IndexedReader('iclick');
  t.same(read(reader, '0 66 48 3:1 6:1'), { label: 0, features: [pair(3), pair(6)] });
  t.same(read(reader, '1 227 3:1'), { label: 1, features: [pair(3)] });
  t.same(read(reader, '1\t3:1'), { label: 1, features: [pair(3)] });
  t.match(read(reader, '1 66 3:1 48'), /"48": wants index:value/);
  t.match(read(reader, '1 price 3:1'), /"price": wants index:value/);
  t.match(read(reader, '7 66 3:1'), /label "7"/);
});

t.test('numbers are in one bucket if they agree to three significant bits', async (t) => {
  for (const same of [
    [8, 8.4],
    [0.000154, 0.00015],
    [-8, -8.4],
    [0, -0],
  ] as const) {
    t.equal(bucketOf(same[0]), bucketOf(same[1]), same.join(' and '));
  }
  const apart = [-8, -1, 0, 0.1, 0.125, 1, 1.25, 2, 3, 4, 5, 6, 7, 8, 10, 1e30];
  t.equal(new Set(apart.map(bucketOf)).size, apart.length);
});

t.test('csv: with a header, each column is a field of its own', async (t) => {
  const reader = new CsvReader(new CsvSchema());
  const row = new Row(trainer);
  t.equal(reader.read(Buffer.from('site,Click,size,ctr'), row), undefined);
  t.equal(reader.isHeader, true);
  t.same(read(reader, 'news,1,300,0.25'), { label: 1, features: [text(0, 'news'), text(1, '300'), amount(2, 0.25)] });
  t.equal(reader.isHeader, false);
  t.same(read(reader, '"a ""b"", c",0,,1.2.3'), {
    label: 0,
    features: [text(0, 'a "b", c'), text(1, ''), text(2, '1.2.3')],
  });
  t.match(read(reader, 'a,1,2'), /^3 columns; the first line has 4$/);
  t.match(read(reader, 'a,yes,2,3'), /^label "yes": wants 0 or 1$/);
  t.match(read(reader, '"a,1,2,3'), /a quote is not closed/);
  t.match(read(reader, '"a"b,1,2,3'), /text behind a closing quote/);
});

t.test('csv: without a header, by tabs, the first column is the label', async (t) => {
  const reader = new CsvReader(new CsvSchema());
  t.same(read(reader, '0\t51\t1.0e-4\t0'), { label: 0, features: [text(0, '51'), amount(1, 1e-4), text(2, '0')] });
  t.match(read(reader, '1\t51'), /2 columns/);
});

t.test('csv: columns that are asked for', async (t) => {
  const after = (options: CsvOptions, ...lines: string[]): unknown => {
    const reader = new CsvReader(new CsvSchema(options));
    return lines.map((line) => read(reader, line)).at(-1);
  };
  const header = 'id,won,price,site';
  t.same(after({ label: 'won', columns: ['site', 'price'] }, header, '1,0,70,x'), {
    label: 0,
    features: [text(0, 'x'), text(1, '70')],
  });
  t.same(after({ label: 'won', columns: ['price'], numeric: ['price'] }, header, '1,1,70,x'), {
    label: 1,
    features: [amount(0, 70)],
  });
  t.same(after({ label: '2', columns: ['3'] }, 'a,1,b'), { label: 1, features: [text(0, 'b')] });
  t.match(after({}, header), /no column named click, label, clk/);
  t.match(after({ label: 'click' }, header), /no column named click/);
  t.match(after({ label: 'won', columns: ['site', 'city'] }, header), /^no column city$/);
  t.match(after({ label: 'won', columns: ['won'] }, header), /column won is the label/);
});

t.test('csv: a second file has the columns of the first, in any order', async (t) => {
  const schema = new CsvSchema();
  const first = new CsvReader(schema);
  read(first, 'click,site,size');
  const second = new CsvReader(schema);
  read(second, 'size,site,more,click');
  t.same(read(second, 'big,news,x,1'), read(first, '1,news,big'));
  t.match(read(new CsvReader(schema), 'click,site'), /no column size/);
});

t.test('files: a byte order mark, line ends of all kinds, empty lines, gzip', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-lines-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'lines');
  const linesOf = async (bytes: Uint8Array, refuse?: string) => {
    writeFileSync(file, bytes);
    const lines: string[] = [];
    const error = await readLines(file, (line, number) => {
      lines.push(`${number} ${line}`);
      return refuse === line.toString() ? 'is wrong' : undefined;
    });
    return { lines, error };
  };
  const content = Buffer.from('\ufeffone\r\n\n two\n\r\nthree');
  const expected = { lines: ['1 one', '3  two', '5 three'], error: undefined };
  t.same(await linesOf(content), expected);
  t.same(await linesOf(gzipSync(content)), expected);
  t.same((await linesOf(content, 'three')).error, { code: 'bad_line', problem: `${file}:5: is wrong` });
  t.same(await linesOf(Buffer.alloc(0)), { lines: [], error: undefined });
  const long = Buffer.from(`${'x'.repeat(3_000_000)}\n${'y'.repeat(500)}\n`);
  t.same(
    (await linesOf(long)).lines.map((line) => line.length),
    [3_000_002, 502],
    'lines over many pieces',
  );
  t.match((await linesOf(gzipSync(content).subarray(0, 20))).error, { code: 'unreadable', problem: /lines: / });
  const missing = await readLines(join(folder, 'nothing'), () => undefined);
  t.match(missing, { code: 'unreadable', problem: /ENOENT/ });
  t.match(await readLines(folder, () => undefined), { code: 'unreadable', problem: /EISDIR/ });
  writeFileSync(file, content);
  const fault = readLines(file, () => {
    throw new Error('a fault of ours');
  });
  await t.rejects(fault, /a fault of ours/, 'is not taken for one of the file');
});

t.test('one click in ten and one of ten others are held back, fewer where memory is short', async (t) => {
  const row = new Row(trainer);
  const heldOf = (held: HeldBack, label: 0 | 1, count: number): number => {
    let [kept, total] = [0, 0];
    for (let i = 0; i < count; i++) {
      if (!held.has(label, i)) continue;
      row.start(label);
      row.addNumber(1, i);
      held.keep(row, i);
      total++;
    }
    for (let i = 0; i < count; i++) kept += held.has(label, i) ? 1 : 0;
    t.ok(kept <= total);
    return kept;
  };
  for (const seed of [1, 2, 3]) {
    const held = new HeldBack(seed);
    t.equal(heldOf(held, 1, 160), 16);
    t.equal(heldOf(held, 0, 20_000), 2000);
    t.equal(held.examples, 2016);
    const { predictions, labels } = held.predictions(trainer);
    t.same([predictions.length, labels.reduce((sum, label) => sum + label, 0)], [2016, 16]);
  }
  const short = new HeldBack(1, 1000);
  const kept = heldOf(short, 0, 50_000);
  t.ok(kept > 500 && kept <= 1000, `${kept} of 5000`);
  t.equal(short.examples, kept, 'what it no longer holds back is learnt from in later passes');
});
