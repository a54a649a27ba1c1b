// Video, audio and native impressions: what each takes, rule by rule, one ad and one impression that takes it.

import t from 'tap';
import type { Book } from '../book.js';
import { type Part, sampleCreative, sampleImp } from '../testing/sample_book.js';
import { audioCreative, bookOf, impOutcome, nativeCreative, videoCreative } from '../testing/sample_formats.js';

const VIDEO = bookOf([videoCreative({})]);
const videoOutcome = (book: Book, video: Part, imp: Part = {}): string => impOutcome(book, { video, ...imp });
const audioOutcome = (book: Book, audio: Part): string => impOutcome(book, { audio });
t.test('an ad bids where its format is asked for', async (t) => {
  const banner = { banner: { w: 300, h: 250 } };
  const native = { native: { request: '{"assets":[]}' } };
  const formats = {
    banner: sampleCreative(),
    video: videoCreative({}),
    audio: audioCreative({}),
    native: nativeCreative({}),
  };
  const imps = { banner, video: { video: {} }, audio: { audio: {} }, native };
  for (const [own, creative] of Object.entries(formats)) {
    for (const [asked, imp] of Object.entries(imps)) {
      t.equal(impOutcome(bookOf([creative]), imp), own === asked ? 'bid' : 'no_format', `${own} for ${asked}`);
    }
    t.equal(impOutcome(bookOf([creative]), { ...banner, video: {}, audio: {}, ...native }), 'bid', `${own} for any`);
  }
  t.equal(videoOutcome(bookOf([videoCreative({}), sampleCreative()]), { maxduration: 5 }), 'no_size');
  const banners = bookOf([sampleCreative(), videoCreative({})], { video_placements: [1] });
  t.equal(impOutcome(banners, { video: {} }), 'no_creative', 'banners and a video, which is not wanted');
});

t.test('durations: required ones, else bounds, never longer than the pod', async (t) => {
  const of = (video: Part): string => videoOutcome(VIDEO, video);
  t.equal(of({ minduration: 15, maxduration: 15 }), 'bid');
  t.equal(of({ minduration: 16 }), 'no_size');
  t.equal(of({ maxduration: 14 }), 'no_size');
  t.equal(of({ maxduration: 0 }), 'bid', 'no bound');
  t.equal(of({ maxduration: -1 }), 'bid', 'no bound');
  t.equal(of({ rqddurs: [30, 15] }), 'bid');
  t.equal(of({ rqddurs: [30], minduration: 5, maxduration: 20 }), 'no_size');
  t.equal(of({ rqddurs: [15], minduration: 20, maxduration: 5 }), 'bid', 'in place of the bounds');
  t.equal(of({ rqddurs: ['x', null], maxduration: 15 }), 'bid', 'no usable entry');
  t.equal(of({ rqddurs: [0] }), 'no_size', 'a usable one that nothing has');
  t.equal(of({ rqddurs: ['15.9'] }), 'bid');
  t.equal(of({ poddur: 15 }), 'bid');
  t.equal(of({ poddur: 14 }), 'no_size');
  t.equal(of({ poddur: 14, rqddurs: [15] }), 'no_size');
  t.equal(of({ poddur: 0 }), 'bid');
  t.equal(audioOutcome(bookOf([audioCreative({})]), { maxduration: 29 }), 'no_size');
  t.equal(audioOutcome(bookOf([audioCreative({})]), { maxduration: 30 }), 'bid');
});

t.test('a duration that other ads have is a creative that does not fit', async (t) => {
  const creatives = [videoCreative({}), videoCreative({ duration_s: 30, apis: [2] })];
  t.equal(videoOutcome(bookOf(creatives), { minduration: 20 }), 'no_creative');
  t.equal(videoOutcome(bookOf(creatives), { minduration: 20, api: [2] }), 'bid');
});

