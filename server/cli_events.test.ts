// `gavel events` as a shell runs it, beside a log that is open.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { FEATURE_COUNT } from '../bidcore/feature_list.js';
import type { EventRecord } from '../bidcore/money/event.js';
import type { EventLog } from './event_log/event_log.js';
import { segmentName } from './event_log/segment.js';
import { appended, billRecord, EVENTS_FROM_MS, openedLog } from './testing/events.js';

t.setTimeout(120_000);

const GAVEL = fileURLToPath(new URL('../../server/gavel.mjs', import.meta.url));
const OTHER = 'a'.repeat(16);

function environment(dataDir: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GAVEL_'));
  return { ...Object.fromEntries(kept), GAVEL_DATA_DIR: dataDir };
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function events(dataDir: string, ...args: string[]): Run {
  return spawnSync(process.execPath, [GAVEL, 'events', ...args], { env: environment(dataDir), encoding: 'utf8' });
}

/** A data folder whose log is open, with 20 bills, of which every fourth is another campaign's, a lease and a win. */
async function filled(t: Test, segmentBytes = 2000): Promise<{ dataDir: string; log: EventLog }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gavel-events-'));
  const log = await openedLog(join(dataDir, 'events'), { segmentBytes });
  t.teardown(async () => {
    await log.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const lease: EventRecord = {
    type: 'lease',
    campaign: OTHER,
    campaignId: 'spring',
    lease: 1,
    run: 1_767_792_000_000,
    node: 1,
    day: '2026-01-07',
    grantedMicros: 9000,
    longestExpiryS: 300,
    ended: false,
    atMs: EVENTS_FROM_MS,
  };
  await appended(log, [lease]);
  for (let n = 1; n <= 20; n++) {
    const bill = billRecord(n);
    const facts = n % 4 === 0 ? { ...bill.facts, campaign: OTHER } : bill.facts;
    await appended(log, [{ ...bill, facts, late: n === 20 }]);
  }
  await appended(log, [billRecord(21, { kind: 'win', chargeMicros: 0 })]);
  return { dataDir, log };
}

const positions = (stdout: string): number[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => Number.parseInt(line, 10));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

t.test('tail prints the newest records, one a line', async (t) => {
  const { dataDir } = await filled(t);
  const { status, stdout, stderr } = events(dataDir, 'tail');
  t.equal(stderr, '');
  t.equal(status, 0);
  t.same(positions(stdout), range(13, 22));
  t.match(stdout, /^22 2026-01-07T13:30:00\.021Z win bid=0000000000000015 campaign=c{16} ad=e{16} charge=0 /m);
  t.match(stdout, /^21 .* bill .* charge=20 reserved=5000 price=2500000 model=41 clearing=2000000 late$/m);
  t.same(positions(events(dataDir, 'tail', '-n', '3').stdout), [20, 21, 22]);
  t.same(positions(events(dataDir, 'tail', '-n', '0').stdout), []);
  t.same(positions(events(dataDir, 'tail', '-n', '1000').stdout), range(1, 22));
  t.match(
    events(dataDir, 'tail', '-n', '1000').stdout,
    /^1 \S+ lease campaign=a{16} id=spring lease=1 day=2026-01-07 /,
  );
  t.same(positions(events(dataDir, 'tail', '--kind', 'win').stdout), [22]);
  t.same(positions(events(dataDir, 'tail', '-n', '4', '--campaign', OTHER).stdout), [9, 13, 17, 21]);
  const features = Array.from({ length: FEATURE_COUNT }, (_, i) => 20 * 31 + i);
  const lines = events(dataDir, 'tail', '-n', '2', '--json').stdout.trimEnd().split('\n');
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      {
        position: 21,
        record: { type: 'notice', kind: 'bill', chargeMicros: 20, late: true, facts: { arm: 0, features } },
      },
      { position: 22, record: { kind: 'win' } },
    ],
  );
});

