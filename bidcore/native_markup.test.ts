// Native markup: a JSON text in a JSON string, in each form a request can ask for, and the parts of its assets.

import fc from 'fast-check';
import t from 'tap';
import * as when from '../assembly/pieces.js';
import { nativeParts } from './native_markup.js';
import { bidOf, creativeOf, LANDING, rendered } from './testing/rendering.js';

const IMPRESSION = 'https://track.example/n/imp/TOKEN';
const CLICK = `https://track.example/n/click/TOKEN${LANDING}`;

/** What `adm` says when these conditions hold. */
function nativeAd(holds: number, assets = '\\"assets\\":[{\\"id\\":1}]'): unknown {
  return JSON.parse(bidOf(rendered('native').pieces, holds, assets).adm);
}

/** The parts of a native creative. */
function partsOf(part: object) {
  const creative = creativeOf('native', { ...part });
  if (creative.type !== 'native') throw new Error('not a native creative');
  return nativeParts(creative);
}

/** What a text of the parts reads as, once out of both strings. */
const read = (escaped: string): unknown => JSON.parse(`"${JSON.parse(`"${escaped}"`)}"`);

t.test('one who takes event trackers gets one', async (t) => {
  t.same(nativeAd(when.WHEN_EVENT_TRACKERS), {
    ver: '1.2',
    assets: [{ id: 1 }],
    link: { url: CLICK },
    eventtrackers: [{ event: 1, method: 1, url: IMPRESSION }],
  });
});

t.test('others get the image trackers of version 1.1', async (t) => {
  const ad = { ver: '1.2', assets: [{ id: 1 }], link: { url: CLICK }, imptrackers: [IMPRESSION] };
  t.same(nativeAd(when.WHEN_NO_EVENT_TRACKERS), ad);
});

t.test('a wrapped request is answered wrapped', async (t) => {
  const ad = { ver: '1.2', assets: [], link: { url: CLICK }, imptrackers: [IMPRESSION] };
  t.same(nativeAd(when.WHEN_NO_EVENT_TRACKERS | when.WHEN_WRAPPED, '\\"assets\\":[]'), { native: ad });
});

t.test('texts come apart by code point, and read as what was written', async (t) => {
  const { title, data } = partsOf({ title: 'a"\\💶\u2028é\n', data: [{ type: 2, value: '\u0001🇩🇪' }] });
  t.equal(title.length, 7, 'one for each code point');
  t.same(title.map(read), ['a', '"', '\\', '💶', '\u2028', 'é', '\n']);
  t.same(data[0]?.value.map(read), ['\u0001', '🇩', '🇪']);
});

t.test('any text reads as what was written, whole and cut', async (t) => {
  const unit = fc.constantFrom(...'aé"\\/\n\u0000\u001f\u2028💶', '\ud83d', '\ude00', '\ufffe');
  const text = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit, minLength: 1 }));
  fc.assert(
    fc.property(text, fc.nat(20), (value, length) => {
      fc.pre(!value.includes('\uffff') && value.length <= 200);
      const { title } = partsOf({ title: value });
      const cut = title.slice(0, length).join('');
      return read(title.join('')) === value && read(cut) === Array.from(value).slice(0, length).join('');
    }),
    { seed: 7 },
  );
  t.pass('of 100 texts');
});

t.test('long texts of the worst characters keep to the limits of a book', async (t) => {
  const { title, data } = partsOf({ title: '\u0001'.repeat(200), data: [{ type: 2, value: '"'.repeat(500) }] });
  t.equal(title.join('').length, 200 * 7);
  t.equal(data[0]?.value.join('').length, 500 * 4);
});

t.test('images are in the order of the creative, and read as asset objects', async (t) => {
  const images = [
    { type: 3, url: 'https://cdn.example/w.jpg?a="b"&c', w: 1200, h: 627, mime: 'image/jpeg' },
    { type: 1, url: 'https://cdn.example/i.png', w: 80, h: 80, mime: 'image/png' },
  ];
  const parts = partsOf({ images }).images;
  t.same(
    parts.map(({ text }) => JSON.parse(JSON.parse(`"${text}"`))),
    images.map(({ url, w, h }) => ({ url, w, h })),
  );
  t.same(
    parts.map(({ type, w, h, mime }) => ({ type, w, h, mime })),
    images.map(({ type, w, h, mime }) => ({ type, w, h, mime })),
  );
});
