// Each gate, for its reason: one ad, one request that it lets through, and what turns it away.

import t from 'tap';
import * as reasons from '../../assembly/reasons.js';
import type { Book } from '../book.js';
import { reasonOf } from '../reasons.js';
import {
  bodyOf,
  bookOfAdGroups,
  bookTargeting,
  type Part,
  sampleAccount,
  sampleBook,
  sampleCampaign,
  sampleCreative,
  sampleImp,
  sampleRequest,
  sampleSituation,
  sampleState,
} from '../testing/sample_book.js';
import { decide } from './decide.js';
import type { Situation } from './situation.js';

/** Outcome of a request as a word: `bid` or the label of its reason. */
function outcome(book: Book, request: Part, situation: Partial<Situation> = {}): string {
  const { reason } = decide(bodyOf(sampleRequest(request)), sampleSituation(book, situation));
  return reason === reasons.REASON_NONE ? 'bid' : reasonOf(reason).label;
}

/** Outcome of an impression whose banner is 300 × 250 unless given. */
function impOutcome(book: Book, imp: Part): string {
  return outcome(book, { imp: [sampleImp(imp)] });
}

const bannerOutcome = (book: Book, banner: Part): string => impOutcome(book, { banner: { w: 300, h: 250, ...banner } });

type Case = readonly [targeting: Part, request: Part, expected: boolean];

const geo = (place: Part): Part => ({ device: { geo: place } });
const site = (part: Part): Part => ({ site: part });
const segments = (...ids: string[]): Part => ({ user: { data: [{ segment: ids.map((id) => ({ id })) }] } });

