// The database from the command line: from an empty data folder to a campaign file again.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startPostgres } from './testing/postgres_server.js';

const GAVEL = fileURLToPath(new URL('../../server/gavel.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gavel-cli-database-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function gavel(args: readonly string[], environment: Record<string, string> = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GAVEL_') && name !== 'DATABASE_URL');
  const env = { ...Object.fromEntries(kept), GAVEL_DATA_DIR: folder, ...environment };
  return spawnSync(process.execPath, [GAVEL, ...args], { cwd: folder, env, encoding: 'utf8' });
}

t.test('what is seeded is exported, and imported into another database', async (t) => {
  const site = await startPostgres();
  t.teardown(() => site.stop());
  const seeded = gavel(['seed', '--json']);
  t.equal(seeded.status, 0, seeded.stderr);
  t.ok(JSON.parse(seeded.stdout).campaigns > 0);
  const again = gavel(['seed']);
  t.equal(again.status, 1);
  t.match(again.stderr, /has account .* already/);
  const exported = gavel(['campaigns', 'export']);
  t.equal(exported.status, 0, exported.stderr);
  writeFileSync(join(folder, 'mine.json'), exported.stdout);

  const there = { DATABASE_URL: await site.database() };
  const early = gavel(['campaigns', 'import', 'mine.json'], there);
  t.match(early, { status: 1, stderr: /the schema lacks 0001_accounts.*npx gavel migrate/ });
  t.match(gavel(['migrate', 'status'], there).stdout, /0001_accounts {2}to be run/);
  t.match(gavel(['migrate'], there), { status: 0, stdout: /^postgres:\/\/127.*up: 0001_accounts, / });
  const imported = gavel(['campaigns', 'import', 'mine.json', '--replace'], there);
  t.match(imported, { status: 0, stdout: /^written: accounts \d/ });
  t.equal(gavel(['campaigns', 'export'], there).stdout, exported.stdout);
  t.match(gavel(['migrate', 'down', '--json'], there).stdout, /"direction":"down","migrations":\["0006_operations"\]/);
});

t.test('a database that cannot be had is said without its password', async (t) => {
  const nobody = { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/none' };
  const away = gavel(['migrate'], nobody);
  t.match(away, { status: 1, stderr: /postgres:\/\/127\.0\.0\.1:1\/none: .*ECONNREFUSED/ });
  t.notMatch(away.stderr, /hunter2/);
  t.match(gavel(['migrate'], { DATABASE_URL: 'mysql://x' }), { status: 1, stderr: /DATABASE_URL: postgres:/ });
});

t.test('a command line that is not understood ends with 2', async (t) => {
  for (const args of [
    ['migrate', 'sideways'],
    ['seed', 'all'],
    ['campaigns', 'import'],
    ['migrate', '--fast'],
  ]) {
    t.equal(gavel(args).status, 2, args.join(' '));
  }
});
