// What a native request is answered with, as it stands on the wire.

import t from 'tap';
import type { Book } from '../book.js';
import { bodyOf, type Part, sampleRequest, sampleSituation } from '../testing/sample_book.js';
import { bookOf, nativeCreative } from '../testing/sample_formats.js';
import { decide } from './decide.js';

interface Markup {
  readonly assets: readonly Part[];
  readonly [member: string]: unknown;
}

/** The text of `adm` with the escapes of the response resolved. */
function markupText(request: unknown, book: Book): string {
  const imp = [{ id: 1, native: { request } }];
  const { response } = decide(bodyOf(sampleRequest({ imp })), sampleSituation(book));
  if (response === undefined) throw new Error('no bid');
  return JSON.parse(response).seatbid[0].bid[0].adm as string;
}

function markup(request: unknown, book: Book): Markup {
  return JSON.parse(markupText(request, book)) as Markup;
}

const BOOK = bookOf([nativeCreative({})]);
const assets = (list: readonly unknown[], book = BOOK): readonly Part[] => markup({ assets: list }, book).assets;

t.test('assets are answered in the order of the request, those that can be', async (t) => {
  const asked = [
    { id: 5, data: { type: 1 } },
    { id: 2, required: 1, title: { len: 90 } },
    { id: 9, video: {} },
    { id: 3, img: { type: 3, wmin: 600 } },
    { title: { len: 90 } },
    { id: 4, data: { type: 12 } },
    { id: -7, required: 0, img: { type: 1 } },
    { id: 8 },
  ];
  const expected = [
    { id: 5, data: { value: 'Adv' } },
    { id: 2, required: 1, title: { text: 'Shoes that run' } },
    { id: 3, img: { url: 'https://cdn.example/m.jpg', w: 1200, h: 627 } },
    { id: -7, img: { url: 'https://cdn.example/i.png', w: 80, h: 80 } },
  ];
  t.same(assets(asked), expected);
  t.ok(markupText({ assets: asked }, BOOK).includes(`"assets":${JSON.stringify(expected)}`), 'without a space');
  t.same(assets([]), []);
  t.same(markup('{}', BOOK).assets, []);
  t.same(
    assets([
      { id: 1, title: {} },
      { id: 1, title: {} },
    ]).length,
    2,
    'as often as asked',
  );
});

t.test('of images that fit the first of the creative is taken', async (t) => {
  const image = (w: number): Part => ({ type: 3, url: `https://c.example/${w}.png`, w, h: 100, mime: 'image/png' });
  const book = bookOf([nativeCreative({ images: [image(100), image(300), image(200)] })]);
  const width = (img: Part): unknown => (assets([{ id: 1, img }], book)[0]?.img as Part | undefined)?.w;
  t.same([width({}), width({ wmin: 150 }), width({ w: 200 }), width({ w: 201 })], [100, 300, 200, undefined]);
});

t.test('texts are cut at code points, and end in an ellipsis then', async (t) => {
  const creative = nativeCreative({ title: 'a👟é\u0301z', data: [{ type: 2, value: 'abc' }] });
  const book = bookOf([creative]);
  const title = (len: unknown): unknown => (assets([{ id: 1, title: { len } }], book)[0] as { title: Part }).title.text;
  t.equal(title(5), 'a👟é\u0301z');
  t.equal(title(4), 'a👟é…');
  t.equal(title(3), 'a👟…');
  t.equal(title(2), 'a…');
  t.equal(title(1), '…');
  for (const none of [0, -3, 99, undefined, 'x']) t.equal(title(none), 'a👟é\u0301z', `${none}`);
  t.same(assets([{ id: 1, data: { type: 2, len: 2 } }], book), [{ id: 1, data: { value: 'a…' } }]);
});

t.test('texts survive being JSON inside JSON', async (t) => {
  const title = 'say "hi" \\ \n\t\u0001 </script> \u2028';
  const book = bookOf([
    nativeCreative({ title, images: [{ type: 3, url: 'https://c.example/?a="b"', w: 1, h: 1, mime: 'x' }] }),
  ]);
  t.same(
    assets(
      [
        { id: 1, title: {} },
        { id: 2, img: {} },
      ],
      book,
    ),
    [
      { id: 1, title: { text: title } },
      { id: 2, img: { url: 'https://c.example/?a="b"', w: 1, h: 1 } },
    ],
  );
});

t.test('a wrapped request gets a wrapped answer', async (t) => {
  const request = { assets: [{ id: 1, title: {} }] };
  const plain = markup(request, BOOK);
  t.same(Object.keys(plain)[0], 'ver');
  const wrapped = markup({ native: request }, BOOK);
  t.same(Object.keys(wrapped), ['native']);
  t.same((wrapped.native as Markup).assets, plain.assets);
  t.same(Object.keys(markup(JSON.stringify({ native: request }), BOOK)), ['native']);
});

t.test('impressions are told to an event tracker where one is asked for, else to an old tracker', async (t) => {
  const trackers = (eventtrackers?: unknown): string[] =>
    Object.keys(markup({ eventtrackers }, BOOK)).filter((key) => key.endsWith('trackers'));
  t.same(trackers([{ event: 1, methods: [1] }]), ['eventtrackers']);
  t.same(trackers([{ event: 2, methods: [1] }, 7, { event: '1', methods: [2, '1'] }]), ['eventtrackers']);
  t.same(trackers(), ['imptrackers']);
  t.same(trackers([]), ['imptrackers']);
  t.same(trackers([{ event: 1, methods: [2] }, { event: 2, methods: [1] }, { event: 1 }]), ['imptrackers']);
});
