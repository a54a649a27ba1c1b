// What is kept and what is deleted: snapshots, cursors, age and bytes.

import t from 'tap';
import { appended, noLock, numbersOf, openedLog, shortRecord } from '../testing/events.js';
import type { Cursor } from './cursor.js';
import { type EventLogError, isEventLogError } from './errors.js';
import type { EventLog } from './event_log.js';
import { diskError, MemoryDisk } from './memory_disk.js';
import type { EventLogNote, EventLogOptions } from './options.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
/** Segments of five records, of which two or so are kept for people. */
const BOUNDS = { segmentBytes: 300, keepBytes: 900, cursorBytesMax: 2000, diskBytesMax: 100_000 };

async function opened(disk: MemoryDisk, more: EventLogOptions = {}): Promise<EventLog> {
  return openedLog('/e', { disk, lock: noLock, ...BOUNDS, ...more });
}

async function fill(log: EventLog, from: number, to: number): Promise<void> {
  for (const n of range(from, to)) await appended(log, [shortRecord(n)]);
}

function good(cursor: Cursor | EventLogError): Cursor {
  if (isEventLogError(cursor)) throw new Error(cursor.problem);
  return cursor;
}

t.test('without a snapshot everything is kept; with one what it needs, and bytes for people', async (t) => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  await fill(log, 1, 100);
  await log.sweep();
  t.equal(log.oldest, 1);
  t.equal(await log.writeSnapshot(41, Buffer.from('forty')), undefined);
  t.ok(log.oldest > 1 && log.oldest <= 41, `oldest ${log.oldest}`);
  t.same(await numbersOf(log.read(41)), range(41, 100));
  t.equal(await log.writeSnapshot(101, Buffer.from('hundred')), undefined);
  t.ok(log.oldest <= 41, 'what the snapshot before it needs is kept: it may be the only good one');
  t.equal(await log.writeSnapshot(101, Buffer.from('hundred again')), undefined);
  await log.close();
  const again = await opened(disk.crash());
  t.match(await again.readSnapshot(), { position: 101, bytes: Buffer.from('hundred again') });
  t.same(await numbersOf(again.read(41)), range(41, 100));
  await fill(again, 101, 120);
  t.equal(await again.writeSnapshot(121, Buffer.from('more')), undefined);
  t.ok(again.oldest > 60 && again.oldest <= 101, `oldest ${again.oldest}`);
  const { diskBytes } = again.stats();
  t.ok(diskBytes < BOUNDS.keepBytes + BOUNDS.segmentBytes + 400, `${diskBytes} bytes are left`);
});

t.test('what nobody needs goes when it is old', async (t) => {
  let nowMs = 1000;
  const log = await opened(new MemoryDisk(), { keepBytes: 2000, keepMs: 500, nowMs: () => nowMs });
  await fill(log, 1, 20);
  await log.writeSnapshot(21, Buffer.from('1'));
  await log.sweep();
  t.equal(log.oldest, 1, 'few and young');
  nowMs = 2000;
  await log.sweep();
  t.ok(log.oldest > 10, 'old');
  t.same(await numbersOf(log.read(1)), range(log.oldest, 20), 'who asks for what is gone gets the oldest there is');
});

t.test('a snapshot that is broken gives way to the one before it', async (t) => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  t.equal(await log.readSnapshot(), undefined);
  await fill(log, 1, 10);
  await log.writeSnapshot(5, Buffer.from('five'));
  await log.writeSnapshot(8, Buffer.from('eight'));
  const path = `/e/snapshot-${'8'.padStart(16, '0')}`;
  const bytes = disk.bytesOf(path);
  for (let at = 0; at < bytes.length; at++) {
    const garbled = Buffer.from(bytes);
    garbled[at] = (garbled[at] as number) ^ 1;
    disk.put(path, garbled);
    t.match(await log.readSnapshot(), { position: 5, bytes: Buffer.from('five') }, `byte ${at}`);
  }
  disk.put(`/e/snapshot-${'5'.padStart(16, '0')}`, Buffer.from('five'));
  t.match(await log.readSnapshot(), { code: 'event_log_corrupt', file: path }, 'none is good');
  await t.rejects(log.writeSnapshot(12, bytes), /a snapshot at 12/, 'of records that are not there yet');
});

