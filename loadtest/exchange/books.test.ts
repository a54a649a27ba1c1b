// The comparison of two sides' books: nothing where they agree, every way they can differ.

import fc from 'fast-check';
import t from 'tap';
import { chargeMicros } from '../../bidcore/money/charge.js';
import type { BidFacts } from '../../bidcore/money/event.js';
import { Books, chargeOf, compareBooks, differencesText } from './books.js';

function booksWith(tampering?: 'dropped' | 'altered'): Books {
  const books = new Books(tampering);
  for (let n = 0; n < 10; n++) {
    const campaign = n % 2 === 0 ? 'even' : 'odd';
    books.accept('win', campaign, `b${n}`, 0);
    books.accept('bill', campaign, `b${n}`, 100 + n);
    if (n === 3) books.accept('click', campaign, `b${n}`, 0);
  }
  return books;
}

t.test('equal books have no differences', async (t) => {
  t.same(compareBooks(booksWith(), booksWith()), []);
});

t.test('a bill that one side forgot is found, by campaign and by bid', async (t) => {
  const found = compareBooks(booksWith('dropped'), booksWith());
  t.same(
    found.map(({ campaign, what, exchange, bidder }) => [campaign, what, exchange - bidder]),
    [
      ['even', 'bill', -1],
      ['even', 'chargeMicros', -100],
      ['bid b0', 'chargeMicros', -100],
    ],
  );
  t.match(differencesText(found), /bid b0 +chargeMicros +0 +100 +-100/);
});

t.test('a charge that is a micro off is found', async (t) => {
  const found = compareBooks(booksWith('altered'), booksWith());
  t.same(
    found.map(({ campaign, exchange, bidder }) => [campaign, exchange - bidder]),
    [
      ['even', 1],
      ['bid b0', 1],
    ],
  );
});

t.test('books of a run without an end keep sums, and nothing by bid', async (t) => {
  const books = new Books('altered', false);
  for (let n = 0; n < 10; n++) books.accept('bill', 'c', `b${n}`, 100);
  t.equal(books.charges, undefined);
  t.match(books.total(), { bill: 10, chargeMicros: 1001 });
  t.same(
    compareBooks(books, booksWith()).filter(({ campaign }) => campaign.startsWith('bid ')),
    [],
  );
});

t.test('a campaign that only one side knows is found', async (t) => {
  const more = booksWith();
  more.accept('imp', 'stranger', 'b99', 0);
  t.same(compareBooks(booksWith(), more), [{ campaign: 'stranger', what: 'imp', exchange: 0, bidder: 1 }]);
});

t.test('charges are worked out as the bidder does, from price and terms alone', async () => {
  const micros = fc.integer({ min: 1, max: 100_000_000 });
  fc.assert(
    fc.property(micros, micros, fc.constantFrom(1, 0.859, 0.859 / 1.1, 147.5), (price, told, wire) => {
      const reservedMicros = Math.ceil(((price / wire) * 1) / 1000);
      const facts = { reservedMicros, priceMicros: price, quantity: 1 } as BidFacts;
      return chargeOf(price, told, { wire }) === chargeMicros(facts, Math.min(told, price), undefined);
    }),
  );
});
