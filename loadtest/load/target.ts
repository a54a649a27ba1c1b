// What is loaded: a Gavel that is started for it, with a book, budgets, pacing and notices, in a folder that goes with
// it; or one that runs.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { campaignFile } from '../../bench/book.js';
import { BID_PATH } from '../../bench/load.js';
import { cpuSeconds, freePort, type ServerProcess, sleep, startServer } from '../../bench/processes.js';
import { modelFile, URLS } from '../../bench/rig.js';

const MAIN = fileURLToPath(new URL('../../server/main.js', import.meta.url));
const BOOK_SEED = 1;
/** A bidder that is ready may still open its database: it is quiet when it has used little CPU time for a while. */
const QUIET_LOOK_MS = 300;
const QUIET_CPU_S = 0.03;
const QUIET_LOOKS = 4;
const QUIET_LOOKS_MAX = 200;

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** A bidder that runs, at `http://host:port` with or without the path of bids. */
export function runningTarget(url: string): Target {
  const { hostname, port, pathname } = new URL(url);
  const path = pathname === '/' ? BID_PATH : pathname;
  return { host: hostname, port: Number(port === '' ? 80 : port), path, pid: undefined, stop: async () => undefined };
}

export interface OwnOptions {
  readonly ads: number;
  readonly workers: number;
  /** Not on the server's core alone. */
  readonly everyCore?: boolean;
  /** Keys of the environment, over those below. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Files of a campaign file and model, in a folder of their own. */
export interface GavelFiles {
  readonly folder: string;
  readonly campaigns: string;
  readonly model: string;
}

/** Starts a Gavel on these files. It keeps its data beside them. */
export async function startGavel(files: GavelFiles, { workers, everyCore, env }: OwnOptions): Promise<ServerProcess> {
  const port = await freePort();
  const data = mkdtempSync(join(files.folder, 'data-'));
  const server = await startServer({
    name: 'gavel',
    port,
    args: ['--enable-source-maps', MAIN],
    env: {
      GAVEL_WORKERS: String(workers),
      GAVEL_BID_PORT: String(port),
      GAVEL_HOST: '127.0.0.1',
      GAVEL_ADMIN_PORT: '0',
      GAVEL_DATA_DIR: data,
      GAVEL_CAMPAIGNS: files.campaigns,
      GAVEL_MODEL: files.model,
      GAVEL_NOTICE_URL: URLS.notices,
      GAVEL_MARKUP_URL: URLS.markup,
      GAVEL_DRAIN_SECONDS: '1',
      GAVEL_LOG_LEVEL: 'warn',
      ...env,
    },
    readyPath: '/ready',
    everyCore: everyCore === true,
  });
  await quiet(server.pid);
  return server;
}

/** Waits until a process has nothing to do of its own, a bounded time. */
async function quiet(pid: number): Promise<void> {
  let looks = 0;
  for (let n = 0, before = cpuSeconds(pid); looks < QUIET_LOOKS && n < QUIET_LOOKS_MAX; n++) {
    await sleep(QUIET_LOOK_MS);
    const now = cpuSeconds(pid);
    looks = now - before < QUIET_CPU_S ? looks + 1 : 0;
    before = now;
  }
}

/** Starts a Gavel with a book of so many ads; its folder goes when it stops. */
export async function ownTarget(options: OwnOptions): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-loadtest-'));
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const files = writeFiles(folder, options.ads);
    const server = await startGavel(files, options);
    const stop = async (): Promise<void> => {
      await server.stop();
      clear();
    };
    return { host: '127.0.0.1', port: server.port, path: BID_PATH, pid: server.pid, stop };
  } catch (error) {
    clear();
    throw error;
  }
}

function writeFiles(folder: string, ads: number): GavelFiles {
  mkdirSync(folder, { recursive: true });
  const campaigns = join(folder, 'campaigns.json');
  const model = join(folder, 'model.gvlm');
  writeFileSync(campaigns, JSON.stringify(campaignFile(ads, BOOK_SEED)));
  writeFileSync(model, modelFile(BOOK_SEED, 1));
  return { folder, campaigns, model };
}
