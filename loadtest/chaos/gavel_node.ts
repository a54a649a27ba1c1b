// One bidder of a chaos run: a process of its own that is killed and started again on the same ports and data folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../server/main.js', import.meta.url));
const START_MS_MAX = 60_000;
const SHIP_MS_MAX = 60_000;

export interface NodeOptions {
  readonly node: number;
  readonly folder: string;
  readonly campaigns: unknown;
  readonly env: Readonly<Record<string, string>>;
}

export class GavelNode {
  readonly dataDir: string;
  readonly #options: NodeOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  port = 0;
  adminPort = 0;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.dataDir = join(options.folder, `node${options.node}`);
    mkdirSync(this.dataDir, { recursive: true });
    writeFileSync(join(this.dataDir, 'campaigns.json'), JSON.stringify(options.campaigns));
  }

  get alive(): boolean {
    return this.#child !== undefined;
  }

  /** Starts it and waits until it bids. */
  async start(): Promise<void> {
    if (this.port === 0) [this.port, this.adminPort] = [await freePort(), await freePort()];
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('GAVEL_') && name !== 'REDIS_URL',
    );
    const env = {
      ...Object.fromEntries(inherited),
      GAVEL_HOST: '127.0.0.1',
      GAVEL_BID_PORT: String(this.port),
      GAVEL_ADMIN_PORT: String(this.adminPort),
      GAVEL_WORKERS: '1',
      GAVEL_NODE: String(this.#options.node),
      GAVEL_DATA_DIR: this.dataDir,
      GAVEL_LOG_LEVEL: 'warn',
      GAVEL_TRAINER: 'off',
      GAVEL_JOBS: 'off',
      GAVEL_QUEUE_MS: '0', // how busy the machine is must not change what is bid
      ...this.#options.env,
    };
    const log = openSync(join(this.dataDir, 'process.log'), 'a');
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], { env, stdio: ['ignore', log, log] });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        if (this.#child === child) this.#child = undefined;
        resolve();
      });
    });
    for (const deadline = performance.now() + START_MS_MAX; ; await sleep(20)) {
      if (this.#child !== child) throw new Error(`node ${this.#options.node} ended at its start: ${this.dataDir}`);
      if (await this.#isReady()) return;
      if (performance.now() > deadline) throw new Error(`node ${this.#options.node} is not ready: ${this.dataDir}`);
    }
  }

  /** Waits until all its notices are booked in Redis, if there is one. */
  async shipped(): Promise<void> {
    for (const deadline = performance.now() + SHIP_MS_MAX; performance.now() < deadline; await sleep(200)) {
      const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
      if (/^gavel_unshipped_records 0$/m.test(text)) return;
    }
    throw new Error(`node ${this.#options.node} has not shipped its notices: ${this.dataDir}`);
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/ready`)).status === 200;
    } catch {
      return false; // nobody listens yet
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
