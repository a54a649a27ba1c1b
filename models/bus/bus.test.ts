// Both buses keep the registry the same way: no update is lost between writers, a model's bytes are there before its
// pointer, one sidecar trains at a time; and the commands work on both.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type ModelFile, readModelFile, writeModelFile } from '../../bidcore/model_file.js';
import { readPolicy } from '../../bidcore/policy/policy_weights.js';
import { samplePolicy } from '../../bidcore/testing/sample_policy.js';
import { addressOf } from '../../server/testing/redis_case.js';
import { startRedis } from '../../server/testing/redis_server.js';
import { writePolicyFile } from '../policy/policy_file.js';
import { type Draft, Keeper } from '../registry/keeper.js';
import { entriesOf, promote, refuse, startTrial } from '../registry/registry.js';
import { seedModel } from '../seed_model.js';
import { FolderBus } from './folder_bus.js';
import { RedisBus } from './redis_bus.js';
import type { ModelBus, Shelf } from './shelf.js';

const CLI = fileURLToPath(new URL('../../../server/gavel.mjs', import.meta.url));
const image = seedModel(1);
const draft: Draft = { parent: 0, state: 'candidate', reason: 'test', origin: 'imported' };

function there<T extends object>(value: T | undefined): Exclude<T, { readonly problem: string }> {
  if (value === undefined || 'problem' in value) throw new Error(JSON.stringify(value));
  return value as Exclude<T, { readonly problem: string }>;
}

const states = (shelf: Shelf): Record<number, string> =>
  Object.fromEntries(entriesOf(shelf).map(({ version, state }) => [version, state]));

/** What holds on any bus. */
async function keeps(t: Test, another: () => ModelBus): Promise<void> {
  const [one, two] = [new Keeper(another()), new Keeper(another())];
  t.teardown(() => Promise.all([one.bus.close(), two.bus.close()]));
  t.match(await one.read(), { pointer: undefined });
  const first = there(await one.add(image, draft));
  const file = there(await two.bus.readModel(first.version));
  t.match(readModelFile(file as Uint8Array), { version: 1 }, 'bytes as they were written, under their number');
  const live = there(await one.take((shelf, nowMs) => promote(shelf, 1, 'first', nowMs)));
  t.match(live.pointer, { control: 1 });

  const added = await Promise.all(
    Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? one : two).add(image, { ...draft, state: 'refused' })),
  );
  t.same(added.map((entry) => there(entry).version).sort(), [2, 3, 4, 5, 6, 7], 'every writer has a number of its own');
  const notes = Array.from({ length: 8 }, (_, i) => String(i));
  await Promise.all(
    notes.map((note, i) =>
      (i % 2 === 0 ? one : two).describe(1, (entry) => ({ ...entry, reason: `${entry.reason} ${note}` })),
    ),
  );
  const described =
    there(await two.read())
      .entries.get(1)
      ?.reason.split(' ') ?? [];
  t.same(described.slice(1).sort(), notes, 'no update is lost');

  const second = there(await two.add(image, { ...draft, parent: 1 })).version;
  const trial = { share: 0.1, salt: 5, sinceMs: 0 };
  there(await two.take((shelf, nowMs) => startTrial(shelf, second, trial, 'passed', nowMs)));
  const tried = there(await one.read());
  t.match(tried.pointer, { control: 1, candidate: { version: second, share: 0.1, salt: 5 } });
  t.ok((tried.pointer?.sequence ?? 0) > (live.pointer?.sequence ?? 0));
  there(await two.take((shelf, nowMs) => promote(shelf, second, 'good', nowMs)));
  t.match(states(there(await one.read())), { 1: 'retired', [second]: 'active' });
  t.match(there(await one.rollBack('drift')).pointer, { control: 1 });
  t.match(states(there(await one.read())), { 1: 'active', [second]: 'rolled_back' });
  t.match(await one.rollBack('again'), { problem: /no forebear of version 1 has its bytes kept/ });
  t.match(await one.take((shelf, nowMs) => refuse(shelf, 1, 'no', nowMs)), {
    problem: /version 1 is active: roll back/,
  });
  t.same(await one.prune(0), [second]);
  t.same([...there(await one.kept())], [1], 'what is live is never pruned');

  t.equal(await one.bus.lease(), 'held');
  t.match(await two.bus.lease(), { holder: /process \d+/ }, 'one trains');
  await one.bus.close();
}

