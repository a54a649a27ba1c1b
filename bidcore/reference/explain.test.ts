// Explanations say what the decision says, ad by ad, in sentences a trader can act on.

import t from 'tap';
import { MAX_BIDS } from '../../assembly/limits.js';
import {
  bodyOf,
  bookOfAdGroups,
  type Part,
  sampleBook,
  sampleImp,
  sampleRequest,
  sampleSituation,
} from '../testing/sample_book.js';
import { decide } from './decide.js';
import { type AdExplanation, type Explanation, explain } from './explain.js';
import { explanationText } from './explain_text.js';
import type { Situation } from './situation.js';
import { decimal, money, some } from './wording.js';

const GROUPS: readonly Part[] = [
  {},
  { goal: { type: 'cpc', bid_micros: 500_000 } },
  { goal: { type: 'cpm', bid_micros: 90_000_000 }, max_bid_cpm_micros: 12_000_000 },
  { targeting: { countries: ['USA', 'CAN'] } },
  { targeting: { domains_excluded: ['news.example'] } },
  { targeting: { deals: ['d1'] } },
  { goal: { type: 'cpm', bid_micros: 400_000 } },
  { goal: { type: 'cpa', bid_micros: 9_000_000 } },
];
const BOOK = bookOfAdGroups(GROUPS, {}, { rates: { EUR: 0.9 } });

function explained(request: Part, situation: Partial<Situation> = {}): Explanation {
  return explain(bodyOf(sampleRequest(request)), sampleSituation(BOOK, situation));
}

const german = { device: { geo: { country: 'DEU' } } };
/** Ads of a slot of the first impression in the order of their ad groups, which is not that of the book. */
function slotAds(explanation: Explanation, slot = 0): readonly AdExplanation[] {
  return explanation.impressions[0]?.slots[slot]?.ads.toSorted((a, b) => (a.adGroup < b.adGroup ? -1 : 1)) ?? [];
}

const indexOf = (adGroup: string): number | undefined => BOOK.ads.find((ad) => ad.adGroup.id === adGroup)?.index;

t.test('each ad has its outcome and a sentence with the values at hand', async (t) => {
  const ads = slotAds(explained({ ...german, imp: [sampleImp({ bidfloor: 0.5 })] }));
  t.equal(ads.length, GROUPS.length);
  t.same(
    ads.map((ad) => ad.outcome),
    ['outbid', 'outbid', 'won', 'no_targeting', 'no_targeting', 'no_deal', 'below_floor', 'outbid'],
  );
  t.equal(ads[0]?.why, 'would pay 10 USD CPM; c1/g3/cr1 would pay 12 USD');
  t.equal(ads[2]?.why, 'bids 12 USD CPM: all it would pay, since the winner pays the second price');
  t.equal(ads[3]?.why, 'targets countries USA, CAN; the request says deu');
  t.equal(ads[4]?.why, 'excludes domains news.example; the request says news.example, example');
  t.equal(ads[5]?.why, 'bids on deals only (d1); this is the open auction');
  t.equal(ads[6]?.why, 'would pay 0.4 USD CPM; the floor is 0.5 USD');
});

t.test('the arithmetic of a price is laid open', async (t) => {
  const [cpm, cpc, capped] = slotAds(
    explained({ at: 1 }, { campaign: () => ({ multiplier: 0.5, open: true, availableMicros: 10n ** 9n }) }),
  );
  t.match(cpm?.price, {
    goal: 'cpm',
    valueMicros: 10_000_000,
    multiplier: 0.5,
    willingMicros: 5_000_000,
    priceMicros: null,
  });
  t.equal(cpc?.price?.valueMicros, 500_000 * 1000 * (cpc?.price?.ctr ?? 0));
  t.match(capped?.price, { valueMicros: 90_000_000, capMicros: 12_000_000, willingMicros: 12_000_000 });
  const price = capped?.price?.priceMicros ?? 0;
  const won = capped?.price?.winProbability ?? 0;
  t.ok(price > 0 && price < 12_000_000 && won > 0 && won < 1, `${price} at ${won}`);
  t.match(capped?.why, /shaded to the most expected surplus/);
});

t.test('every slot is explained, with its deal, its floor and its winner', async (t) => {
  const deals = [{ id: 'd1', at: 3, bidfloor: 2, bidfloorcur: 'EUR' }, { id: 'd2' }];
  const explanation = explained({ at: 1, imp: [sampleImp({ bidfloor: 1, pmp: { deals } }), { id: 9, video: {} }] });
  const [first, second] = explanation.impressions;
  t.match(first?.slots, [
    {
      deal: 'd1',
      auction: 'fixed price',
      floor: { amount: 2, currency: 'EUR' },
      lowestPriceMicros: 2_222_222,
      winner: indexOf('g6'),
    },
    { deal: 'd2', auction: 'first price', floor: { amount: 1, currency: 'USD' }, winner: null },
    { deal: null, auction: 'first price', floor: { amount: 1, currency: 'USD' }, winner: indexOf('g3') },
  ]);
  t.match(slotAds(explanation)[0]?.why, /names no deal; this one is d1/);
  t.match(second, { id: '9', slots: [{ winner: null }] });
  t.equal(second?.slots[0]?.ads[0]?.why, 'the ads are banners; the impression takes video');
});

