// A sidecar as a process of its own, for tests: killed the hard way, or left to work through what there is.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { writeModelFile } from '../../bidcore/model_file.js';
import { seedModel } from '../seed_model.js';

const MAIN = fileURLToPath(new URL('../sidecar/main.js', import.meta.url));
const WAIT_MS_MAX = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly log: string;
}

/** A data folder with a first model, cleared away with the test. */
export function dataFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-train-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'events'));
  writeFileSync(join(folder, 'model.bin'), firstModel());
  return folder;
}

let model: Uint8Array | undefined;

function firstModel(): Uint8Array {
  model ??= writeModelFile(seedModel(1), 1, Date.UTC(2026, 0, 1));
  return model;
}

export class SidecarProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';
  #log = '';
  #hasEnded = false;

  /** @param env beside those that a test's sidecar always has: short windows, a checkpoint five times a second */
  constructor(t: Test, dataDir: string, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('GAVEL_') && name !== 'REDIS_URL',
    );
    const own = {
      GAVEL_DATA_DIR: dataDir,
      GAVEL_TRAIN_CLICK_WINDOW_SECONDS: '5',
      GAVEL_TRAIN_CONVERSION_WINDOW_SECONDS: '10',
      GAVEL_TRAIN_CHECKPOINT_SECONDS: '0.2',
      GAVEL_TRAIN_PUBLISH_SECONDS: '86400',
    };
    const all = { ...Object.fromEntries(inherited), ...own, ...env };
    this.#child = spawn(process.execPath, ['--enable-source-maps', MAIN, ...args], {
      env: all,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#hasEnded = true;
        resolve({ code, output: this.#output, log: this.#log });
      });
    });
    t.teardown(async () => {
      if (!this.#hasEnded) this.#child.kill('SIGKILL');
      await this.ended;
    });
  }

  get log(): string {
    return this.#log;
  }

  /** What it printed: one object a model, with --json. */
  get told(): readonly Record<string, unknown>[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Waits for something, a bounded time. */
  async until(done: () => boolean | Promise<boolean>): Promise<void> {
    for (const deadline = performance.now() + WAIT_MS_MAX; performance.now() < deadline; await sleep(10)) {
      if (await done()) return;
      if (this.#hasEnded) throw new Error(`it ended:\n${this.#log}`);
    }
    throw new Error(`waited in vain:\n${this.#output}\n${this.#log}`);
  }

  async logged(text: string): Promise<void> {
    await this.until(() => this.#log.includes(text));
  }
}

/** Works through what there is, and ends. */
export async function trainOnce(t: Test, dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new SidecarProcess(t, dataDir, env, ['--once', '--json']).ended;
}
