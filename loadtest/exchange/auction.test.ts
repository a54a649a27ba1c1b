// The rules of an auction, on any bids there could be.

import fc from 'fast-check';
import t from 'tap';
import { type Entry, LOSS, settle, type Terms } from './auction.js';

const price = fc.integer({ min: 1, max: 40 }); // few values, so that there are ties
const entry = fc.record({
  buyer: fc.integer({ min: 0, max: 5 }),
  priceMicros: price,
  deal: fc.constantFrom<string | undefined>('first', 'second', 'fixed', 'unknown', undefined, undefined, undefined),
});
const entries = fc.array(entry, { maxLength: 8 });
const floor = fc.integer({ min: 0, max: 30 });
const terms = fc
  .record({ type: fc.constantFrom<1 | 2>(1, 2), floorMicros: floor, first: price, second: price, fixed: price })
  .map(
    ({ type, floorMicros, first, second, fixed }): Terms => ({
      type,
      floorMicros,
      deals: [
        { id: 'first', type: 1, floorMicros: first },
        { id: 'second', type: 2, floorMicros: second },
        { id: 'fixed', type: 3, floorMicros: fixed },
      ],
    }),
  );
const tie = fc.double({ min: 0, max: 0.999, noNaN: true });
const open = entries.map((list) => list.map(({ buyer, priceMicros }): Entry => ({ buyer, priceMicros })));
const openTerms = terms.map((its): Terms => ({ ...its, deals: [] }));

const floorOf = ({ deal }: Entry, { floorMicros, deals }: Terms): number | undefined =>
  deal === undefined ? floorMicros : deals.find(({ id }) => id === deal)?.floorMicros;
const isValid = (one: Entry, its: Terms): boolean => one.priceMicros >= (floorOf(one, its) ?? Number.POSITIVE_INFINITY);

t.test('what wins is above its floor, and no valid bid of its rank is higher', async () => {
  fc.assert(
    fc.property(terms, entries, tie, (its, bids, draw) => {
      const { winner } = settle(its, bids, draw);
      const valid = bids.filter((one) => isValid(one, its));
      if (valid.length === 0) return winner === -1;
      const fixed = valid.filter(({ deal }) => deal === 'fixed');
      const rank = fixed.length > 0 ? fixed : valid;
      const won = bids[winner] as Entry;
      return rank.some((one) => one === won) && rank.every(({ priceMicros }) => priceMicros <= won.priceMicros);
    }),
  );
});

t.test('a winner pays its own price, the second price, or that of its deal, and never more than it bid', async () => {
  fc.assert(
    fc.property(terms, entries, tie, (its, bids, draw) => {
      const { winner, clearingMicros } = settle(its, bids, draw);
      const won = bids[winner];
      if (won === undefined) return clearingMicros === 0;
      const deal = its.deals.find(({ id }) => id === won.deal);
      const others = bids.filter((one) => one.buyer !== won.buyer && isValid(one, its));
      const second = Math.max(floorOf(won, its) as number, 1, ...others.map(({ priceMicros }) => priceMicros));
      const expected = { 1: won.priceMicros, 2: second, 3: deal?.floorMicros }[deal?.type ?? its.type];
      return clearingMicros === expected && clearingMicros <= won.priceMicros;
    }),
  );
});

t.test('in an open auction a bid of what a loser is told would have won is enough, and one below is not', async () => {
  fc.assert(
    fc.property(openTerms, open, tie, (its, bids, draw) => {
      const { winner, verdicts } = settle(its, bids, draw);
      return verdicts.every(({ toWinMicros }, i) => {
        if (toWinMicros === undefined || i === winner) return true;
        const again = (priceMicros: number, luck: number): boolean => {
          // Alone among its buyer's bids and last in line, so that a tie is won with the highest draw and no other.
          const own = { ...(bids[i] as Entry), priceMicros };
          const list = [...bids.filter(({ buyer }) => buyer !== own.buyer), own];
          return settle(its, list, luck).winner === list.length - 1;
        };
        return again(Math.max(1, toWinMicros), 0.999) && (toWinMicros <= 1 || !again(toWinMicros - 1, 0.999));
      });
    }),
  );
});

t.test('what a winner is told would still have won with it', async () => {
  fc.assert(
    fc.property(openTerms, open, tie, (its, bids, draw) => {
      const { winner, verdicts } = settle(its, bids, draw);
      const won = bids[winner];
      if (won === undefined) return true;
      const toWin = verdicts[winner]?.toWinMicros as number;
      const list = [...bids.filter(({ buyer }) => buyer !== won.buyer), { ...won, priceMicros: Math.max(1, toWin) }];
      return toWin <= won.priceMicros && settle(its, list, 0.999).winner === list.length - 1;
    }),
  );
});

t.test('each of equal bids wins its share of the draws', async (t) => {
  const bids: Entry[] = [7, 9, 9, 3, 9].map((priceMicros, buyer) => ({ buyer, priceMicros }));
  const wins = [0, 0, 0, 0, 0];
  for (let n = 0; n < 300; n++) {
    const { winner } = settle({ type: 2, floorMicros: 0, deals: [] }, bids, n / 300);
    wins[winner] = (wins[winner] as number) + 1;
  }
  t.same(wins, [0, 100, 100, 0, 100]);
});

t.test('a loser is told why', async (t) => {
  const deals = [{ id: 'd', type: 3 as const, floorMicros: 50 }];
  const reasons = (bids: Entry[]): number[] =>
    settle({ type: 1, floorMicros: 10, deals }, bids, 0).verdicts.map(({ reason }) => reason);
  t.same(
    reasons([
      { buyer: 0, priceMicros: 20 },
      { buyer: 1, priceMicros: 30 },
      { buyer: 2, priceMicros: 9 },
    ]),
    [LOSS.higherBid, LOSS.won, LOSS.belowFloor],
  );
  t.same(
    reasons([
      { buyer: 0, priceMicros: 50, deal: 'd' },
      { buyer: 1, priceMicros: 90 },
      { buyer: 2, priceMicros: 49, deal: 'd' },
      { buyer: 3, priceMicros: 90, deal: 'strange' },
    ]),
    [LOSS.won, LOSS.dealBid, LOSS.belowDealFloor, LOSS.invalidDeal],
  );
});

t.test('who lost to its own better bid, or to a fixed price, is told no price', async (t) => {
  const deals = [{ id: 'd', type: 3 as const, floorMicros: 50 }];
  const own = settle(
    { type: 1, floorMicros: 1, deals: [] },
    [
      { buyer: 0, priceMicros: 5 },
      { buyer: 0, priceMicros: 9 },
    ],
    0,
  );
  t.equal(own.verdicts[0]?.toWinMicros, undefined);
  const fixed = settle(
    { type: 1, floorMicros: 1, deals },
    [
      { buyer: 0, priceMicros: 80 },
      { buyer: 1, priceMicros: 50, deal: 'd' },
    ],
    0,
  );
  t.equal(fixed.verdicts[0]?.toWinMicros, undefined);
  t.equal(fixed.verdicts[1]?.toWinMicros, 50);
});
