// The load test against a server whose delays are known, over real sockets: its percentiles are those of the server's
// own diary. What the machine adds on the way is in the one and not in the other, so that bounds are wide; what a
// wrongly timed stall would do is far outside them.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { USUAL_TRAFFIC } from '../traffic/traffic.js';
import { load } from './client.js';
import { Latencies } from './histogram.js';
import type { Job, JobResult } from './job.js';
import type { KnownDelays } from './known_server.js';
import { Arrivals } from './profile.js';

const SCRIPT = fileURLToPath(new URL('known_server.js', import.meta.url));
const RATE = 400;
const SECONDS = 2;
const STALL_MS = 300;
const DELAYS: KnownDelays = { seed: 5, meanMs: 1, stallAt: 200, stallMs: STALL_MS };

interface Diary {
  readonly diary: readonly { readonly cameMs: number; readonly dueMs: number }[];
}

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

async function loaded(t: Test, changes: Partial<Job>): Promise<{ result: JobResult; diary: Diary['diary'] }> {
  const server = fork(SCRIPT, [JSON.stringify(DELAYS)]);
  t.teardown(() => {
    server.kill('SIGKILL');
  });
  const { port } = await told<{ port: number }>(server);
  const result = await load({
    host: '127.0.0.1',
    port,
    path: '/openrtb2/bid',
    serverPid: server.pid,
    pieces: [{ untilMs: SECONDS * 1000, rate: RATE }],
    warmupMs: 0,
    arrivals: 'even',
    connections: 200,
    timeoutMs: 5000,
    waits: true,
    traffic: USUAL_TRAFFIC,
    bodies: 20,
    replay: undefined,
    winShare: 0,
    ...changes,
  });
  server.send('diary');
  const { diary } = await told<Diary>(server);
  return { result, diary };
}

/**
 * The truth: when the server says it was due to answer, less when the request was meant to be sent. The start of the
 * client's clock is not the server's; it is where the first requests of a server that is idle put it.
 */
function truth(diary: Diary['diary']): Latencies {
  const arrivals = new Arrivals([{ untilMs: SECONDS * 1000, rate: RATE }], 'even', 1);
  const intended = diary.map(() => arrivals.next());
  const offset = Math.min(...diary.map(({ cameMs }, n) => cameMs - (intended[n] as number)));
  const latencies = new Latencies();
  diary.forEach(({ dueMs }, n) => {
    latencies.record(dueMs - offset - (intended[n] as number));
  });
  return latencies;
}

t.test('percentiles are those of the server’s own diary, stall and all', async (t) => {
  for (const connections of [200, 4]) {
    const { result, diary } = await loaded(t, { connections });
    t.ok(diary.length - result.answered <= 1, 'the last one may be due at the very end, and not count');
    t.equal(result.answered, result.offered);
    const wanted = truth(diary);
    for (const [percent, got] of [
      [50, result.latency.p50_us],
      [90, result.latency.p90_us],
      [99, result.latency.p99_us],
    ] as const) {
      const want = wanted.at(percent);
      const off = `${connections} connections, ${percent}%: ${got} us measured, ${want} in the diary`;
      t.ok(got >= 0.8 * want - 300, off);
      t.ok(got <= 1.25 * want + 15_000, off);
    }
    // The stall holds up 0.3 s of arrivals, and as many again while the queue is worked off: a tenth of all, and not
    // one request, which is all that a client sees that waits for it.
    const stalled = (STALL_MS / 1000) * RATE;
    t.ok(result.over_10_ms > 0.9 * stalled, `${result.over_10_ms} late, ${stalled} requests were due in the stall`);
    t.ok(result.latency.p90_us > (STALL_MS / 10) * 1000, `p90 ${result.latency.p90_us} us`);
    t.ok((result.server_cpu_s as number) > 0);
  }
});

t.test('a server that does not answer in time is told as that', async (t) => {
  const { result } = await loaded(t, { timeoutMs: 100 });
  t.ok((result.errors['timeout'] ?? 0) + (result.errors['not_sent'] ?? 0) > 30, JSON.stringify(result.errors));
  t.ok(result.latency.max_us >= 100_000);
});
