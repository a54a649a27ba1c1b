// The checker itself: it passes a good response and names the rule of each bad one. One broken response a rule at
// least; a rule without one fails the last test. Here: envelope, prices, deals, blocks, banners. Formats, exchange
// profiles, accounts and people are in `broken_*.ts`, as answers of the reference bidder that are changed.

import t from 'tap';
import { adFeatures } from '../ad_features.js';
import { makeBook } from '../book.js';
import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import { CONTEXT_FEATURE_COUNT, packFeatures } from '../feature_list.js';
import { addressSigner } from '../money/click_address.js';
import { KeyRing } from '../money/key_ring.js';
import { USUAL, written } from '../testing/rendering.js';
import { sampleState } from '../testing/sample_book.js';
import { BROKEN_ACCOUNTS, GOOD_PEOPLE } from './broken_accounts.js';
import { brokenBy } from './broken_answers.js';
import { BROKEN_FORMATS, GOOD_FORMATS } from './broken_formats.js';
import type { Fields } from './checker_request.js';
import { hashText, type readToken, writeToken } from './notice_token.js';
import { type CheckContext, checkResponse, RULES, type Rule } from './response_checker.js';

const creative = {
  id: 'cr1',
  type: 'banner',
  w: 300,
  h: 250,
  advertiser_domains: ['shop.brand.com'],
  categories: ['IAB1-5'],
  attributes: [5],
  apis: [3],
  bundle: 'com.brand',
  landing_url: 'https://brand.com/',
  markup: '<a href="{{click_url}}">${AUCTION_ID}</a><img src="http://cdn.test/a.png">',
};
const secure = { ...creative, id: 'cr2', markup: undefined, image_url: 'https://cdn.test/a.png' };
const group = {
  id: 'g1',
  goal: { type: 'cpm', bid_micros: 3_000_000 },
  max_bid_cpm_micros: 5_000_000,
  creatives: ['cr1', 'cr2'],
  targeting: { deals: ['d1', 'd2'], open_auction: true },
};
const dealsOnly = { ...group, id: 'g2', creatives: ['cr1'], targeting: { deals: ['d1'] } };
const campaigns = [{ id: 'c1', budget_micros: 1e9, ad_groups: [group, dealsOnly] }];

function readFile(): CampaignFile {
  const file = parseCampaignFile(
    JSON.stringify({
      currency: 'USD',
      rates: { EUR: 0.5 },
      accounts: [
        { id: 'a1', seat: 's1', creatives: [creative, secure], campaigns },
        { id: 'a2', seat: 's2', creatives: [], campaigns: [] },
      ],
    }),
  );
  if (isCampaignFileError(file)) throw new Error(file.problems.join('; '));
  return file;
}

const file = readFile();
const context: CheckContext = {
  file,
  campaign: () => sampleState(),
  exchange: 0,
  nowUs: 1.7e15,
  modelVersion: 9,
  noticeKey: Uint8Array.from({ length: 16 }, (_, n) => n),
  noticeKeyId: 2,
  node: 4,
  bidsMax: 2,
};

const sign = addressSigner(new KeyRing({ id: context.noticeKeyId, bytes: context.noticeKey }));
const { ads } = makeBook(file, 1, { notices: 'http://n.test', markup: 'https://m.test', sign });

/** A response in the making: the first bid is open, the second on a deal; each test changes one thing. */
interface Scene {
  request: Fields;
  id: string;
  cur: string;
  seat: string;
  bids: Bid[];
  /** Of the campaign; 1 unless given. */
  pace?: number;
  /** The last change: of the text. */
  edit: (text: string) => string;
}

interface Bid {
  /** 0 is cr1 of g1, 1 is cr2 of g1, 2 is cr1 of g2. */
  ad: number;
  impid: string;
  dealid?: string;
  price: string;
  id: bigint;
  auction: number;
  token: Partial<NonNullable<ReturnType<typeof readToken>>>;
  edit: (text: string) => string;
}

const same = (text: string): string => text;

function openBid(part: Partial<Bid> = {}): Bid {
  return { ad: 0, impid: '"1"', price: '2.5', id: 0xabcn, auction: 1, token: {}, edit: same, ...part };
}

function dealBid(part: Partial<Bid> = {}): Bid {
  return openBid({ dealid: '"d1"', id: 0xabdn, ...part });
}

