// From a model's publication until every worker bids with it, and what that costs the bids in between: a real server
// with two workers, a model of full size, over the folder and over a real Redis. The version that bid is in each bid's
// token; which worker, the bid's id says, since each counts up from a random start.

import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../server/testing/redis_server.js';
import type { Benchmark, Context } from './benchmark.js';
import { campaignFile } from './book.js';
import { median, sortedQuantile } from './measure.js';
import { freePort, sleep, startServer } from './processes.js';
import { BidStream } from './publish_client.js';
import { type Published, type PublishTask, timeMs } from './publish_shared.js';
import { generatedBodies, MIXED } from './requests.js';
import { modelFile, URLS } from './rig.js';

const ADS = 10_000;
const BODIES = 500;
const WORKERS = 2;
const CONNECTIONS = 16;
const ACTIVE_MS_MAX = 20_000;
/** Windows of latency: before a push, and from its beginning on. Both as long, so that both see as many bids. */
const WINDOW_MS = 1000;

export const publish: Benchmark = {
  name: 'publish',
  help: 'a model’s publication to every worker bidding with it, and the p99 of bids during a push against before',
  run,
};

async function run(context: Context): Promise<void> {
  await over('folder', undefined, context);
  const site = await startRedis('single');
  try {
    standAside(site.servers.map(({ pid }) => pid));
    await over('redis', site.url, context);
  } finally {
    await site.stop();
  }
}

async function over(
  bus: 'folder' | 'redis',
  redis: string | undefined,
  { size, seed, report }: Context,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
  const port = await freePort();
  mkdirSync(join(folder, 'models'));
  writeFileSync(join(folder, 'model.bin'), modelFile(seed, 1));
  writeFileSync(join(folder, 'campaigns.json'), JSON.stringify(campaignFile(ADS, seed)));
  const server = await startServer({
    name: 'gavel',
    port,
    args: [fileURLToPath(new URL('../server/main.js', import.meta.url))],
    env: {
      GAVEL_WORKERS: String(WORKERS),
      GAVEL_BID_PORT: String(port),
      GAVEL_HOST: '127.0.0.1',
      GAVEL_ADMIN_PORT: '0',
      GAVEL_DATA_DIR: folder,
      GAVEL_TRAINER: 'off',
      GAVEL_JOBS: 'off', // no database opens while the first models are pushed
      GAVEL_NOTICE_URL: URLS.notices,
      GAVEL_MARKUP_URL: URLS.markup,
      GAVEL_DRAIN_SECONDS: '1',
      ...(redis === undefined ? {} : { REDIS_URL: redis }),
    },
    readyPath: '/ready',
    everyCore: true,
  });
  const task: PublishTask = { folder: join(folder, 'models'), redis, seed };
  const publisher = fork(fileURLToPath(new URL('publish_worker.js', import.meta.url)), [JSON.stringify(task)]);
  const failed = new Promise<never>((_, reject) =>
    publisher.once('exit', (code) => reject(new Error(`the publisher has ended with ${code}`))),
  );
  const stream = new BidStream(port, CONNECTIONS, generatedBodies(BODIES, seed, MIXED));
  try {
    await stream.until(() => stream.workers().length === WORKERS, ACTIVE_MS_MAX);
    const pointed: number[] = [];
    const begun: number[] = [];
    const [quiet, pushed]: [number[], number[]] = [[], []];
    for (let version = 2; version < 2 + size.pushes; version++) {
      quiet.push(...(await latencies(stream, () => sleep(WINDOW_MS))));
      const answered = new Promise<Published>((resolve) =>
        publisher.once('message', (done) => resolve(done as Published)),
      );
      const fromMs = timeMs();
      const during = await latencies(stream, async () => {
        publisher.send({ version });
        const done = await Promise.race([answered, failed]);
        await stream.until(() => stream.workers().every((worker) => stream.since(worker, done.version)), ACTIVE_MS_MAX);
        const activeMs = Math.max(...stream.workers().map((worker) => stream.since(worker, done.version) as number));
        pointed.push(activeMs - done.pointedMs);
        begun.push(activeMs - done.beganMs);
        await sleep(Math.max(0, fromMs + WINDOW_MS - timeMs()));
      });
      pushed.push(...during);
    }
    const what = `${size.pushes} pushes of 21 MB over ${bus}, ${WORKERS} workers`;
    report.figure(`publish_active_ms_median_${bus}`, median(pointed), 'ms', `pointer to every worker; ${what}`);
    report.figure(`publish_active_ms_max_${bus}`, Math.max(...pointed), 'ms');
    report.figure(
      `publish_whole_ms_median_${bus}`,
      median(begun),
      'ms',
      'the same from the first byte of the model on',
    );
    const [before, while_] = [p99(quiet), p99(pushed)];
    report.figure(`publish_bid_us_p99_quiet_${bus}`, before, 'us', `${quiet.length} bids before pushes`);
    report.figure(`publish_bid_us_p99_push_${bus}`, while_, 'us', `${pushed.length} bids during pushes`);
    report.figure(`publish_p99_ratio_${bus}`, while_ / before, 'ratio', 'during pushes / before');
    report.figure(`publish_late_answers_${bus}`, stream.problems, 'answers', 'that were none, or no bid or no-bid');
  } finally {
    stream.close();
    publisher.removeAllListeners('exit');
    publisher.kill();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Redis has a machine of its own, or at least cores: on those of the bids, what it does with 21 MB (it writes its file
 * anew every few models) would be measured, and not the bidder. So it has what the others leave.
 */
function standAside(processes: readonly (number | undefined)[]): void {
  for (const pid of processes) {
    const { status } = spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)]);
    if (status !== 0) process.stderr.write('publish: no chrt here, so redis-server competes with the bids\n');
  }
}

/** Latencies of the bids while something is done, microseconds. */
async function latencies(stream: BidStream, work: () => Promise<void>): Promise<number[]> {
  stream.takeLatencies();
  await work();
  return stream.takeLatencies();
}

function p99(values: readonly number[]): number {
  return sortedQuantile(Float64Array.from(values).sort(), 0.99);
}
