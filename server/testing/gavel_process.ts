// A whole Gavel as a process of its own, for tests: a fresh data folder, any free port, ended and cleared away with
// the test. Nothing of the environment's GAVEL_* keys reaches it.

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { seededModelFile } from './models.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
/** Bounds of waiting: generous, because they are no measurement. */
const START_MS_MAX = 60_000;
const WAIT_MS_MAX = 20_000;
const LOOK_MS = 20;

/** Whose end is a process' end: a test, or a program with a list of what to do last. */
export type Owner = Pick<Test, 'teardown'>;

export interface GavelOptions {
  /** Content of the campaign file; without it, a first start with the sample. */
  readonly campaigns?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of node, before the script. */
  readonly nodeArgs?: readonly string[];
  /** Arguments of Gavel itself. */
  readonly args?: readonly string[];
  /** Its embedded database is not made but copied, which is faster: an empty cluster, from `emptyCluster`. */
  readonly cluster?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that may or may not come up. */
export class GavelProcess {
  readonly dataDir: string;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';
  #log = '';
  #hasEnded = false;

  constructor(t: Owner, options: GavelOptions) {
    this.dataDir = mkdtempSync(join(tmpdir(), 'gavel-test-'));
    if (options.campaigns !== undefined) {
      this.writeCampaigns(options.campaigns);
      writeFileSync(this.modelPath, seededModelFile(1, 1));
    }
    if (options.cluster !== undefined) cpSync(options.cluster, join(this.dataDir, 'sql'), { recursive: true });
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GAVEL_'));
    const env = {
      ...Object.fromEntries(inherited),
      GAVEL_HOST: '127.0.0.1',
      GAVEL_BID_PORT: '0',
      GAVEL_ADMIN_PORT: '0',
      GAVEL_WORKERS: '1',
      GAVEL_DATA_DIR: this.dataDir,
      GAVEL_EXCHANGE_HEADER: 'x-gavel-exchange',
      GAVEL_TRAINER: 'off', // a test that wants one says so
      GAVEL_JOBS: 'off', // as of the jobs: a database takes seconds to open
      GAVEL_QUEUE_MS: '0', // how busy the machine is must not change the answers
      ...options.env,
    };
    const args = [...(options.nodeArgs ?? []), '--enable-source-maps', MAIN, ...(options.args ?? [])];
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#hasEnded = true;
        resolve({ code, signal });
      });
    });
    t.teardown(async () => {
      if (!this.#hasEnded) this.#child.kill('SIGKILL');
      await this.ended;
      rmSync(this.dataDir, { recursive: true, force: true });
    });
  }

  get campaignsPath(): string {
    return join(this.dataDir, 'campaigns.json');
  }

  get modelPath(): string {
    return join(this.dataDir, 'model.bin');
  }

  /** What it has printed for people so far. */
  get output(): string {
    return this.#output;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The port of the line that says where it bids. */
  get port(): number {
    return Number(/bids on http:\/\/[^:]+:(\d+)\//.exec(this.#output)?.[1]);
  }

  /** The port of the line that says where the admin port is. */
  get adminPort(): number {
    return Number(/admin +http:\/\/[^:]+:(\d+)\//.exec(this.#output)?.[1]);
  }

  /** The key it has made for its admin port. */
  get adminKey(): string {
    return readFileSync(join(this.dataDir, 'admin.key'), 'utf8').trim();
  }

  /** Replaces the campaign file; text is written as it is. */
  writeCampaigns(campaigns: unknown): void {
    writeFileSync(this.campaignsPath, typeof campaigns === 'string' ? campaigns : JSON.stringify(campaigns));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until it listens, or has ended. */
  async settled(): Promise<void> {
    await until(
      () => this.#hasEnded || this.#output.includes('stop '),
      START_MS_MAX,
      () => this.#log,
    );
  }

  /** Waits until its log has a text. */
  async logged(text: string): Promise<void> {
    await until(
      () => this.#log.includes(text),
      WAIT_MS_MAX,
      () => `no "${text}" in\n${this.#log}`,
    );
  }
}

/** Starts a Gavel that is expected to come up. */
export async function startGavel(t: Owner, options: GavelOptions = {}): Promise<GavelProcess> {
  const gavel = new GavelProcess(t, options);
  await gavel.settled();
  if (gavel.hasEnded || !existsSync(gavel.campaignsPath)) throw new Error(`did not start:\n${gavel.log}`);
  return gavel;
}

/** Starts a Gavel whose database is asked: its embedded one, empty, is there already. */
export async function startGavelWithCluster(t: Owner, options: GavelOptions = {}): Promise<GavelProcess> {
  // Loaded here: most tests that start a Gavel have no need of what opens a database.
  const { emptyCluster } = await import('./embedded_cluster.js');
  return startGavel(t, { ...options, cluster: await emptyCluster() });
}

/** Starts a Gavel that is expected not to come up; resolves with its end. */
export async function failToStart(t: Owner, options: GavelOptions): Promise<Ended & { log: string; output: string }> {
  const gavel = new GavelProcess(t, options);
  await gavel.settled();
  if (!gavel.hasEnded) throw new Error('it started');
  return { ...(await gavel.ended), log: gavel.log, output: gavel.output };
}

/** Waits for something, a bounded time. */
export async function until(
  done: () => boolean | Promise<boolean>,
  ms: number = WAIT_MS_MAX,
  context: () => string = () => '',
): Promise<void> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; ) {
    if (await done()) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`waited ${ms} ms in vain. ${context()}`);
}