function banner(part: Fields = {}): Fields {
  return { format: [{ w: 300, h: 250 }], api: [3], ...part };
}

function imp(part: Fields = {}): Fields {
  return {
    id: '1',
    banner: banner(),
    bidfloor: 2.5,
    pmp: { deals: [{ id: 'd1', bidfloor: 1 }, { id: 'd2' }] },
    ...part,
  };
}

function scene(part: Partial<Scene> = {}): Scene {
  const request = { id: 'r1', imp: [imp()] };
  return { request, id: '"r1"', cur: 'USD', seat: 's1', bids: [openBid(), dealBid()], edit: same, ...part };
}

/** A scene whose request has another impression, with one bid. */
function oneBid(impression: Fields, bid: Bid = openBid(), request: Fields = {}): Scene {
  return scene({ request: { id: 'r1', imp: [impression], ...request }, bids: [bid] });
}

function render({ id, cur, seat, bids, edit }: Scene): string {
  const texts = bids.map((bid) => bid.edit(renderBid(bid, cur)));
  const first = hex(bids[0]?.id ?? 0n);
  const list = `{"bid":[${texts.join(',')}],"seat":${JSON.stringify(seat)}}`;
  return edit(`{"id":${id},"bidid":"${first}","cur":"${cur}","seatbid":[${list}]}`);
}

const hex = (id: bigint): string => id.toString(16).padStart(16, '0');

/** Packed features of an ad, and what is set in their last byte besides. */
function featuresOf(ad: number, last = 0): Uint8Array {
  const bytes = packFeatures([
    ...new Array(CONTEXT_FEATURE_COUNT).fill(1),
    ...adFeatures(ads[ad] as (typeof ads)[number]),
  ]);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) | last;
  return bytes;
}

function renderBid({ ad, impid, dealid, price, id, auction, token }: Bid, currency: string): string {
  const { campaign, adGroup, creative: own, pieces } = ads[ad] as (typeof ads)[number];
  const micros = Math.round(Number(price) * 1e6);
  const text = writeToken(
    {
      version: 3,
      keyId: 2,
      flags: (dealid === undefined ? 0 : 2) + auction * 4,
      node: 4,
      issuedS: 1_700_000_000,
      bidId: id,
      adKey: hashText(`${campaign.id}/${adGroup.id}/${own.id}`),
      priceMicros: BigInt(micros),
      currency,
      exchange: 0,
      ctr: 0.01,
      cvr: 0.1,
      multiplier: auction === 3 ? 1 : 1.5,
      model: 9,
      lease: 0,
      campaign: hashText(campaign.id),
      adGroup: hashText(`${campaign.id}/${adGroup.id}`),
      user: 0n,
      reservedMicros: BigInt(Math.ceil(micros / (currency === 'EUR' ? 0.5 : 1) / 1000)),
      quantity: 1,
      expiryS: 300,
      arm: 0,
      features: featuresOf(ad),
      spare: 0,
      ...token,
    },
    context.noticeKey,
  );
  const deal = dealid === undefined ? '' : `,"dealid":${dealid}`;
  return `{"id":"${hex(id)}","impid":${impid},"price":${price},${written(pieces, USUAL, text)}${deal}}`;
}

const rulesBroken = (one: Scene): Rule[] => {
  const request = Buffer.from(JSON.stringify({ at: 1, ...one.request }));
  const campaign = () => sampleState({ pace: one.pace ?? 1 });
  return checkResponse(request, Buffer.from(render(one)), { ...context, campaign }).map(({ rule }) => rule);
};

const replace = (from: string | RegExp, to: string) => (text: string) => {
  const out = text.replace(from, () => to);
  if (out === text) throw new Error(`nothing to replace: ${String(from)}`);
  return out;
};

const fixed = (floor: unknown): Fields => imp({ pmp: { deals: [{ id: 'd1', bidfloor: floor, at: 3 }] } });
const fixedBid = (price: string): Bid => dealBid({ price, auction: 3 });