const TARGETING: readonly Case[] = [
  [{}, {}, true],
  [{ countries: [], domains: [], hours: [] }, {}, true],
  [{ exchanges: ['default'] }, {}, true],
  [{ exchanges: ['x1'] }, {}, false],
  [{ inventory: ['site'] }, {}, true],
  [{ inventory: ['app', 'dooh'] }, {}, false],
  [{ inventory: ['app'] }, { site: null, app: {} }, true],
  [{ inventory: ['site'] }, { site: null }, false],
  [{ hours: [13] }, {}, true],
  [{ hours: [12, 14] }, {}, false],
  [{ weekdays: [2] }, {}, true],
  [{ weekdays: [3] }, {}, false],
  [{ hours: [13], weekdays: [3] }, {}, false],
  [{ countries: ['DEU', 'USA'] }, geo({ country: 'DEU' }), true],
  [{ countries: ['DEU', 'USA'] }, geo({ country: 'us' }), true],
  [{ countries: ['DEU'] }, geo({ country: 'FRA' }), false],
  [{ countries: ['DEU'] }, {}, false],
  [{ regions: ['Ca'] }, geo({ region: 'cA' }), true],
  [{ regions: ['ca'] }, geo({ region: 'ny' }), false],
  [{ cities: ['New York'] }, geo({ city: 'NEW YORK' }), true],
  [{ cities: ['ulm'] }, { ...geo({ city: 'Ulm' }), regs: { coppa: 1 } }, false],
  [{ postcodes: ['89073'] }, geo({ zip: 89073 }), true],
  [{ postcodes: ['SW1A 1AA'] }, geo({ zip: 'sw1a 1aa' }), true],
  [{ device_types: [4, 5] }, { device: { devicetype: 5 } }, true],
  [{ device_types: [4] }, {}, false],
  [{ operating_systems: ['iOS'] }, { device: { os: 'ios' } }, true],
  [{ languages: ['EN'] }, { device: { language: 'en-GB' } }, true],
  [{ languages: ['de'] }, { device: { language: 'en' } }, false],
  [{ connection_types: [2] }, { device: { connectiontype: '2' } }, true],
  [{ connection_types: [0] }, {}, false],
  [{ domains: ['News.example'] }, site({ domain: 'www.news.example' }), true],
  [{ domains: ['www.news.example'] }, site({ domain: 'sport.news.example' }), true],
  [{ domains: ['example'] }, site({ domain: 'news.example' }), true],
  [{ domains: ['sport.news.example'] }, site({ domain: 'news.example' }), false],
  [{ domains: ['ews.example'] }, site({ domain: 'news.example' }), false],
  [{ domains: ['news.example'] }, site({ page: 'https://www.news.example/a' }), true],
  [{ domains: ['news.example'] }, site({}), false],
  [{ domains: ['www.www.news.example'] }, site({ domain: 'www.www.news.example' }), true],
  [{ domains: ['www.www.news.example'] }, site({ domain: 'news.example' }), false],
  [{ domains_excluded: ['news.example'] }, site({ domain: 'a.news.example' }), false],
  [{ domains_excluded: ['news.example'] }, site({ domain: 'other.example' }), true],
  [{ domains_excluded: ['news.example'] }, site({}), true],
  [{ bundles: ['COM.Game'] }, { site: null, app: { bundle: 'com.game' } }, true],
  [{ bundles_excluded: ['com.game'] }, { site: null, app: { bundle: 'Com.Game' } }, false],
  [{ bundles: ['com.game'] }, site({ bundle: 'com.other' }), false],
  [{ publishers: ['Pub1'] }, site({ publisher: { id: 'Pub1' } }), true],
  [{ publishers: ['Pub1'] }, site({ publisher: { id: 'pub1' } }), false],
  [{ publishers: ['991'] }, site({ publisher: { id: 991 } }), true],
  [{ publishers_excluded: ['Pub1'] }, site({ publisher: { id: 'Pub1' } }), false],
  [{ categories: ['IAB9'] }, site({ cat: ['IAB1', 'iab9-30'] }), true],
  [{ categories: ['IAB9-30'] }, site({ cat: ['IAB9'] }), false],
  [{ categories: ['IAB9'] }, site({ cat: ['IAB9'], cattax: 7 }), false],
  [{ categories: ['7:B1'] }, site({ cat: ['b3'], cattax: 7 }), true],
  [{ categories: ['B1'] }, site({ cat: ['b3'], cattax: 7 }), false],
  [{ categories: ['IAB9'] }, site({}), false],
  [{ categories_excluded: ['IAB9'] }, site({ cat: ['IAB9-1'] }), false],
  [{ categories_excluded: ['IAB9'] }, site({ cat: ['IAB1'] }), true],
  [{ segments: ['s1', 's2'] }, segments('x', 's2'), true],
  [{ segments: ['S2'] }, segments('s2'), false],
  [{ segments: ['s2'] }, { ...segments('s2'), regs: { coppa: 1 } }, false],
  [{ segments_excluded: ['s2'] }, segments('x', 's2'), false],
  [{ segments_excluded: ['s2'] }, {}, true],
  [{ identified_users: true }, { user: { id: 'u' } }, true],
  [{ identified_users: true }, {}, false],
  [{ identified_users: false }, {}, true],
  [{ identified_users: false }, { device: { ifa: 'x' } }, false],
  [{ identified_users: true }, { user: { id: 'u' }, regs: { us_privacy: '1YYN' } }, false],
];

t.test('an ad bids only where every restriction of its targeting holds', async (t) => {
  const file = { category_parents: { 7: { b3: 'B2', b2: 'b1' } }, exchanges: [{ id: 'x1' }] };
  for (const [targeting, request, expected] of TARGETING) {
    const name = `${JSON.stringify(targeting)} with ${JSON.stringify(request)}`;
    t.equal(outcome(bookTargeting(targeting, {}, file), request), expected ? 'bid' : 'no_targeting', name);
  }
});

t.test('the exchange is the one the request came from', async (t) => {
  const book = bookTargeting({ exchanges: ['x1'] }, {}, { exchanges: [{ id: 'x0' }, { id: 'x1' }] });
  t.equal(outcome(book, {}, { exchange: 2 }), 'bid');
  t.equal(outcome(book, {}, { exchange: 1 }), 'no_targeting');
});

t.test('a book without ads has no format', async (t) => {
  t.equal(outcome(sampleBook({ accounts: [sampleAccount({ campaigns: [] })] }), {}), 'no_format');
  t.equal(
    outcome(sampleBook({ accounts: [sampleAccount({ campaigns: [sampleCampaign({ status: 'paused' })] })] }), {}),
    'no_format',
  );
});

