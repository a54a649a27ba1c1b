// What each kind of notice says about the price to win (docs/landscape.md section 2).

import t from 'tap';
import { unpackFeatures } from '../../bidcore/feature_list.js';
import type { BidFacts, NoticeRecord } from '../../bidcore/money/event.js';
import { factsWith } from '../../bidcore/testing/notice_tokens.js';
import { priceObservation } from './observation.js';

const BID = 2_500_000;

function record(part: Partial<NoticeRecord>, facts: Partial<BidFacts> = {}): NoticeRecord {
  return {
    ...{ type: 'notice', kind: 'win', facts: factsWith({ priceMicros: BID, ...facts }), atMs: 0, by: 1, late: false },
    ...{ clearingMicros: undefined, quantity: undefined, lossReason: undefined, toWinMicros: undefined },
    ...{ name: undefined, errorCode: undefined, chargeMicros: 0 },
    ...part,
  };
}

const FIRST = { auction: 1 };
const SECOND = { auction: 2 };
const DEAL = { auction: 1, deal: true };

/** What is said: a price, a bound, or nothing. */
const CASES: readonly [string, Partial<NoticeRecord>, Partial<BidFacts>, number | 'below' | 'above' | undefined][] = [
  ['a win in first price: at most the bid', { clearingMicros: BID }, FIRST, 'below'],
  ['a win in first price below the bid: still only at most the bid', { clearingMicros: 2_000_000 }, FIRST, 'below'],
  ['a win in second price: what was paid', { clearingMicros: 1_200_000 }, SECOND, 1_200_000],
  ['a bill in second price: what was paid', { kind: 'bill', clearingMicros: 1_200_000 }, SECOND, 1_200_000],
  ['a win in second price that paid its bid: at most the bid', { clearingMicros: BID }, SECOND, 'below'],
  ['a win in second price above its bid (rounding): at most the bid', { clearingMicros: BID + 4000 }, SECOND, 'below'],
  ['a win in second price for nothing: at most the bid', { clearingMicros: 0 }, SECOND, 'below'],
  ['a win without a price: at most the bid', {}, SECOND, 'below'],
  ['a win that says what would have won', { toWinMicros: 900_000 }, FIRST, 900_000],
  ['a win of a deal with an auction', { clearingMicros: 1_200_000 }, { ...SECOND, deal: true }, 1_200_000],
  ['a fixed price: nothing', { clearingMicros: BID }, { auction: 3, deal: true }, undefined],
  [
    'an impression that bills: won',
    { kind: 'imp', clearingMicros: BID },
    { auction: 1, billedByImpression: true },
    'below',
  ],
  ['an impression that does not: its bill has said it', { kind: 'imp' }, FIRST, undefined],
  ['a click: nothing', { kind: 'click' }, FIRST, undefined],
  ['a test: nothing', {}, { auction: 1, test: true }, undefined],
  ['a record of before features: nothing', {}, { auction: 1, features: new Uint8Array(0) }, undefined],
  ['outbid: above the bid', { kind: 'loss', lossReason: 102 }, FIRST, 'above'],
  ['outbid, with the price to win', { kind: 'loss', lossReason: 102, toWinMicros: 3_000_000 }, FIRST, 3_000_000],
  ['a tie that lost: above the bid', { kind: 'loss', lossReason: 102, toWinMicros: BID }, FIRST, 'above'],
  ['outbid by less than was bid: nothing', { kind: 'loss', lossReason: 102, toWinMicros: 1 }, FIRST, undefined],
  ['below the floor: above the bid', { kind: 'loss', lossReason: 100 }, SECOND, 'above'],
  ['a deal below its floor: above the bid', { kind: 'loss', lossReason: 101 }, DEAL, 'above'],
  ['an open bid below the floor of a deal: nothing', { kind: 'loss', lossReason: 101 }, FIRST, undefined],
  ['lost to a deal: nothing', { kind: 'loss', lossReason: 103, toWinMicros: 3_000_000 }, FIRST, undefined],
  ['seat blocked: nothing', { kind: 'loss', lossReason: 104 }, FIRST, undefined],
  ['creative rejected: nothing', { kind: 'loss', lossReason: 202, toWinMicros: 3_000_000 }, FIRST, undefined],
  ['too late: nothing', { kind: 'loss', lossReason: 2 }, FIRST, undefined],
  ['lost with the reason "won": nothing', { kind: 'loss', lossReason: 0 }, FIRST, undefined],
  ['lost without a reason: above the bid', { kind: 'loss' }, FIRST, 'above'],
  ['lost without a reason, with the price to win', { kind: 'loss', toWinMicros: 2_600_000 }, FIRST, 2_600_000],
];

for (const [name, part, facts, expected] of CASES) {
  t.test(name, async (t) => {
    const said = priceObservation(record(part, facts), 1);
    t.equal(said?.outcome === 'exact' ? said.priceMicros : said?.outcome, expected);
  });
}

t.test('prices are in the base currency, the context is the first 20 features, the exchange the first', async (t) => {
  const notice = record({ clearingMicros: 1_000_000 }, SECOND);
  const features = unpackFeatures(notice.facts.features);
  t.same(priceObservation(notice, 0.5), {
    features: features.subarray(0, 20),
    bidMicros: BID / 2,
    outcome: 'exact',
    priceMicros: 500_000,
    exchangeFeature: features[0],
  });
  t.equal(priceObservation(notice, undefined), undefined, 'no rate, no price');
});
