// The event log on a disk in memory: what is acknowledged is read, in order, bounds hold, failures of the disk leave
// nothing half-written.

import t from 'tap';
import type { EventRecord } from '../../bidcore/money/event.js';
import { appended, billRecord, entriesOf, noLock, numbersOf, openedLog, shortRecord } from '../testing/events.js';
import { isEventLogError } from './errors.js';
import { type DiskAction, diskError, MemoryDisk } from './memory_disk.js';
import type { EventLogNote, EventLogOptions } from './options.js';
import { RECORD_BYTES_MAX } from './segment.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const codeOf = (result: object | undefined): string | undefined =>
  result !== undefined && isEventLogError(result) ? result.code : undefined;

const small = (disk: MemoryDisk, more: EventLogOptions = {}): EventLogOptions => ({ disk, lock: noLock, ...more });

/** Makes the next `count` actions of a kind fail. */
function failNext(disk: MemoryDisk, action: DiskAction, code: string, count = 1): void {
  let left = count;
  disk.before = (what, path) => {
    if (what !== action || left === 0) return;
    left--;
    throw diskError(code, path);
  };
}

t.test('records come back as they were, in order, with positions from 1, also in another run', async (t) => {
  const disk = new MemoryDisk();
  const log = await openedLog('/e', small(disk));
  const lease: EventRecord = {
    type: 'lease',
    campaign: 'a'.repeat(16),
    campaignId: 'spring',
    lease: 0xffff_ffff,
    run: 1_767_792_000_000,
    node: 1,
    day: '2026-01-07',
    grantedMicros: Number.MAX_SAFE_INTEGER,
    longestExpiryS: 86_400,
    ended: false,
    atMs: 1_767_792_600_000,
  };
  const records = [billRecord(1), lease, shortRecord(7), billRecord(2, { kind: 'event', name: 'é'.repeat(300) })];
  t.same(await log.append(records.slice(0, 3)), { first: 1, next: 4 });
  t.same(await log.append(records.slice(3)), { first: 4, next: 5 });
  const expected = records.map((record, index) => ({ position: index + 1, record }));
  t.strictSame(await entriesOf(log.read(1)), expected);
  t.strictSame(await entriesOf(log.read(3)), expected.slice(2));
  t.same(await entriesOf(log.read(5)), []);
  await log.close();
  t.equal(codeOf(await log.append(records)), 'event_log_failed', 'a closed log takes nothing');
  const again = await openedLog('/e', small(disk));
  t.equal(again.next, 5);
  t.equal(await appended(again, [shortRecord(8)]), 5);
  t.strictSame((await entriesOf(again.read(1))).slice(0, 4), expected);
});

t.test('what is appended while a group is written shares the next one', async (t) => {
  const log = await openedLog('/e', small(new MemoryDisk()));
  await appended(log, [shortRecord(0)]);
  const before = log.stats();
  const results = await Promise.all(range(1, 100).map((n) => appended(log, [shortRecord(n)])));
  t.same(results, range(2, 101));
  const after = log.stats();
  t.equal(after.groups - before.groups, 1);
  t.equal(after.fsyncs - before.fsyncs, 1, 'one fsync for all of them');
  t.equal(after.groupRecordsMax, 100);
  t.equal(after.queueBytes, 0);
});

t.test('a log goes on from segment to segment, and reads across them', async (t) => {
  const disk = new MemoryDisk();
  const log = await openedLog('/e', small(disk, { segmentBytes: 300, groupBytesMax: 200 }));
  for (let n = 1; n <= 60; n++) await appended(log, [shortRecord(n)]);
  t.ok(log.stats().segments > 5);
  t.same(await numbersOf(log.read(1)), range(1, 60));
  for (const from of range(1, 61)) t.same(await numbersOf(log.read(from)), range(from, 60));
  await log.close();
  t.same(await numbersOf((await openedLog('/e', small(disk))).read(1)), range(1, 60));
});

t.test('follow gives what is there and then what comes, until the log is closed', async (t) => {
  const log = await openedLog('/e', small(new MemoryDisk(), { segmentBytes: 300 }));
  await appended(log, range(1, 5).map(shortRecord));
  const followed = numbersOf(log.follow(3));
  const late = log.follow(12);
  const first = late.next();
  for (let n = 6; n <= 30; n++) await appended(log, [shortRecord(n)]);
  t.equal((await first).value?.position, 12, 'waited for a record that was not there');
  await late.return();
  await log.close();
  t.same(await followed, range(3, 30));
});

