// The static part of a bid: macros stay literal, markup is safe and complete, and what is written is JSON whichever
// conditions hold. VAST and native markup have tests of their own.

import t from 'tap';
import * as limits from '../assembly/limits.js';
import * as when from '../assembly/pieces.js';
import type { Creative } from './creative_file.js';
import { bidOf, LANDING, rendered, URLS, USUAL, written } from './testing/rendering.js';

const TYPES: readonly Creative['type'][] = ['banner', 'video', 'audio', 'native'];
const withMarkup = (markup: string) => rendered('banner', { markup, image_url: undefined });
const markupOf = (markup: string) => bidOf(withMarkup(markup).pieces).adm;

t.test("notice URLs carry the token and the exchange's macros as they are", async (t) => {
  const bid = bidOf(rendered('banner').pieces);
  t.equal(bid.nurl, 'http://bidder.example:7507/n/win/TOKEN?p=${AUCTION_PRICE}');
  t.equal(bid.burl, 'http://bidder.example:7507/n/bill/TOKEN?p=${AUCTION_PRICE}&q=${AUCTION_MULTIPLIER}');
  t.equal(bid.lurl, 'http://bidder.example:7507/n/loss/TOKEN?r=${AUCTION_LOSS}&m=${AUCTION_MIN_TO_WIN}');
});

t.test('prices are asked for in base64 where the exchange has that', async (t) => {
  const bid = bidOf(rendered('banner').pieces, USUAL | when.WHEN_BASE64);
  t.equal(bid.nurl, 'http://bidder.example:7507/n/win/TOKEN?p=${AUCTION_PRICE:B64}');
  t.equal(bid.burl, 'http://bidder.example:7507/n/bill/TOKEN?p=${AUCTION_PRICE:B64}&q=${AUCTION_MULTIPLIER}');
  t.equal(bid.lurl, 'http://bidder.example:7507/n/loss/TOKEN?r=${AUCTION_LOSS}&m=${AUCTION_MIN_TO_WIN}');
});

t.test('whichever conditions hold, it is JSON, with the notices of the exchange', async (t) => {
  for (const type of TYPES) {
    const { pieces } = rendered(type);
    for (let holds = 0; holds < 2 * when.WHEN_WRAPPED; holds++) {
      const bid = bidOf(pieces, holds);
      t.equal('nurl' in bid, (holds & when.WHEN_NURL) !== 0, `${type} ${holds} nurl`);
      t.equal('burl' in bid, (holds & when.WHEN_BURL) !== 0, `${type} ${holds} burl`);
      t.equal('lurl' in bid, (holds & when.WHEN_LURL) !== 0, `${type} ${holds} lurl`);
    }
  }
});

t.test('members come in the order of the contract', async (t) => {
  const part = { bundle: 'example.app', categories: ['1', '2'], cattax: 6, attributes: [13], apis: [7] };
  const members = (type: Creative['type']) => Object.keys(bidOf(rendered(type, part).pieces)).join(' ');
  const start = 'nurl burl lurl adm adomain bundle cid crid cat cattax attr apis';
  t.equal(members('banner'), `${start} w h exp mtype`);
  t.equal(members('video'), `${start} protocol dur w h exp mtype`);
  t.equal(members('audio'), `${start} protocol dur exp mtype`);
  t.equal(members('native'), `${start} exp mtype`);
});

t.test('members that have nothing to say are left out', async (t) => {
  const bid = bidOf(rendered('banner').pieces);
  t.equal(Object.keys(bid).join(' '), 'nurl burl lurl adm adomain cid crid w h exp mtype');
  t.match(bid, { adomain: ['brand.example'], cid: 'camp', crid: 'c1', w: 300, h: 250, exp: 300, mtype: 1 });
});

t.test('members say what the creative is', async (t) => {
  const part = { bundle: 'example.app', categories: ['1', '2'], cattax: 6, attributes: [13], apis: [5] };
  const banner = bidOf(rendered('banner', part, { bid_expiry_s: 60 }).pieces);
  t.match(banner, { bundle: 'example.app', cat: ['1', '2'], cattax: 6, attr: [13], apis: [5], exp: 60, mtype: 1 });
  const video = bidOf(rendered('video', { skip_after_s: 5, attributes: [2], vast_version: '3.0' }).pieces);
  t.match(video, { protocol: 3, dur: 15, w: 640, h: 360, attr: [2, 16], mtype: 2 });
  const wrapper = { media: undefined, wrapper_url: 'https://w.example/', mimes: ['audio/mp4'] };
  t.match(bidOf(rendered('audio', wrapper).pieces), { protocol: 12, dur: 30, mtype: 3 });
  t.match(bidOf(rendered('native').pieces), { mtype: 4 });
});