/** Scenes that break one rule: what is wrong, and the change. */
const BROKEN: readonly (readonly [Rule, string, Scene])[] = [
  ['json', 'cut short', scene({ edit: (text) => text.slice(0, -1) })],
  ['json', 'not an object', scene({ edit: (text) => `[${text}]` })],
  ['id', 'another id', scene({ id: '"r2"' })],
  ['id', 'the same id spelt otherwise', scene({ id: '"\\u0072\\u0031"' })],
  ['bidid', 'not the first bid id', scene({ edit: replace(/"bidid":"\w+"/, '"bidid":"0"') })],
  ['cur', 'not listed', scene({ cur: 'EUR' })],
  ['cur', 'not the one preferred', scene({ cur: 'EUR', request: { id: 'r1', imp: [imp()], cur: ['EUR', 'USD'] } })],
  ['seatbid', 'empty', scene({ edit: replace(/"seatbid":.*/, '"seatbid":[]}') })],
  ['seatbid', 'without a bid', scene({ edit: replace(/"bid":\[.*\],/, '"bid":[],') })],
  ['one_seatbid_a_seat', 'a seat twice', scene({ edit: replace(/\]\}$/, ',{"bid":[],"seat":"s1"}]}') })],
  ['seat', 'not ours', scene({ seat: 's9' })],
  ['seat', 'not in wseat', scene({ request: { id: 'r1', imp: [imp()], wseat: ['s2'] } })],
  ['seat', 'in bseat', scene({ request: { id: 'r1', imp: [imp()], bseat: ['s1'] } })],
  ['unique_bid_id', 'an id twice', scene({ bids: [openBid(), dealBid({ id: 0xabcn })] })],
  ['one_bid', 'an impression twice', scene({ bids: [openBid(), openBid({ id: 0xabdn })] })],
  ['one_bid', 'a deal twice', scene({ bids: [dealBid(), dealBid({ id: 0xabcn })] })],
  ['too_many', 'more bids than allowed', scene({ bids: [openBid(), dealBid(), dealBid({ dealid: '"d2"', id: 1n })] })],
  ['fields', 'no adm', scene({ bids: [openBid({ edit: replace('"adm"', '"ADM"') })] })],
  ['fields', 'no mtype', scene({ bids: [openBid({ edit: replace('"mtype":1', '"mtype":"1"') })] })],
  ['impid', 'not in the request', scene({ bids: [openBid({ impid: '"2"' })] })],
  ['impid', 'spelt otherwise', scene({ bids: [openBid({ impid: '"\\u0031"' })] })],
  ['price_text', 'a trailing zero', scene({ bids: [openBid({ price: '2.50' })] })],
  ['price_text', 'seven decimals', scene({ bids: [openBid({ price: '2.5000001' })] })],
  ['price_text', 'an exponent', scene({ bids: [openBid({ price: '25e-1' })] })],
  ['price_text', 'zero', oneBid(imp({ bidfloor: 0 }), openBid({ price: '0' }))],
  ['floor', 'a micro below', scene({ bids: [openBid({ price: '2.499999' })] })],
  ['floor', 'of the deal, in dollars', scene({ bids: [dealBid({ price: '0.9' })] })],
  ['floor', 'in another currency', oneBid(imp({ bidfloorcur: 'EUR' }), openBid({ price: '4.9' }))],
  ['fixed_price', 'more than agreed', oneBid(fixed(2), fixedBid('2.000001'))],
  ['fixed_price', 'less than agreed', oneBid(fixed(2), fixedBid('1.999999'))],
  ['fixed_price', 'no price was agreed', oneBid(fixed(undefined), fixedBid('2.5'))],
  ['cap', 'above the most of the ad group', scene({ bids: [openBid({ price: '5.000001' })] })],
  ['dealid', 'not on this impression', scene({ bids: [dealBid({ dealid: '"d3"' })] })],
  ['dealid', 'not of this ad group', scene({ bids: [dealBid({ ad: 2, dealid: '"d2"' })] })],
  [
    'deal_parties',
    'another seat',
    oneBid(imp({ pmp: { deals: [{ id: 'd1', bidfloor: 1, wseat: ['s2'] }] } }), dealBid()),
  ],
  [
    'deal_parties',
    'another domain',
    oneBid(imp({ pmp: { deals: [{ id: 'd1', bidfloor: 1, wadomain: ['rand.com'] }] } }), dealBid()),
  ],
  ['private_auction', 'an open bid', oneBid(imp({ pmp: { private_auction: 1, deals: [{ id: 'd1' }] } }))],
  ['open_auction', 'of an ad group that bids on deals only', scene({ bids: [openBid({ ad: 2 })] })],
  ['size', 'no format has it', oneBid(imp({ banner: banner({ format: [{ w: 300, h: 251 }] }) }))],
  [
    'size',
    'too narrow for the flexible one',
    oneBid(imp({ banner: banner({ format: [{ wratio: 6, hratio: 5, wmin: 301 }] }) })),
  ],
  [
    'size',
    'formats count before w and h',
    oneBid(imp({ banner: banner({ w: 300, h: 250, format: [{ w: 1, h: 1 }] }) })),
  ],
  ['badv', 'a parent is blocked', scene({ request: { id: 'r1', imp: [imp()], badv: ['WWW.brand.com'] } })],
  ['bcat', 'the parent is blocked', scene({ request: { id: 'r1', imp: [imp()], bcat: ['iab1'] } })],
  ['acat', 'not among the allowed', scene({ request: { id: 'r1', imp: [imp()], acat: ['IAB2'] } })],
  ['acat', 'of another taxonomy', scene({ request: { id: 'r1', imp: [imp()], acat: ['IAB1-5'], cattax: 7 } })],
  ['bapp', 'blocked', scene({ request: { id: 'r1', imp: [imp()], bapp: ['COM.brand'] } })],
  ['battr', 'blocked', oneBid(imp({ banner: banner({ battr: [1, '5'] }) }))],
  ['btype', 'blocked', oneBid(imp({ banner: banner({ btype: [2] }) }))],
  ['api', 'not supported', oneBid(imp({ banner: banner({ api: undefined }) }))],
  ['mimes', 'not supported', oneBid(imp({ banner: banner({ mimes: ['image/png'] }) }))],
  ['secure', 'markup over http', oneBid(imp({ secure: 1 }))],
  ['content', 'another advertiser', scene({ bids: [openBid({ edit: replace('shop.brand.com"]', 'brand.com"]') })] })],
  [
    'content',
    'a creative that is not there',
    scene({ bids: [openBid({ edit: replace('"crid":"cr1"', '"crid":"cr9"') })] }),
  ],
  ['macros', 'filled in nurl', scene({ bids: [openBid({ edit: replace('?p=${AUCTION_PRICE}', '?p=2.5') })] })],
  ['macros', 'filled in adm', scene({ bids: [openBid({ edit: replace('${AUCTION_ID}', 'r1') })] })],
  ['token_place', 'none in adm', scene({ bids: [openBid({ edit: replace('/n/imp/', '/x/') })] })],
  ['token_place', 'another in nurl', scene({ bids: [openBid({ edit: replace('/n/win/A', '/n/win/B') })] })],
  ['token', 'another price', scene({ bids: [openBid({ token: { priceMicros: 2_400_000n } })] })],
  ['token', 'another bid', scene({ bids: [openBid({ token: { bidId: 1n } })] })],
  ['token', 'another ad', scene({ bids: [openBid({ token: { adKey: 1n } })] })],
  ['token', 'flags of a deal', scene({ bids: [openBid({ token: { flags: 10 } })] })],
  [
    'token',
    'a multiplier at a fixed price',
    oneBid(fixed(2), dealBid({ price: '2', auction: 3, token: { multiplier: 1.5 } })),
  ],
  ['token', 'no probability', scene({ bids: [openBid({ token: { ctr: Number.NaN } })] })],
  ['token', 'not a token', scene({ bids: [openBid({ edit: (text) => text.replaceAll(/\/A[\w-]{223}/g, '/short') })] })],
  ['token', 'another lease', scene({ bids: [openBid({ token: { lease: 1 } })] })],
  ['token', 'another campaign', scene({ bids: [openBid({ token: { campaign: 1n } })] })],
  ['token', 'another ad group', scene({ bids: [openBid({ token: { adGroup: hashText('c1/g2') } })] })],
  ['token', 'another arm', scene({ bids: [openBid({ token: { arm: 1 } })] })],
  ['token', 'features of another ad', scene({ bids: [openBid({ token: { features: featuresOf(1) } })] })],
  ['token', 'features that do not end', scene({ bids: [openBid({ token: { features: featuresOf(0, 64) } })] })],
  ['token', 'another expiry', scene({ bids: [openBid({ token: { expiryS: 301 } })] })],
  ['token', 'flags of a bid under the other lease slot', scene({ bids: [openBid({ token: { flags: 4 + 16 } })] })],
  ['token', 'flags of a bid that the impression bills', scene({ bids: [openBid({ token: { flags: 4 + 32 } })] })],
  ['token', 'another quantity', scene({ bids: [openBid({ token: { quantity: 2 } })] })],
  ['reserved', 'a micro too little', scene({ bids: [openBid({ token: { reservedMicros: 2499n } })] })],
  ['reserved', 'more than a micro too much', scene({ bids: [openBid({ token: { reservedMicros: 2502n } })] })],
  [
    'reserved',
    'for one impression of two',
    oneBid(imp({ qty: { multiplier: 2 } }), openBid({ token: { quantity: 2 } })),
  ],
  ['reserved', 'for a test', oneBid(imp(), openBid({ token: { flags: 5 } }), { test: 1 })],
  ['available', 'more than there is', scene({ bids: [openBid({ token: { reservedMicros: 10n ** 10n } })] })],
  ['paced', 'a campaign that sits out all', { ...oneBid(fixed(2), fixedBid('2')), pace: 0 }],
  ['mac', 'a changed byte', scene({ bids: [openBid({ edit: (text) => text.replaceAll(/\/AwI(.)/g, '/AwI-') })] })],
];

