// Whole decisions: the text of the response, tokens, bid ids, slots and limits, and bodies as exchanges send them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { MAX_BIDS } from '../../assembly/limits.js';
import * as map from '../../assembly/memory_map.js';
import type { Book } from '../book.js';
import { FEATURE_LIST_BYTES } from '../feature_list.js';
import { hashText } from '../hash.js';
import { reasonOf } from '../reasons.js';
import { sipHash24 } from '../siphash.js';
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
import { priceText } from './respond.js';
import type { Situation } from './situation.js';

interface WireBid {
  readonly id: string;
  readonly impid: unknown;
  readonly price: number;
  readonly nurl: string;
  readonly dealid?: string;
  readonly [member: string]: unknown;
}

interface WireResponse {
  readonly id: unknown;
  readonly bidid: string;
  readonly cur: string;
  readonly seatbid: readonly { readonly seat: string; readonly bid: readonly WireBid[] }[];
}

function respondTo(
  request: unknown,
  book: Book,
  situation: Partial<Situation> = {},
): { text: string; wire: WireResponse } {
  const { response, reason } = decide(bodyOf(request), sampleSituation(book, situation));
  if (response === undefined) throw new Error(`no bid: ${reasonOf(reason).label}`);
  return { text: response, wire: JSON.parse(response) as WireResponse };
}

const wireBids = (wire: WireResponse): WireBid[] => wire.seatbid.flatMap((seat) => seat.bid);

function tokenOf(bid: WireBid | undefined): Buffer {
  return Buffer.from(/\/n\/win\/([\w-]+)\?/.exec(bid?.nurl ?? '')?.[1] ?? '', 'base64url');
}

t.test('the response is the text the page gives', async (t) => {
  const { text, wire } = respondTo(sampleRequest(), sampleBook());
  const [token] = /(?<=\/n\/win\/)[\w-]{224}(?=\?)/.exec(text) ?? [];
  t.ok(token, 'a token of 224 characters');
  const notice = (kind: string): string => `http://bid.test/n/${kind}/${token}`;
  const adm =
    `<a href=\\"https://t.test/n/click/${token}?k=3&s=b13b2d1dee3df7de&to=https%3A%2F%2Fadv.example%2F\\"` +
    ' target=\\"_blank\\" rel=\\"noopener\\">' +
    '<img src=\\"https://cdn.example/a.png\\" width=\\"300\\" height=\\"250\\" alt=\\"\\"></a>' +
    `<img src=\\"https://t.test/n/imp/${token}\\" width=\\"1\\" height=\\"1\\" alt=\\"\\"` +
    ' style=\\"position:absolute\\">';
  t.equal(
    text,
    '{"id":"r1","bidid":"0123456789abcdef","cur":"USD","seatbid":' +
      '[{"bid":[{"id":"0123456789abcdef","impid":"i1","price":10,' +
      `"nurl":"${notice('win')}?p=\${AUCTION_PRICE}",` +
      `"burl":"${notice('bill')}?p=\${AUCTION_PRICE}&q=\${AUCTION_MULTIPLIER}",` +
      `"lurl":"${notice('loss')}?r=\${AUCTION_LOSS}&m=\${AUCTION_MIN_TO_WIN}","adm":"${adm}",` +
      '"adomain":["adv.example"],"cid":"c1","crid":"cr1","w":300,"h":250,"exp":300,"mtype":1}],"seat":"s1"}]}',
  );
  t.equal(wire.seatbid[0]?.bid.length, 1);
});

t.test('ids come back byte for byte, escapes included', async (t) => {
  const book = bookTargeting({ deals: ['dé1'] });
  const body =
    '{"id":"\\u0041\\/é\\"","imp":[{"id":1.50e1,"banner":{"w":300,"h":250},"pmp":{"deals":[{"id":"d\\u00E91"}]}}]}';
  const { text } = respondTo(body, book);
  t.ok(text.startsWith('{"id":"\\u0041\\/é\\"","bidid":'), text.slice(0, 40));
  t.ok(text.includes('"impid":1.50e1,"price":'));
  t.ok(text.endsWith(',"mtype":1,"dealid":"d\\u00E91"}],"seat":"s1"}]}'), text.slice(-60));
});