t.test('seats: wseat lets in, bseat shuts out, each exactly', async (t) => {
  const one = sampleBook();
  const accounts = ['a1', 'a2'].map((id, i) =>
    sampleAccount({ id, seat: `s${i + 1}`, campaigns: [sampleCampaign({ id })] }),
  );
  const two = sampleBook({ accounts });
  t.equal(outcome(one, { wseat: ['s1', 'x'] }), 'bid');
  t.equal(outcome(one, { wseat: ['S1'] }), 'seat_blocked');
  t.equal(outcome(one, { bseat: ['s1'] }), 'seat_blocked');
  t.equal(outcome(one, { wseat: [], bseat: ['x'] }), 'bid');
  t.equal(outcome(one, { wseat: ['s1'], bseat: ['s1'] }), 'bid', 'with wseat, bseat is not looked at');
  t.equal(outcome(two, { bseat: ['s1', 's2'] }), 'seat_blocked');
  const { response } = decide(bodyOf(sampleRequest({ bseat: ['s1'] })), sampleSituation(two));
  t.same(
    JSON.parse(response ?? 'null').seatbid.map((s: { seat: string }) => s.seat),
    ['s2'],
  );
  const targeted = sampleBook({ accounts: [sampleAccount({ campaigns: [] }), accounts[1]] });
  t.equal(outcome(targeted, { wseat: ['s1'] }), 'no_targeting', 'a seat that is let in but has no ads');
});

t.test('bcat blocks a category and its children, of the same taxonomy only', async (t) => {
  const book = bookTargeting({}, { categories: ['IAB25-3'] });
  t.equal(outcome(book, { bcat: ['iab25-3'] }), 'blocked');
  t.equal(outcome(book, { bcat: ['IAB25'] }), 'blocked');
  t.equal(outcome(book, { bcat: ['IAB25-4', 'IAB2'] }), 'bid');
  t.equal(outcome(book, { bcat: ['IAB25'], cattax: 2 }), 'bid');
  const seven = bookTargeting(
    {},
    { categories: ['b3'], cattax: 7 },
    { category_parents: { 7: { b3: 'b2', b2: 'b1' } } },
  );
  t.equal(outcome(seven, { bcat: ['B1'], cattax: 7 }), 'blocked');
  t.equal(outcome(seven, { bcat: ['B1'] }), 'bid');
  t.equal(
    outcome(bookTargeting({}, { categories: ['IAB25'] }), { bcat: ['IAB25-3'] }),
    'bid',
    'a child does not block its parent',
  );
});

t.test('acat lets in only what it names', async (t) => {
  const book = bookTargeting({}, { categories: ['IAB25-3'] });
  t.equal(outcome(book, { acat: ['IAB25'] }), 'bid');
  t.equal(outcome(book, { acat: ['IAB1'] }), 'blocked');
  t.equal(outcome(book, { acat: ['IAB25'], cattax: 2 }), 'blocked');
  t.equal(outcome(book, { acat: [null, ''] }), 'bid', 'no usable entry');
  t.equal(outcome(sampleBook(), { acat: ['IAB25'] }), 'blocked', 'a creative without a category');
});

t.test('badv blocks an advertiser and its subdomains', async (t) => {
  const book = bookTargeting({}, { advertiser_domains: ['shop.Adv.example', 'b.example'] });
  for (const blocked of ['ADV.example', 'www.shop.adv.example', 'example', 'b.example']) {
    t.equal(outcome(book, { badv: [blocked] }), 'blocked', blocked);
  }
  t.equal(outcome(book, { badv: ['dv.example', 'x.shop.adv.example', 'www.'] }), 'bid');
});

t.test('bapp blocks the advertised app', async (t) => {
  const book = bookTargeting({}, { bundle: 'com.Game' });
  t.equal(outcome(book, { bapp: ['COM.game'] }), 'blocked');
  t.equal(outcome(book, { bapp: ['com.other'] }), 'bid');
});

t.test('an impression without a format of the book has no format', async (t) => {
  t.equal(outcome(sampleBook(), { imp: [{ id: 1, video: {}, native: '{}' }] }), 'no_format');
  t.equal(impOutcome(sampleBook(), { banner: null }), 'no_format');
  t.equal(impOutcome(sampleBook(), { banner: [] }), 'no_format');
});

