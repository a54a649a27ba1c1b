// Models come over the bus into a running bidder: flipped without a late answer, refused if wrong with the old one
// staying, and an outage of the bus changes nothing. Against the folder and against a real Redis.

import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ModelPointer, modelFileName, POINTER_FILE, writePointer } from '../../bidcore/model_pointer.js';
import { LINK_DEFAULTS, RedisLink } from '../redis/link.js';
import { RedisModels } from '../redis/models.js';
import { bidRequest, campaignsOf } from '../testing/campaigns.js';
import { type GavelProcess, startGavel, until } from '../testing/gavel_process.js';
import { metric } from '../testing/metric.js';
import { seededModelFile } from '../testing/models.js';
import { addressOf } from '../testing/redis_case.js';
import { startRedis } from '../testing/redis_server.js';
import { startTraffic } from '../testing/traffic.js';

const campaigns = campaignsOf([{ id: 'all' }]);

/** Puts models and a pointer on a bus as a trainer does. */
interface Publisher {
  model(version: number, file: Uint8Array): Promise<void>;
  pointer(pointer: ModelPointer): Promise<void>;
}

function toFolder(gavel: GavelProcess): Publisher {
  const folder = join(gavel.dataDir, 'models');
  mkdirSync(folder, { recursive: true });
  const put = async (name: string, content: string | Uint8Array): Promise<void> => {
    writeFileSync(join(folder, `${name}.new`), content);
    renameSync(join(folder, `${name}.new`), join(folder, name));
  };
  return {
    model: (version, file) => put(modelFileName(version), file),
    pointer: (pointer) => put(POINTER_FILE, writePointer(pointer)),
  };
}

function toRedis(t: Test, url: string): Publisher {
  const models = new RedisModels(addressOf(url), 'test');
  t.teardown(() => models.close());
  const done = (reply: unknown): void => {
    if (typeof reply === 'object' && reply !== null) throw new Error(JSON.stringify(reply));
  };
  return {
    model: async (version, file) => {
      done(await models.writeBlob(version, file));
    },
    pointer: async (pointer) => {
      const stored = await models.read();
      if ('problem' in stored) throw new Error(stored.problem);
      done(await models.commit(stored.sequence, { pointer: writePointer(pointer), entries: [], removed: [] }));
    },
  };
}

function damaged(file: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(file);
  copy[copy.length - 9] = (copy[copy.length - 9] as number) ^ 1;
  return copy;
}

/** What holds on any bus. */
async function follows(t: Test, gavel: GavelProcess, bus: Publisher): Promise<void> {
  const live = (): Promise<number> => metric(gavel.port, 'gavel_model_version');
  const traffic = startTraffic(
    gavel.port,
    8,
    () => ({ path: '/bid', body: bidRequest() }),
    ({ status }, n) => (status === 200 ? undefined : `request ${n}: ${status}`),
  );
  t.equal(await live(), 1, 'before anything is published, model.bin');
  await bus.model(2, seededModelFile(2, 2));
  await bus.pointer({ sequence: 10, control: 2 });
  await until(async () => (await live()) === 2);

  await bus.model(3, damaged(seededModelFile(3, 3)));
  await bus.pointer({ sequence: 11, control: 3 });
  await gavel.logged('CRC does not match');
  await bus.model(4, seededModelFile(2, 2));
  await bus.pointer({ sequence: 12, control: 4 });
  await gavel.logged('its file says version 2');
  t.equal(await live(), 2, 'the old one stays');
  t.equal(await metric(gavel.port, 'gavel_model_loads_total{result="refused"}'), 2);

  await bus.model(3, seededModelFile(3, 3));
  await bus.pointer({ sequence: 13, control: 3 });
  await until(async () => (await live()) === 3);
  await bus.pointer({ sequence: 14, control: 2 });
  await until(async () => (await live()) === 2);
  t.pass('a rollback is the same flip');
  t.same(await traffic.stop(), []);
  t.ok(traffic.answers > 0);
}

