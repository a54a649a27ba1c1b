// What the module is not allowed to do, seen in its bytes: import anything but the memory, grow it, allocate, or keep
// state in static data.

import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import t from 'tap';
import { LAYOUT_HASH } from '../assembly/generated.js';
import { MAX_BATCH_BYTES, MAX_BODY_BYTES } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import { CONTROL, MEMORY_PAGES } from '../assembly/memory_map.js';
import { INVALID_JSON } from '../assembly/reasons.js';
import { instantiate } from './module.js';
import { MODULE_FILE, TestBidder } from './testing/bidder.js';
import { sampleBook, sampleRequest } from './testing/sample_book.js';

t.test('the module imports nothing but the shared memory', async (t) => {
  const { module } = new TestBidder();
  t.same(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
});

t.test('the module neither grows the memory nor contains an allocator', async (t) => {
  const parsed = binaryen.readBinary(readFileSync(MODULE_FILE));
  const text = parsed.emitText();
  parsed.dispose();
  t.ok(text.includes(` ${MEMORY_PAGES} ${MEMORY_PAGES} shared)`), 'its size is fixed');
  t.notOk(text.includes('memory.grow'), 'it has no memory.grow, without which no runtime can allocate');
  t.notOk(text.includes('memory.size'), 'nor does it ask how large the memory is');
  t.notOk(/call_indirect|\(table/.test(text), 'every call goes to a known function');
});

t.test('static data is constant: requests change nothing below the control region', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const before = Buffer.from(new Uint8Array(bidder.memory.buffer, 0, CONTROL)).toString('hex');
  const request = { id: '1', imp: [{ id: '1', banner: { w: 300, h: 250 } }] };
  t.equal(bidder.bid(request).reason, 0);
  bidder.bid('[');
  bidder.bid({ id: '1', imp: [] });
  t.equal(Buffer.from(new Uint8Array(bidder.memory.buffer, 0, CONTROL)).toString('hex'), before);
});

t.test('a second instance leaves what the first has loaded as it is', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const request = { id: '1', imp: [{ id: '1', banner: { w: 300, h: 250 } }] };
  t.equal(bidder.bid(request).reason, 0);
  instantiate(bidder.memory, bidder.module, 5);
  t.equal(bidder.bid(request).reason, 0);
});

t.test('a module of another memory map is refused', async (t) => {
  // The same module with another answer to `layoutHash`.
  const parsed = binaryen.readBinary(readFileSync(MODULE_FILE));
  const text = parsed.emitText();
  parsed.dispose();
  const other = binaryen.parseText(text.replace(`(i32.const ${LAYOUT_HASH})`, '(i32.const 1)'));
  other.setFeatures(binaryen.Features.All);
  const module = new WebAssembly.Module(other.emitBinary());
  other.dispose();
  t.throws(() => instantiate(new TestBidder().memory, module, 0), /another memory map/);
});

t.test('a batch nested as deep as it is long leaves alone what is not its own', async (t) => {
  const bidder = new TestBidder();
  await bidder.load(sampleBook());
  const arena = new Uint8Array(bidder.memory.buffer, map.ARENAS, map.ARENA_BYTES);
  const between = arena.subarray(map.ARENA_BRACKETS + MAX_BODY_BYTES / 8, map.ARENA_ASSETS);
  between.fill(0xa5);
  bidder.hotPath.batch.fill('['.charCodeAt(0));
  t.equal(bidder.hotPath.splitBatch(MAX_BATCH_BYTES), -INVALID_JSON);
  t.ok(between.every((byte) => byte === 0xa5));
  t.equal(bidder.bid(sampleRequest()).reason, 0);
});