t.test('the size is one of the formats, else of the banner', async (t) => {
  const book = sampleBook();
  const format = (...format: unknown[]): string => bannerOutcome(book, { w: 1, h: 1, format });
  t.equal(bannerOutcome(book, {}), 'bid');
  t.equal(bannerOutcome(book, { w: 250, h: 300 }), 'no_size');
  t.equal(bannerOutcome(book, { w: null }), 'no_size', 'no usable size fits nothing');
  t.equal(format({ w: 728, h: 90 }, { w: '300', h: 250.9 }), 'bid');
  t.equal(bannerOutcome(book, { format: [{ w: 728, h: 90 }] }), 'no_size', 'formats go before the banner');
  t.equal(bannerOutcome(book, { format: [{}, 7, { w: 0, h: 5 }] }), 'bid', 'unusable formats do not');
  t.equal(format({ wratio: 6, hratio: 5 }), 'bid');
  t.equal(format({ wratio: 6, hratio: 5, wmin: 300 }), 'bid');
  t.equal(format({ wratio: 6, hratio: 5, wmin: 301 }), 'no_size');
  t.equal(format({ wratio: 5, hratio: 6 }), 'no_size');
  t.equal(format({ w: 300, wratio: 6, hratio: 5 }), 'bid', 'half a size is none: the ratio counts');
  t.equal(format({ w: 728, h: 90, wratio: 6, hratio: 5 }), 'no_size', 'a whole size goes before a ratio');
  t.equal(format({ w: 70000, h: 250 }), 'no_size');
});

t.test('a size that other ads have is a creative that does not fit', async (t) => {
  const other = sampleCreative({ id: 'cr2', w: 728, h: 90, advertiser_domains: ['blocked.example'] });
  const book = bookOfAdGroups([{ creatives: ['cr1', 'cr2'] }], { creatives: [sampleCreative(), other] });
  const banner = { w: 728, h: 90 };
  t.equal(impOutcome(book, { banner }), 'bid');
  t.equal(outcome(book, { badv: ['blocked.example'], imp: [sampleImp({ banner })] }), 'no_creative');
});

t.test('rewarded and interstitial places are taken or left as the ad group says', async (t) => {
  const rewarded = (targeting: boolean, imp: Part): string => impOutcome(bookTargeting({ rewarded: targeting }), imp);
  const prebid = { ext: { prebid: { is_rewarded_inventory: 1 } } };
  t.equal(rewarded(true, { rwdd: 1 }), 'bid');
  t.equal(rewarded(true, { rwdd: 0, ...prebid }), 'bid', 'where it stood before 2.6');
  t.equal(rewarded(true, {}), 'no_creative');
  t.equal(rewarded(true, { rwdd: 2 }), 'no_creative');
  t.equal(rewarded(false, { rwdd: 1 }), 'no_creative');
  t.equal(rewarded(false, prebid), 'no_creative');
  t.equal(rewarded(false, {}), 'bid');
  const interstitial = (targeting: boolean, instl: unknown): string =>
    impOutcome(bookTargeting({ interstitial: targeting }), { instl });
  t.same(
    [interstitial(true, 1), interstitial(true, 0), interstitial(false, true), interstitial(false, null)],
    ['bid', 'no_creative', 'no_creative', 'bid'],
  );
  t.equal(impOutcome(bookTargeting({ video_placements: [1] }), {}), 'bid', 'video placements are not about banners');
});

t.test('secure=1 asks for markup without http://', async (t) => {
  const plain = bookTargeting({}, { image_url: 'http://cdn.example/a.png' });
  t.equal(impOutcome(plain, { secure: 1 }), 'no_creative');
  t.equal(impOutcome(plain, { secure: 0 }), 'bid');
  t.equal(impOutcome(plain, { secure: '' }), 'bid');
  t.equal(impOutcome(sampleBook(), { secure: '1' }), 'bid');
});

