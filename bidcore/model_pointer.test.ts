// A pointer is read back as it was written, and nothing else is taken for one.

import t from 'tap';
import { readPointer, writePointer } from './model_pointer.js';

t.test('a pointer survives being written', async (t) => {
  for (const pointer of [
    { sequence: 1, control: 1 },
    { sequence: 2, control: 7, candidate: { version: 8, share: 0.05, salt: 0 } },
    { sequence: 2 ** 40, control: 2 ** 32 - 1, candidate: { version: 8, share: 1, salt: 2 ** 32 - 1 } },
  ]) {
    t.same(readPointer(writePointer(pointer)), pointer);
  }
});

t.test('what is no pointer is not taken for one', async (t) => {
  for (const text of [
    '',
    'null',
    '{"sequence":1}',
    '{"sequence":0,"control":1}',
    '{"sequence":1,"control":0}',
    '{"sequence":1,"control":4294967296}',
    '{"sequence":1,"control":1,"candidate":null}',
    '{"sequence":1,"control":1,"candidate":{"version":2,"share":1.5,"salt":1}}',
    '{"sequence":1,"control":1,"candidate":{"version":2,"share":0.5,"salt":-1}}',
  ]) {
    t.equal(readPointer(text), undefined, text);
  }
});