t.test('protocols follow from the VAST version, and a wrapper has its own', async (t) => {
  const wrapper = { wrapper_url: 'https://v.example/x', mimes: ['video/mp4'] };
  const cases: [Part, number][] = [
    [{ vast_version: '2.0' }, 2],
    [{ vast_version: '3.0' }, 3],
    [{}, 7],
    [{ vast_version: '4.2' }, 13],
    [{ vast_version: '3.0', ...wrapper }, 6],
    [wrapper, 8],
  ];
  for (const [part, protocol] of cases) {
    const book = bookOf([videoCreative(part)]);
    t.equal(videoOutcome(book, { protocols: [1, protocol] }), 'bid', `${protocol}`);
    t.equal(videoOutcome(book, { protocols: [1, 10] }), 'no_creative');
    t.equal(videoOutcome(book, { protocol }), 'bid');
    t.equal(videoOutcome(book, { protocol: 1, protocols: [String(protocol)] }), 'bid', 'both together');
    t.equal(videoOutcome(book, { protocol: 64, protocols: [-1] }), 'bid', 'none usable');
  }
  t.equal(audioOutcome(bookOf([audioCreative({})]), { protocols: [11] }), 'bid');
  t.equal(audioOutcome(bookOf([audioCreative({})]), { protocols: [7] }), 'no_creative');
});

t.test('MIME types: one of the media files is enough', async (t) => {
  const media = ['video/webm', 'Video/MP4'].map((mime) => ({ url: 'https://c.example/a', mime }));
  const book = bookOf([videoCreative({ media })]);
  t.equal(videoOutcome(book, { mimes: ['VIDEO/mp4', 'x'] }), 'bid');
  t.equal(videoOutcome(book, { mimes: ['video/ogg'] }), 'no_creative');
  t.equal(videoOutcome(book, { mimes: [null, ''] }), 'bid');
  const wrapped = bookOf([videoCreative({ wrapper_url: 'https://v.example/x', mimes: ['video/webm'] })]);
  t.equal(videoOutcome(wrapped, { mimes: ['video/mp4'] }), 'no_creative');
  t.equal(videoOutcome(wrapped, { mimes: ['video/webm'] }), 'bid');
});

t.test('a companion that is required needs its place', async (t) => {
  const companions = [
    { w: 300, h: 250, image_url: 'https://c.example/a.png' },
    { w: 728, h: 90, image_url: 'https://c.example/b.png' },
  ];
  const required = bookOf([videoCreative({ companions, companion_required: true })]);
  t.equal(videoOutcome(required, {}), 'no_creative');
  t.equal(videoOutcome(required, { companionad: [{ w: 1, h: 1 }, 7, { w: '728', h: 90.5 }] }), 'bid');
  t.equal(videoOutcome(required, { companionad: [{ w: 300, h: 90 }] }), 'no_creative');
  t.equal(videoOutcome(bookOf([videoCreative({ companions })]), {}), 'bid', 'not required');
  const audio = bookOf([audioCreative({ companions, companion_required: true })]);
  t.equal(audioOutcome(audio, { companionad: [{ w: 300, h: 250 }] }), 'bid');
  t.equal(audioOutcome(audio, { companionad: {} }), 'no_creative');
});

t.test('linearity and skipping bind a video, not an audio', async (t) => {
  t.equal(videoOutcome(VIDEO, { linearity: 1 }), 'bid');
  t.equal(videoOutcome(VIDEO, { linearity: 2 }), 'no_creative');
  t.equal(videoOutcome(VIDEO, { linearity: 0 }), 'bid');
  t.equal(videoOutcome(bookOf([videoCreative({ linearity: 2 })]), { linearity: 2 }), 'bid');
  const skippable = bookOf([videoCreative({ skip_after_s: 5 })]);
  t.equal(videoOutcome(skippable, { skip: 0 }), 'no_creative');
  t.equal(videoOutcome(skippable, { skip: 1 }), 'bid');
  t.equal(videoOutcome(skippable, {}), 'bid');
  t.equal(videoOutcome(VIDEO, { skip: 0 }), 'bid');
  t.equal(audioOutcome(bookOf([audioCreative({})]), { linearity: 2, skip: 0 }), 'bid');
});

t.test('a creative that can be skipped has attribute 16', async (t) => {
  const skippable = bookOf([videoCreative({ skip_after_s: 5 })]);
  t.equal(videoOutcome(skippable, { battr: [16] }), 'no_creative');
  t.equal(videoOutcome(VIDEO, { battr: [16] }), 'bid');
});

