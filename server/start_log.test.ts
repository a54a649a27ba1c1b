// The first line of the log says what runs and how it is set up, and no line of it has a secret.

import t from 'tap';
import { type Config, readConfig } from './config.js';
import { describedConfig } from './described_config.js';
import { campaignsOf } from './testing/campaigns.js';
import { startGavel } from './testing/gavel_process.js';

t.setTimeout(120_000);

const KEY = 'f00dfeedf00dfeedf00dfeedf00dfeed';
const OLD = 'deadbeefdeadbeefdeadbeefdeadbeef';
const PRICE = Buffer.alloc(32, 0x5a).toString('base64');

t.test('a start logs version, commit and configuration, and no secret', async (t) => {
  const admin = 'admin-key-of-this-test';
  const gavel = await startGavel(t, {
    campaigns: campaignsOf([{ id: 'all' }]),
    env: {
      GAVEL_COMMIT: 'abc123',
      GAVEL_ADMIN_KEY: admin,
      GAVEL_NOTICE_KEY: KEY,
      GAVEL_NOTICE_KEYS_OLD: `7:${OLD}`,
      GAVEL_PRICE_KEYS_MEADOW: `${PRICE}:${PRICE}`,
      GAVEL_NOTICE_URL: 'http://user:hunter2@bid.example/n',
      DATABASE_URL: 'postgres://gavel:hunter2@127.0.0.1:1/gavel?password=hunter2',
    },
  });
  gavel.signal('SIGTERM');
  t.match(await gavel.ended, { code: 0, signal: null });
  const [first] = gavel.log.split('\n').map((line) => (line === '' ? undefined : JSON.parse(line)));
  t.match(first, { msg: 'starting', version: /^\d+\.\d+\.\d+/, commit: 'abc123', node_js: process.version });
  t.match(first.config, {
    workers: 1,
    node: 0,
    adminKey: 'set',
    noticeKey: 'set',
    noticeKeysOld: [7],
    priceKeys: ['MEADOW'],
    noticeUrl: 'http://bid.example/n',
    databaseUrl: 'postgres://127.0.0.1:1/gavel',
  });
  for (const secret of [admin, KEY, OLD, PRICE, 'hunter2']) {
    t.notOk(gavel.log.includes(secret) || gavel.output.includes(secret), `${secret} is nowhere`);
  }
});

t.test('the password of Redis is left out, and so is one of a URL that cannot be read', async (t) => {
  const config = readConfig({
    REDIS_URL: 'redis://gavel:hunter2@redis:7501',
    DATABASE_URL: 'postgres://gavel:hunter2@[db/gavel',
  }) as Config;
  const described = describedConfig(config);
  t.match(described, { redis: 'redis://redis:7501', databaseUrl: 'set', adminKey: 'in the data folder' });
  t.notMatch(JSON.stringify(described), /hunter2/);
});