t.test('the bus of a node that is alone: a folder', async (t) => {
  const gavel = await startGavel(t, { campaigns, env: { GAVEL_WORKERS: '2' } });
  const bus = toFolder(gavel);
  await follows(t, gavel, bus);
  await bus.pointer({ sequence: 3, control: 3 });
  writeFileSync(join(gavel.dataDir, 'models', POINTER_FILE), 'no pointer');
  await gavel.logged('holds no pointer');
  t.equal(
    await metric(gavel.port, 'gavel_model_version'),
    2,
    'it never goes back, and a broken pointer changes nothing',
  );
  writeFileSync(gavel.modelPath, seededModelFile(5, 5));
  await bus.pointer({ sequence: 15, control: 3 });
  await until(async () => (await metric(gavel.port, 'gavel_model_version')) === 3);
  t.notMatch(gavel.log, /"version":5/, 'model.bin has no say once there is a pointer');
  await bus.pointer({ sequence: 16, control: 6 });
  await gavel.logged('version 6: ');
  await bus.model(6, seededModelFile(6, 6));
  await until(async () => (await metric(gavel.port, 'gavel_model_version')) === 6);
  t.pass('bytes that come behind their pointer are found without another change of it');
});

t.test('a start takes the model of the pointer; with GAVEL_MODEL the bus is not looked at', async (t) => {
  const first = await startGavel(t, { campaigns });
  const bus = toFolder(first);
  await bus.model(2, seededModelFile(2, 2));
  await bus.pointer({ sequence: 1, control: 2 });
  await until(async () => (await metric(first.port, 'gavel_model_version')) === 2);
  first.signal('SIGTERM');
  await first.ended;
  const env = { GAVEL_DATA_DIR: first.dataDir };
  const second = await startGavel(t, { campaigns, env });
  t.match(second.output, /model {3}version 2 in \S+models$/m);
  second.signal('SIGTERM');
  await second.ended;
  const bound = await startGavel(t, { campaigns, env: { ...env, GAVEL_MODEL: first.modelPath } });
  t.match(bound.output, /model {3}version 1 in \S+model\.bin$/m);
});

t.test('the bus of nodes that share a Redis', async (t) => {
  const site = await startRedis('single');
  t.teardown(() => site.stop());
  const gavel = await startGavel(t, { campaigns, env: { REDIS_URL: site.url } });
  const bus = toRedis(t, site.url);
  await follows(t, gavel, bus);

  await site.servers[0]?.kill();
  await gavel.logged('the bus of models is of no use');
  t.equal(await metric(gavel.port, 'gavel_model_version'), 2, 'what is live stays');
  t.ok((await metric(gavel.port, 'gavel_ready')) === 1);
  t.same(
    readdirSync(join(gavel.dataDir, 'models')).sort(),
    ['2.model', 'live.json'],
    'what is live is kept for a start without Redis, and nothing else',
  );
  await site.servers[0]?.start();
  await gavel.logged('the bus of models answers');
  await bus.model(6, seededModelFile(6, 6));
  await bus.pointer({ sequence: 20, control: 6 });
  await until(async () => (await metric(gavel.port, 'gavel_model_version')) === 6);

  gavel.signal('SIGTERM');
  await gavel.ended;
  const link = new RedisLink(addressOf(site.url), { ...LINK_DEFAULTS, timeoutMs: 5000 });
  t.teardown(() => link.close());
  await link.connected(20_000);
  t.equal(await link.call('del', '{gavel:models}:live', '{gavel:models}:blob:6'), 2);
  const env = { GAVEL_DATA_DIR: gavel.dataDir, REDIS_URL: site.url };
  const again = await startGavel(t, { campaigns, env });
  t.match(again.output, /model {3}version 6 in /, 'where Redis has lost the pointer, what this node bid with');
});
