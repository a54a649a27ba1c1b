// What an exchange reads of a bid and fills in: addresses in each kind of markup, macros, the forms of prices.

import t from 'tap';
import { googlePrice } from '../../bidcore/money/clearing_price.js';
import { OWN_PRICE_KEYS } from './nodes.js';
import type { Venue } from './venues.js';
import { bidsOf, billedMicros, fillMacros, type MacroValues, markupPath, pathOf, priceText } from './wire_bid.js';

const bid = { id: '0a', impid: '1', price: 2.5, cid: 'c', adm: '' };
const plain = { id: 'plaza', digits: 6, currency: 'USD', priceKeys: undefined } as Venue;
const values: MacroValues = { bid, venue: plain, clearingMicros: 1_250_000, auction: 'a7' };

t.test('addresses are found in HTML, VAST and native markup', async (t) => {
  const html =
    '<a href="https://h:1/n/click/T?k=1&s=0f&to=https%3A%2F%2Fx"><img src="https://h:1/n/imp/T?p=1.5" width="1">';
  t.equal(markupPath(html, 'imp'), '/n/imp/T?p=1.5');
  t.equal(markupPath(html, 'click'), '/n/click/T?k=1&s=0f&to=https%3A%2F%2Fx');
  const vast =
    '<Impression><![CDATA[https://h/n/imp/T]]></Impression><ClickTracking><![CDATA[https://h/n/click/T?t=1]]>' +
    '</ClickTracking><ClickThrough><![CDATA[https://h/n/click/T?k=1&to=y]]></ClickThrough>';
  t.equal(markupPath(vast, 'imp'), '/n/imp/T');
  t.equal(markupPath(vast, 'click'), '/n/click/T?k=1&to=y', 'the one that leads on');
  t.equal(
    markupPath('{"link":{"url":"https://h/n/click/T?k=1&to=z"},"eventtrackers":[]}', 'click'),
    '/n/click/T?k=1&to=z',
  );
  t.equal(markupPath('<b>nothing</b>', 'imp'), undefined);
  t.equal(pathOf('https://127.0.0.1:7507/n/win/T?p=1'), '/n/win/T?p=1');
});

t.test('macros get their values, or nothing where there is none', async (t) => {
  const all = `p=\${AUCTION_PRICE}&b=\${AUCTION_PRICE:B64}&q=\${AUCTION_MULTIPLIER}`;
  t.equal(fillMacros(all, values), `p=1.250000&b=${encodeURIComponent(btoa('1.250000'))}&q=`);
  t.equal(fillMacros(`i=\${AUCTION_IMP_ID}&a=\${AUCTION_ID}`, values), 'i=1&a=a7');
  const loss = { bid, venue: plain, loss: 102, toWinMicros: 2_600_000, auction: 'a7' };
  t.equal(fillMacros(`r=\${AUCTION_LOSS}&m=\${AUCTION_MIN_TO_WIN}`, loss), 'r=102&m=2.600000');
  t.equal(fillMacros(`m=\${AUCTION_MIN_TO_WIN}`, { ...loss, toWinMicros: undefined }), 'm=');
});

t.test('an encrypted price is read by the bidder as what was told', async (t) => {
  const venue = { ...plain, priceKeys: OWN_PRICE_KEYS.vault } as unknown as Venue;
  const text = fillMacros(`\${AUCTION_PRICE}`, { ...values, venue });
  t.equal(googlePrice(OWN_PRICE_KEYS.vault)(text), 1_250_000);
});

t.test('prices are told to the digit the exchange has, halves up, and never as nothing', async (t) => {
  t.equal(priceText(1_234_567, 6), '1.234567');
  t.equal(priceText(1_234_567, 2), '1.23');
  t.equal(billedMicros(1_235_000, 2), 1_240_000);
  t.equal(billedMicros(20, 2), 10_000);
});

t.test('a response that only says why there is no bid has none', async (t) => {
  t.same(bidsOf('{"id":"a1","nbr":8}'), []);
  t.equal(bidsOf('{"id":"a1","seatbid":[{"bid":[{"id":"1"}]},{"bid":[{"id":"2"}]}]}').length, 2);
});
