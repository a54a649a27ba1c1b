// Memory: does anything grow over millions of requests? In process, the hot path with a fixed set of bodies, sampled
// after collecting garbage; then the real server over HTTP, where V8's own trace says how many bytes of garbage a
// request makes, beside the same server without a bidder (what uWebSockets.js's JavaScript objects cost alone).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Context, Size } from './benchmark.js';
import { campaignFile } from './book.js';
import { allocatedBytes, TRACE_FLAGS } from './garbage.js';
import { type Loader, makeLoader } from './load.js';
import { collectGarbage, WorkHash } from './measure.js';
import { hasWrk, rssBytes, type ServerProcess, sleep } from './processes.js';
import { generatedBodies, MIXED, TWO_KB } from './requests.js';
import { decide, loadBook, makeRig } from './rig.js';
import { cannedServer, gavelServer, makeMaterial } from './subjects.js';

const ADS = 10_000;
const BODIES = 2000;
const SAMPLES = 20;
const SETTLE_FIRST_MS = 1500;
const SETTLE_MS = 45;
/** Runs of load on a server, at most. */
const LOADS_MAX = 20;

/** What the garbage is, as V8's sampling heap profiler shows it with collected objects included. */
const NAMED: Readonly<Record<string, string>> = {
  gavel:
    'the front (as below), header strings, one closure, views of body and answer, boxed numbers; the decision: none',
  canned: "uWebSockets.js's response, request and body buffer objects, one closure",
};

export const memory: Benchmark = {
  name: 'memory',
  help: 'growth over five million requests (small: 100,000), garbage per request of the server',
  run,
};

async function run(context: Context): Promise<void> {
  await growth(context);
  await garbage(context);
}

async function growth({ size, seed, report }: Context): Promise<void> {
  const rig = await makeRig(seed);
  await loadBook(rig, campaignFile(ADS, seed), 1);
  const bodies = generatedBodies(BODIES, seed, MIXED);
  const results = new WorkHash();
  const rss: number[] = [];
  const heap: number[] = [];
  const interval = Math.ceil(size.memoryRequests / SAMPLES);
  let sum = 0;
  for (let sample = 0, at = 0; sample <= SAMPLES; sample++) {
    for (let n = 0; n < interval; n++, at = at + 1 === bodies.length ? 0 : at + 1)
      sum += decide(rig.hotpath, bodies[at] as Buffer);
    await settle(sample === 0 ? SETTLE_FIRST_MS : SETTLE_MS);
    rss.push(process.memoryUsage.rss());
    heap.push(process.memoryUsage().heapUsed);
    if (sample % 5 === 0)
      report.progress(`  ${sample * interval} requests, rss ${((rss[sample] as number) / 1e6).toFixed(1)} MB`);
  }
  report.work('memory', results.number(sum).text(), 'sum of all results');
  // The first interval is warm-up: V8 compiles, pages of the arena are touched.
  report.figure('memory_requests', interval * SAMPLES, 'requests', 'after a warm-up of a twentieth more');
  // Against the lowest sample: memory that V8 hands back late must not hide memory that is lost.
  const growth_of = (samples: readonly number[]): number => (samples[SAMPLES] as number) - Math.min(...samples);
  report.figure('memory_growth_bytes', growth_of(rss), 'bytes', 'resident set, last sample less the lowest');
  report.figure('memory_heap_growth_bytes', growth_of(heap), 'bytes', 'JavaScript heap in use, the same');
}

/** Collects garbage, and gives V8 time to hand pages back: the campaign file it was made from is garbage by now. */
async function settle(ms: number): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await sleep(ms / 3);
  }
}

async function garbage({ size, seed, report }: Context): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bench-'));
  try {
    const bodies = generatedBodies(BODIES, seed, TWO_KB);
    const material = await makeMaterial(folder, ADS, seed, bodies);
    const loader = makeLoader(hasWrk ? 'wrk' : 'node', bodies, folder);
    for (const start of [gavelServer, cannedServer]) {
      const server = await start(material, TRACE_FLAGS);
      try {
        const measured = await garbagePerRequest(server, loader, size);
        const suffix = server.name === 'gavel' ? '' : `_${server.name}`;
        report.figure(
          `garbage_bytes_per_request${suffix}`,
          measured.bytes,
          'bytes',
          `${measured.requests} requests over HTTP; ${NAMED[server.name] ?? ''}`,
        );
        report.figure(
          `server_rss_growth_bytes${suffix}`,
          measured.rss_growth_bytes,
          'bytes',
          'resident set of the process meanwhile, after warm-up',
        );
      } finally {
        await server.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Garbage {
  readonly bytes: number;
  readonly requests: number;
  readonly rss_growth_bytes: number;
}

async function garbagePerRequest(server: ServerProcess, loader: Loader, size: Size): Promise<Garbage> {
  await loader.run(server, size.roundSeconds); // warm-up: the compiler allocates too
  const rss = rssBytes(server.pid);
  const before = allocatedBytes(server.output());
  let requests = 0;
  for (let load = 0; requests < size.garbageRequests && load < LOADS_MAX; load++)
    requests += (await loader.run(server, size.roundSeconds)).requests;
  const bytes = allocatedBytes(server.output()) - before;
  return { bytes: bytes / requests, requests, rss_growth_bytes: rssBytes(server.pid) - rss };
}
