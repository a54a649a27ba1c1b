// Exchange profiles: what one exchange is answered with, and another is not.

import t from 'tap';
import type { Book } from '../book.js';
import {
  bodyOf,
  type Part,
  sampleBook,
  sampleCreative,
  sampleImp,
  sampleRequest,
  sampleSituation,
  sampleState,
} from '../testing/sample_book.js';
import { audioCreative, bookOf, nativeCreative, outcome, videoCreative } from '../testing/sample_formats.js';
import { decide } from './decide.js';
import { explain } from './explain.js';
import { explanationText } from './explain_text.js';

/** On the exchange of the profile, and on the default one. */
const EXCHANGE = { exchange: 1 };

const bookFor = (profile: Part, file: Part = {}): Book =>
  sampleBook({ exchanges: [{ id: 'x1', ...profile }], ...file });

interface Wire {
  readonly cur: string;
  readonly seatbid: readonly { readonly seat: string; readonly bid: readonly Part[] }[];
}

function wire(book: Book, request: Part = {}, exchange = 1): Wire {
  const { response } = decide(bodyOf(sampleRequest(request)), sampleSituation(book, { exchange }));
  if (response === undefined) throw new Error('no bid');
  return JSON.parse(response) as Wire;
}

t.test('an account bids under the seat it has on the exchange', async (t) => {
  const book = bookFor({ seats: { a1: 'Seat 77' } });
  t.equal(wire(book).seatbid[0]?.seat, 'Seat 77');
  t.equal(wire(book, {}, 0).seatbid[0]?.seat, 's1');
  t.equal(outcome(book, { wseat: ['Seat 77'] }, EXCHANGE), 'bid');
  t.equal(outcome(book, { wseat: ['s1'] }, EXCHANGE), 'seat_blocked');
  t.equal(outcome(book, { bseat: ['s1'] }, EXCHANGE), 'bid');
  const deals = bookOf([sampleCreative()], { deals: ['d'] }, { exchanges: [{ id: 'x1', seats: { a1: 'S' } }] });
  const imp = (wseat: string[]): Part => ({
    imp: [sampleImp({ pmp: { private_auction: 1, deals: [{ id: 'd', wseat }] } })],
  });
  t.equal(outcome(deals, imp(['S']), EXCHANGE), 'bid');
  t.equal(outcome(deals, imp(['s1']), EXCHANGE), 'no_deal');
});

t.test('without cur the currency is that of the exchange', async (t) => {
  const book = bookFor({ currency: 'EUR' }, { rates: { EUR: 0.5, GBP: 0.4 } });
  t.match(wire(book), { cur: 'EUR', seatbid: [{ bid: [{ price: 5 }] }] });
  t.equal(wire(book, { cur: ['x'] }).cur, 'EUR', 'without a usable one');
  t.equal(wire(book, { cur: ['GBP'] }).cur, 'GBP');
  t.equal(wire(book, {}, 0).cur, 'USD');
  t.equal(outcome(bookFor({ currency: 'SEK' }), {}, EXCHANGE), 'no_currency');
  t.match(
    explain(bodyOf(sampleRequest()), sampleSituation(bookFor({ currency: 'SEK' }), EXCHANGE)).why,
    /SEK \(the default\)/,
  );
});

t.test('a net margin is taken off the price, not off what the campaign pays', async (t) => {
  const net = { margin: { kind: 'net', share: 0.25 } };
  const book = bookFor(net, { rates: { EUR: 0.5 } }); // pays 10 USD
  const price = (request: Part): unknown => wire(book, request).seatbid[0]?.bid[0]?.price;
  t.equal(price({}), 8);
  t.equal(price({ cur: ['EUR'] }), 4);
  t.equal(wire(bookFor({ margin: { kind: 'gross', share: 0.25 } })).seatbid[0]?.bid[0]?.price, 10);
  const floor = (bidfloor: number): string => outcome(book, { imp: [sampleImp({ bidfloor })] }, EXCHANGE);
  t.equal(floor(8), 'bid');
  t.equal(floor(8.000001), 'below_floor');
  t.equal(floor(16), 'below_floor');
  t.equal(floor(16.000001), 'floor_too_high', 'twice the bid, net');
  const first = Number(price({ at: 1 }));
  t.ok(first > 0 && first < 8, `${first}`);
  t.equal(price({ at: 1, imp: [sampleImp({ bidfloor: 8 })] }), 8);
});

t.test('at a fixed price the campaign pays the margin on top', async (t) => {
  const file = { exchanges: [{ id: 'x1', margin: { kind: 'net', share: 0.25 } }] };
  const book = bookOf([sampleCreative()], { deals: ['d'] }, file);
  const imp = [sampleImp({ pmp: { private_auction: 1, deals: [{ id: 'd', at: 3, bidfloor: 2 }] } })];
  const available = (availableMicros: bigint) => ({
    campaign: () => sampleState({ availableMicros }),
    ...EXCHANGE,
  });
  t.equal(wire(book, { imp }).seatbid[0]?.bid[0]?.price, 2);
  t.equal(outcome(book, { imp }, available(2_500n)), 'bid');
  t.equal(outcome(book, { imp }, available(2_499n)), 'no_budget');
});

