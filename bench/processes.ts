// Server processes under measurement: started, pinned to one core, awaited, watched for the CPU time they use, ended.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

/** Core of the server under test, and of what loads it. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

export const canPin = availableParallelism() >= 2 && has('taskset');
export const hasWrk = has('wrk');

function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** The words of a command that runs on one core only, where that can be had. */
export function pinned(core: number, command: readonly string[]): string[] {
  return canPin ? ['taskset', '-c', String(core), ...command] : [...command];
}

export interface ServerProcess {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly port: number;
  /** Node's arguments: flags, script, the script's own. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Path that answers 200 once the server can bid. */
  readonly readyPath: string;
  /** Not on the server's core alone. */
  readonly everyCore?: boolean;
}

/** Starts a server, on the server's core unless it may have all; resolves once it is ready. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const words = [process.execPath, ...command.args];
  const [file, ...args] = (command.everyCore ? words : pinned(SERVER_CORE, words)) as [string, ...string[]];
  const child = spawn(file, args, {
    env: { ...process.env, NODE_ENV: 'production', ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const server: ServerProcess = {
    name: command.name,
    port: command.port,
    pid: child.pid as number, // taskset replaces itself with node
    output: () => output.join(''),
    stop: () => stop(child),
  };
  await ready(child, command, server.output);
  return server;
}

async function ready(child: ChildProcess, command: ServerCommand, output: () => string): Promise<void> {
  for (const limit = performance.now() + START_TIMEOUT_MS; performance.now() < limit; ) {
    if (child.exitCode !== null) break;
    try {
      const answer = await fetch(`http://127.0.0.1:${command.port}${command.readyPath}`, {
        headers: { connection: 'close' },
      });
      if (answer.status === 200) return;
    } catch {
      // not listening yet
    }
    await sleep(100);
  }
  await stop(child);
  throw new Error(`${command.name} did not become ready:\n${output().slice(-4000)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(late);
}

/** CPU seconds a process has used, all its threads, in user and system mode (proc(5), fields 14 and 15 of stat). */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicks;
}

const clockTicks = ticksPerSecond();

function ticksPerSecond(): number {
  try {
    return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  } catch {
    return 100;
  }
}

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resident bytes of a process (proc(5), statm, in pages). */
export function rssBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}
