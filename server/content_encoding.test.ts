// Content codings: what is taken, what is offered, and that a bomb stops at its bound.

import { gzipSync } from 'node:zlib';
import t from 'tap';
import { BAD_ENCODING, BODY_TOO_LARGE } from '../assembly/reasons.js';
import { acceptsGzip, decode, encodingOf, gzip } from './content_encoding.js';

t.test('Accept-Encoding', async (t) => {
  const cases: [string, boolean][] = [
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['deflate, gzip;q=0.5, br', true],
    ['*', true],
    ['*;q=0.1', true],
    ['identity', false],
    ['', false],
    ['br', false],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['gzip;q=0, *', false],
    ['*;q=0', false],
    ['*;q=0, gzip', true],
    ['gzip;q=nonsense', false],
    ['gzipped', false],
  ];
  for (const [header, accepts] of cases) t.equal(acceptsGzip(header), accepts, `"${header}"`);
});

t.test('Content-Encoding', async (t) => {
  t.equal(encodingOf(''), 'identity');
  t.equal(encodingOf('Identity'), 'identity');
  t.equal(encodingOf(' gzip '), 'gzip');
  t.equal(encodingOf('x-gzip'), 'gzip');
  t.equal(encodingOf('br'), undefined);
  t.equal(encodingOf('gzip, gzip'), undefined);
});

t.test('a body is inflated up to its bound', async (t) => {
  const body = Buffer.alloc(1000, 'x');
  t.same(decode(gzipSync(body), 'gzip', 1000), body);
  t.equal(decode(gzipSync(body), 'gzip', 999), BODY_TOO_LARGE);
  t.equal(decode(gzipSync(Buffer.alloc(50_000_000)), 'gzip', 1000), BODY_TOO_LARGE);
});

t.test('what is not gzip is a bad encoding', async (t) => {
  const whole = gzipSync('{"id":"1"}');
  t.equal(decode(Buffer.from('{"id":"1"}'), 'gzip', 1000), BAD_ENCODING);
  t.equal(decode(whole.subarray(0, 12), 'gzip', 1000), BAD_ENCODING, 'cut short');
  t.equal(decode(Buffer.alloc(0), 'gzip', 1000), BAD_ENCODING, 'empty');
});

t.test('a view of shared memory can be compressed', async (t) => {
  const shared = new Uint8Array(new SharedArrayBuffer(64)).fill(65);
  t.same(decode(gzip(shared.subarray(0, 32)), 'gzip', 64), Buffer.alloc(32, 'A'));
});
