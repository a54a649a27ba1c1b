// The gates of the accounts: each for its reason, their order, and what a request ends with when no account passes.

import t from 'tap';
import type { Book } from '../book.js';
import { bitfield, coreString } from '../testing/bit_writer.js';
import {
  bodyOf,
  type Part,
  sampleAccount,
  sampleBook,
  sampleCampaign,
  sampleRequest,
  sampleSituation,
} from '../testing/sample_book.js';
import { outcome } from '../testing/sample_formats.js';
import { decide } from './decide.js';
import { type AccountExplanation, explain } from './explain.js';
import { explanationText } from './explain_text.js';

const bookWith = (policy: Part, file: Part = {}): Book =>
  sampleBook({ accounts: [sampleAccount({ policy })], ...file });

t.test('without consent to basic advertising an account bids, or does not, as it says', async (t) => {
  const file = { privacy: { tcf_vendor_id: 28 } };
  const without = bookWith({ without_consent: 'no_bid' }, file);
  const regs = { gdpr: 1 };
  const consent = (purposes: number[]): Part => ({
    user: { consent: coreString({ consents: purposes, vendorConsents: bitfield([28]) }) },
  });
  t.equal(outcome(without, { regs }), 'no_consent');
  t.equal(outcome(without, { regs, ...consent([1, 4]) }), 'no_consent');
  t.equal(outcome(without, { regs, ...consent([2]) }), 'bid');
  t.equal(outcome(without, { regs: { coppa: 1 } }), 'bid', 'other signals are no consent');
  t.equal(outcome(without, { device: { geo: { country: 'DEU' } } }), 'no_consent', 'unknown, but in the EEA');
  t.equal(outcome(without, { regs: { gdpr: 0 }, device: { geo: { country: 'DEU' } } }), 'bid');
  t.equal(outcome(bookWith({ without_consent: 'contextual' }, file), { regs }), 'bid');
  t.equal(outcome(bookWith({}, file), { regs }), 'bid', 'contextual unless told otherwise');
});

t.test('crawlers are known by parts of their user agents', async (t) => {
  const device = (ua: unknown): Part => ({ device: { ua } });
  const no = bookWith({ crawlers: 'no_bid' }, { traffic: { crawler_agents: ['GoogleBot', 'x y'] } });
  t.equal(outcome(no, device('Mozilla/5.0 (compatible; GOOGLEBOT/2.1)')), 'crawler');
  t.equal(outcome(no, device('axx y')), 'crawler');
  t.equal(outcome(no, device('Mozilla/5.0 (iPhone)')), 'bid');
  t.equal(outcome(no, device('')), 'bid');
  t.equal(outcome(no, {}), 'bid');
  t.equal(outcome(bookWith({}), device('Googlebot/2.1')), 'bid', 'bid unless told otherwise');
  t.equal(outcome(bookWith({ crawlers: 'no_bid' }), device('curl/8.0')), 'crawler', 'a list comes with it');
  t.equal(outcome(bookWith({ crawlers: 'no_bid' }, { traffic: { crawler_agents: [] } }), device('curl/8.0')), 'bid');
});

t.test('data centres are known by the ranges of their addresses', async (t) => {
  const traffic = { datacentre_ranges: ['192.0.2.128/25', '10.1.2.3/32', '172.16.0.9/12'] };
  const no = bookWith({ datacentres: 'no_bid' }, { traffic });
  const of = (ip: unknown, book = no): string => outcome(book, { device: { ip } });
  for (const ip of ['192.0.2.128', '192.0.2.255', '10.1.2.3', '172.16.0.0', '172.31.255.255']) {
    t.equal(of(ip), 'datacentre', ip);
  }
  for (const ip of ['192.0.2.127', '192.0.3.0', '10.1.2.2', '10.1.2.4', '172.32.0.0', '172.15.255.255']) {
    t.equal(of(ip), 'bid', ip);
  }
  for (const ip of [
    '10.1.2.03',
    '10.1.2.3 ',
    '10.1.2',
    '10.1.2.3.4',
    '010.1.2.3',
    '10.1.2.259',
    '::ffff:10.1.2.3',
    7,
  ]) {
    t.equal(of(ip), 'bid', `${ip} is no IPv4 address`);
  }
  t.equal(of('10.1.2.3', bookWith({}, { traffic })), 'bid', 'bid unless told otherwise');
  t.equal(
    of('255.255.255.255', bookWith({ datacentres: 'no_bid' }, { traffic: { datacentre_ranges: ['0.0.0.0/0'] } })),
    'datacentre',
  );
});