t.test('a token holds what its bytes are drawn to hold, and a valid MAC', async (t) => {
  const book = bookTargeting({ deals: ['d1'] }, {}, { rates: { EUR: 0.5 }, exchanges: [{ id: 'x1' }] });
  const request = sampleRequest({
    test: 1,
    cur: ['EUR'],
    imp: [sampleImp({ pmp: { deals: [{ id: 'd1', at: 3, bidfloor: 2 }] } })],
  });
  const situation = { exchange: 1, nowUs: 1_800_000_000_999_999, bidId: 0xfedcba9876543210n };
  const { bids } = decide(bodyOf(request), sampleSituation(book, situation));
  const token = tokenOf(wireBids(respondTo(request, book, situation).wire)[0]);
  t.equal(token.length, map.TOKEN_BYTES);
  t.same([...token.subarray(0, 4)], [3, 3, 1 | 2 | (3 << 2), 5], 'format, key id, flags, node');
  t.equal(token.readUInt32LE(map.TOKEN_ISSUED_S), 1_800_000_000);
  t.equal(token.readBigUInt64LE(map.TOKEN_BID_ID), 0xfedcba9876543210n);
  t.equal(token.readBigUInt64LE(map.TOKEN_AD_KEY), hashText('c1/g1/cr1'));
  t.equal(token.readBigInt64LE(map.TOKEN_PRICE_MICROS), 1_000_000n);
  t.equal(token.toString('latin1', map.TOKEN_CURRENCY, map.TOKEN_CURRENCY + 3), 'EUR');
  t.equal(token[map.TOKEN_EXCHANGE], 1);
  t.equal(token.readFloatLE(map.TOKEN_CTR), bids[0]?.ctr);
  t.equal(token.readFloatLE(map.TOKEN_CVR), bids[0]?.cvr);
  t.equal(token.readFloatLE(map.TOKEN_MULTIPLIER), 1);
  t.equal(token.readUInt32LE(map.TOKEN_MODEL), 7);
  t.equal(token.readBigUInt64LE(map.TOKEN_CAMPAIGN), hashText('c1'));
  t.equal(token.readBigUInt64LE(map.TOKEN_AD_GROUP), hashText('c1/g1'));
  t.equal(token.readBigInt64LE(map.TOKEN_RESERVED_MICROS), 0n, 'a test holds nothing');
  t.equal(token.readFloatLE(map.TOKEN_QUANTITY), 1);
  t.equal(token.readUInt32LE(map.TOKEN_EXPIRY_S), 300);
  t.equal(token[map.TOKEN_ARM], 0);
  const features = token.subarray(map.TOKEN_FEATURES, map.TOKEN_FEATURES + FEATURE_LIST_BYTES);
  t.same(features, Buffer.from(bids[0]?.features ?? []));
  t.equal(token.readUInt16LE(map.TOKEN_SPARE), 0);
  const key = sampleSituation(book).noticeKey;
  t.equal(token.readBigUInt64LE(map.TOKEN_MAC), sipHash24(key, token.subarray(0, map.TOKEN_MAC)));
});

t.test('a token says what its bid holds, of which lease', async (t) => {
  const book = sampleBook({ rates: { EUR: 0.5 }, exchanges: [{ id: 'x1', notices: ['nurl'] }] });
  const campaign = () => sampleState({ slot: 1, lease: 0xfedcba98 });
  const request = sampleRequest({ cur: ['EUR'], imp: [sampleImp({ qty: { multiplier: 2.5 } })] });
  const { text } = respondTo(request, book, { campaign, exchange: 1 });
  const token = Buffer.from(/\/n\/win\/([\w-]+)/.exec(text)?.[1] ?? '', 'base64url');
  t.equal(token.readUInt32LE(map.TOKEN_LEASE), 0xfedcba98);
  t.equal(token[map.TOKEN_FLAGS], (2 << 2) | 16 | 32, 'second price, slot 1, billed by impression');
  t.equal(token.readBigInt64LE(map.TOKEN_PRICE_MICROS), 5_000_000n);
  t.equal(token.readBigInt64LE(map.TOKEN_RESERVED_MICROS), 25_000n, '10 USD CPM, of 2.5 impressions');
  t.equal(token.readFloatLE(map.TOKEN_QUANTITY), 2.5);
});

