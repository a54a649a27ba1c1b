// The bytes of models in a real Redis: there as a whole and for good, or gone after a while.

import { until } from '../testing/gavel_process.js';
import { addressOf, withRedis } from '../testing/redis_case.js';
import { RedisModels } from './models.js';

const BYTES = 64 * 2 ** 20;

withRedis((test) => {
  test('an upload that is broken off expires, one that is complete does not', async (t, redis) => {
    const link = await redis.link();
    const key = (version: number): string => `{${redis.namespace}:models}:blob:${version}`;
    const models = new RedisModels(addressOf(redis.site.url), 'writer', redis.namespace);
    t.teardown(() => models.close());
    t.equal(await models.writeBlob(1, new Uint8Array(3_000_000).fill(7)), undefined);
    t.equal(await link.call('pttl', key(1)), -1, 'it stays');
    t.equal(await link.call('exists', `${key(1)}:new`), 0);
    t.equal(((await models.blob(1, (length) => new Uint8Array(length))) as Uint8Array).length, 3_000_000);

    const broken = models.writeBlob(2, new Uint8Array(BYTES));
    await until(async () => Number(await link.call('pttl', `${key(2)}:new`)) > 0);
    models.close();
    t.match(await broken, { problem: String });
    t.ok(Number(await link.call('pttl', `${key(2)}:new`)) > 0, 'what is left of it goes by itself');
    t.equal(await link.call('exists', key(2)), 0);
  });
});
