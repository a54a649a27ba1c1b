// Micros in shared memory: what bids take, hold and get back.

import t from 'tap';
import { smallFunds } from './testing.js';

t.test('a reservation that does not fit changes nothing', async (t) => {
  const funds = smallFunds();
  funds.addAvailable(0, 0, 100);
  t.ok(funds.reserve(0, 0, 40, 60));
  t.notOk(funds.reserve(0, 0, 40, 41));
  t.ok(funds.reserve(0, 3, 40, 40), 'all of it fits');
  t.same([funds.available(0, 0), funds.held(0, 0), funds.reservedEver(0)], [0, 100, 100]);
  t.same([funds.available(1, 0), funds.held(1, 0), funds.held(0, 1)], [0, 0, 0], 'of this campaign and slot only');
});

t.test('a bucket is emptied once, and only itself', async (t) => {
  const funds = smallFunds();
  funds.addAvailable(0, 0, 100);
  funds.reserve(0, 2, 33, 10);
  funds.reserve(0, 2, 34, 20);
  funds.release(0, 0, 2, 34, 5);
  t.same([funds.emptyBucket(0, 0, 2, 33), funds.emptyBucket(0, 0, 2, 33)], [10, 0]);
  t.equal(funds.held(0, 0), 15);
  t.equal(funds.emptyBucket(0, 0, 2, 34 + 32), 15, 'a place comes again after 32 buckets');
});

t.test('what is below nothing is not taken back', async (t) => {
  const funds = smallFunds();
  funds.addAvailable(0, 1, 50);
  t.equal(funds.takeAvailable(0, 1, 30), 30);
  t.equal(funds.takeAvailable(0, 1, 30), 20);
  funds.addAvailable(0, 1, -7);
  t.equal(funds.takeAvailable(0, 1, 30), 0);
  t.equal(funds.available(0, 1), -7);
});

t.test('bids follow the current slot; a lease number has 32 bits; a cleared slot has nothing', async (t) => {
  const funds = smallFunds();
  funds.addAvailable(1, 0, 10);
  funds.addAvailable(1, 1, 20);
  funds.setLease(1, 1, 0xfffffffe);
  funds.setCurrent(1, 1);
  funds.reserve(1, 0, 5, 15);
  t.same([funds.available(1, 0), funds.available(1, 1), funds.lease(1, 1)], [10, 5, 0xfffffffe]);
  funds.clear(1, 1);
  t.same([funds.available(1, 1), funds.held(1, 1), funds.lease(1, 1), funds.available(1, 0)], [0, 0, 0, 10]);
});
