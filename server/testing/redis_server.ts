// Real Redis servers for tests and for development: started on free ports in a folder of their own, killed the hard way
// and started again on demand. Three masters make a cluster.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';
const START_MS_MAX = 20_000;
const LOOK_MS = 20;
const MASTERS = 3;
const BUS_PORTS_FROM = 10_000;
const MISSING = 'redis-server is not installed: apt-get install redis-server (Debian), brew install redis (macOS)';

export interface RedisServerOptions {
  readonly port: number;
  readonly folder: string;
  /** Of the cluster bus; undefined: a server of its own. */
  readonly busPort: number | undefined;
  /** `always` loses nothing that was answered; `everysec` up to a second; `no`: no append-only file at all. */
  readonly fsync: 'always' | 'everysec' | 'no';
}

/** One server. */
export class RedisServer {
  readonly port: number;
  readonly #options: RedisServerOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #output = '';

  constructor(options: RedisServerOptions) {
    this.#options = options;
    this.port = options.port;
  }

  /** Starts it, also again after it ended; resolves when it answers with its data loaded. */
  async start(): Promise<void> {
    const { port, folder, busPort, fsync } = this.#options;
    mkdirSync(folder, { recursive: true });
    const settings = {
      port,
      bind: HOST,
      dir: folder,
      save: '',
      appendonly: fsync === 'no' ? 'no' : 'yes',
      appendfsync: fsync === 'no' ? 'everysec' : fsync,
      'maxmemory-policy': 'noeviction',
      ...(busPort === undefined
        ? {}
        : { 'cluster-enabled': 'yes', 'cluster-node-timeout': 2000, 'cluster-port': busPort }),
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-10_000);
      });
    }
    this.#ended = new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        this.#child = undefined;
        this.#output = error.code === 'ENOENT' ? MISSING : error.message;
        resolve();
      });
      child.once('close', () => {
        if (this.#child === child) this.#child = undefined;
        resolve();
      });
    });
    for (const deadline = performance.now() + START_MS_MAX; performance.now() < deadline; await sleep(LOOK_MS)) {
      if (this.#child === undefined) throw new Error(this.#output);
      if (redisCli('-p', String(port), 'ping').trim() === 'PONG') return;
    }
    throw new Error(`redis-server does not answer on port ${port}:\n${this.#output}`);
  }

  /** Ends it as a power cut would: nothing is said, nothing is written any more. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  /** Its process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Stops answering without closing anything, and goes on. */
  freeze(frozen: boolean): void {
    this.#child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }
}

/** A server or a cluster, as its clients see it. */
export interface RedisSite {
  readonly servers: readonly RedisServer[];
  /** What `REDIS_URL` would say. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** First port; without it, free ones. */
  readonly port?: number;
  /** Kept; without it, a temporary folder that goes with the site. */
  readonly folder?: string;
  readonly fsync?: RedisServerOptions['fsync'];
}

export async function startRedis(kind: 'single' | 'cluster', options: SiteOptions = {}): Promise<RedisSite> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'gavel-redis-'));
  const count = kind === 'single' ? 1 : MASTERS;
  const servers: RedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let i = 0; i < count; i++) {
      const port = options.port === undefined ? await freePort() : options.port + i;
      const busPort = options.port === undefined ? await freePort() : port + BUS_PORTS_FROM;
      const server = new RedisServer({
        port,
        folder: join(folder, `redis-${i}`),
        busPort: kind === 'cluster' ? busPort : undefined,
        fsync: options.fsync ?? 'everysec',
      });
      servers.push(server);
      await server.start();
    }
    if (kind === 'cluster') await joinCluster(servers);
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = servers.map(({ port }) => `${HOST}:${port}`).join(',');
  return { servers, url: kind === 'single' ? `redis://${hosts}` : `redis+cluster://${hosts}`, stop };
}

/** Makes one cluster of masters; those that were one before, in a folder that was kept, are left as they are. */
async function joinCluster(servers: readonly RedisServer[]): Promise<void> {
  const hosts = servers.map(({ port }) => `${HOST}:${port}`);
  const [first] = servers as [RedisServer];
  const healthy = (): boolean =>
    servers.every(({ port }) => {
      const info = redisCli('-p', String(port), 'cluster', 'info');
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${servers.length}`);
    });
  let said = '';
  if (!redisCli('-p', String(first.port), 'cluster', 'info').includes('cluster_slots_assigned:16384')) {
    said = redisCli('--cluster', 'create', ...hosts, '--cluster-replicas', '0', '--cluster-yes');
  }
  for (const deadline = performance.now() + START_MS_MAX; performance.now() < deadline; await sleep(LOOK_MS)) {
    if (healthy()) return;
  }
  throw new Error(`no cluster came to be:\n${said}`);
}

export function redisCli(...args: readonly string[]): string {
  const { stdout, error } = spawnSync('redis-cli', args, { encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') throw new Error(MISSING);
  return stdout;
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
      server.close(() => resolve(address.port));
    });
  });
}
