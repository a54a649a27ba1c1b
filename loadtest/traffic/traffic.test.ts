// The traffic of the load tests: it is what exchanges send in lengths, kinds and shares, the same for the same seed,
// and the bidder takes all of it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { campaignFile } from '../../bench/book.js';
import { sortedQuantile } from '../../bench/measure.js';
import { answersTo, loadBook, makeRig } from '../../bench/rig.js';
import { reasonOf } from '../../bidcore/reasons.js';
import { Traffic, type TrafficRequest, USUAL_TRAFFIC } from './traffic.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const COUNT = 3000;

type Parsed = Record<string, Record<string, unknown> | undefined> & { imp: Record<string, unknown>[]; tmax: number };

const requests = new Traffic(USUAL_TRAFFIC).take(COUNT);
const parsed = requests.map(({ body }) => JSON.parse(body.toString()) as Parsed);
const shareOf = (test: (request: Parsed) => boolean): number => parsed.filter(test).length / COUNT;

t.test('half the requests are 1.5 to 2 KB or less, one in sixteen is 4 to 6 KB', async (t) => {
  const sizes = Float64Array.from(requests, ({ body }) => body.length).sort();
  const median = sortedQuantile(sizes, 0.5);
  t.ok(median >= 1500 && median <= 2048, `median ${median}`);
  const long = sizes.filter((bytes) => bytes >= 4000);
  t.ok(Math.abs(long.length / COUNT - 0.06) < 0.02, `${long.length} of ${COUNT} are long`);
  const within = long.filter((bytes) => bytes <= 6144).length / long.length;
  t.ok(within > 0.8, `${within} of the long ones up to 6 KB`);
});

t.test('every kind of place, format and addition is there, in its share', async (t) => {
  const near = (what: string, share: number, wanted: number): void => {
    t.ok(Math.abs(share - wanted) < 0.04, `${what}: ${share} is near ${wanted}`);
  };
  const any = (request: Parsed, test: (imp: Record<string, unknown>) => boolean): boolean => request.imp.some(test);
  near(
    'sites',
    shareOf(({ site }) => site !== undefined),
    0.52,
  );
  near(
    'televisions',
    shareOf(({ device }) => [3, 7].includes(device?.['devicetype'] as number)),
    0.09,
  );
  near(
    'pods',
    shareOf((r) => any(r, ({ video }) => (video as { podid?: string })?.podid !== undefined)),
    0.045,
  );
  near(
    'native',
    shareOf((r) => any(r, ({ native }) => native !== undefined)),
    0.1,
  );
  near(
    'deals',
    shareOf((r) => any(r, ({ pmp }) => pmp !== undefined)),
    0.22,
  );
  near(
    'identifiers',
    shareOf(({ user }) => user?.['eids'] !== undefined),
    0.64,
  );
  near(
    'client hints',
    shareOf(({ device }) => device?.['sua'] !== undefined),
    0.32,
  );
  const chained = ({ source }: Parsed): boolean =>
    source?.['schain'] !== undefined || (source?.['ext'] as { schain?: object } | undefined)?.schain !== undefined;
  near('supply chains', shareOf(chained), 0.8);
  near('compressed', requests.filter(({ gzip }) => gzip).length / COUNT, USUAL_TRAFFIC.gzipShare);
  t.ok(shareOf(({ regs }) => JSON.stringify(regs).includes('"gpp"')) > 0.03, 'GPP');
  t.ok(
    requests.every(({ tmaxMs }, n) => tmaxMs === parsed[n]?.tmax),
    'tmax is that of the body',
  );
});

t.test('the same seed gives the same requests, another seed others', async (t) => {
  const bodies = (seed: number): TrafficRequest[] => new Traffic({ ...USUAL_TRAFFIC, seed }).take(30);
  t.same(bodies(5), bodies(5));
  t.notSame(bodies(5), bodies(6));
});

t.test('the bidder takes every request, and bids on the share that was asked for', async (t) => {
  const rig = await makeRig(1);
  await loadBook(rig, campaignFile(10_000, 1), 1);
  for (const noBidShare of [0.7, 0.8, 0.95]) {
    const bodies = new Traffic({ ...USUAL_TRAFFIC, seed: 2, noBidShare }).take(COUNT).map(({ body }) => body);
    const { bids, reasons } = answersTo(rig.hotpath, bodies);
    t.ok(Math.abs(1 - bids / COUNT - noBidShare) < 0.03, `${bids} bids on ${COUNT}, ${1 - noBidShare} asked for`);
    const refused = [...reasons.keys()].map(reasonOf).filter(({ status }) => status !== 204);
    t.same(refused, [], 'nothing is malformed');
  }
});

t.test('the command writes one request a line, the same ones again, and says what is wrong', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-traffic-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  const out = join(folder, 'requests.jsonl');
  const told = run('--count', '50', '--seed', '3', '--out', out, '--json');
  t.equal(told.status, 0);
  t.match(JSON.parse(told.stdout), { requests: 50, seed: 3, no_bid_share: 0.8 });
  const text = readFileSync(out, 'utf8');
  const wanted = new Traffic({ ...USUAL_TRAFFIC, seed: 3 }).take(50).map(({ body }) => `${body.toString()}\n`);
  t.equal(text, wanted.join(''));
  t.equal(run('--count', '50', '--seed', '3').stdout, text, 'on standard output without --out');
  t.match(run('--help'), { status: 0, stdout: /--no-bids/ });
  t.match(run('--count', 'many'), { status: 2, stderr: /--count takes a whole number/ });
  t.match(run('--out', join(folder, 'no', 'such')), { status: 2, stderr: /--out: / });
});