t.test('an account blocks publishers, domains, apps and categories', async (t) => {
  const site = (part: Part): Part => ({ site: part });
  const publishers = bookWith({ blocked: { publishers: ['Pub1', '7'] } });
  t.equal(outcome(publishers, site({ publisher: { id: 'Pub1' } })), 'blocked_publisher');
  t.equal(outcome(publishers, site({ publisher: { id: 7 } })), 'blocked_publisher');
  t.equal(outcome(publishers, site({ publisher: { id: 'pub1' } })), 'bid', 'exactly');
  const domains = bookWith({ blocked: { domains: ['www.Bad.example'] } });
  t.equal(outcome(domains, site({ domain: 'a.bad.example' })), 'brand_safety');
  t.equal(outcome(domains, site({ page: 'https://BAD.example/x' })), 'brand_safety');
  t.equal(outcome(domains, site({ domain: 'notbad.example' })), 'bid');
  t.equal(outcome(domains, site({})), 'bid', 'an absent fact is not blocked');
  const bundles = bookWith({ blocked: { bundles: ['COM.bad'] } });
  t.equal(outcome(bundles, { site: null, app: { bundle: 'com.BAD' } }), 'brand_safety');
  t.equal(outcome(bundles, { site: null, app: { bundle: 'com.bad.x' } }), 'bid');
  const parents = { category_parents: { 7: { b3: 'b1' } } };
  const categories = bookWith({ blocked: { categories: ['IAB25', '7:B1'] } }, parents);
  t.equal(outcome(categories, site({ cat: ['IAB1', 'iab25-3'] })), 'brand_safety');
  t.equal(outcome(categories, site({ cat: ['B3'], cattax: 7 })), 'brand_safety');
  t.equal(outcome(categories, site({ cat: ['IAB25'], cattax: 7 })), 'bid');
});

t.test('the supply chain may have to be complete, or to be there', async (t) => {
  const of = (schain: string, source: unknown): string => outcome(bookWith({ schain }), { source });
  const complete = { schain: { complete: 1, nodes: [] } };
  const incomplete = { schain: { complete: 0 } };
  t.same(
    ['any', 'complete', 'required'].map((wanted) => of(wanted, complete)),
    ['bid', 'bid', 'bid'],
  );
  t.same(
    ['any', 'complete', 'required'].map((wanted) => of(wanted, incomplete)),
    ['bid', 'incomplete_schain', 'incomplete_schain'],
  );
  t.same(
    ['any', 'complete', 'required'].map((wanted) => of(wanted, {})),
    ['bid', 'bid', 'incomplete_schain'],
  );
  t.equal(of('required', { ext: complete }), 'bid', 'where it stood before 2.6');
  t.equal(of('complete', { ...incomplete, ext: complete }), 'incomplete_schain', 'source goes first');
  t.equal(of('required', { schain: [], ext: complete }), 'bid');
  t.equal(of('complete', { schain: {} }), 'incomplete_schain');
});

t.test('a seller in the supply chain may be blocked, as a system or with its id', async (t) => {
  const book = bookWith({ blocked_nodes: ['Bad.example', 'x.example/S1', 'y.example/a/b'] });
  const of = (...nodes: unknown[]): string => outcome(book, { source: { schain: { complete: 1, nodes } } });
  t.equal(of({ asi: 'good.example', sid: 's' }, { asi: 'BAD.example', sid: 's' }), 'blocked_node');
  t.equal(of({ asi: 'bad.example' }), 'blocked_node');
  t.equal(of({ asi: 'sub.bad.example' }), 'bid');
  t.equal(of({ asi: 'X.example', sid: 'S1' }), 'blocked_node');
  t.equal(of({ asi: 'x.example', sid: 's1' }), 'bid', 'the id exactly');
  t.equal(of({ asi: 'x.example' }), 'bid');
  t.equal(of({ asi: 'y.example', sid: 'a/b' }), 'blocked_node', 'the first slash parts them');
  t.equal(of({ asi: 'x.example', sid: 'x' }, { asi: 'z.example', sid: 'S1' }), 'bid', 'of one node');
  t.equal(of(7, { sid: 'S1' }, {}), 'bid');
  t.equal(outcome(book, {}), 'bid');
});

/** A request that fails every gate of an account. */
const EVERYTHING: Part = {
  bseat: ['s1'],
  regs: { gdpr: 1 },
  device: { ua: 'curl/8', ip: '10.0.0.1' },
  site: { domain: 'bad.example', publisher: { id: 'p' } },
  source: { schain: { complete: 0, nodes: [{ asi: 'bad.example' }] } },
};