t.test('the flags of a token tell test, deal and auction type', async (t) => {
  const flags = (request: Part): number | undefined =>
    tokenOf(wireBids(respondTo(sampleRequest(request), bookTargeting({ deals: ['d'], open_auction: true })).wire)[0])[
      map.TOKEN_FLAGS
    ];
  t.equal(flags({}), 2 << 2);
  t.equal(flags({ at: 1 }), 1 << 2);
  t.equal(flags({ at: 1, test: true }), (1 << 2) | 1);
  t.equal(flags({ imp: [sampleImp({ pmp: { deals: [{ id: 'd' }] } })] }), (2 << 2) | 2);
});

t.test('prices are exact decimals on the wire', async (t) => {
  const texts: [bigint, string][] = [
    [1n, '0.000001'],
    [100n, '0.0001'],
    [1_250_000n, '1.25'],
    [10_000_000n, '10'],
    [1_100_000n, '1.1'],
    [999_999n, '0.999999'],
    [123_456_789_012_345_678n, '123456789012.345678'],
  ];
  for (const [micros, text] of texts) t.equal(priceText(micros), text);
  const { text } = respondTo(
    sampleRequest({ imp: [sampleImp({ bidfloor: 0.1 + 0.2 })] }),
    bookOfAdGroups([{ goal: { type: 'cpm', bid_micros: 300_000 } }]),
  );
  t.match(text, /"price":0\.3,/, 'a floor of 0.30000000000000004 is 0.3');
});

t.test('deals first, in their order, the open auction last, impressions in theirs', async (t) => {
  const book = bookOfAdGroups([{}, { targeting: { deals: ['d1', 'd2'] } }]);
  const pmp = { deals: [{ id: 'd2' }, { id: 'd3' }, { id: 'd1' }] };
  const { wire } = respondTo(
    sampleRequest({ imp: [sampleImp({ id: 'a', pmp }), sampleImp({ id: 'b' }), sampleImp({ id: 'c', pmp })] }),
    book,
  );
  t.same(
    wireBids(wire).map(({ impid, dealid }) => [impid, dealid]),
    [
      ['a', 'd2'],
      ['a', 'd1'],
      ['a', undefined],
      ['b', undefined],
      ['c', 'd2'],
      ['c', 'd1'],
      ['c', undefined],
    ],
  );
  t.same(
    wireBids(wire).map((bid) => bid.id),
    [0, 1, 2, 3, 4, 5, 6].map((n) => (0x0123456789abcdefn + BigInt(n)).toString(16).padStart(16, '0')),
  );
});

t.test('seats stand in the order of their first bid, ids in the order of slots', async (t) => {
  const account = (n: number, targeting: Part): Part => {
    const group = {
      id: 'g',
      goal: { type: 'cpm', bid_micros: n },
      max_bid_cpm_micros: n,
      targeting,
      creatives: ['cr1'],
    };
    return sampleAccount({
      id: `a${n}`,
      seat: `s${n}`,
      campaigns: [sampleCampaign({ id: `c${n}`, ad_groups: [group] })],
    });
  };
  const book = sampleBook({ accounts: [account(1, { deals: ['d'] }), account(2, {})] });
  const pmp = { deals: [{ id: 'd' }] };
  const { wire } = respondTo(sampleRequest({ imp: [sampleImp({ id: 'x' }), sampleImp({ id: 'y', pmp })] }), book);
  t.same(
    wire.seatbid.map(({ seat, bid }) => [seat, bid.map((b) => [b.id.slice(-1), b.impid])]),
    [
      [
        's2',
        [
          ['f', 'x'],
          ['1', 'y'],
        ],
      ],
      ['s1', [['0', 'y']]],
    ],
  );
  t.equal(wire.bidid, '0123456789abcdef');
});

t.test('bid ids wrap at 64 bits', async (t) => {
  const request = sampleRequest({ imp: [sampleImp({ id: 1 }), sampleImp({ id: 2 })] });
  const { wire } = respondTo(request, sampleBook(), { bidId: 2n ** 64n - 1n });
  t.same(
    wireBids(wire).map((bid) => bid.id),
    ['ffffffffffffffff', '0000000000000000'],
  );
});

