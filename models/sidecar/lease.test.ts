// Two sidecars on one Redis: who was held up longer than its lease stands by, and does not go on from a checkpoint that
// others have trained past. A Redis that comes back empty gets the newest model a node has.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { writeModelFile } from '../../bidcore/model_file.js';
import { modelFileName, POINTER_FILE, writePointer } from '../../bidcore/model_pointer.js';
import { LINK_DEFAULTS, RedisLink } from '../../server/redis/link.js';
import { RedisAuthority } from '../../server/redis/redis_authority.js';
import { addressOf, present } from '../../server/testing/redis_case.js';
import { startRedis } from '../../server/testing/redis_server.js';
import { RedisBus } from '../bus/redis_bus.js';
import { seedModel } from '../seed_model.js';
import { dataFolder, SidecarProcess, trainOnce } from '../testing/sidecar_process.js';
import { marketNotices } from '../testing/traffic.js';
import { type Checkpoint, isCheckpointProblem, readCheckpoint } from './checkpoint.js';

async function checkpointOf(dataDir: string): Promise<Checkpoint> {
  const read = await readCheckpoint(join(dataDir, 'models'));
  if (read === undefined || isCheckpointProblem(read)) throw new Error(`no checkpoint: ${read?.problem}`);
  return read;
}

t.test('a sidecar that was stopped for longer than its lease', async (t) => {
  const site = await startRedis('single');
  t.teardown(() => site.stop());
  const link = new RedisLink(addressOf(site.url), { ...LINK_DEFAULTS, timeoutMs: 5000 });
  t.teardown(() => link.close());
  t.ok(await link.connected(20_000));
  const authority = new RedisAuthority(link);
  const records = marketNotices({ seed: 8, bids: 900 });
  const part = Math.floor(records.length / 3);
  const book = async (from: number, to: number) => present(await authority.book(records.slice(from, to)));
  const pending = async (): Promise<unknown> =>
    present((await link.call('xpending', '{gavel:p12}:events', 'trainer')) as unknown[])[0];

  await book(0, part);
  const [one, two] = [dataFolder(t), dataFolder(t)];
  const first = new SidecarProcess(t, one, { REDIS_URL: site.url, GAVEL_NODE: '1' });
  await first.logged('"training"');
  await first.until(async () => (await checkpointOf(one).catch(() => undefined))?.pipeline.notices === part);
  first.signal('SIGSTOP');
  const second = new SidecarProcess(t, two, { REDIS_URL: site.url, GAVEL_NODE: '2' });
  await second.logged('"training"');
  first.signal('SIGCONT');
  await first.logged('it may not train any more');
  await first.logged('standing by');
  await book(part, 2 * part);
  await second.until(async () => (await checkpointOf(two).catch(() => undefined))?.pipeline.notices === 2 * part);
  t.equal((await checkpointOf(one)).pipeline.notices, part, 'who stands by takes and saves nothing');

  await second.kill('SIGTERM');
  await first.logged('another has trained since the checkpoint');
  await book(2 * part, records.length);
  await first.until(async () => (await checkpointOf(one)).pipeline.notices === records.length);
  await first.until(async () => (await pending()) === 0);
  t.pass('without a model of its own making to begin with, it reads all there is anew, once');
  const term = (await checkpointOf(one)).term;
  await first.kill('SIGTERM');
  const again = await trainOnce(t, one, { REDIS_URL: site.url, GAVEL_NODE: '1' });
  t.match(again, { code: 0, log: /"from":"its checkpoint"/ }, 'its own next process goes on from it');
  t.equal((await checkpointOf(one)).term, term);
});

t.test('where Redis has no pointer, the newest model of the node goes live, and the next is above it', async (t) => {
  const site = await startRedis('single');
  t.teardown(() => site.stop());
  const folder = dataFolder(t);
  t.match(await trainOnce(t, folder), { code: 0 }, 'the folder of models is there');
  writeFileSync(join(folder, 'models', modelFileName(7)), writeModelFile(seedModel(7), 7, 0));
  writeFileSync(join(folder, 'models', POINTER_FILE), writePointer({ sequence: 9, control: 7 }));
  t.match(await trainOnce(t, folder, { REDIS_URL: site.url }), { code: 0 });
  const bus = new RedisBus(addressOf(site.url), 'test');
  t.teardown(() => bus.close());
  const shelf = await bus.read();
  t.match(shelf, { pointer: { control: 7 } });
  t.same('entries' in shelf && [...shelf.entries.keys()], [7]);
  t.type(await bus.readModel(7), Uint8Array);
});
