// What a start makes of a log that ended badly: cut and garbled at each byte, and after crashes at any moment on a disk
// that loses and tears what was not synced.

import fc from 'fast-check';
import t from 'tap';
import { Random } from '../../bidcore/fuzz/random.js';
import { appended, entriesOf, noLock, numberOf, numbersOf, openedLog, shortRecord } from '../testing/events.js';
import { isEventLogError } from './errors.js';
import { openEventLog } from './event_log.js';
import { diskError, MemoryDisk } from './memory_disk.js';
import type { EventLogNote, EventLogOptions } from './options.js';
import { segmentName } from './segment.js';

t.setTimeout(180_000);

const FOLDER = '/e';
const SEGMENT = `${FOLDER}/${segmentName(1)}`;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const on = (disk: MemoryDisk, more: EventLogOptions = {}): EventLogOptions => ({ disk, lock: noLock, ...more });

/** Bytes of a segment with three groups of three records, and where each group ends. */
async function threeGroups(): Promise<{ bytes: Buffer; ends: number[] }> {
  const disk = new MemoryDisk();
  const log = await openedLog(FOLDER, on(disk));
  const ends: number[] = [];
  for (const first of [1, 4, 7]) {
    await appended(log, range(first, first + 2).map(shortRecord));
    ends.push(disk.bytesOf(SEGMENT).length);
  }
  return { bytes: disk.bytesOf(SEGMENT), ends };
}

function diskWith(bytes: Uint8Array, path = SEGMENT): MemoryDisk {
  const disk = new MemoryDisk();
  disk.put(path, bytes);
  return disk;
}

t.test('a tail that is cut at any byte is cut back to the last good record, and kept aside', async (t) => {
  const { bytes } = await threeGroups();
  const lengths: number[] = [];
  for (let length = 0; length <= bytes.length; length++) {
    const disk = diskWith(bytes.subarray(0, length));
    const notes: EventLogNote[] = [];
    const log = await openEventLog(FOLDER, on(disk, { note: (note) => notes.push(note) }));
    if (isEventLogError(log)) throw new Error(`cut to ${length}: ${log.problem}`);
    const numbers = await numbersOf(log.read(1));
    lengths.push(numbers.length);
    const { tornBytes } = log.stats();
    const torn = (await disk.list(FOLDER)).filter((name) => name.endsWith('.torn'));
    const aside = torn.map((name) => disk.bytesOf(`${FOLDER}/${name}`).length).reduce((sum, size) => sum + size, 0);
    if (length > 32) t.equal(aside, tornBytes, `cut to ${length}`);
    t.equal(notes.length, tornBytes > 0 || length === 0 ? 1 : 0);
    await appended(log, [shortRecord(50)]);
    const again = await openedLog(FOLDER, on(disk.crash()));
    t.same(await numbersOf(again.read(1)), [...range(1, numbers.length), 50], `cut to ${length}`);
  }
  t.same(
    lengths,
    [...lengths].sort((a, b) => a - b),
  );
  t.equal(lengths.at(-1), 9);
});

t.test('a garbled byte in the last group is torn, one before it is an error with file and offset', async (t) => {
  const { bytes, ends } = await threeGroups();
  const lastGroup = ends[1] as number;
  for (let at = 0; at < bytes.length; at++) {
    const garbled = Buffer.from(bytes);
    garbled[at] = (garbled[at] as number) ^ 0x41;
    const disk = diskWith(garbled);
    const log = await openEventLog(FOLDER, on(disk));
    if (at >= lastGroup) {
      if (isEventLogError(log)) throw new Error(`byte ${at}: ${log.problem}`);
      const numbers = await numbersOf(log.read(1));
      t.same(numbers, range(1, numbers.length), `byte ${at}`);
      t.ok(numbers.length >= 6 && numbers.length < 9);
    } else {
      if (!isEventLogError(log)) throw new Error(`byte ${at}: opened`);
      t.equal(log.code, 'event_log_corrupt');
      t.equal(log.file, SEGMENT);
      t.ok((log.offset as number) <= at, `byte ${at}: said ${log.offset}`);
      t.same(disk.bytesOf(SEGMENT), garbled, 'nothing was changed');
    }
  }
});