t.test('a response holds no more bids than the limit, the first slots keep theirs', async (t) => {
  const imps = Array.from({ length: MAX_BIDS + 5 }, (_, i) => sampleImp({ id: i }));
  const { bids } = decide(bodyOf(sampleRequest({ imp: imps })), sampleSituation(sampleBook()));
  t.same(
    bids.map((bid) => bid.imp),
    Array.from({ length: MAX_BIDS }, (_, i) => i),
  );
});

t.test('an impression that cannot be filled costs no other', async (t) => {
  const imps = [{ id: 1, video: {} }, sampleImp({ id: 2 }), sampleImp({ id: 3, bidfloor: 99 })];
  const { wire } = respondTo(sampleRequest({ imp: imps }), sampleBook());
  t.same(
    wireBids(wire).map((bid) => bid.impid),
    [2],
  );
});

t.test('the same request in the same situation gets the same bytes', async (t) => {
  const request = sampleRequest({ at: 1 });
  const twice = [1, 2].map(() => respondTo(request, sampleBook()).text);
  t.equal(twice[0], twice[1]);
});

t.test('a body nested 60,000 deep is decided like any other', async (t) => {
  const deep = `${'{"a":['.repeat(30_000)}1${']}'.repeat(30_000)}`;
  const body = `{"ext":${deep},"id":"1","imp":[{"id":"1","banner":{"w":300,"h":250}}]}`;
  t.equal(decide(Buffer.from(body), sampleSituation(sampleBook())).bids.length, 1);
  t.equal(reasonOf(decide(Buffer.from(body.slice(0, -1)), sampleSituation(sampleBook())).reason).label, 'invalid_json');
});

/** Bodies as exchanges send them, where they are at hand, else a few made here in their manner. */
function bodies(): { from: string; lines: string[] }[] {
  const folder = fileURLToPath(new URL('../../../../shared/openrtb/', import.meta.url));
  if (existsSync(folder)) {
    const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
    return files.map((from) => ({
      from,
      lines: readFileSync(folder + from, 'utf8')
        .trimEnd()
        .split('\n'),
    }));
  }
  const app = {
    app: { bundle: 'com.game', cat: ['IAB9'] },
    site: null,
    device: { geo: { country: 'USA' }, os: 'Android' },
  };
  const made = [
    sampleRequest(),
    sampleRequest({ at: 1, imp: [sampleImp({ bidfloor: '0.1' })] }),
    sampleRequest(app),
    { id: 1 },
  ];
  return [{ from: 'made here', lines: [...made.map((request) => JSON.stringify(request)), '{', '[]'] }];
}

t.test('real bodies are bid on, refused or found malformed, and never throw', async (t) => {
  // An ad of each common size, so that much of the traffic gets as far as a price.
  const sizes = [
    [300, 250],
    [320, 50],
    [728, 90],
    [160, 600],
    [300, 600],
    [970, 250],
    [468, 60],
    [320, 480],
  ];
  const creatives = sizes.map(([w, h], i) => sampleCreative({ id: `cr${i}`, w, h, apis: [] }));
  const groups = sizes.map((_, i) => ({ creatives: [`cr${i}`] }));
  const book = bookOfAdGroups(groups, { creatives, seat: '165' }, { rates: { EUR: 0.9, GBP: 0.8, JPY: 150 } });
  const situation = sampleSituation(book, { tmaxMarginUs: 1000 });
  let bidsMade = 0;
  for (const { from, lines } of bodies()) {
    const statuses = new Map<number, number>();
    for (const line of lines) {
      const { reason, response, bids } = decide(Buffer.from(line), situation);
      const status = response === undefined ? reasonOf(reason).status : 200;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (response === undefined) continue;
      bidsMade += bids.length;
      const wire = JSON.parse(response) as WireResponse;
      const request = JSON.parse(line) as { id: unknown };
      if (wire.id !== request.id || wireBids(wire).length !== bids.length)
        t.fail(`a wrong answer to ${line.slice(0, 200)}`);
    }
    const known = [200, 204, 400].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0);
    t.equal(known, lines.length, `${from}: ${[...statuses].map(([status, n]) => `${n} × ${status}`).join(', ')}`);
  }
  t.ok(bidsMade > 0, `${bidsMade} bids`);
});
