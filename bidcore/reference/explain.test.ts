// Explanations say what the decision says, ad by ad, in sentences a trader can act on.

import t from 'tap';
import { MAX_BIDS } from '../../assembly/limits.js';
import * as layout from '../../assembly/model_layout.js';
import { NO_TARGETING } from '../../assembly/reasons.js';
import { writePolicy, zeroPolicy } from '../policy/policy_weights.js';
import { POLICY_INPUT_NAMES } from '../policy/slot_inputs.js';
import { REASONS } from '../reasons.js';
import {
  bodyOf,
  bookOfAdGroups,
  type Part,
  sampleAccount,
  sampleBook,
  sampleCampaign,
  sampleImp,
  sampleRequest,
  sampleSituation,
  sampleState,
} from '../testing/sample_book.js';
import { sampleModel } from '../testing/sample_model.js';
import { decide } from './decide.js';
import { type AdExplanation, type Explanation, explain } from './explain.js';
import { explanationText, OUTCOMES } from './explain_text.js';
import { f32At, modelNumbers } from './model.js';
import { policyAnswer } from './policy.js';
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
  { goal: { type: 'cpa', bid_micros: 8_500_000 } },
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
    explained({ at: 1 }, { campaign: () => sampleState({ policyMultiplier: 0.5, availableMicros: 10n ** 9n }) }),
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
  const level = capped?.price?.priceLevel ?? 1;
  t.not(level, 1);
  t.ok(capped?.why.endsWith(`, where prices are ${decimal(level)} times what is usual on the exchange`));
  t.equal(cpm?.price?.priceLevel, null, 'of a bid that was not made');
});

t.test('the policy is explained: what it sees by name, or why it says 1', async (t) => {
  const inputs = POLICY_INPUT_NAMES.map((_, i) => Math.fround(i / 20));
  const trained = sampleModel(1);
  const untrained = sampleModel(1);
  writePolicy(untrained, zeroPolicy());
  const of = (campaign: Part, policyInputs: readonly number[] | undefined, model = trained): Explanation => {
    const book = sampleBook({ accounts: [sampleAccount({ campaigns: [sampleCampaign(campaign)] })] });
    const state = sampleState({ policyMultiplier: 0.5, policyInputs });
    return explain(bodyOf(sampleRequest({})), sampleSituation(book, { model, campaign: () => state }));
  };
  const daily = { pacing: 'value', daily_budget_micros: 1_000_000_000 };
  const cases = [
    [of({ pacing: 'even' }, undefined), 'other_plan', 'it acts on pacing value, and this is even'],
    [of({ pacing: 'value' }, undefined), 'no_period', 'the campaign has neither a daily budget nor an end'],
    [of(daily, undefined), 'not_yet', 'no slot of the campaign has begun on this node'],
    [
      of(daily, inputs, untrained),
      'no_policy',
      /^the model has none that was trained; it sees budget_left 0, time_left 0.05/,
    ],
    [
      of(daily, [...inputs.slice(0, 4), 5, 0, -7, 0, 0, 0, 0, 0]),
      'outside',
      /range it has seen: ctr 5, price_level -7$/,
    ],
    [of(daily, inputs), 'decided', /^it sees budget_left 0, time_left 0.05, spend_rate 0.1, .*, traffic 0.55$/],
  ] as const;
  for (const [explanation, reason, why] of cases) {
    const policy = slotAds(explanation)[0]?.price?.policy;
    t.match(policy, { reason, why }, reason);
    t.match(explanationText(explanation, 'USD'), `policy 0.5: ${policy?.why}\n`);
  }
  const decided = slotAds(cases[5][0])[0]?.price?.policy;
  t.equal(decided?.inputs?.traffic, Math.fround(0.55));
  t.equal(decided?.mean, 1 + policyAnswer(trained, inputs, 0).mean);
});

t.test('the price level of a context is not mentioned where it is usual', async (t) => {
  const model = sampleModel(1);
  const { f32 } = modelNumbers(model);
  for (let feature = 0; feature < layout.FEATURES; feature++) {
    f32[f32At(layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE + layout.FEATURE_WEIGHT_LANDSCAPE)] = 0;
  }
  const won = slotAds(explained({ at: 1 }, { model })).find(({ outcome }) => outcome === 'won');
  t.equal(won?.price?.priceLevel, 1);
  t.match(won?.why, /of auctions at that price$/);
});