t.test('tail --follow goes on with what is appended', async (t) => {
  const { dataDir, log } = await filled(t);
  const args = [GAVEL, 'events', 'tail', '--follow', '-n', '2', '--kind', 'bill'];
  const child = spawn(process.execPath, args, { env: environment(dataDir), stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const lines = async (count: number): Promise<void> => {
    while (stdout.split('\n').length <= count) await once(child.stdout, 'data');
  };
  await lines(2);
  for (const n of range(23, 32)) await appended(log, [billRecord(n, { kind: n % 2 === 0 ? 'imp' : 'bill' })]);
  await lines(7);
  t.same(positions(stdout), [20, 21, 23, 25, 27, 29, 31]);
  child.kill('SIGINT');
  await once(child, 'close');
});

t.test('count adds up by type, kind and campaign', async (t) => {
  const { dataDir } = await filled(t);
  const { status, stdout } = events(dataDir, 'count', '--json');
  t.equal(status, 0);
  const of = (notices: number, charge: number): object => ({ notices, charge_micros: charge });
  t.match(JSON.parse(stdout), {
    records: 22,
    first: 1,
    last: 22,
    types: { notice: 21, lease: 1, renewal: 0, policy: 0 },
    kinds: { bill: of(20, 210), win: of(1, 0), loss: of(0, 0) },
    charge_micros: 210,
    late: 1,
    campaigns: [
      { campaign: 'c'.repeat(16), id: null, notices: 16, charged: 15, charge_micros: 150, late: 0 },
      { campaign: OTHER, id: 'spring', notices: 5, charged: 5, charge_micros: 60, late: 1 },
    ],
  });
  const text = events(dataDir, 'count').stdout;
  t.match(
    text,
    /positions 1 to 22\.\n21 notices, 1 lease, 0 renewals, 0 decisions of the policy; 210 micros charged, 1 late\./,
  );
  t.match(text, /^a{16} spring +5 +60$/m);
  t.match(JSON.parse(events(dataDir, 'count', '--json', '--campaign', OTHER, '--kind', 'bill').stdout), {
    records: 5,
    charge_micros: 60,
  });
});

t.test('verify reads all, beside a bidder that has the log open', async (t) => {
  const { dataDir, log } = await filled(t);
  await log.cursor('redis', { mayLose: false });
  await log.writeSnapshot(20, Buffer.from('state'));
  const { status, stdout, stderr } = events(dataDir, 'verify');
  t.equal(stderr, '');
  t.equal(status, 0);
  t.match(stdout, /events: 22 good records in \d+ segments, \d+ bytes; oldest position 1, next 23\./);
  t.match(stdout, /Snapshots at 20\.\nCursor redis at 1, 22 behind, 0 lost\.\nNothing is broken\./);
  t.equal(await appended(log, [billRecord(23)]), 23, 'the log has not noticed');
});

t.test('verify and count say file and offset of what is broken, and end with 1', async (t) => {
  const { dataDir, log } = await filled(t, 100_000);
  await log.close();
  const path = join(dataDir, 'events', segmentName(1));
  const good = readFileSync(path);
  const bad = Buffer.from(good);
  bad[1000] = (bad[1000] as number) ^ 1;
  writeFileSync(path, bad);
  const { status, stdout, stderr } = events(dataDir, 'verify', '--json');
  t.equal(status, 1);
  const [fault] = JSON.parse(stdout).broken;
  t.match(fault, { code: 'event_log_corrupt', file: path });
  t.ok(fault.offset <= 1000 && fault.offset > 500, `offset ${fault.offset}`);
  t.match(stderr, `gavel: ${path} is broken at offset ${fault.offset}: the CRC of a record is wrong`);
  writeFileSync(path, good);
  truncateSync(path, good.length - 7);
  const torn = events(dataDir, 'verify');
  t.equal(torn.status, 0, 'a torn tail is what a crash leaves');
  t.match(torn.stdout, /21 good records[\s\S]*\d+ bytes at the end are not complete/);
  writeFileSync(join(dataDir, 'events', `snapshot-${'9'.padStart(16, '0')}`), 'none');
  t.match(events(dataDir, 'verify'), { status: 1, stderr: /snapshot-0+9 is broken: it is no snapshot/ });
});

t.test('a segment that is broken before the last stops tail and count, too', async (t) => {
  const { dataDir } = await filled(t);
  const path = join(dataDir, 'events', segmentName(1));
  const bad = readFileSync(path);
  bad[100] = (bad[100] as number) ^ 1;
  writeFileSync(path, bad);
  for (const args of [['count'], ['tail', '-n', '1000']]) {
    t.match(events(dataDir, ...args), { status: 1, stdout: '', stderr: `gavel: ${path} is broken at offset 32` });
  }
  t.equal(events(dataDir, 'tail', '-n', '2').status, 0, 'which is not read for the newest');
});

t.test('a command line that is not understood ends with 2, a folder that is not there with 1', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gavel-events-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const cases: [string[], RegExp][] = [
    [[], /events tail, events count, events verify/],
    [['delete'], /no command events delete/],
    [['tail', '-n', 'few'], /-n few is not a number of records/],
    [['tail', '--kind', 'sale'], /--kind sale is none of win, bill/],
    [['tail', '--campaign', 'spring'], /--campaign spring is not 16 hexadecimal digits/],
    [['count', '--follow'], /events count takes no --follow/],
    [['verify', 'here'], /here/],
  ];
  for (const [args, problem] of cases) t.match(events(dataDir, ...args), { status: 2, stdout: '', stderr: problem });
  for (const verb of ['tail', 'count', 'verify']) {
    t.match(events(dataDir, verb), { status: 1, stdout: '', stderr: /cannot read .*events: ENOENT/ });
  }
  mkdirSync(join(dataDir, 'elsewhere'));
  t.match(events(dataDir, 'count', '--folder', join(dataDir, 'elsewhere')), { status: 0, stdout: /0 records/ });
  t.match(events(dataDir, 'tail', '--help'), { status: 0, stdout: /gavel events verify/ });
});
