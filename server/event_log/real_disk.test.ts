// The event log on the machine's own disk: recovery, a process that is killed, and one process at a time.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { appended, billRecord, entriesOf, numberOf, numbersOf, openedLog, shortRecord } from '../testing/events.js';
import { isEventLogError } from './errors.js';
import { openEventLog } from './event_log.js';
import { segmentName } from './segment.js';

t.setTimeout(120_000);

const APPENDER = fileURLToPath(new URL('../testing/event_appender.js', import.meta.url));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-events-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('records are there in another run, and a torn tail is cut', async (t) => {
  const folder = join(folderOf(t), 'made', 'events');
  const log = await openedLog(folder);
  await appended(
    log,
    range(1, 5).map((n) => billRecord(n)),
  );
  await log.close();
  const path = join(folder, segmentName(1));
  const { size } = statSync(path);
  for (const cut of [1, 19, 20, 21, 300]) {
    truncateSync(path, size - cut);
    const again = await openedLog(folder);
    t.same(await numbersOf(again.read(1)), range(1, 4), `cut by ${cut}`);
    t.ok(again.stats().tornBytes > 0);
    await appended(again, [billRecord(5)]);
    await again.close();
    t.equal(statSync(path).size, size, 'the same bytes again');
  }
  const torn = readdirSync(folder).filter((name) => name.endsWith('.torn'));
  t.equal(torn.length, 5);
});

t.test('snapshots and cursors are there in another run', async (t) => {
  const folder = folderOf(t);
  const log = await openedLog(folder);
  await appended(log, range(1, 5).map(shortRecord));
  const cursor = await log.cursor('redis', { mayLose: false });
  if (isEventLogError(cursor)) throw new Error(cursor.problem);
  t.equal(await cursor.advance(4), undefined);
  t.equal(await log.writeSnapshot(6, Buffer.from('five')), undefined);
  await log.close();
  const again = await openedLog(folder);
  t.match(await again.readSnapshot(), { position: 6, bytes: Buffer.from('five') });
  t.match(again.stats().cursors, [{ name: 'redis', next: 4, lag: 2 }]);
  await again.close();
});

/** Starts a process that appends, and collects what it says was acknowledged. */
function startAppender(folder: string, firstNumber: number): { child: ChildProcess; acked: Map<number, number> } {
  const child = spawn(process.execPath, [APPENDER, folder, String(firstNumber)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acked = new Map<number, number>();
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [position, number] = line.split(' ').map(Number) as [number, number];
      acked.set(position, number);
    }
  });
  return { child, acked };
}

async function ackedAtLeast(child: ChildProcess, acked: ReadonlyMap<number, number>, count: number): Promise<void> {
  while (acked.size < count && child.stdout !== null) await once(child.stdout, 'data');
}

t.test('after kill -9 everything that was acknowledged is there, once and in its place', async (t) => {
  const folder = folderOf(t);
  const expected = new Map<number, number>();
  for (const round of range(1, 4)) {
    const { child, acked } = startAppender(folder, round * 1_000_000);
    t.teardown(() => child.kill('SIGKILL'));
    await ackedAtLeast(child, acked, 100 * round);
    const locked = await openEventLog(folder);
    t.match(locked, { code: 'event_log_locked', problem: new RegExp(`open in process ${child.pid} `) });
    child.kill('SIGKILL');
    await once(child, 'close');
    for (const [position, number] of acked) {
      if (expected.has(position)) t.fail(`position ${position} was acknowledged twice`);
      expected.set(position, number);
    }
    const log = await openedLog(folder);
    const entries = await entriesOf(log.read(1));
    t.same(
      entries.map(({ position }) => position),
      range(1, entries.length),
    );
    const numbers = entries.map(({ record }) => numberOf(record));
    t.equal(new Set(numbers).size, numbers.length, 'nothing twice');
    for (const [position, number] of expected) {
      if (numbers[position - 1] !== number) t.fail(`round ${round}: ${number} is not at ${position}`);
    }
    t.ok(expected.size >= 100 * round, `${expected.size} acknowledged, ${entries.length} there`);
    await log.close();
  }
});

t.test('one folder is open once; what is released or left by the dead can be taken', async (t) => {
  const folder = folderOf(t);
  const log = await openedLog(folder);
  t.match(await openEventLog(folder), { code: 'event_log_locked' }, 'in this process neither');
  await log.close();
  const again = await openedLog(folder);
  await again.close();
  const ended = spawnSync(process.execPath, ['-e', '0']);
  const [name = ''] = readdirSync(folder).filter((file) => file.startsWith('lock.'));
  const number = Number(name.slice('lock.'.length));
  const self = { pid: process.pid, thread: 0, ...ownIdentity(folder) };
  const dead: [string, object][] = [
    ['a process that has ended', { ...self, pid: ended.pid }],
    ['a process whose number another one has now', { ...self, started: '1' }],
    ['a process before the machine started again', { ...self, boot: 'before' }],
  ];
  for (const [index, [what, owner]] of dead.entries()) {
    writeFileSync(join(folder, `lock.${number + index * 2 + 1}`), `${JSON.stringify(owner)}\n`);
    const taken = await openEventLog(folder);
    if (isEventLogError(taken)) throw new Error(`${what}: ${taken.problem}`);
    await taken.close();
  }
  t.equal(readdirSync(folder).filter((file) => file.startsWith('lock')).length, 1, 'old locks are cleared away');
  writeFileSync(join(folder, 'lock.999'), '');
  await (await openedLog(folder)).close();
});

/** What a lock of this process says of it. */
function ownIdentity(folder: string): object {
  const probe = mkdtempSync(join(folder, 'probe-'));
  const script = `import { folderLock } from ${JSON.stringify(new URL('./lock.js', import.meta.url).href)};
    await folderLock(${JSON.stringify(probe)}); process.exit(0);`;
  spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  const { boot, namespace } = JSON.parse(readFileSync(join(probe, 'lock.1'), 'utf8')) as Record<string, string>;
  rmSync(probe, { recursive: true });
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return { boot, namespace, started: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] };
}

t.test('of many processes that take over a dead lock at once, one gets it', async (t) => {
  const folder = folderOf(t);
  const dead = spawnSync(process.execPath, ['-e', '0']);
  writeFileSync(join(folder, 'lock.7'), `${JSON.stringify({ ...ownIdentity(folder), pid: dead.pid, thread: 0 })}\n`);
  const script = `import { folderLock } from ${JSON.stringify(new URL('./lock.js', import.meta.url).href)};
    const held = await folderLock(process.argv[1]);
    console.log('release' in held ? 'held' : held.code);
    process.stdin.resume().on('end', () => process.exit(0));`;
  const children = range(1, 6).map(() => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
    t.teardown(() => child.kill('SIGKILL'));
    return child;
  });
  const words = await Promise.all(children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()));
  t.same(words.sort(), [...Array(5).fill('event_log_locked'), 'held']);
  for (const child of children) child.stdin.end();
});
