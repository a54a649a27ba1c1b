// How many requests a server answers, when each connection sends its next one as soon as it may: autocannon, and wrk
// where it is installed, which costs so little that the server is what is measured.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BID_PATH, type LoadResult, makeLoader } from '../../bench/load.js';
import { cpuSeconds, hasWrk, type ServerProcess } from '../../bench/processes.js';
import { Traffic } from '../traffic/traffic.js';
import type { CannonJob, CannonResult } from './autocannon_process.js';
import { inProcess } from './client.js';
import type { Options } from './options.js';
import type { Address } from './run.js';

const CANNON = fileURLToPath(new URL('autocannon_process.js', import.meta.url));
/** A client that uses more of its core than this was what was measured. */
const CLIENT_CORES_MAX = 0.95;
const SMOKE_SECONDS = 3;
const SMOKE_CONNECTIONS = 10;
const BODIES_MAX = 1000;

export interface Capacity {
  readonly tool: 'autocannon' | 'wrk';
  readonly requests_per_s: number;
  readonly errors: number;
  /** CPU microseconds of the server per request; undefined for a server that is not ours. */
  readonly server_cpu_us: number | undefined;
  /** True: the client used its whole core, and the server could have done more. */
  readonly client_bound: boolean | undefined;
}

/** What is sent, as text; compressed requests are left to the open loop. */
export function bodiesOf({ traffic, bodies }: Options): Buffer[] {
  return new Traffic(traffic).take(Math.min(bodies, BODIES_MAX)).map(({ body }) => body);
}

export async function measureCapacity(options: Options, target: Address): Promise<Capacity[]> {
  const cpuBefore = target.pid === undefined ? 0 : cpuSeconds(target.pid);
  const { requests, seconds, errors, client_cpu_s } = await cannon(
    options,
    target,
    options.seconds,
    options.connections,
  );
  const cpu = target.pid === undefined ? undefined : cpuSeconds(target.pid) - cpuBefore;
  const byCannon: Capacity = {
    tool: 'autocannon',
    requests_per_s: requests / seconds,
    errors,
    server_cpu_us: cpu === undefined ? undefined : (cpu * 1e6) / requests,
    client_bound: client_cpu_s / seconds > CLIENT_CORES_MAX,
  };
  if (!hasWrk || target.pid === undefined || target.path !== BID_PATH) return [byCannon];
  const byWrk = await wrk(options, { port: target.port, pid: target.pid }, options.seconds);
  const { requestsPerSecond, cpuUs, cpuShare } = byWrk;
  const bound = cpuShare < CLIENT_CORES_MAX;
  const told = { requests_per_s: requestsPerSecond, errors: byWrk.errors, server_cpu_us: cpuUs, client_bound: bound };
  return [byCannon, { tool: 'wrk', ...told }];
}

/** By wrk, or by our own closed loop where it is not installed. */
export async function wrk(
  options: Options,
  server: Pick<ServerProcess, 'port' | 'pid'>,
  seconds: number,
): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-wrk-'));
  try {
    const loader = makeLoader(hasWrk ? 'wrk' : 'node', bodiesOf(options), folder);
    return await loader.run(server, Math.max(1, Math.round(seconds)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Smoke extends CannonResult {
  readonly missed: readonly string[];
}

/** A few seconds: everything is answered, and some of it with bids. */
export async function smoke(options: Options, target: Address): Promise<Smoke> {
  const result = await cannon(options, target, SMOKE_SECONDS, SMOKE_CONNECTIONS);
  const missed: string[] = [];
  if (result.requests === 0) missed.push('nothing was answered');
  if (result.errors > 0) missed.push(`${result.errors} requests failed`);
  if (result.bids === 0) missed.push('no request got a bid');
  return { ...result, missed };
}

function cannon(options: Options, target: Address, seconds: number, connections: number): Promise<CannonResult> {
  const { host, port, path } = target;
  const bodies = bodiesOf(options).map((body) => body.toString());
  const job: CannonJob = { url: `http://${host}:${port}`, path, connections, seconds, bodies };
  return inProcess<CannonJob, CannonResult>(CANNON, job, false);
}