t.test('a snapshot that could not be written leaves the old one', async (t) => {
  for (const action of ['open', 'write', 'fdatasync', 'rename', 'syncFolder']) {
    const disk = new MemoryDisk();
    const log = await opened(disk);
    await fill(log, 1, 10);
    await log.writeSnapshot(5, Buffer.from('five'));
    disk.before = (what, path) => {
      if (what === action) throw diskError('ENOSPC', path);
    };
    t.match(await log.writeSnapshot(8, Buffer.from('eight')), { code: 'event_log_full' }, action);
    disk.before = () => undefined;
    const found = await (await opened(disk.crash())).readSnapshot();
    t.match(found, { bytes: /five|eight/ }, action);
  }
});

t.test('a cursor keeps what it has not passed, through restarts', async (t) => {
  const disk = new MemoryDisk();
  const notes: EventLogNote[] = [];
  const log = await opened(disk, { note: (note) => notes.push(note) });
  const cursor = good(await log.cursor('redis', { mayLose: false }));
  await fill(log, 1, 100);
  await log.writeSnapshot(101, Buffer.from('all'));
  t.equal(log.oldest, 1);
  t.same(log.stats().cursors, [{ name: 'redis', next: 1, lag: 100, behind: true, lost: 0 }]);
  t.equal(notes.filter(({ code }) => code === 'cursor_behind').length, 1, 'said once');
  t.equal(await cursor.advance(71), undefined);
  t.equal(await cursor.advance(50), undefined);
  t.equal(cursor.next, 71, 'it never goes back');
  await log.sweep();
  t.ok(log.oldest > 50 && log.oldest <= 71, `oldest ${log.oldest}`);
  const again = await opened(disk.crash());
  t.same(good(await again.cursor('redis', { mayLose: false })).next, 71);
  t.same(await numbersOf(again.read(71)), range(71, 100));
});

t.test('a cursor that could not be saved keeps what a start would need', async (t) => {
  const disk = new MemoryDisk();
  const log = await opened(disk);
  const cursor = good(await log.cursor('redis', { mayLose: false }));
  await fill(log, 1, 100);
  await log.writeSnapshot(101, Buffer.from('all'));
  disk.before = (what, path) => {
    if (what === 'rename') throw diskError('EIO', path);
  };
  t.match(await cursor.advance(90), { code: 'event_log_failed' });
  await log.sweep();
  t.equal(log.oldest, 1);
  const again = await opened(disk.crash());
  t.equal(good(await again.cursor('redis', { mayLose: false })).next, 1);
  t.same(await numbersOf(again.read(1)), range(1, 100));
});

t.test('a cursor that may lose records does so only beyond its bound, and says how many', async (t) => {
  const disk = new MemoryDisk();
  const notes: EventLogNote[] = [];
  const log = await opened(disk, { note: (note) => notes.push(note) });
  const cursor = good(await log.cursor('reports', { mayLose: true }));
  await fill(log, 1, 25);
  await log.writeSnapshot(26, Buffer.from('all'));
  t.equal(cursor.state.lost, 0);
  t.equal(log.oldest, 1, 'over the bound of what is kept for people, under that of cursors');
  await fill(log, 26, 100);
  await log.sweep();
  const { next, lost } = cursor.state;
  t.ok(lost > 0 && next === lost + 1, `lost ${lost}, next ${next}`);
  t.ok(log.oldest > 1);
  t.ok(notes.some(({ code, text }) => code === 'cursor_dropped' && /reports .* lost \d+ records/.test(text)));
  t.same(await numbersOf(log.read(next)), range(next, 100), 'the rest is there');
  const again = await opened(disk.crash());
  t.match(good(await again.cursor('reports', { mayLose: true })).state, { next, lost });
});

t.test('many advances share few writes, and the last one counts', async (t) => {
  const disk = new MemoryDisk();
  let writes = 0;
  disk.before = (what) => {
    if (what === 'rename') writes++;
  };
  const log = await opened(disk);
  await fill(log, 1, 100);
  const cursor = good(await log.cursor('redis', { mayLose: false }));
  writes = 0;
  t.same(new Set(await Promise.all(range(2, 101).map((next) => cursor.advance(next)))), new Set([undefined]));
  t.ok(writes <= 2, `${writes} writes`);
  const again = await opened(disk.crash());
  t.equal(good(await again.cursor('redis', { mayLose: false })).next, 101);
});

t.test('a cursor file that is none is an error that names it', async (t) => {
  for (const text of ['', '{}', '{"next":0,"may_lose":true,"lost":0}', '{"next":1.5,"may_lose":true,"lost":0}']) {
    const disk = new MemoryDisk();
    disk.put('/e/redis.cursor', Buffer.from(text));
    await t.rejects(opened(disk), /event_log_corrupt: \/e\/redis\.cursor is broken/);
  }
});