t.test('banner type, attributes, API frameworks and MIME types bind the creative', async (t) => {
  const book = bookTargeting({}, { banner_type: 3, attributes: [6, 9], apis: [5, 7], mime: 'Text/HTML' });
  const api = [5, 7, 3];
  t.equal(bannerOutcome(book, { api }), 'bid');
  t.equal(bannerOutcome(book, { api, btype: [3] }), 'no_creative');
  t.equal(bannerOutcome(book, { api, btype: [1, 2] }), 'bid');
  t.equal(bannerOutcome(book, { api, battr: [9] }), 'no_creative');
  t.equal(bannerOutcome(book, { api, battr: [1] }), 'bid');
  t.equal(bannerOutcome(book, { api: [5] }), 'no_creative', 'a framework that is not listed is not supported');
  t.equal(bannerOutcome(book, {}), 'no_creative');
  t.equal(bannerOutcome(book, { api, mimes: ['image/png', 'TEXT/html'] }), 'bid');
  t.equal(bannerOutcome(book, { api, mimes: ['image/png'] }), 'no_creative');
  t.equal(bannerOutcome(book, { api, mimes: [null] }), 'bid');
});

t.test('the open auction takes ads without deals, or those that say so', async (t) => {
  t.equal(outcome(bookTargeting({ deals: ['d1'] }), {}), 'no_deal');
  t.equal(outcome(bookTargeting({ deals: [] }), {}), 'bid');
  t.equal(outcome(bookTargeting({ deals: ['d1'], open_auction: true }), {}), 'bid');
  t.equal(outcome(bookTargeting({ open_auction: false }), {}), 'no_deal');
});

t.test('a deal takes the ads that name it, within its wseat and wadomain', async (t) => {
  const book = bookTargeting({ deals: ['d1', '7'] }, { advertiser_domains: ['shop.adv.example'] });
  const deal = (part: Part): string =>
    impOutcome(book, { pmp: { private_auction: 1, deals: [{ id: 'd1', ...part }] } });
  t.equal(deal({}), 'bid');
  t.equal(deal({ id: 7 }), 'bid');
  t.equal(deal({ id: 'D1' }), 'unknown_deal');
  t.equal(deal({ wseat: ['s1'] }), 'bid');
  t.equal(deal({ wseat: ['s2'] }), 'no_deal');
  t.equal(deal({ wadomain: ['WWW.adv.example', 'x'] }), 'bid');
  t.equal(deal({ wadomain: ['shop.adv.example'] }), 'bid');
  t.equal(deal({ wadomain: ['a.shop.adv.example'] }), 'no_deal');
  t.equal(deal({ wseat: [null], wadomain: 'x' }), 'bid', 'lists without usable entries restrict nothing');
});

t.test('a private auction has no open slot, with or without deals', async (t) => {
  const pmp = (part: Part): string => impOutcome(sampleBook(), { pmp: part });
  t.equal(pmp({ private_auction: 1, deals: [{ id: 'd1' }] }), 'unknown_deal');
  t.equal(pmp({ private_auction: true }), 'unknown_deal');
  t.equal(pmp({ private_auction: 0, deals: [{ id: 'd1' }] }), 'bid');
  t.equal(pmp({ private_auction: 1, deals: [{}] }), 'unknown_deal');
});

t.test('a fixed price without a bidfloor of its own takes no ad', async (t) => {
  const book = bookTargeting({ deals: ['d1'] });
  const deal = (part: Part): string =>
    impOutcome(book, { bidfloor: 1, pmp: { private_auction: 1, deals: [{ id: 'd1', at: 3, ...part }] } });
  t.equal(deal({ bidfloor: 2 }), 'bid');
  t.equal(deal({}), 'unknown_deal');
  t.equal(deal({ bidfloor: 0 }), 'unknown_deal');
});

t.test('a floor in a currency without a rate cannot be met', async (t) => {
  const book = sampleBook({ rates: { EUR: 0.9 } });
  t.equal(impOutcome(book, { bidfloor: 1, bidfloorcur: 'GBP' }), 'no_rate');
  t.equal(impOutcome(book, { bidfloor: 0, bidfloorcur: 'GBP' }), 'bid');
  t.equal(impOutcome(book, { bidfloor: 1, bidfloorcur: 'eur' }), 'bid');
  t.equal(
    impOutcome(sampleBook({ currency: 'EUR' }), { bidfloor: 1, bidfloorcur: 'EUR' }),
    'no_currency',
    'no rate for USD',
  );
});