t.test('corruption of a segment that is not the last is an error', async (t) => {
  const disk = new MemoryDisk();
  const log = await openedLog(FOLDER, on(disk, { segmentBytes: 300 }));
  for (const n of range(1, 30)) await appended(log, [shortRecord(n)]);
  await log.close();
  const names = (await disk.list(FOLDER)).filter((name) => name.endsWith('.events')).sort();
  const second = `${FOLDER}/${names[1]}`;
  const bytes = disk.bytesOf(second);
  const damages: [string, Buffer, RegExp][] = [
    ['the last record is cut off', bytes.subarray(0, -1), /cut off/],
    ['the last record is missing', bytes.subarray(0, -(bytes.length - 32) / 5), /it ends with/],
    ['the header is garbled', Buffer.concat([Buffer.from('G4VEL'), bytes.subarray(5)]), /offset 0/],
    ['it is another segment', disk.bytesOf(`${FOLDER}/${names[2]}`), /offset 16: its first position/],
  ];
  for (const [what, damaged, problem] of damages) {
    const copy = disk.copy(1);
    copy.put(second, damaged);
    const result = await openEventLog(FOLDER, on(copy));
    if (!isEventLogError(result)) throw new Error(`${what}: opened`);
    t.match(result, { code: 'event_log_corrupt', file: second, problem }, what);
  }
  const gap = disk.copy(1);
  await gap.unlink(second);
  t.match(await openEventLog(FOLDER, on(gap)), { code: 'event_log_corrupt', file: `${FOLDER}/${names[0]}` });
});

t.test('a cursor behind the end says that records are gone', async (t) => {
  const { bytes, ends } = await threeGroups();
  const disk = diskWith(bytes);
  const log = await openedLog(FOLDER, on(disk));
  const cursor = await log.cursor('redis', { mayLose: false });
  if (isEventLogError(cursor)) throw new Error(cursor.problem);
  await cursor.advance(10);
  await log.close();
  disk.put(SEGMENT, bytes.subarray(0, ends[1]));
  t.match(await openEventLog(FOLDER, on(disk)), { code: 'event_log_corrupt', problem: /ends before position 7.* 10/ });
});

/** One life of a log in a crash test: what it acknowledged, up to when the power went off. */
async function life(
  disk: MemoryDisk,
  random: Random,
  firstNumber: number,
): Promise<{ acked: Map<number, number>; tried: number }> {
  const acked = new Map<number, number>();
  let tried = 0;
  let actionsLeft = random.int(1, 60);
  const flaky = random.chance(0.5);
  disk.before = (action, path) => {
    if (actionsLeft-- <= 0) throw diskError('EIO', `${path}: the power is off`);
    if (flaky && action !== 'open' && random.chance(0.08)) throw diskError(random.pick(['EIO', 'ENOSPC']), path);
  };
  const log = await openEventLog(FOLDER, on(disk, { segmentBytes: 700, groupBytesMax: 400 }));
  if (isEventLogError(log)) {
    if (log.code === 'event_log_corrupt') throw new Error(log.problem);
    return { acked, tried };
  }
  const appender = async (): Promise<void> => {
    while (actionsLeft > 0) {
      const numbers = range(0, random.int(0, 3)).map(() => firstNumber + tried++);
      const result = await log.append(numbers.map(shortRecord));
      if (isEventLogError(result)) continue;
      for (const [index, number] of numbers.entries()) acked.set(result.first + index, number);
    }
  };
  await Promise.all([appender(), appender(), appender()]);
  return { acked, tried };
}

/** Only the process ended: what the next one is shown must stay, whatever syncs had failed before. */
async function lookAfterKill(disk: MemoryDisk): Promise<Map<number, number>> {
  disk.before = () => undefined;
  const log = await openedLog(FOLDER, on(disk));
  const entries = await entriesOf(log.read(1));
  return new Map(entries.map(({ position, record }) => [position, numberOf(record)]));
}

t.test('whatever was acknowledged is there after any crashes, once and in its place', async (t) => {
  let crashes = 0;
  let survived = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 6 }), async (seed, lives) => {
      const random = new Random(seed);
      let disk = new MemoryDisk({ seed });
      const acked = new Map<number, number>();
      let tried = 1;
      for (let n = 0; n < lives; n++) {
        const lived = await life(disk, random, tried);
        for (const [position, number] of lived.acked) {
          if (acked.has(position)) throw new Error(`position ${position} was acknowledged twice`);
          acked.set(position, number);
        }
        tried += lived.tried;
        if (random.chance(0.3)) for (const [at, number] of await lookAfterKill(disk)) acked.set(at, number);
        disk = disk.crash();
        crashes++;
      }
      const log = await openedLog(FOLDER, on(disk));
      const seen = new Map<number, number>();
      let expected = 1;
      for await (const { position, record } of log.read(1)) {
        if (position !== expected++) throw new Error(`position ${position} after ${expected - 2}`);
        seen.set(position, numberOf(record));
      }
      if (new Set(seen.values()).size !== seen.size) throw new Error('a record is there twice');
      for (const [position, number] of acked) {
        if (seen.get(position) !== number)
          throw new Error(`${number} was at ${position}, there is ${seen.get(position)}`);
      }
      survived += acked.size;
    }),
    { numRuns: 400 },
  );
  t.ok(crashes > 400 && survived > 4000, `${crashes} crashes, ${survived} acknowledged records`);
});