t.test('a good response breaks no rule', async (t) => {
  t.same(rulesBroken(scene()), []);
  t.same(rulesBroken(scene({ bids: [openBid({ ad: 1 }), dealBid({ ad: 2 })] })), [], 'other creatives');
  t.same(rulesBroken(oneBid(fixed(2), fixedBid('2'))), [], 'a fixed price');
  t.same(rulesBroken({ ...oneBid(fixed(2), fixedBid('2')), pace: 0.1 }), [], 'a fixed price, paced');
  const free = { flags: 5, reservedMicros: 0n };
  t.same(rulesBroken(oneBid(imp(), openBid({ token: free }), { test: 1 })), [], 'a test holds nothing');
  t.same(
    rulesBroken(oneBid(imp({ banner: banner({ format: [{ wratio: 6, hratio: 5, wmin: 300 }] }) }))),
    [],
    'a flexible size',
  );
  t.same(rulesBroken(oneBid(imp({ banner: banner({ format: [], w: '300', h: 250.9 }) }))), [], 'a size of odd types');
  t.same(
    rulesBroken(scene({ request: { id: 'r1', imp: [imp()], badv: ['and.com'], bcat: ['IAB1-'] } })),
    [],
    'near misses of block lists',
  );
  const converted = oneBid(imp({ bidfloor: 5, bidfloorcur: 'EUR' }), openBid({ price: '5' }), { cur: ['eur'] });
  t.same(rulesBroken({ ...converted, cur: 'EUR' }), ['cap', 'willing'], 'a cap is converted as well');
});