t.test('the queue is bounded: what is over it is refused, the rest is written', async (t) => {
  const log = await openedLog('/e', small(new MemoryDisk(), { queueBytesMax: RECORD_BYTES_MAX + 100 }));
  const long = billRecord(0, { name: 'x'.repeat(20_000) });
  const results = await Promise.all(range(1, 10).map(() => log.append([long])));
  const codes = results.map(codeOf);
  t.same(codes, [...Array(3).fill(undefined), ...Array(7).fill('event_log_full')]);
  t.equal((await entriesOf(log.read(1))).length, 3);
  t.equal(await appended(log, [long]), 4, 'there is room again');
  t.throws(() => log.append([billRecord(0, { name: 'x'.repeat(RECORD_BYTES_MAX) })]), /the event log takes 65536/);
});

t.test('the bytes on disk are bounded', async (t) => {
  const bounds = { segmentBytes: 500, keepBytes: 1000, cursorBytesMax: 1500, diskBytesMax: 3000 };
  const log = await openedLog('/e', small(new MemoryDisk(), bounds));
  let taken = 0;
  while (codeOf(await log.append([shortRecord(taken)])) === undefined) taken++;
  t.ok(log.stats().diskBytes <= 3000 && log.stats().diskBytes > 2500, `${log.stats().diskBytes} bytes`);
  t.same(await numbersOf(log.read(1)), range(0, taken - 1), 'all that was taken is there');
  t.equal(await log.writeSnapshot(log.next, Buffer.from('all')), undefined);
  t.equal(await appended(log, [shortRecord(taken)]), taken + 1, 'a snapshot lets the log go on');
  t.ok(log.oldest > 1);
});

t.test('a full disk refuses groups whole, and takes them when there is room again', async (t) => {
  const disk = new MemoryDisk();
  const log = await openedLog('/e', small(disk));
  await appended(log, range(1, 10).map(shortRecord));
  // Some records of the group fit: they must not come back behind a shorter group.
  disk.capacityBytes = disk.bytesOf('/e/0000000000000001.events').length + 300;
  const refused = await Promise.all([log.append(range(90, 94).map(shortRecord)), log.append([shortRecord(99)])]);
  t.same(refused.map(codeOf), ['event_log_full', 'event_log_full'], 'the group has failed, all of it');
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  t.equal(await appended(log, [shortRecord(11)]), 11);
  t.same(await numbersOf(log.read(1)), range(1, 11));
  t.equal(log.stats().segments, 1, 'the cut worked, so the segment is still good');
  t.equal(log.stats().failures, 1);
  t.same(await numbersOf((await openedLog('/e', small(disk.crash()))).read(1)), range(1, 11));
});

t.test('after a failed sync the segment is given up and the group is written anew', async (t) => {
  for (const seed of range(1, 60)) {
    const disk = new MemoryDisk({ seed });
    const notes: EventLogNote[] = [];
    const log = await openedLog('/e', small(disk, { note: (note) => notes.push(note) }));
    await appended(log, range(1, 10).map(shortRecord));
    failNext(disk, 'fdatasync', 'EIO');
    t.equal(await appended(log, range(11, 20).map(shortRecord)), 11);
    t.same(
      notes.map(({ code }) => code),
      ['segment_abandoned', 'write_failed'],
    );
    t.equal(log.stats().segments, 2);
    await appended(log, [shortRecord(21)]);
    t.same(await numbersOf(log.read(1)), range(1, 21));
    const again = await openedLog('/e', small(disk.crash()));
    t.same(await numbersOf(again.read(1)), range(1, 21), `seed ${seed}`);
  }
});

t.test('a disk that syncs nothing fails the group, and recovers', async (t) => {
  for (const action of ['fdatasync', 'write', 'truncate', 'open', 'syncFolder'] as const) {
    for (const seed of range(1, 20)) {
      const disk = new MemoryDisk({ seed });
      const log = await openedLog('/e', small(disk, { segmentBytes: 400 }));
      await appended(log, range(1, 10).map(shortRecord));
      // Opening matters only where a new segment is made: the first one is full.
      disk.before = (what, path) => {
        if (what === action || what === 'write') throw diskError('EIO', path);
      };
      t.equal(codeOf(await log.append(range(90, 99).map(shortRecord))), 'event_log_failed', action);
      t.equal(codeOf(await log.append([shortRecord(99)])), 'event_log_failed', action);
      disk.before = () => undefined;
      t.equal(await appended(log, range(11, 15).map(shortRecord)), 11);
      t.same(await numbersOf(log.read(1)), range(1, 15), action);
      t.same(await numbersOf((await openedLog('/e', small(disk.crash()))).read(1)), range(1, 15), action);
    }
  }
});

t.test('bounds that contradict each other are a mistake of the program', async (t) => {
  const disk = new MemoryDisk();
  await t.rejects(openedLog('/e', small(disk, { keepBytes: 2000, cursorBytesMax: 1000 })), /keepBytes/);
  await t.rejects(openedLog('/e', small(disk, { segmentBytes: 2 ** 32 })), /4 GiB/);
});