t.test('an exchange may take some formats only', async (t) => {
  const creatives = [sampleCreative(), videoCreative({}), audioCreative({}), nativeCreative({})];
  const imp = [{ id: 1, banner: { w: 300, h: 250 }, video: {}, audio: {}, native: { request: '{}' } }];
  for (const [i, format] of ['banner', 'video', 'audio', 'native'].entries()) {
    const book = bookOf(creatives, {}, { exchanges: [{ id: 'x1', formats: [format] }] });
    t.equal(wire(book, { imp }).seatbid[0]?.bid[0]?.mtype, i + 1);
    const others = bookOf(creatives.toSpliced(i, 1), {}, { exchanges: [{ id: 'x1', formats: [format] }] });
    t.equal(outcome(others, { imp }, EXCHANGE), 'no_format');
    t.equal(outcome(others, { imp }), 'bid', 'another exchange takes all');
  }
  const book = bookOf([sampleCreative()], {}, { exchanges: [{ id: 'x1', formats: ['native'] }] });
  const { impressions } = explain(bodyOf(sampleRequest({ imp })), sampleSituation(book, EXCHANGE));
  t.ok(impressions[0]?.takes.includes('not taken: exchange x1 is not answered with banner, video, audio'));
  t.match(
    impressions[0]?.slots[0]?.closed?.why,
    'the book has banner ads; the impression has banner, video, audio, native; exchange x1 takes native',
  );
});

t.test('an exchange may list its deals', async (t) => {
  const of = (deals: string[] | undefined, id: unknown): string => {
    const book = bookOf([sampleCreative()], { deals: ['d1', 'd2', '7'] }, { exchanges: [{ id: 'x1', deals }] });
    return outcome(book, { imp: [sampleImp({ pmp: { private_auction: 1, deals: [{ id }] } })] }, EXCHANGE);
  };
  t.equal(of(['d1', '7'], 'd1'), 'bid');
  t.equal(of(['d1', '7'], 7), 'bid');
  t.equal(of(['d1'], 'd2'), 'unknown_deal');
  t.equal(of(['D2'], 'd2'), 'unknown_deal', 'exactly');
  t.equal(of(['d3'], 'd3'), 'unknown_deal', 'an ad group must name it too');
  t.equal(of(undefined, 'd2'), 'bid');
  t.equal(of([], 'd2'), 'bid', 'an empty list restricts nothing');
});

t.test('an exchange may block attributes', async (t) => {
  const file = { exchanges: [{ id: 'x1', attributes_blocked: [6, 16] }] };
  t.equal(outcome(bookOf([sampleCreative({ attributes: [3, 6] })], {}, file), {}, EXCHANGE), 'blocked');
  t.equal(outcome(bookOf([sampleCreative({ attributes: [3, 6] })], {}, file), {}), 'bid');
  t.equal(outcome(bookOf([sampleCreative({ attributes: [3] })], {}, file), {}, EXCHANGE), 'bid');
  const imp = [{ id: 1, video: {} }];
  t.equal(
    outcome(bookOf([videoCreative({ skip_after_s: 5 })], {}, file), { imp }, EXCHANGE),
    'blocked',
    'skippable is 16',
  );
});

t.test('an exchange has its own margin of time', async (t) => {
  const book = bookFor({ tmax_margin_ms: 50 });
  t.equal(outcome(book, { tmax: 50.9 }, EXCHANGE), 'too_little_time');
  t.equal(outcome(book, { tmax: 51 }, EXCHANGE), 'bid');
  t.equal(outcome(book, { tmax: 21 }), 'bid', 'the node has 20');
  t.equal(outcome(bookFor({ tmax_margin_ms: 0 }), { tmax: 1 }, EXCHANGE), 'bid');
});

t.test('an exchange gets the notices it calls, with prices as it writes them', async (t) => {
  const bid = (profile: Part): Part => wire(bookFor(profile)).seatbid[0]?.bid[0] ?? {};
  const notices = (profile: Part): string[] => ['nurl', 'burl', 'lurl'].filter((name) => name in bid(profile));
  t.same(notices({}), ['nurl', 'burl', 'lurl']);
  t.same(notices({ notices: ['burl'] }), ['burl']);
  t.same(notices({ notices: ['lurl', 'nurl'] }), ['nurl', 'lurl']);
  t.same(notices({ notices: [] }), []);
  t.match(bid({}).nurl, /\?p=\$\{AUCTION_PRICE\}$/);
  t.match(bid({ price_encoding: 'base64' }).nurl, /\?p=\$\{AUCTION_PRICE:B64\}$/);
  t.match(bid({ price_encoding: 'base64' }).burl, /\?p=\$\{AUCTION_PRICE:B64\}/);
});

t.test('the default exchange may have a profile too', async (t) => {
  const book = sampleBook({ exchanges: [{ id: 'x1' }, { id: 'default', seats: { a1: 'D' } }] });
  t.equal(wire(book, {}, 0).seatbid[0]?.seat, 'D');
  t.equal(wire(book, {}, 1).seatbid[0]?.seat, 's1');
});

t.test('net margin and quantity are in the arithmetic of a price', async (t) => {
  const book = bookFor({ margin: { kind: 'net', share: 0.25 } });
  const request = sampleRequest({ imp: [sampleImp({ qty: { multiplier: 3.5 } })] });
  const explanation = explain(bodyOf(request), sampleSituation(book, EXCHANGE));
  t.match(explanation.impressions[0]?.slots[0]?.ads[0]?.price, {
    willingMicros: 10_000_000,
    willingOutMicros: 8_000_000,
    priceMicros: 8_000_000,
    netShare: 0.25,
    quantity: 3.5,
    lowestPriceMicros: 1,
  });
  const text = explanationText(explanation, 'USD');
  t.match(
    text,
    /= 10 USD CPM; less the 25% that the exchange adds to a price: at most 8 USD; pays for 3\.5 impressions/,
  );
  t.match(text, /place: counts for 3\.5 impressions/);
});