t.test('ids that occur twice in a request', async (t) => {
  const twice = { id: 'r1', imp: [imp({ bidfloor: 4 }), imp()] };
  t.same(
    rulesBroken(scene({ request: twice, bids: [openBid()] })),
    [],
    'a bid is right if it is right for one of them',
  );
  t.same(
    rulesBroken(scene({ request: twice, bids: [openBid(), openBid({ id: 1n, price: '4' })] })),
    [],
    'each takes a bid',
  );
});

for (const [rule, what, one] of BROKEN) {
  t.test(`${rule}: ${what}`, async (t) => {
    t.ok(rulesBroken(one).includes(rule), `found ${rulesBroken(one).join(', ') || 'nothing'}`);
  });
}

const BROKEN_ANSWERS = [...BROKEN_FORMATS, ...BROKEN_ACCOUNTS];

t.test('good answers in all formats break no rule', async (t) => {
  for (const [what, answer] of [...GOOD_FORMATS, ...GOOD_PEOPLE]) t.same(brokenBy(answer), [], what);
});

for (const [rule, what, answer] of BROKEN_ANSWERS) {
  t.test(`${rule}: ${what}`, async (t) => {
    const { change, ...good } = answer;
    t.same(brokenBy(good), [], 'nothing before the change');
    const found = brokenBy({ ...good, change });
    t.ok(found.includes(rule), `found ${found.join(', ') || 'nothing'}`);
  });
}

t.test('every rule is shown to find something', async (t) => {
  const shown = new Set([...BROKEN, ...BROKEN_ANSWERS].map(([rule]) => rule));
  t.same(
    RULES.filter((rule) => !shown.has(rule)),
    [],
  );
});
