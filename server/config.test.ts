// The environment's schema: defaults, refusals, help.

import t from 'tap';
import { type Config, type ConfigError, defaultWorkers, describeKeys, readConfig, urlsOf } from './config.js';

const read = (environment: Record<string, string>): Config => readConfig(environment) as Config;
const problems = (environment: Record<string, string>): readonly string[] =>
  (readConfig(environment) as ConfigError).problems;

t.test('without any key, everything has a default', async (t) => {
  const config = read({ PATH: '/bin', HOME: '/' });
  t.match(config, { bidPort: 7507, host: '0.0.0.0', dataDir: '.gavel', tmaxMarginUs: 10_000, node: 0 });
  t.equal(config.campaignsPath, '.gavel/campaigns.json');
  t.ok(config.campaignsAreDefault && config.modelIsDefault && config.gzipResponses);
  t.equal(config.noticeKey, undefined);
  t.match(config, { adminPort: 7508, adminHost: '127.0.0.1', adminKey: undefined });
  t.ok(config.workers >= 1);
});

t.test('keys are read in their units', async (t) => {
  const config = read({
    GAVEL_BID_PORT: '0',
    GAVEL_WORKERS: '3',
    GAVEL_TMAX_MARGIN_MS: '25',
    GAVEL_DRAIN_SECONDS: '2',
    GAVEL_GZIP_RESPONSES: 'false',
    GAVEL_NOTICE_KEY: '000102030405060708090a0b0c0d0e0f',
    GAVEL_CAMPAIGNS: 'mine.json',
    GAVEL_DATA_DIR: 'data',
  });
  t.match(config, { bidPort: 0, workers: 3, tmaxMarginUs: 25_000, drainMs: 2000, gzipResponses: false });
  t.same([...(config.noticeKey ?? [])], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  t.equal(config.campaignsPath, 'mine.json');
  t.notOk(config.campaignsAreDefault);
  t.equal(config.modelPath, 'data/model.bin');
});

t.test('an empty value counts as not set', async (t) => {
  t.equal(read({ GAVEL_BID_PORT: '' }).bidPort, 7507);
});

t.test('an unknown key refuses the start and is named', async (t) => {
  t.same(problems({ GAVEL_PROT: '1' }), ['GAVEL_PROT: no such key; --help lists all']);
});

t.test('every problem is reported at once, with its key', async (t) => {
  const found = problems({ GAVEL_BID_PORT: '65536', GAVEL_WORKERS: '0', GAVEL_NODE: '1.5', GAVEL_LOG_LEVEL: 'loud' });
  t.equal(found.length, 4);
  t.match(found.join('\n'), /GAVEL_BID_PORT: a whole number from 0 to 65535, not "65536"/);
  t.match(found.join('\n'), /GAVEL_WORKERS: a whole number from 1 to 31/);
  t.match(found.join('\n'), /GAVEL_LOG_LEVEL: one of fatal/);
});

t.test('a bad secret is not repeated in the problem', async (t) => {
  const found = problems({ GAVEL_NOTICE_KEY: 'hunter2', GAVEL_ADMIN_KEY: 'hunter2' });
  t.equal(found.length, 2);
  t.notMatch(found.join('\n'), /hunter2/);
});

t.test('an admin key is long enough not to be guessed, and can stand in a header', async (t) => {
  t.equal(read({ GAVEL_ADMIN_KEY: 'x'.repeat(16) }).adminKey, 'x'.repeat(16));
  for (const key of ['x'.repeat(15), 'x'.repeat(257), 'sixteen letters and spaces', 'sechzehn-schlüssel']) {
    t.match(problems({ GAVEL_ADMIN_KEY: key }), [/^GAVEL_ADMIN_KEY: 16 to 256 printable/], key);
  }
});

t.test('bids and the admin port do not share a port', async (t) => {
  t.same(problems({ GAVEL_BID_PORT: '8000', GAVEL_ADMIN_PORT: '8000' }), [
    'GAVEL_ADMIN_PORT: 8000 is the port of bids',
  ]);
  t.same(problems({ GAVEL_BID_PORT: '7508' }), ['GAVEL_ADMIN_PORT: 7508 is the port of bids']);
  t.match(read({ GAVEL_BID_PORT: '0', GAVEL_ADMIN_PORT: '0' }), { bidPort: 0, adminPort: 0 });
});

t.test('markup is served over https where the notices are, unless told otherwise', async (t) => {
  t.same(urlsOf(read({}), 8000), { notices: 'http://127.0.0.1:8000', markup: 'https://127.0.0.1:8000' });
  const config = read({ GAVEL_NOTICE_URL: 'http://bid.example/', GAVEL_MARKUP_URL: 'http://cdn.example' });
  t.same(urlsOf(config, 8000), { notices: 'http://bid.example', markup: 'http://cdn.example' });
});

t.test('one core is left to the control thread, and at least one bids', async (t) => {
  t.equal(defaultWorkers(1), 1);
  t.equal(defaultWorkers(2), 1);
  t.equal(defaultWorkers(8), 7);
  t.equal(defaultWorkers(200), 31);
});

t.test('help has every key with its default and what it changes', async (t) => {
  const keys = describeKeys().match(/^ {2}(?:GAVEL_\w+|REDIS_URL|DATABASE_URL) \(.+\)\n {6}\S.+$/gm) ?? [];
  t.equal(keys.length, describeKeys().split('\n').length / 2);
  t.ok(keys.length >= 18);
});

t.test('old notice keys are read, and refused without being repeated', async (t) => {
  const [one, two] = ['ab'.repeat(16), 'CD'.repeat(16)];
  t.match(read({ GAVEL_NOTICE_KEYS_OLD: `7:${one}, 8:${two}` }).noticeKeysOld, [
    { id: 7, bytes: Buffer.from(one, 'hex') },
    { id: 8, bytes: Buffer.from(two, 'hex') },
  ]);
  t.same(read({}).noticeKeysOld, []);
  const wrong = [one, `7:${one.slice(1)}`, `256:${one}`, `7:${one},7:${two}`, `1:${one}`, `7:${one},`];
  for (const text of wrong) {
    const found = problems({ GAVEL_NOTICE_KEYS_OLD: text });
    t.match(found, [/^GAVEL_NOTICE_KEYS_OLD: /], text);
    t.notOk(found.join().includes(one.slice(1)), 'a key is a secret');
  }
});

t.test('price keys are read by exchange, in either base64, and refused without being repeated', async (t) => {
  const keys = [Buffer.alloc(32, 0xfb), Buffer.alloc(32, 2)] as const;
  for (const alphabet of ['base64', 'base64url'] as const) {
    const text = keys.map((key) => key.toString(alphabet)).join(':');
    const { priceKeys } = read({ GAVEL_PRICE_KEYS_OPEN_HOUSE: text });
    t.match(priceKeys, { OPEN_HOUSE: { encryption: keys[0], integrity: keys[1] } });
  }
  const one = keys[0].toString('base64');
  for (const text of [one, `${one}:`, `${one}:${one}:${one}`, `${one}:${one.slice(4)}`, `${one}:${one} `, 'x:y']) {
    const found = problems({ GAVEL_PRICE_KEYS_A: text });
    t.match(found, [/^GAVEL_PRICE_KEYS_A: /], text);
    t.notOk(found.join().includes(one), 'a key is a secret');
  }
});

t.test('notices count for a day, and wait in their thousands, unless told otherwise', async (t) => {
  t.match(read({}), { noticeLifeS: 86_400, noticesWaitingMax: 20_000 });
  const config = read({ GAVEL_NOTICE_LIFE_HOURS: '2', GAVEL_NOTICES_WAITING_MAX: '5' });
  t.match(config, { noticeLifeS: 7200, noticesWaitingMax: 5 });
});

t.test('with a shared Redis no token outlives what Redis remembers', async (t) => {
  const REDIS_URL = 'redis://127.0.0.1:6379';
  t.match(problems({ REDIS_URL, GAVEL_NOTICE_LIFE_HOURS: '25' })[0], /^GAVEL_NOTICE_LIFE_HOURS: at most 24/);
  t.equal(read({ REDIS_URL, GAVEL_NOTICE_LIFE_HOURS: '24' }).noticeLifeS, 86_400);
  t.equal(read({ GAVEL_NOTICE_LIFE_HOURS: '25' }).noticeLifeS, 90_000);
});