t.test('attributes, API frameworks and https bind every format', async (t) => {
  const native = { native: { request: { assets: [] } } };
  const plain = {
    video: { media: [{ url: 'http://c.example/a.mp4', mime: 'video/mp4' }] },
    audio: { media: [{ url: 'http://c.example/a.mp3', mime: 'audio/mpeg' }] },
    native: { images: [{ type: 3, url: 'http://c.example/a.png', w: 1, h: 1, mime: 'image/png' }] },
  };
  const make = { video: videoCreative, audio: audioCreative, native: nativeCreative } as const;
  for (const format of ['video', 'audio', 'native'] as const) {
    const imp = format === 'native' ? native : { [format]: {} };
    const of = (creative: Part, part: Part, rest: Part = {}): string =>
      impOutcome(bookOf([make[format](creative)]), {
        [format]: { ...(imp as Record<string, Part>)[format], ...part },
        ...rest,
      });
    t.equal(of({ attributes: [6] }, { battr: [1, 6] }), 'no_creative', format);
    t.equal(of({ attributes: [6] }, { battr: [1] }), 'bid');
    t.equal(of({ apis: [7] }, { api: [7, 2] }), 'bid');
    t.equal(of({ apis: [7] }, {}), 'no_creative');
    t.equal(of(plain[format], {}, { secure: 1 }), 'no_creative');
    t.equal(of(plain[format], {}), 'bid');
    t.equal(of({ landing_url: 'http://adv.example/' }, {}, { secure: 1 }), 'bid', 'the landing page may be plain');
  }
  const other = { banner: { w: 1, h: 1, battr: [6] }, video: {} };
  t.equal(impOutcome(bookOf([videoCreative({ attributes: [6] })]), other), 'bid', 'each format speaks for itself');
});

t.test('video placements: plcmt, else what placement says of it', async (t) => {
  const of = (placements: number[], video: Part): string =>
    videoOutcome(bookOf([videoCreative({})], { video_placements: placements }), video);
  t.equal(of([1], { plcmt: 1 }), 'bid');
  t.equal(of([1], { plcmt: 2 }), 'no_creative');
  t.equal(of([1], {}), 'no_creative', 'not said');
  t.equal(of([], {}), 'bid');
  const byOld = [1, 2, 3, 4, 5, 6].map((placement) => [1, 2, 3, 4].filter((p) => of([p], { placement }) === 'bid'));
  t.same(byOld, [[1], [4], [4], [4], [3], []]);
  t.equal(of([1], { plcmt: 2, placement: 1 }), 'no_creative', 'plcmt goes first');
  t.equal(of([1], { plcmt: 'x', placement: 1 }), 'bid');
  t.equal(of([1], { plcmt: 9, placement: 1 }), 'no_creative');
  t.equal(audioOutcome(bookOf([audioCreative({})], { video_placements: [1] }), {}), 'bid', 'not about audio');
});

/** Outcome of a native impression whose request has these assets. */
function assetsOutcome(assets: readonly unknown[], creative: Part = {}): string {
  return impOutcome(bookOf([nativeCreative(creative)]), { native: { request: { assets } } });
}

t.test('a native request is JSON in a string or an object, wrapped or not', async (t) => {
  const book = bookOf([nativeCreative({})]);
  const of = (request: unknown): string => impOutcome(book, { native: { request } });
  const inner = { assets: [{ id: 1, required: 1, data: { type: 99 } }] };
  for (const request of [
    inner,
    { native: inner },
    JSON.stringify(inner),
    ` \n${JSON.stringify({ native: inner })}\t`,
  ]) {
    t.equal(of(request), 'no_creative', 'it is read');
  }
  t.equal(of({ assets: inner.assets, native: 7 }), 'no_creative', 'what is no object wraps nothing');
  t.equal(of({ assets: inner.assets, native: {} }), 'bid', 'wrapped: only what is inside counts');
  for (const request of ['', 'x', '[]', '"{}"', '{"assets":[]', '\ufeff{}', '{}{}', null, [], 7, true]) {
    t.equal(of(request), 'no_format', JSON.stringify(request));
  }
  t.equal(impOutcome(book, { native: {} }), 'no_format');
  t.equal(of('{}'), 'bid', 'no assets');
  t.equal(of('{"assets":[{"id":1,"required":1,"data":{"type":9}}],"assets":[]}'), 'bid', 'of repeated keys the last');
});

