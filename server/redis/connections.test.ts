// What a node says about its Redis, and how it finds back to it.

import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { until } from '../testing/gavel_process.js';
import { addressOf, withRedis } from '../testing/redis_case.js';
import { RedisConnections } from './connections.js';

withRedis(
  (test) => {
    test('the log says what Redis would lose, when it is away, and when it is back', async (t, redis) => {
      let log = '';
      const lines = new PassThrough().setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      const connections = new RedisConnections(addressOf(redis.site.url), 7, pino(lines), 10);
      t.teardown(() => connections.close());
      await until(() => log.includes('campaigns can spend that again'));
      t.match(connections.status(), { connected: true, losses: 0, lastError: '' });
      await until(() => connections.status().roundTripMs !== undefined);
      const clients = String(await connections.money.call('client', 'LIST'));
      t.match(clients, /name=gavel-7-money/);
      t.match(clients, /name=gavel-7-reads/);
      await redis.site.servers[0]?.kill();
      await until(() => log.includes('Redis is away'));
      t.match(connections.status(), { connected: false, lastError: /./ });
      t.match(await connections.money.call('ping'), { code: 'authority_away' });
      await redis.site.servers[0]?.start();
      await until(() => log.split('Redis is reached').length === 3);
      t.equal(await connections.money.call('ping'), 'PONG');
      t.ok(connections.status().losses > 0);
    });
  },
  { fsync: 'no', kinds: ['single'] },
);
