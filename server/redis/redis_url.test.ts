// What REDIS_URL may say.

import t from 'tap';
import { describeAddress, isRedisUrlError, parseRedisUrl } from './redis_url.js';

t.test('one server, with what it needs', async (t) => {
  const plain = { cluster: false, tls: false, username: undefined, password: undefined, database: 0 };
  t.match(parseRedisUrl('redis://localhost'), { ...plain, hosts: [{ host: 'localhost', port: 6379 }] });
  t.match(parseRedisUrl('localhost:7501'), { ...plain, hosts: [{ host: 'localhost', port: 7501 }] });
  t.match(parseRedisUrl('rediss://me:s%40crt@[::1]:7501/3'), {
    tls: true,
    username: 'me',
    password: 's@crt',
    database: 3,
    hosts: [{ host: '::1', port: 7501 }],
  });
});

t.test('a list of hosts, or the scheme, makes a cluster', async (t) => {
  const hosts = [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ];
  for (const text of ['a:1,b:2', 'redis://a:1, redis://b:2', 'redis+cluster://a:1,b:2']) {
    t.match(parseRedisUrl(text), { cluster: true, tls: false, hosts }, text);
  }
  t.match(parseRedisUrl('rediss+cluster://u:p@a:1'), { cluster: true, tls: true, username: 'u', password: 'p' });
});

t.test('what is not understood is refused, and no password is repeated', async (t) => {
  const wrong = ['', 'http://a', 'redis://', 'redis://a:x', 'redis://a/16', 'redis://a/b', 'redis+cluster://a:1/2'];
  for (const text of [...wrong, 'redis://a:1,rediss://b:2', 'redis://a?x=1', 'a,,b']) {
    t.match(parseRedisUrl(text), { code: 'invalid_redis_url', problem: /^REDIS_URL: / }, text);
  }
  const address = parseRedisUrl('redis+cluster://me:secret@a:1,b:2');
  if (isRedisUrlError(address)) throw new Error(address.problem);
  t.equal(describeAddress(address), 'redis+cluster://a:1,b:2');
});
