// The hash against values worked out by a separate program from the formulas of docs/decisions.md section 4.

import t from 'tap';
import { featureIndex, hashBytes, hashNumber, hashText, mix } from './hash.js';

const TEXTS: readonly [string, bigint][] = [
  ['', 0x1n],
  ['a', 0x53c83c4054cc193n],
  ['default', 0x7fa3150ba9d2a54an],
  ['news.example', 0x4cd3d735deb85c10n],
  ['exactly8', 0x9adbe9d75c0a4692n],
  ['nine char', 0xa520930688cf8227n],
  ['Zürich', 0x1fcd1fe060946fb4n],
  ['😀 ad', 0x1958d50e34fb8b77n],
];

const NUMBERS: readonly [number, bigint][] = [
  [0, 0xa0f3cfd6fe270cbbn],
  [1, 0xad0aa111d6a2a385n],
  [-1, 0xf553467978b28efdn],
  [19661050, 0xffbe1eca8aa36a5dn],
  [4294967295, 0x5e1db1aaf7e151cen],
];

t.test('a text has the hash the page defines', async (t) => {
  for (const [text, hash] of TEXTS) {
    t.equal(hashText(text), hash, JSON.stringify(text));
    t.equal(hashText(text), hash, 'and has it again when it is remembered');
    t.equal(hashBytes(new TextEncoder().encode(text)), hash, 'as bytes too');
  }
});

t.test('a lone surrogate is hashed as the replacement character', async (t) => {
  t.equal(hashText('a\ud800b'), hashText('a\ufffdb'));
  t.equal(hashText('\udc00\ud800'), hashText('\ufffd\ufffd'));
});

t.test("a number has the hash the page defines, negative ones as two's complement", async (t) => {
  for (const [n, hash] of NUMBERS) t.equal(hashNumber(n), hash, String(n));
});

t.test("the field is part of a feature's index, and the index is in the table", async (t) => {
  t.equal(mix(5n, 7), 0x5ad167e1487824b7n);
  t.equal(featureIndex(0, hashText('default')), 6736);
  t.equal(featureIndex(2, 0n), 206465, 'absent');
  t.equal(featureIndex(36, hashNumber(300 * 65536 + 250)), 66004);
  for (let field = 0; field < 40; field++) t.ok(featureIndex(field, hashText(`x${field}`)) < 2 ** 18);
});

t.test('more texts than are remembered hash the same as the first time', async (t) => {
  const before = hashText('text 0');
  for (let i = 1; i < 70_000; i++) hashText(`text ${i}`);
  t.equal(hashText('text 0'), before);
});