t.test('the model that predicts is named, and the candidate in words', async (t) => {
  const trial = { model: sampleModel(2), modelVersion: 12, salt: 0 };
  const of = (share: number): Explanation => explained({}, { trial: { ...trial, share } });
  t.same(of(0).model, { version: 7, arm: 'control' });
  t.same(of(1).model, { version: 12, arm: 'candidate' });
  t.not(slotAds(of(1))[1]?.price?.ctr, slotAds(of(0))[1]?.price?.ctr);
  t.match(explanationText(of(1), 'USD'), '\n  predicted by the candidate, model 12\n');
  t.notMatch(explanationText(of(0), 'USD'), 'candidate');
  t.equal(explain(bodyOf('{'), sampleSituation(BOOK)).model, null);
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
  t.equal(second?.slots[0]?.ads[0]?.why, 'the book has banner ads; the impression has video');
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
  t.match(
    text,
    /Impression 1, id "i1"\n {2}banner: 300×250\n {2}Open auction, second price, floor 0\.5 USD CPM = 0\.45 EUR\n/,
  );
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

t.test('every outcome an ad can have is in the text', async (t) => {
  const ofAds = REASONS.filter(({ code }) => code >= NO_TARGETING).map(({ label }) => label);
  t.same(OUTCOMES, ['won', 'response_full', 'outbid', ...ofAds.reverse()]);
});

t.test('what an impression takes is told format by format', async (t) => {
  const video = {
    minduration: 5,
    maxduration: 30,
    protocols: [2, 7],
    protocol: 3,
    plcmt: 1,
    linearity: 1,
    skip: 0,
    companionad: [{ w: 300, h: 250 }],
    mimes: ['video/mp4'],
    battr: [16],
    api: [7],
    podid: 'p1',
    poddur: 60,
    maxseq: 3,
    durfloors: [
      { mindur: 0, maxdur: 15, bidfloor: 2 },
      { mindur: 16, bidfloor: 3.5 },
    ],
    mincpmpersec: 0.1,
  };
  const assets = [
    { id: 1, required: 1, title: { len: 25 } },
    { id: 2, required: 1, img: { type: 3, w: 1200, wmin: 600, hmin: 300, mimes: ['image/png'] } },
    { id: 3, data: { type: 12 } },
    { id: 4, data: { type: 600 } },
    { id: 5, video: {} },
  ];
  const request = { native: { assets, eventtrackers: [{ event: 1, methods: [1] }] } };
  const imp = {
    ...sampleImp({ instl: 1, rwdd: 1, secure: 1, bidfloor: 1 }),
    video,
    audio: { rqddurs: [15, 30] },
    native: { request },
  };
  const explanation = explained({ imp: [imp, { id: 2, native: { request: '{' } }] });
  t.same(explanation.impressions[0]?.takes, [
    'banner: 300×250',
    'video: 5 to 30 s, in a pod of 60 s, protocols 2, 7, 3, placement 1 (in-stream), linearity 1, not skippable, ' +
      'companions 300×250, MIME types video/mp4, not attributes 16, APIs 7',
    'audio: 15 or 30 s',
    'native: title of up to 25 characters (required), main image with width 1200, width from 600, height from 300, ' +
      'image/png (required), call to action, data of type 600, video, event trackers, wrapped',
    'place: rewarded, interstitial, https only',
    'pod: id p1, 60 s to fill, up to 3 ads',
  ]);
  t.same(explanation.impressions[1]?.takes, ['native: its request cannot be read']);
  const slot = explanation.impressions[0]?.slots[0];
  t.same(slot?.floor, { amount: 1, currency: 'USD' });
  t.same(slot?.floorsByDuration, [
    'video of 0 to 15 s: 2 USD',
    'video of 16 s or more: 3.5 USD',
    'other video: 0.1 USD a second',
  ]);
  t.match(
    explanationText(explanation, 'USD'),
    /floor 1 USD CPM, floor for video of 0 to 15 s: 2 USD CPM, floor for video of 16 s or more: 3\.5 USD CPM, /,
  );
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
