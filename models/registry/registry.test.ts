// The registry beside damage and beside others: entries that cannot be read, bytes that go while somebody wants them,
// writes that fail half-way, numbers that run out.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { addressOf } from '../../server/testing/redis_case.js';
import { startRedis } from '../../server/testing/redis_server.js';
import { FolderBus } from '../bus/folder_bus.js';
import { RedisBus } from '../bus/redis_bus.js';
import type { Shelf } from '../bus/shelf.js';
import { seedModel } from '../seed_model.js';
import { type ModelEntry, readEntry, writeEntry } from './entry.js';
import { type Draft, isKeeperProblem, Keeper } from './keeper.js';
import { entriesOf, nextVersion, promote, prune, rollback, startTrial } from './registry.js';

const image = seedModel(1);
const draft: Draft = { parent: 0, state: 'candidate', reason: 'test', origin: 'imported' };
const HOUR_MS = 3_600_000;
const LAST = 2 ** 32 - 1;

function there<T extends object>(value: T | undefined): Exclude<T, { readonly problem: string }> {
  if (value === undefined || 'problem' in value) throw new Error(JSON.stringify(value));
  return value as Exclude<T, { readonly problem: string }>;
}

function inFolder(t: Test): { folder: string; bus: () => FolderBus } {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-registry-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, bus: () => new FolderBus(folder) };
}

/** Entries as a registry holds them, without their bytes. */
function entry(version: number, more: Partial<ModelEntry> = {}): ModelEntry {
  const created = new Date(0).toISOString();
  return { ...draft, version, created, alerts: [], sha256: 'x', layout: 1, ...more };
}

function shelfOf(entries: readonly ModelEntry[], control?: number): Shelf {
  return {
    pointer: control === undefined ? undefined : { sequence: 1, control },
    entries: new Map(entries.map((each) => [each.version, each])),
    broken: new Map(),
  };
}

t.test('an entry that cannot be read takes part in nothing, and the rest goes on', async (t) => {
  const { folder, bus } = inFolder(t);
  const keeper = new Keeper(bus());
  for (const version of [1, 2]) {
    there(await keeper.add(image, { ...draft, parent: version - 1 }));
    there(await keeper.take((shelf, nowMs) => promote(shelf, version, 'good', nowMs)));
  }
  writeFileSync(join(folder, '3.json'), '{');
  writeFileSync(join(folder, '4.json'), JSON.stringify(entry(4, { state: 'praised' as 'active' })));
  writeFileSync(join(folder, '5.json'), JSON.stringify(entry(6)));
  writeFileSync(join(folder, '4.model'), 'bytes of a later program');
  mkdirSync(join(folder, '7.json'));
  writeFileSync(join(folder, '99999999999.json'), '{');

  const shelf = there(await keeper.read());
  t.same(
    [...shelf.broken.keys()].sort((a, b) => a - b),
    [3, 4, 5, 7, 99999999999],
  );
  t.match(shelf.broken.get(3), '3.json: it is not JSON');
  t.match(shelf.broken.get(4), /^4\.json: state: /);
  t.match(shelf.broken.get(5), '5.json: it is that of version 6');
  t.same(
    entriesOf(shelf).map(({ version }) => version),
    [1, 2],
  );
  t.match(await keeper.take((now, nowMs) => promote(now, 4, 'no', nowMs)), { problem: 'no version 4 in the registry' });
  t.match(await keeper.add(image, draft), { version: 8 }, 'no new version takes the place of a broken one');
  t.match(there(await keeper.rollBack('worse')).pointer, { control: 1 });
  there(await keeper.prune(0));
  t.ok(existsSync(join(folder, '4.model')), 'what is not understood is not deleted');
});

t.test('the entry of the live version cannot be read: back to a version that is named', async (t) => {
  const { folder, bus } = inFolder(t);
  const keeper = new Keeper(bus());
  for (const version of [1, 2]) {
    there(await keeper.add(image, { ...draft, parent: version - 1 }));
    there(await keeper.take((shelf, nowMs) => promote(shelf, version, 'good', nowMs)));
  }
  writeFileSync(join(folder, '2.json'), '');
  t.match(await keeper.rollBack('worse'), { problem: /the parent of version 2 is not known.* name a version/ });
  t.match(there(await keeper.rollBack('worse', 1)).pointer, { control: 1 });
});

t.test('an entry of a Redis that cannot be read', async (t) => {
  const site = await startRedis('single');
  t.teardown(() => site.stop());
  const bus = new RedisBus(addressOf(site.url), 'registry-test');
  t.teardown(() => bus.close());
  const keeper = new Keeper(bus);
  there(await keeper.add(image, draft));
  // As another program would write it.
  there(await bus.update(() => ({ entries: [entry(2, { state: 'praised' as 'active' })] })));
  const shelf = there(await keeper.read());
  t.match(shelf.broken.get(2), /^entry 2: state: /);
  t.match(there(await keeper.take((now, nowMs) => promote(now, 1, 'good', nowMs))).pointer, { control: 1 });
});