t.test('a request that ends before the ads says why', async (t) => {
  t.match(explained({ tmax: 5 }), {
    status: 204,
    outcome: 'too_little_time',
    why: /tmax is 5 ms; less a margin of 20000 µs/,
    impressions: [],
  });
  t.match(explained({ cur: ['GBP'] }).why, /takes GBP; the book has rates for EUR, USD/);
  t.match(explained({ wseat: ['x'] }).why, /seat s1 is not in wseat \(x\)/);
  t.match(explain(bodyOf('{"id":1}'), sampleSituation(BOOK)), { status: 400, outcome: 'missing_imp', request: [] });
});

t.test('a winner without room in the response is told so', async (t) => {
  const imps = Array.from({ length: MAX_BIDS + 1 }, (_, i) => sampleImp({ id: i }));
  const last = explained({ imp: imps }).impressions.at(-1)?.slots[0];
  t.equal(last?.winner, null);
  t.match(last?.ads[indexOf('g3') ?? -1], { outcome: 'response_full', why: 'a response holds at most 32 bids' });
});

t.test('it tells the story of the decision', async (t) => {
  const requests: Part[] = [
    {},
    german,
    { at: 1 },
    { cur: ['EUR'], at: 1, imp: [sampleImp({ bidfloor: 3 }), sampleImp({ id: 2, pmp: { deals: [{ id: 'd1' }] } })] },
    { imp: [sampleImp({ bidfloor: 99 })] },
    { imp: [sampleImp({ pmp: { private_auction: 1 } })] },
    { bcat: ['IAB1'], badv: ['example'] },
    { imp: [sampleImp({ banner: { w: 1, h: 1 } })] },
    { imp: [sampleImp({ bidfloor: 1, bidfloorcur: 'XXX' })] },
  ];
  for (const request of requests) {
    const situation = sampleSituation(BOOK);
    const { bids, response } = decide(bodyOf(sampleRequest(request)), situation);
    const explanation = explained(request);
    const winners = explanation.impressions.flatMap((imp) =>
      imp.slots.flatMap(({ winner, ads }) =>
        winner === null ? [] : [[imp.index, winner, ads[winner]?.price?.priceMicros]],
      ),
    );
    t.same(
      winners,
      bids.map((bid) => [bid.imp, bid.ad, Number(bid.priceMicros)]),
      JSON.stringify(request),
    );
    t.equal(explanation.status, response === undefined ? 204 : 200);
  }
});

t.test('it is plain data', async (t) => {
  const explanation = explained({ ...german, at: 1 });
  t.same(JSON.parse(JSON.stringify(explanation)), explanation);
});

t.test('the text names the answer, the slots and a few ads of each outcome', async (t) => {
  const text = explanationText(explained({ ...german, cur: ['EUR'], imp: [sampleImp({ bidfloor: 0.5 })] }), 'USD', 2);
  t.match(
    text,
    /^Bid \(HTTP 200\)\. 1 bid of 8 ads\.\n {2}id: "r1"\n {2}site: news\.example\n {2}place: country deu\n/,
  );
  t.match(text, /Impression 1, id "i1"\n {2}Open auction, second price, floor 0\.5 USD CPM = 0\.45 EUR\n/);
  t.match(text, /won\n {6}c1\/g3\/cr1: bids 10\.8 EUR CPM/);
  t.match(text, /90 USD for a thousand impressions × multiplier 1 = 90 USD CPM, limited to 12 USD/);
  t.match(
    text,
    /outbid \(3 ads\)\n {6}c1\/g1\/cr1: .*\n.*\n {6}c1\/g8\/cr1: .*\n.*\n {6}and 1 more\n/,
    'dearest first',
  );
  t.match(text, /no_targeting \(2 ads\)/);
  t.match(explanationText(explained({ tmax: 5 }), 'USD'), /^No bid: too_little_time \(HTTP 204\)\. /);
});

t.test('a book of one ad reads in the singular', async (t) => {
  const text = explanationText(explain(bodyOf(sampleRequest(german)), sampleSituation(sampleBook())), 'USD');
  t.match(text, /1 bid of 1 ad\./);
});

t.test('numbers and lists are written for people', async (t) => {
  t.equal(some([]), 'nothing');
  t.equal(some(Array.from({ length: 11 }, (_, i) => i)), '0, 1, 2, 3, 4, 5, 6, 7 and 3 more');
  t.equal(money(1_250_000, 'EUR'), '1.25 EUR');
  t.same([0, 1, 100, 0.1, 0.00012345678, 1e-9].map(decimal), ['0', '1', '100', '0.1', '0.000123457', '0.000000001']);
});
