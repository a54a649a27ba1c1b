// Marks of bids: kept as long as tokens live, found again after a dump.

import t from 'tap';
import { SeenNotices } from './seen_notices.js';

const HOUR_S = 3600;

t.test('marks are found among many, and of the right hour', async (t) => {
  const seen = new SeenNotices(HOUR_S);
  // The low bits of all of them meet, so that every place has neighbours.
  const bid = (n: number): bigint => (BigInt(n) << 20n) | 0xfffn;
  for (let n = 0; n < 3000; n++) seen.set(bid(n), n % 2, (n % 63) + 1);
  t.equal(seen.size, 3000);
  let wrong = 0;
  for (let n = 0; n < 3000; n++) if (seen.marks(bid(n), 1) !== (n % 63) + 1) wrong++;
  t.equal(wrong, 0);
  t.equal(seen.marks(bid(3000), 1), 0, 'unknown');
  t.equal(seen.marks(bid(1), HOUR_S), 0, 'the same id of another hour');
  seen.set(bid(1), 1, 64);
  t.same([seen.marks(bid(1), 1), seen.size], [64, 3000], 'a bid is not counted twice');
});

t.test('an hour is forgotten when its last token has died', async (t) => {
  const seen = new SeenNotices(2 * HOUR_S);
  seen.set(5n, HOUR_S - 1, 3);
  seen.forget(3 * HOUR_S + 60);
  t.equal(seen.marks(5n, HOUR_S - 1), 3, 'one may still be on its way');
  seen.forget(3 * HOUR_S + 61);
  t.equal(seen.marks(5n, HOUR_S - 1), 0);
});

t.test('a bid that holds longer than tokens live is remembered for as long, also by a dump', async (t) => {
  const first = new SeenNotices(HOUR_S);
  first.set(5n, 0, 2, 24 * HOUR_S);
  const again = new SeenNotices(HOUR_S);
  again.restore(structuredClone(first.dump()));
  for (const seen of [first, again]) {
    seen.forget(24 * HOUR_S);
    t.equal(seen.marks(5n, 0), 2, 'its bill comes again while its token is good');
    seen.forget(26 * HOUR_S);
    t.equal(seen.marks(5n, 0), 0);
  }
});

t.test('a dump holds everything', async (t) => {
  const seen = new SeenNotices(HOUR_S);
  seen.set(0n, 10, 1);
  seen.set(0xffffffffffffffffn, 10, 127);
  seen.set(7n, 10 + HOUR_S, 2);
  const again = new SeenNotices(HOUR_S);
  again.restore(structuredClone(seen.dump()));
  t.same([again.marks(0n, 10), again.marks(0xffffffffffffffffn, 11), again.marks(7n, 9 + HOUR_S)], [1, 127, 2]);
  t.equal(again.size, 3);
});