/** Of each gate: what of the policy makes it fail then. */
const POLICIES: readonly (readonly [label: string, policy: Part])[] = [
  ['no_consent', { without_consent: 'no_bid' }],
  ['crawler', { crawlers: 'no_bid' }],
  ['datacentre', { datacentres: 'no_bid' }],
  ['blocked_publisher', { blocked: { publishers: ['p'] } }],
  ['brand_safety', { blocked: { domains: ['bad.example'] } }],
  ['incomplete_schain', { schain: 'complete' }],
  ['blocked_node', { blocked_nodes: ['bad.example'] }],
];
const TRAFFIC = { traffic: { datacentre_ranges: ['10.0.0.0/8'] } };

t.test('an account is asked gate by gate, the first that fails is its reason', async (t) => {
  const without = { ...EVERYTHING, bseat: [] };
  POLICIES.forEach(([label], i) => {
    const rest = POLICIES.slice(i).map(([, policy]) => policy);
    const blocked = Object.assign({}, ...rest.map((policy) => policy.blocked ?? {})) as Part;
    const merged = Object.assign({}, ...rest, { blocked }) as Part;
    t.equal(outcome(bookWith(merged, TRAFFIC), without), label);
    t.equal(outcome(bookWith(merged, TRAFFIC), EVERYTHING), 'seat_blocked', 'the seat is asked first');
  });
  t.equal(outcome(bookWith({}, TRAFFIC), without), 'bid', 'nothing is held against it unless an account says so');
});

t.test('a request that no account takes ends with the reason of the one that came furthest', async (t) => {
  const account = (n: number, policy: Part): Part =>
    sampleAccount({ id: `a${n}`, seat: `s${n}`, policy, campaigns: [sampleCampaign({ id: `c${n}` })] });
  const book = (...policies: Part[]): Book =>
    sampleBook({ accounts: policies.map((policy, i) => account(i + 1, policy)), ...TRAFFIC });
  const policyOf = (label: string): Part => POLICIES.find(([name]) => name === label)?.[1] ?? {};
  const two = book(policyOf('crawler'), policyOf('brand_safety'), policyOf('datacentre'));
  const request = { ...EVERYTHING, bseat: [] };
  t.equal(outcome(two, request), 'brand_safety');
  t.equal(outcome(two, { ...request, bseat: ['s2'] }), 'datacentre');
  t.equal(outcome(two, { ...request, bseat: ['s1', 's2', 's3'] }), 'seat_blocked');
  const mixed = book(policyOf('crawler'), {});
  const { response } = decide(bodyOf(sampleRequest(request)), sampleSituation(mixed));
  t.same(
    JSON.parse(response ?? 'null').seatbid.map((one: { seat: string }) => one.seat),
    ['s2'],
    'the other bids',
  );
});

t.test('the explanation names every account, with what keeps it out', async (t) => {
  const accounts = [
    sampleAccount({ policy: { crawlers: 'no_bid' } }),
    sampleAccount({ id: 'a2', seat: 's2', campaigns: [sampleCampaign({ id: 'c2' })] }),
  ];
  const book = sampleBook({ accounts, exchanges: [{ id: 'x', seats: { a2: 'seat-2' } }] });
  const explanation = explain(
    bodyOf(sampleRequest({ device: { ua: 'curl/8' } })),
    sampleSituation(book, { exchange: 1 }),
  );
  const expected: AccountExplanation[] = [
    { account: 'a1', seat: 's1', outcome: 'crawler', why: 'the user agent holds curl/, and crawlers is no_bid' },
    { account: 'a2', seat: 'seat-2', outcome: 'may_bid', why: '' },
  ];
  t.same(explanation.accounts, expected);
  const ad = explanation.impressions[0]?.slots[0]?.ads.find(({ account }) => account === 'a1');
  t.match(ad, { outcome: 'no_targeting', why: expected[0]?.why });
  t.match(
    explanationText(explanation, 'USD'),
    /account a1 \(seat s1\) does not bid: crawler: the user agent holds curl\//,
  );
  const none = explain(bodyOf(sampleRequest({ device: { ua: 'curl/8' }, bseat: ['s2'] })), sampleSituation(book));
  t.match(none, { outcome: 'crawler', why: /Here: the user agent holds curl/, impressions: [] });
  t.same(
    none.accounts.map((one) => one.outcome),
    ['crawler', 'seat_blocked'],
  );
});
