// A sidecar that is killed at random points ends where one ends that was never killed: bit for bit on the event log,
// and with every notice applied once from a real Redis that is killed and started again as well.

import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { LINK_DEFAULTS, RedisLink } from '../../server/redis/link.js';
import { RedisAuthority } from '../../server/redis/redis_authority.js';
import { appended, openedLog } from '../../server/testing/events.js';
import { addressOf, present } from '../../server/testing/redis_case.js';
import { startRedis } from '../../server/testing/redis_server.js';
import { dataFolder, SidecarProcess, trainOnce } from '../testing/sidecar_process.js';
import { marketNotices } from '../testing/traffic.js';
import { type Checkpoint, isCheckpointProblem, readCheckpoint } from './checkpoint.js';

const BIDS = 20_000;
const KILLS = 4;
const PIECE = 400;

async function checkpointOf(dataDir: string): Promise<Checkpoint> {
  const read = await readCheckpoint(join(dataDir, 'models'));
  if (read === undefined || isCheckpointProblem(read)) throw new Error(`no checkpoint: ${read?.problem}`);
  return read;
}

/** Everything that was learned, held back and joined, as one hash; and by part, to see where two differ. */
function hashesOf({ pipeline }: Checkpoint): Record<string, string> {
  const plain = (_: string, value: unknown): unknown =>
    ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
      : value;
  const hash = (part: unknown): string => createHash('sha256').update(JSON.stringify(part, plain)).digest('hex');
  return Object.fromEntries(Object.entries(pipeline).map(([name, part]) => [name, hash(part)]));
}

/** Runs sidecars and kills them, at random points of reading, learning and writing checkpoints. */
async function killed(
  t: Test,
  dataDir: string,
  env: Readonly<Record<string, string>>,
  seed: number,
  also: () => Promise<void> = () => Promise.resolve(),
) {
  const random = seededRandom(seed);
  for (let i = 0; i < KILLS; i++) {
    const sidecar = new SidecarProcess(t, dataDir, env);
    await sidecar.logged('"training"');
    await sleep(random() * 1500);
    await sidecar.kill();
    await also();
  }
}

t.test('killed again and again on the event log, it learns the same, bit for bit', async (t) => {
  const records = marketNotices({ seed: 5, bids: BIDS });
  const [calm, hard] = [dataFolder(t), dataFolder(t)];
  for (const folder of [calm, hard]) {
    const log = await openedLog(join(folder, 'events'));
    const half = folder === hard ? Math.floor(records.length / 2) : records.length;
    for (let at = 0; at < half; at += PIECE) await appended(log, records.slice(at, Math.min(at + PIECE, half)));
    if (folder === calm) {
      await log.close();
      continue;
    }
    // The second half is written while sidecars read and die.
    const writing = (async () => {
      for (let at = half; at < records.length; at += PIECE) {
        await appended(log, records.slice(at, at + PIECE));
        await sleep(100);
      }
    })();
    await killed(t, hard, {}, 6);
    await writing;
    await log.close();
  }
  t.equal((await trainOnce(t, calm)).code, 0);
  t.equal((await trainOnce(t, hard)).code, 0);
  const [one, other] = [await checkpointOf(calm), await checkpointOf(hard)];
  t.equal(other.pipeline.notices, records.length, 'every notice once');
  t.same(other.positions, { log: records.length + 1 });
  t.same(hashesOf(other), hashesOf(one));
  t.ok(one.pipeline.learners.counts.impressions > BIDS / 3);
});

t.test('a broken checkpoint is put aside, and training begins with the live model', async (t) => {
  const folder = dataFolder(t);
  const log = await openedLog(join(folder, 'events'));
  await appended(log, marketNotices({ seed: 5, bids: 500 }));
  await log.close();
  t.equal((await trainOnce(t, folder)).code, 0);
  const before = await checkpointOf(folder);
  for (const [content, problem] of [
    [Buffer.from('short'), 'are no checkpoint'],
    [Buffer.concat([Buffer.from('GVTC'), Buffer.alloc(40)]), 'version 0; this program reads'],
  ] as const) {
    writeFileSync(join(folder, 'models', 'trainer.checkpoint'), content);
    const { code, log: said } = await trainOnce(t, folder);
    t.equal(code, 0);
    t.match(said, problem);
    t.match(said, /trainer\.checkpoint\.broken-\d+/);
    t.same(hashesOf(await checkpointOf(folder)), hashesOf(before), 'it read the log anew, from its beginning');
  }
});

t.test('a broken checkpoint after a model was published: nothing is learned twice', async (t) => {
  const folder = dataFolder(t);
  const log = await openedLog(join(folder, 'events'));
  const records = marketNotices({ seed: 5, bids: 20_000 });
  const last = marketNotices({ seed: 6, bids: 500, from: 20_001, fromMs: (records.at(-1)?.atMs ?? 0) + 1 });
  for (let at = 0; at < records.length; at += PIECE) await appended(log, records.slice(at, at + PIECE));
  t.match((await trainOnce(t, folder)).output, '"did":"active"');
  await appended(log, last);
  await log.close();
  const path = join(folder, 'models', 'trainer.checkpoint');
  for (const spoil of [() => writeFileSync(path, 'short'), () => rmSync(path)]) {
    spoil();
    t.equal((await trainOnce(t, folder)).code, 0);
    const { pipeline, positions } = await checkpointOf(folder);
    t.equal(pipeline.notices, last.length, 'only what came after the live model');
    t.same(positions, { log: records.length + last.length + 1 });
  }
});

t.test('with Redis killed and started again as well, every notice is applied once', async (t) => {
  const site = await startRedis('single', { fsync: 'always' });
  t.teardown(() => site.stop());
  const link = new RedisLink(addressOf(site.url), { ...LINK_DEFAULTS, timeoutMs: 5000 });
  t.teardown(() => link.close());
  const authority = new RedisAuthority(link);
  // One campaign, so that all is in one stream, and its order the order of learning.
  const records = marketNotices({ seed: 8, bids: 6000 });
  const book = async (batch: readonly NoticeRecord[]): Promise<void> => {
    for (;;) {
      if (await link.connected(20_000)) {
        const booked = await authority.book(batch);
        if (!('code' in booked)) return;
      }
      await sleep(50);
    }
  };
  const env = { REDIS_URL: site.url };
  const hard = dataFolder(t);
  const writing = (async () => {
    for (let at = 0; at < records.length; at += PIECE) {
      await book(records.slice(at, at + PIECE));
      await sleep(100);
    }
  })();
  let rounds = 0;
  await killed(t, hard, env, 9, async () => {
    if (rounds++ % 3 !== 2) return;
    await site.servers[0]?.kill();
    await site.servers[0]?.start();
  });
  await writing;
  t.equal((await trainOnce(t, hard, env)).code, 0);
  const { pipeline } = await checkpointOf(hard);
  t.equal(pipeline.notices, records.length, 'every notice once');
  t.ok(await link.connected(20_000), 'Redis is back');
  const pending = present((await link.call('xpending', '{gavel:p12}:events', 'trainer')) as unknown[]);
  t.equal(pending[0], 0, 'all are acknowledged');

  // The same order without any trouble.
  const calm = dataFolder(t);
  await link.call('xgroup', 'SETID', '{gavel:p12}:events', 'trainer', '0');
  await link.call('del', '{gavel:models}:live', '{gavel:models}:registry');
  t.match(await trainOnce(t, calm, env), { code: 0 });
  const { notices, ...hashes } = hashesOf(await checkpointOf(calm));
  t.match(hashesOf(await checkpointOf(hard)), { ...hashes, notices });
});