t.test('each required asset can be answered', async (t) => {
  t.equal(assetsOutcome([{ id: 1, required: 1, title: { len: 2 } }]), 'bid', 'a title is cut');
  t.equal(assetsOutcome([{ required: 1, title: { len: 25 } }]), 'no_creative', 'without an id there is no answer');
  t.equal(assetsOutcome([{ id: 'x', required: true, title: {} }]), 'no_creative');
  t.equal(assetsOutcome([{ id: 1, required: 1, data: { type: 2 } }]), 'bid');
  t.equal(assetsOutcome([{ id: 1, required: 1, data: { type: 3 } }]), 'no_creative');
  t.equal(assetsOutcome([{ id: 1, required: 1, data: {} }]), 'no_creative');
  t.equal(assetsOutcome([{ id: 1, required: 1, video: {} }]), 'no_creative');
  t.equal(assetsOutcome([{ id: 1, required: 1 }]), 'no_creative', 'of no kind');
  t.equal(assetsOutcome([{ id: 1, data: { type: 3 } }, 7, { id: 2, required: 2, video: {} }]), 'bid', 'not required');
  t.equal(assetsOutcome([{ id: 1, required: 1, video: {}, title: {} }]), 'bid', 'a title goes before a video');
  t.equal(assetsOutcome([{ id: 1, required: 1, data: { type: 2 }, video: {} }]), 'no_creative', 'a video before data');
  t.equal(assetsOutcome([{ id: 1, required: 1, data: { type: 2 }, img: { type: 7 } }]), 'no_creative');
  t.equal(assetsOutcome([{ id: 1, required: 1, data: { type: 2 }, img: 7 }]), 'bid', 'what is no object is no kind');
});

t.test('images fit by type, size and MIME type', async (t) => {
  const image = (img: Part): string => assetsOutcome([{ id: 1, required: 1, img }]);
  t.equal(image({ type: 3 }), 'bid');
  t.equal(image({ type: 2 }), 'no_creative');
  t.equal(image({}), 'bid', 'any type, any size');
  t.equal(image({ type: 3, w: 1200, h: 627 }), 'bid');
  t.equal(image({ type: 3, w: 1200, h: 628 }), 'no_creative');
  t.equal(image({ type: 3, wmin: 1200, hmin: 600 }), 'bid');
  t.equal(image({ type: 3, wmin: 1201 }), 'no_creative');
  t.equal(image({ type: 3, w: 1000, wmin: 800 }), 'bid', 'one of the two is enough');
  t.equal(image({ type: 3, w: 1200, wmin: 1300 }), 'bid');
  t.equal(image({ type: 3, w: 0, h: -1, wmin: 0, hmin: -5 }), 'bid', 'what is not above 0 is absent');
  t.equal(image({ type: 3, mimes: ['image/PNG', 'IMAGE/jpeg'] }), 'bid');
  t.equal(image({ type: 3, mimes: ['image/png'] }), 'no_creative');
  t.equal(image({ type: 3, mimes: [null] }), 'bid');
  t.equal(image({ w: 80, h: 80 }), 'bid');
  t.equal(image({ w: 80, h: 627 }), 'no_creative', 'both sides of one image');
});

t.test('an impression of several formats takes ads of any', async (t) => {
  const imp = sampleImp({ video: {}, native: { request: '{}' } });
  t.equal(impOutcome(bookOf([sampleCreative(), videoCreative({}), nativeCreative({})]), imp), 'bid');
  t.equal(
    impOutcome(bookOf([videoCreative({}), audioCreative({})]), {
      banner: { w: 300, h: 250 },
      video: { maxduration: 10 },
    }),
    'no_size',
  );
});
