// Until when a bid is held, and at how much.

import t from 'tap';
import { bucketEndS, bucketOf, lastEnded, levelOf } from './reservations.js';

t.test('a bid is held in the lowest level that reaches its expiry', async (t) => {
  t.same([1, 28, 29, 56, 57, 86_400].map(levelOf), [0, 0, 1, 1, 2, 12]);
  t.throws(() => levelOf(28 * 2 ** 13));
});

t.test('a bucket ends after its bids have expired, and not by much', async (t) => {
  for (const expiryS of [1, 27, 28, 29, 600, 3600, 86_400]) {
    for (const issuedS of [1_780_000_000, 1_780_000_001, 1_780_004_095]) {
      const { level, bucket } = bucketOf(issuedS, expiryS);
      const heldS = bucketEndS(level, bucket) - issuedS - expiryS;
      t.ok(heldS > 0 && heldS <= 2 ** level, `${expiryS} s is held ${heldS} s longer`);
      t.ok(bucket - lastEnded(level, issuedS) < 32, 'no other bucket stands at its place');
      t.equal(lastEnded(level, bucketEndS(level, bucket)), bucket, 'it has ended in the second it ends');
      t.equal(lastEnded(level, bucketEndS(level, bucket) - 1), bucket - 1, 'and not before');
    }
  }
});
