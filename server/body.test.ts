// Gathering bodies, and copying them into shared memory.

import t from 'tap';
import { Body } from './body.js';
import { Staging } from './staging.js';

const buffer = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;

t.test('pieces are joined in order, the first may be empty', async (t) => {
  const body = new Body(100_000);
  const pieces = ['', 'a'.repeat(5000), 'b', '', 'c'.repeat(60_000)];
  for (const piece of pieces) t.ok(body.append(buffer(piece)));
  t.equal(Buffer.from(body.bytes()).toString(), pieces.join(''));
});

t.test('a body is refused with the piece that passes its bound, not before', async (t) => {
  const body = new Body(10);
  t.ok(body.append(buffer('0123456789')));
  t.notOk(body.append(buffer('x')));
});

t.test('bodies of all lengths and alignments arrive whole in shared memory', async (t) => {
  const target = new Uint8Array(new SharedArrayBuffer(256));
  const staging = new Staging(target);
  const source = Uint8Array.from({ length: 300 }, (_, i) => i % 251);
  for (let offset = 0; offset < 9; offset++) {
    for (let length = 0; length <= 256; length++) {
      target.fill(255);
      staging.place(source.subarray(offset, offset + length));
      const same = source.subarray(offset, offset + length).every((byte, i) => target[i] === byte);
      if (!same) t.fail(`offset ${offset}, length ${length}`);
    }
  }
  t.throws(() => staging.place(source), 'too long a body is not cut');
});