t.test('a folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bus-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  await keeps(t, () => new FolderBus(folder));
});

t.test('a Redis', async (t) => {
  for (const kind of ['single', 'cluster'] as const) {
    await t.test(kind, async (t) => {
      const site = await startRedis(kind);
      t.teardown(() => site.stop());
      let buses = 0;
      await keeps(t, () => new RedisBus(addressOf(site.url), `bus-${buses++}`));
    });
  }
});

t.test('gavel models', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-models-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'a.bin'), writeModelFile(image, 41, 0));
  writeFileSync(join(folder, 'bad.bin'), 'rubbish');
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GAVEL_|REDIS_URL)/.test(name));
  const env = { ...Object.fromEntries(inherited), GAVEL_DATA_DIR: folder };
  const gavel = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'models', ...args], { env, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  t.match(gavel('list'), { status: 0, stdout: /no models in .* yet/ });
  t.match(gavel('import', join(folder, 'a.bin'), '--promote'), { status: 0, stdout: 'version 41 is live\n' });
  t.match(gavel('import', join(folder, 'a.bin')), { status: 0, stdout: /version 42 is a candidate/ });
  t.match(gavel('promote', '42', '--json'), { status: 0, stdout: /^\{"active":42,"sequence":\d+\}\n$/ });
  t.match(gavel('rollback', '--reason', 'worse'), { stdout: 'version 42 was rolled back, version 41 is live\n' });
  const listed = gavel('list', '--json')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(listed, [
    { version: 41, state: 'active', sha256: /^[0-9a-f]{64}$/ },
    { version: 42, state: 'rolled_back', parent: 41, reason: 'worse' },
  ]);
  t.match(gavel('show', 'live').stdout, /^version 41, active: /);
  t.match(gavel('list').stdout, /42 +rolled_back +41 /);
  t.match(gavel('prune', '--keep', '0').stdout, 'deleted: 42\n');
  for (const [args, status, problem] of [
    [['import', join(folder, 'bad.bin')], 1, /bad\.bin: shorter than its header/],
    [['import', join(folder, 'none.bin')], 1, /cannot read .*none\.bin/],
    [['promote', '42'], 1, /the bytes of version 42 are not kept/],
    [['promote', '9'], 1, /no version 9 in the registry; the newest: 41, 42/],
    [['rollback'], 1, /no forebear of version 41/],
    [['show', 'x'], 2, /"x" is no version/],
    [['frobnicate'], 2, /no command models frobnicate/],
    [['list', '--color'], 2, /--color/],
  ] as const) {
    t.match(gavel(...args), { status, stdout: '', stderr: problem }, args.join(' '));
  }
  writeFileSync(join(folder, 'last.bin'), writeModelFile(image, 2 ** 32 - 1, 0));
  t.match(
    gavel('import', join(folder, 'last.bin')),
    { stdout: /^version 43 is a candidate/ },
    'numbers do not run out',
  );
  writeFileSync(join(folder, 'models', '44.json'), '{');
  t.match(gavel('list'), { status: 0, stdout: /44 +broken .* 44\.json: it is not JSON\n/ });
  t.match(gavel('list', '--json').stdout, '{"version":44,"state":"broken","reason":"44.json: it is not JSON"}\n');
  t.match(gavel('show', '44'), { status: 1, stderr: /version 44 cannot be used: 44\.json: it is not JSON/ });
  t.match(gavel('promote', '43'), { status: 0, stdout: 'version 43 is live\n' });
  t.match(gavel('rollback'), { status: 0, stdout: 'version 43 was rolled back, version 41 is live\n' });
  writeFileSync(join(folder, 'trained.policy'), writePolicyFile(samplePolicy(1)));
  t.match(gavel('policy', join(folder, 'trained.policy'), '--promote'), { stdout: 'version 45 is live\n' });
  t.match(gavel('show', 'live').stdout, /new +policy; the rest is as in its parent\n +policy +[0-9a-f]{64}/);
  const live = readModelFile(new Uint8Array(readFileSync(join(folder, 'models', '45.model')))) as ModelFile;
  t.same(readPolicy(live.image), samplePolicy(1));
  t.match(gavel('policy', join(folder, 'a.bin')), { status: 1, stderr: /a\.bin: not a state of this kind/ });
  t.match(gavel('rollback'), { stdout: 'version 45 was rolled back, version 41 is live\n' });
  t.match(gavel('--help'), { status: 0, stdout: /gavel models rollback/ });
});