t.test('what a later program says in an entry besides is kept', (t) => {
  const text = JSON.stringify({ ...entry(1), mood: 'good' });
  t.same(JSON.parse(writeEntry(there(readEntry(text, 1)))), JSON.parse(text));
  t.match(readEntry('7', 1), { problem: /object/ });
  t.end();
});

t.test('bytes that are going make nothing live', async (t) => {
  const { folder, bus } = inFolder(t);
  const keeper = new Keeper(bus());
  const late = new Keeper(bus(), () => Date.now() + 2 * HOUR_MS);
  for (const version of [1, 2, 3]) {
    there(await keeper.add(image, { ...draft, parent: Math.min(version - 1, 1) }));
    if (version < 3) there(await keeper.take((shelf, nowMs) => promote(shelf, version, 'good', nowMs)));
  }
  there(await keeper.rollBack('worse')); // 2 is no parent of what is live, 3 a candidate
  t.same(await keeper.prune(0), [2], 'a young candidate is spared');
  // Between a prune's change and its deletions.
  there(await late.take((shelf, nowMs) => prune(shelf, 0, nowMs)));
  t.ok(existsSync(join(folder, '3.model')));
  const gone = { problem: 'the bytes of version 3 are not kept' };
  t.match(await keeper.take((shelf, nowMs) => promote(shelf, 3, 'no', nowMs)), gone);
  t.match(await keeper.rollBack('no', 3), gone);
  const trial = { share: 0.1, salt: 1, sinceMs: 0 };
  t.match(await keeper.take((shelf, nowMs) => startTrial(shelf, 3, trial, 'no', nowMs)), gone);
  t.same(await keeper.prune(5), [3], 'the next prune does what one left that was interrupted');
  t.same(
    readdirSync(folder).filter((name) => name.endsWith('.model')),
    ['1.model'],
  );
});

t.test('whoever prunes beside whoever promotes, the pointer names bytes that are there', async (t) => {
  const { bus } = inFolder(t);
  const [keeper, other] = [new Keeper(bus()), new Keeper(bus(), () => Date.now() + 2 * HOUR_MS)];
  for (let round = 0; round < 6; round++) {
    const { version } = there(await keeper.add(image, draft));
    const [promoted] = await Promise.all([
      keeper.take((shelf, nowMs) => promote(shelf, version, 'good', nowMs)),
      other.prune(0),
    ]);
    if (isKeeperProblem(promoted)) t.match(promoted, { problem: `the bytes of version ${version} are not kept` });
    const { pointer } = there(await keeper.read());
    if (pointer !== undefined) t.ok(there(await keeper.kept()).has(pointer.control), `version ${pointer.control}`);
  }
});

t.test('bytes that cannot be written leave no entry', async (t) => {
  const { folder, bus } = inFolder(t);
  const keeper = new Keeper(bus());
  mkdirSync(join(folder, '1.model.new'));
  t.match(await keeper.add(image, draft), { code: 'bus_away', problem: /cannot be written/ });
  t.same([...there(await keeper.read()).entries.keys()], []);
});

t.test('what a writer has left that died is of no use to anybody, and goes after an hour', async (t) => {
  const { folder, bus } = inFolder(t);
  const keeper = new Keeper(bus());
  there(await keeper.add(image, draft));
  const created = new Date().toISOString();
  there(await keeper.bus.update(() => ({ entries: [entry(2, { created, sha256: '', bytes: 'coming' })] })));
  for (const name of ['2.model.new', '1.json.new', 'live.json.new']) writeFileSync(join(folder, name), 'half');
  utimesSync(join(folder, '1.json.new'), 1, 1);
  const coming = { problem: 'the bytes of version 2 are still being written' };
  t.match(await keeper.take((shelf, nowMs) => promote(shelf, 2, 'no', nowMs)), coming);
  t.same(await keeper.prune(5), []);
  const left = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('.'));
  t.same(left().sort(), ['1.json', '1.model', '2.json', '2.model.new', 'live.json.new'], 'the young are spared');
  there(await new Keeper(bus(), () => Date.now() + 2 * HOUR_MS).prune(5));
  t.same(left().sort(), ['1.json', '1.model']);
});

t.test('numbers of versions do not run out by a file that has a high one', (t) => {
  t.equal(nextVersion(shelfOf([])), 1);
  t.equal(nextVersion(shelfOf([entry(3)], 5), 8), 9);
  t.equal(nextVersion(shelfOf([entry(3)], 5), 4), 6);
  t.equal(nextVersion(shelfOf([entry(3)]), LAST - 1), 4, 'a version of the registry’s own');
  t.equal(nextVersion(shelfOf([]), 2 ** 31 - 1), 2 ** 31);
  t.equal(nextVersion(shelfOf([entry(LAST - 1)])), LAST);
  t.match(nextVersion(shelfOf([entry(LAST)])), { problem: `no version can follow ${LAST}` });
  t.end();
});

t.test('a rollback passes over forebears whose bytes are going', (t) => {
  const shelf = shelfOf([entry(1), entry(2, { parent: 1, bytes: 'gone' }), entry(3, { parent: 2 })], 3);
  t.match(rollback(shelf, new Set([1, 2, 3]), 'worse', 0), { pointer: { control: 1 } });
  t.end();
});