t.test('pieces are few, and within the limits', async (t) => {
  t.equal(rendered('banner').pieces.length, 15);
  const media = Array.from({ length: 4 }, (_, n) => ({ url: `https://cdn.example/${n}.mp4`, mime: 'video/mp4' }));
  const companions = Array.from({ length: 4 }, () => ({ w: 300, h: 250, image_url: 'https://cdn.example/i.png' }));
  const { pieces } = rendered('video', { media, companions, skip_after_s: 5, vast_version: '4.3' });
  t.ok(Buffer.byteLength(written(pieces, USUAL | when.WHEN_BASE64, '')) < limits.MAX_BID_FRAGMENT_BYTES / 2);
  t.ok(pieces.filter((piece) => piece.before === when.BEFORE_TOKEN).length <= limits.MAX_BID_TOKENS);
});

t.test('neighbours with the same conditions are one piece', async (t) => {
  for (const type of TYPES) {
    const { pieces } = rendered(type);
    pieces.forEach((piece, n) => {
      const joined = piece.before === when.BEFORE_NOTHING && piece.when === pieces[n - 1]?.when;
      t.notOk(joined, `${type} ${n}: ${piece.text}`);
    });
  }
});

t.test('macros in the markup stay literal', async (t) => {
  const markup = '<b id="${AUCTION_ID}" data-p="${AUCTION_PRICE}" data-m=\'${AUCTION_MBR}\'>$& $1 $$</b>';
  t.ok(markupOf(markup).startsWith(markup));
});

t.test('an image becomes a link to the landing page with an impression pixel', async (t) => {
  const { adm } = bidOf(rendered('banner').pieces);
  t.match(adm, `<a href="https://track.example/n/click/TOKEN${LANDING}" target="_blank"`);
  t.match(adm, '<img src="https://cdn.example/i.png" width="300" height="250"');
  t.match(adm, '<img src="https://track.example/n/imp/TOKEN" width="1" height="1"');
});

t.test('the pixel is added once: not where the markup has placed it', async (t) => {
  const placed = markupOf('<i></i><img src="{{impression_url}}"><img src="{{impression_url}}">');
  t.equal(placed, '<i></i><img src="https://track.example/n/imp/TOKEN"><img src="https://track.example/n/imp/TOKEN">');
  t.equal(markupOf('<i></i>').split('/n/imp/').length, 2);
});

t.test('an address in an attribute cannot end the attribute', async (t) => {
  const { adm } = bidOf(rendered('banner', { image_url: 'https://cdn.example/i.png?a="><script>&b' }).pieces);
  t.match(adm, 'src="https://cdn.example/i.png?a=&quot;>&lt;script>&amp;b"');
  t.notMatch(adm, '<script');
});

t.test('any text of a trader comes back whole', async (t) => {
  const markup = '<p title="\\"\u2028 é 💶">\u0001\n\t</p>';
  t.ok(markupOf(markup).startsWith(markup));
  const escapes = '<p>\u0000 \\u0000 {"a":"b\\\\"}</p>';
  t.ok(markupOf(escapes).startsWith(escapes), 'also what looks like an escape');
});

t.test('secure is told from what the markup loads', async (t) => {
  const http = 'http://cdn.example/x';
  t.equal(withMarkup('<img src="HTTP://cdn.example/i.png">').secure, false, 'banner, any case');
  t.equal(rendered('banner', { image_url: http }).secure, false, 'banner, image');
  t.equal(rendered('video', { media: [{ url: http, mime: 'video/mp4' }] }).secure, false, 'media');
  t.equal(rendered('audio', { companions: [{ w: 1, h: 1, image_url: http }] }).secure, false, 'companion');
  const wrapper = { media: undefined, wrapper_url: http, mimes: ['video/mp4'] };
  t.equal(rendered('video', wrapper).secure, false, 'wrapper');
  const images = [{ type: 3, url: http, w: 1, h: 1, mime: 'image/png' }];
  t.equal(rendered('native', { images }).secure, false, 'native image');
  for (const type of TYPES) {
    t.equal(rendered(type).secure, true, `${type}: notices may be plain`);
    t.equal(
      rendered(type, { landing_url: http }).secure,
      true,
      `${type}: a click is a navigation, no part of the page`,
    );
    const plain = { ...URLS, notices: 'https://bidder.example', markup: 'http://track.example' };
    t.equal(rendered(type, {}, {}, plain).secure, false, `${type}: our own addresses in the markup`);
  }
});

t.test('an impression tells its price only where it is what bills', async (t) => {
  for (const type of TYPES) {
    const { pieces } = rendered(type);
    t.match(bidOf(pieces, USUAL).adm, /\/n\/imp\/TOKEN["\]]/, type);
    const billed = bidOf(pieces, when.WHEN_BILLED_BY_IMPRESSION | when.WHEN_BASE64 | when.WHEN_EVENT_TRACKERS).adm;
    t.match(billed, /\/n\/imp\/TOKEN\?p=\$\{AUCTION_PRICE\}["\]]/, type);
  }
});
