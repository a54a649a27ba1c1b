// Whether the admin API gets in the way of bids: a real server with its embedded database, bids at a steady rate, and
// beside them, in every other window of one run, a thousand admin calls a second with changes among them. A change
// makes a new book, so books are compiled and flipped in all the time. And how soon a change is in the bids.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CampaignFile } from '../bidcore/campaign_file.js';
import { changesLive } from './admin_changes.js';
import type { AdminOrder, AdminResult, AdminTask } from './admin_shared.js';
import type { Benchmark, Context } from './benchmark.js';
import { campaignFile } from './book.js';
import { sortedQuantile } from './measure.js';
import { freePort, sleep, startServer } from './processes.js';
import { modelFile, URLS } from './rig.js';

const BIDS_PER_SECOND = 400;
const CALLS_PER_SECOND = 1000;
const OPEN_MS_MAX = 60_000;
const LOOK_MS = 100;
/** Of quiet before a window counts: what the one before has begun is done. */
const SETTLE_MS = 700;

export const admin: Benchmark = {
  name: 'admin',
  help: 'the p99 of bids beside 1,000 admin calls a second, reads and changes, against without',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  for (const ads of size.adminAds) {
    await withGavel(ads, seed, async (gavel) => {
      const live = await changesLive(gavel, size.adminChanges, (n) =>
        report.progress(`admin: ${ads} ads, change ${n}`),
      );
      const how = `of ${size.adminChanges} creations, from the call to a bid with the campaign`;
      report.figure(`change_live_ms_median_${ads}_ads`, quantile(live, 0.5), 'ms', how);
      if (ads === size.adminAds.at(-1)) await besideBids(gavel, { size, seed, report });
    });
  }
}

/** A server with its embedded database, open. */
interface Gavel {
  readonly port: number;
  readonly adminPort: number;
  readonly key: string;
  readonly file: CampaignFile;
}

async function withGavel(ads: number, seed: number, work: (gavel: Gavel) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = campaignFile(ads, seed);
  writeFileSync(join(folder, 'model.bin'), modelFile(seed, 1));
  writeFileSync(join(folder, 'campaigns.json'), JSON.stringify(file));
  const server = await startServer({
    name: 'gavel',
    port,
    args: [fileURLToPath(new URL('../server/main.js', import.meta.url))],
    env: {
      GAVEL_WORKERS: '1',
      GAVEL_BID_PORT: String(port),
      GAVEL_HOST: '127.0.0.1',
      GAVEL_ADMIN_PORT: String(adminPort),
      GAVEL_API_CALLS: '1000000',
      GAVEL_DATA_DIR: folder,
      GAVEL_TRAINER: 'off',
      GAVEL_NOTICE_URL: URLS.notices,
      GAVEL_MARKUP_URL: URLS.markup,
      GAVEL_DRAIN_SECONDS: '1',
    },
    readyPath: '/ready',
    everyCore: true,
  });
  try {
    const key = readFileSync(join(folder, 'admin.key'), 'utf8').trim();
    await open(adminPort, key);
    await work({ port, adminPort, key, file });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function besideBids({ port, adminPort, key, file }: Gavel, { size, seed, report }: Context): Promise<void> {
  const campaigns = file.accounts.flatMap((account) => account.campaigns.map(({ id }) => id));
  const common = { seed, key, campaigns };
  const bids = client('admin_bids.js', { ...common, port, perSecond: BIDS_PER_SECOND, connections: 8 });
  const calls = client('admin_calls.js', { ...common, port: adminPort, perSecond: CALLS_PER_SECOND, connections: 16 });
  try {
    const windowMs = size.adminWindowMs;
    await window(bids, calls, windowMs); // warms both up
    const [quiet, beside, called]: [number[], number[], number[]] = [[], [], []];
    let problems = 0;
    for (let round = 0; round < size.adminRounds; round++) {
      const without = await window(bids, undefined, windowMs);
      const with_ = await window(bids, calls, windowMs);
      quiet.push(...without.bids.latencies);
      beside.push(...with_.bids.latencies);
      called.push(...(with_.calls?.latencies ?? []));
      problems += without.bids.problems + with_.bids.problems + (with_.calls?.problems ?? 0);
    }
    const seconds = (size.adminRounds * windowMs) / 1000;
    const ads = size.adminAds.at(-1);
    const what = `${BIDS_PER_SECOND} bids a second, open loop, from the intended time; ${ads} ads, 1 worker`;
    report.figure('admin_calls_per_second', called.length / seconds, 'calls/s', `of ${CALLS_PER_SECOND}, 0.5% changes`);
    report.figure('admin_call_ms_p50', quantile(called, 0.5) / 1000, 'ms', 'from the intended time');
    report.figure('admin_call_ms_p99', quantile(called, 0.99) / 1000, 'ms');
    report.figure('admin_bid_us_p50_without', quantile(quiet, 0.5), 'us', what);
    report.figure('admin_bid_us_p50_beside', quantile(beside, 0.5), 'us');
    report.figure('admin_bid_us_p99_without', quantile(quiet, 0.99), 'us', `${quiet.length} bids`);
    report.figure('admin_bid_us_p99_beside', quantile(beside, 0.99), 'us', `${beside.length} bids`);
    report.figure('admin_p99_ratio', quantile(beside, 0.99) / quantile(quiet, 0.99), 'ratio', 'beside / without');
    report.figure('admin_problems', problems, 'answers', 'broken, or not as expected');
  } finally {
    bids.kill();
    calls.kill();
  }
}

function client(script: string, task: AdminTask): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(task)], { execArgv: [] });
}

interface Window {
  readonly bids: AdminResult;
  readonly calls: AdminResult | undefined;
}

async function window(bids: ChildProcess, calls: ChildProcess | undefined, windowMs: number): Promise<Window> {
  await sleep(SETTLE_MS);
  for (const process of [calls, bids]) process?.send('start' satisfies AdminOrder);
  await sleep(windowMs);
  const [bidden, called] = await Promise.all([result(bids), calls && result(calls)]);
  return { bids: bidden, calls: called };
}

function result(process: ChildProcess): Promise<AdminResult> {
  const told = new Promise<AdminResult>((resolve) =>
    process.once('message', (message) => resolve(message as AdminResult)),
  );
  process.send('stop' satisfies AdminOrder);
  return told;
}

async function open(port: number, key: string): Promise<void> {
  for (const limit = performance.now() + OPEN_MS_MAX; performance.now() < limit; await sleep(LOOK_MS)) {
    const answer = await fetch(`http://127.0.0.1:${port}/campaigns?limit=1`, { headers: { 'x-api-key': key } });
    await answer.arrayBuffer();
    if (answer.status === 200) return;
  }
  throw new Error('admin: the database does not open');
}

function quantile(values: readonly number[], q: number): number {
  return sortedQuantile(Float64Array.from(values).sort(), q);
}
