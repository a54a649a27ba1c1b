// Embedded databases for tests, each a copy of one empty cluster: to make a cluster takes four seconds of computing, to
// copy it less than half a second. The first test that wants one makes it and leaves it in build/, for all others. That
// making works is tested where a whole Gavel makes its own (database_host.test.ts).

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Database, embeddedFolder, openDatabase } from '../sql/database.js';
import { isDatabaseError } from '../sql/errors.js';
import type { Owner } from './gavel_process.js';

const BUILD = fileURLToPath(new URL('../../../build/', import.meta.url));

/** Opens a new, empty one, cleared away with the test. */
export async function openedEmbedded(t: Owner): Promise<Database> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gavel-sql-'));
  cpSync(await emptyCluster(), embeddedFolder(dataDir), { recursive: true });
  const database = await opened(dataDir);
  t.teardown(async () => {
    await database.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return database;
}

/** The folder of the cluster that all are copies of; made if it is not there yet. */
export async function emptyCluster(): Promise<string> {
  const package_ = createRequire(import.meta.url)
    .resolve('@electric-sql/pglite')
    .replace(/dist\/.*/, 'package.json');
  const { version } = JSON.parse(readFileSync(package_, 'utf8')) as { version: string };
  const folder = join(BUILD, `pglite-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(BUILD, { recursive: true });
  const making = mkdtempSync(join(BUILD, 'pglite-making-'));
  await (await opened(making)).close();
  try {
    renameSync(embeddedFolder(making), folder);
  } catch (error) {
    // Another test was faster.
    if (!existsSync(folder)) throw error;
  }
  rmSync(making, { recursive: true, force: true });
  return folder;
}

async function opened(dataDir: string): Promise<Database> {
  const database = await openDatabase({ url: undefined, folder: embeddedFolder(dataDir) });
  if (isDatabaseError(database)) throw new Error(database.problem);
  return database;
}