t.test('a campaign that is closed or out of budget does not bid', async (t) => {
  const book = sampleBook();
  const state = (part: Part) => ({
    campaign: () => sampleState({ availableMicros: 10_000n, ...part }),
  });
  t.equal(outcome(book, {}, state({})), 'bid', '10 CPM is 10000 micros an impression');
  t.equal(outcome(book, {}, state({ open: false })), 'campaign_closed');
  t.equal(outcome(book, {}, state({ availableMicros: 9_999n })), 'no_budget');
  t.equal(outcome(book, {}, state({ availableMicros: 9_999n, policyMultiplier: 0.5 })), 'bid');
  t.equal(outcome(book, {}, state({ availableMicros: -5n, policyMultiplier: 0.5 })), 'no_budget');
});

t.test('at a fixed price the budget is held against that price', async (t) => {
  const book = bookTargeting({ deals: ['d1'] });
  const imp = [sampleImp({ pmp: { deals: [{ id: 'd1', at: 3, bidfloor: 2 }] } })];
  const state = (availableMicros: bigint) => ({ campaign: () => sampleState({ availableMicros }) });
  t.equal(outcome(book, { imp }, state(2_000n)), 'bid');
  t.equal(outcome(book, { imp }, state(1_999n)), 'no_budget');
});

t.test('a bid equal to the floor is valid, one below is not', async (t) => {
  t.equal(impOutcome(sampleBook(), { bidfloor: 10 }), 'bid');
  t.equal(impOutcome(sampleBook(), { bidfloor: 10.000001 }), 'below_floor');
});

t.test('what an impression counts for is held against the budget', async (t) => {
  const state = { campaign: () => sampleState({ availableMicros: 25_000n }) };
  const counting = (multiplier: unknown): string =>
    outcome(sampleBook(), { imp: [sampleImp({ qty: { multiplier } })] }, state);
  t.equal(counting(2.5), 'bid', '10 CPM is 10000 micros an impression');
  t.equal(counting(2.50001), 'no_budget');
  t.equal(counting('3'), 'no_budget');
  for (const unusable of [0, -3, null, 'x']) t.equal(counting(unusable), 'bid', `${unusable}`);
  const rich = { campaign: () => sampleState({ availableMicros: 10_000_000_000n }) };
  t.equal(outcome(sampleBook(), { imp: [sampleImp({ qty: { multiplier: 1e12 } })] }, rich), 'bid', 'at most 1e6');
});

t.test('a floor that no ad of the size may reach closes the slot', async (t) => {
  const cpm = { goal: { type: 'cpm', bid_micros: 10_000_000 }, max_bid_cpm_micros: 15_000_000 } as const;
  const book = bookOfAdGroups([cpm]);
  t.equal(impOutcome(book, { bidfloor: 15 }), 'below_floor', 'a multiplier might have reached it');
  t.equal(impOutcome(book, { bidfloor: 15.000001 }), 'floor_too_high', 'above the cap');
  const low = bookOfAdGroups([{ ...cpm, max_bid_cpm_micros: 90_000_000 }]);
  t.equal(impOutcome(low, { bidfloor: 20 }), 'below_floor');
  t.equal(impOutcome(low, { bidfloor: 20.000001 }), 'floor_too_high', 'above twice the bid');
  t.equal(outcome(low, { imp: [sampleImp({ bidfloor: 21 })], bcat: ['IAB1'] }), 'floor_too_high', 'no ad is looked at');
});

t.test('the highest gate any slot reached is the reason', async (t) => {
  const book = bookTargeting({ deals: ['d1'] });
  const imps = [sampleImp({ pmp: { deals: [{ id: 'd1', bidfloor: 11 }] } }), { id: 2, video: {} }, sampleImp()];
  t.equal(outcome(book, { imp: imps }), 'below_floor');
  t.equal(outcome(book, { imp: imps.slice(1) }), 'no_deal');
  t.equal(outcome(book, { imp: imps.slice(1, 2) }), 'no_format');
});

t.test('the request as a whole fails in its order', async (t) => {
  const book = sampleBook();
  t.equal(outcome(book, { tmax: 20.9 }), 'too_little_time', 'a margin of 20 ms and 1 ms of work');
  t.equal(outcome(book, { tmax: 21 }), 'bid');
  t.equal(outcome(book, { tmax: '5', cur: ['GBP'] }), 'too_little_time');
  t.equal(outcome(book, { cur: ['GBP'], bseat: ['s1'] }), 'no_currency');
  t.equal(outcome(book, { tmax: 1, id: 'x'.repeat(600) }), 'over_limit');
});
