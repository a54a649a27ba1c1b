// The limit on requests a second, with a clock of its own.

import t from 'tap';
import { TokenBucket } from './token_bucket.js';

/** Requests admitted of `count` at one time. */
function admitted(bucket: TokenBucket, count: number, nowMs: number): number {
  return Array.from({ length: count }, () => bucket.take(nowMs)).filter(Boolean).length;
}

t.test('a bucket starts with a tenth of a second of its rate, and then holds the rate', async (t) => {
  const bucket = new TokenBucket(1000, 5000);
  t.equal(admitted(bucket, 500, 5000), 100);
  t.equal(admitted(bucket, 500, 5010), 10);
  t.notOk(bucket.take(5010.5));
  t.ok(bucket.take(5011));
  t.notOk(bucket.take(5011));
});

t.test('a pause makes up for a tenth of a second, however long it was', async (t) => {
  const bucket = new TokenBucket(1000, 0);
  t.equal(admitted(bucket, 500, 60_000), 100);
});

t.test('a low rate admits one request at a time', async (t) => {
  const bucket = new TokenBucket(0.5, 0);
  t.ok(bucket.take(0));
  t.notOk(bucket.take(1999));
  t.ok(bucket.take(2000));
  t.notOk(bucket.take(2001));
  t.equal(admitted(bucket, 5, 100_000), 1);
});

t.test('over a long time the rate is what is admitted, whatever is asked for', async (t) => {
  const bucket = new TokenBucket(250, 0);
  let total = 0;
  for (let ms = 1; ms <= 10_000; ms++) total += admitted(bucket, 3, ms);
  t.ok(Math.abs(total - 2500) <= 26, `${total} in ten seconds`);
});
