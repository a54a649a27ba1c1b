// What a notice costs, and which do.

import t from 'tap';
import { bills, chargeMicros, isLate } from './charge.js';
import { factsOf, noticeOf, T0_S } from './testing.js';

t.test('one kind of notice bills: the billing notice, or the impression where there is none', async (t) => {
  const byImpression = factsOf({ billedByImpression: true });
  t.same([bills(noticeOf('bill')), bills(noticeOf('imp')), bills(noticeOf('win'))], [true, false, false]);
  t.same([bills(noticeOf('bill', byImpression)), bills(noticeOf('imp', byImpression))], [false, true]);
  t.notOk(bills(noticeOf('bill', factsOf({ test: true }))));
});

t.test('a charge is in proportion to price and quantity, rounded down, and never above the reservation', async (t) => {
  t.equal(chargeMicros(factsOf(), 2_000_000, undefined), 1000);
  t.equal(chargeMicros(factsOf(), 1_000_001, undefined), 500);
  t.equal(chargeMicros(factsOf(), 1, undefined), 0);
  const dear = factsOf({ reservedMicros: 2235, priceMicros: 2_234_634 });
  t.equal(chargeMicros(dear, 1_500_000, undefined), 1500, 'whole micros come out exactly');
  t.equal(chargeMicros(factsOf(), 0, undefined), 0);
  t.equal(chargeMicros(factsOf(), 4_000_000, undefined), 1000, 'a price above the bid costs no more');
  t.equal(chargeMicros(factsOf({ quantity: 4 }), 1_000_000, 1), 125);
  t.equal(chargeMicros(factsOf({ quantity: 4 }), 2_000_000, 9), 1000, 'more than was sold counts as all of it');
  t.equal(chargeMicros(factsOf(), 2_000_000, 0), 0);
});

t.test('products above 2^53 are exact', async (t) => {
  const facts = factsOf({ reservedMicros: 9_007_199_254_740, priceMicros: 3_000_001 });
  const exact = (9_007_199_254_740n * 2_999_999n) / 3_000_001n;
  t.equal(chargeMicros(facts, 2_999_999, undefined), Number(exact));
});

t.test('a notice is late from the first millisecond behind the expiry', async (t) => {
  t.notOk(isLate(noticeOf('bill', factsOf(), { atMs: (T0_S + 10) * 1000 })));
  t.ok(isLate(noticeOf('bill', factsOf(), { atMs: (T0_S + 10) * 1000 + 1 })));
});
