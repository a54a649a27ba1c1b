// VAST of every version and kind: read by an XML parser that is not ours and held against the rules of the version;
// addresses, macros and texts come back as they were written.

import fc from 'fast-check';
import t from 'tap';
import { type AudioCreative, VAST_VERSIONS, type VastVersion, type VideoCreative } from './creative_file.js';
import { bidOf, creativeOf, LANDING, rendered, URLS } from './testing/rendering.js';
import type { Part } from './testing/sample_book.js';
import { all, readXml, vastProblems, type XmlElement } from './testing/vast_reader.js';
import { vastMarkup } from './vast.js';
import { wellFormed } from './vocabulary.js';

const TRACK = 'https://track.example/n';
const COMPANIONS: Part = {
  companions: [
    { w: 300, h: 250, image_url: 'https://cdn.example/c.PNG?v=1' },
    { w: 728, h: 90, image_url: 'https://cdn.example/c.jpg' },
  ],
};
const WRAPPER: Part = { media: undefined, wrapper_url: 'https://ads.example/vast?p=${AUCTION_PRICE}&c=[CACHEBUSTING]' };
const PICTURE: Part = { linearity: 2, media: [{ url: 'https://cdn.example/o.png', mime: 'image/png', w: 480, h: 70 }] };

/** Each kind of creative, by what is special about it. */
const KINDS: Readonly<Record<string, Part & { readonly type?: 'audio' }>> = {
  linear: {},
  skippable: { skip_after_s: 5 },
  companions: { ...COMPANIONS },
  'companions required': { ...COMPANIONS, companion_required: true },
  wrapper: { ...WRAPPER, mimes: ['video/mp4'] },
  'wrapper with companions': { ...WRAPPER, ...COMPANIONS, mimes: ['video/mp4'], companion_required: true },
  'wrapper, skippable': { ...WRAPPER, mimes: ['video/mp4'], skip_after_s: 5 },
  'non-linear': { ...PICTURE },
  'non-linear with companions': { ...PICTURE, ...COMPANIONS },
  'non-linear wrapper': { ...WRAPPER, linearity: 2, mimes: ['image/png'] },
  'non-linear wrapper with companions': { ...WRAPPER, ...COMPANIONS, linearity: 2, mimes: ['image/png'] },
  audio: { type: 'audio' },
  'audio with companions': { type: 'audio', ...COMPANIONS },
  'audio wrapper': { type: 'audio', ...WRAPPER, mimes: ['audio/mp4'] },
};

/** The VAST of a bid, out of its JSON. */
function vastOf(version: VastVersion, { type, ...part }: Part & { readonly type?: 'audio' } = {}): XmlElement {
  return readXml(bidOf(rendered(type ?? 'video', { vast_version: version, ...part }).pieces).adm);
}

const only = (root: XmlElement, name: string): XmlElement => {
  const [found, ...others] = all(root, name);
  if (found === undefined || others.length > 0) throw new Error(`${others.length + 1} elements ${name}`);
  return found;
};
const texts = (root: XmlElement, name: string): string[] => all(root, name).map((element) => element.text);
const since = (version: VastVersion, first: VastVersion): boolean =>
  VAST_VERSIONS.indexOf(version) >= VAST_VERSIONS.indexOf(first);

for (const version of VAST_VERSIONS) {
  t.test(`VAST ${version}`, async (t) => {
    const kinds = Object.entries(KINDS).filter(([, part]) => version !== '2.0' || part.skip_after_s === undefined);
    for (const [name, part] of kinds) {
      t.same(vastProblems(vastOf(version, part), version), [], `${name} keeps to the schema`);
    }
    const linear = vastOf(version);
    t.equal(linear.attributes.version, version);
    t.equal(linear.attributes.xmlns, since(version, '4.0') ? 'http://www.iab.com/VAST' : undefined);
    t.same(texts(linear, 'AdServingId'), since(version, '4.1') ? ['TOKEN'] : [], 'a serving has an id');
    const audio = only(vastOf(version, { type: 'audio' }), 'Ad');
    t.equal(audio.attributes.adType, since(version, '4.1') ? 'audio' : undefined);
    const required = only(vastOf(version, KINDS['companions required']), 'CompanionAds').attributes.required;
    t.equal(required, since(version, '3.0') ? 'any' : undefined);
  });
}

t.test('the rules find what is out of order, missing or unknown', async (t) => {
  const linear = bidOf(rendered('video', { vast_version: '4.2' }).pieces).adm;
  const problems = (xml: string, version: VastVersion = '4.2') => vastProblems(readXml(xml), version).join();
  t.match(problems(linear, '3.0'), /^VAST: no attribute xmlns/);
  t.match(problems(linear, '4.0'), /AdServingId/);
  t.match(
    problems(linear.replace(/<Duration>.*<\/Duration>/, '')),
    /Linear: TrackingEvents MediaFiles VideoClicks is not/,
  );
  t.match(problems(linear.replace(' delivery="progressive"', '')), /MediaFile: attribute delivery is missing/);
  t.match(problems(linear.replace('<AdTitle>', '<Title/><AdTitle>')), /Title: no such element/);
  t.throws(() => readXml(linear.replace('</VideoClicks>', '')), 'not well-formed');
});

t.test('the id of a creative is in an attribute in 4.0 and in the text from 4.0 on', async (t) => {
  t.equal(all(vastOf('3.0'), 'UniversalAdId').length, 0);
  const old = only(vastOf('4.0'), 'UniversalAdId');
  t.same([old.attributes, old.text], [{ idRegistry: 'unknown', idValue: 'c1' }, 'c1']);
  const now = only(vastOf('4.2'), 'UniversalAdId');
  t.same([now.attributes, now.text], [{ idRegistry: 'unknown' }, 'c1']);
});

t.test('what a player calls leads here, with the token', async (t) => {
  const vast = vastOf('4.2', { skip_after_s: 5 });
  t.same(texts(vast, 'Impression'), [`${TRACK}/imp/TOKEN`]);
  t.same(texts(vast, 'ClickThrough'), [`${TRACK}/click/TOKEN${LANDING}`]);
  t.same(texts(vast, 'Error'), [`${TRACK}/event/TOKEN?e=error&c=[ERRORCODE]`]);
  const events = ['start', 'firstQuartile', 'midpoint', 'thirdQuartile', 'complete', 'skip'];
  t.same(
    all(vast, 'Tracking').map((tracking) => [tracking.attributes.event, tracking.text]),
    events.map((event) => [event, `${TRACK}/event/TOKEN?e=${event}`]),
  );
});

t.test('only what can be skipped says so', async (t) => {
  const skippable = vastOf('3.0', { skip_after_s: 75, duration_s: 3600 });
  t.equal(only(skippable, 'Linear').attributes.skipoffset, '00:01:15');
  t.equal(only(skippable, 'Duration').text, '01:00:00');
  t.same(only(vastOf('3.0'), 'Linear').attributes, {});
  t.equal(all(vastOf('3.0'), 'Tracking').length, 5);
  t.equal(only(vastOf('3.0', { skip_after_s: 0 }), 'Linear').attributes.skipoffset, '00:00:00');
});

t.test('media files have their own size, or that of the creative; sound has none', async (t) => {
  const media = [
    { url: 'https://cdn.example/1.mp4', mime: 'video/mp4', w: 1920, h: 1080, bitrate_kbps: 4500 },
    { url: 'https://cdn.example/2.webm', mime: 'video/webm' },
  ];
  const files = all(vastOf('4.0', { media }), 'MediaFile');
  t.same(
    files.map((file) => [file.text, file.attributes]),
    [
      [
        'https://cdn.example/1.mp4',
        { delivery: 'progressive', type: 'video/mp4', width: '1920', height: '1080', bitrate: '4500' },
      ],
      ['https://cdn.example/2.webm', { delivery: 'progressive', type: 'video/webm', width: '640', height: '360' }],
    ],
  );
  t.match(only(vastOf('4.1', { type: 'audio' }), 'MediaFile').attributes, { width: '0', height: '0' });
});

t.test('a wrapper names the other VAST with its macros, and counts what happens to it', async (t) => {
  const vast = vastOf('4.0', KINDS.wrapper);
  t.equal(only(vast, 'VASTAdTagURI').text, 'https://ads.example/vast?p=${AUCTION_PRICE}&c=[CACHEBUSTING]');
  t.same(texts(vast, 'ClickTracking'), [`${TRACK}/click/TOKEN?t=1`]);
  t.same(texts(vast, 'Impression'), [`${TRACK}/imp/TOKEN`]);
  t.equal(all(vast, 'MediaFile').length, 0);
  t.same(
    only(vastOf('4.0', KINDS['wrapper, skippable']), 'Linear').attributes,
    {},
    'when to skip is not for us to say',
  );
});

t.test('a non-linear ad is its first media file', async (t) => {
  const media = [...(PICTURE.media as object[]), { url: 'https://cdn.example/2.gif', mime: 'image/gif' }];
  const vast = vastOf('3.0', { ...PICTURE, media });
  const { attributes } = only(vast, 'NonLinear');
  t.same(attributes, { width: '480', height: '70', minSuggestedDuration: '00:00:15' });
  const resource = only(vast, 'StaticResource');
  t.same([resource.text, resource.attributes], ['https://cdn.example/o.png', { creativeType: 'image/png' }]);
  t.same(texts(vast, 'NonLinearClickThrough'), [`${TRACK}/click/TOKEN${LANDING}`]);
});

t.test('companions have a size, a picture of a known type and a click', async (t) => {
  const vast = vastOf('4.2', COMPANIONS);
  t.same(
    all(vast, 'Companion').map(({ attributes }) => attributes),
    [
      { width: '300', height: '250' },
      { width: '728', height: '90' },
    ],
  );
  t.same(
    all(vast, 'StaticResource').map((resource) => [resource.text, resource.attributes.creativeType]),
    [
      ['https://cdn.example/c.PNG?v=1', 'image/png'],
      ['https://cdn.example/c.jpg', 'image/jpeg'],
    ],
  );
  t.same(texts(vast, 'CompanionClickThrough'), [`${TRACK}/click/TOKEN${LANDING}`, `${TRACK}/click/TOKEN${LANDING}`]);
});

t.test('macros of an exchange and of VAST stay literal in addresses', async (t) => {
  const url = 'https://cdn.example/v.mp4?a=${AUCTION_ID}&b=[TIMESTAMP]&c=%%X%%&d={e}';
  t.equal(only(vastOf('4.2', { media: [{ url, mime: 'video/mp4' }] }), 'MediaFile').text, url);
});

t.test('no text of a trader breaks out of the XML', async (t) => {
  const url = `https://cdn.example/"'<&]]>é💶.mp4`;
  const vast = vastOf('4.2', { name: `R&D <b>"x"</b> ]]> é💶`, media: [{ url, mime: `"&<'video` }] });
  t.equal(only(vast, 'AdTitle').text, `R&D <b>"x"</b> ]]> é💶`);
  t.equal(only(vast, 'MediaFile').text, url.replace(']]>', ']]%3E'), 'the end of CDATA, as an address may have it');
  t.equal(only(vast, 'MediaFile').attributes.type, `"&<'video`);
});

/** A text without what XML cannot hold (XML 1.0 section 2.2); U+FFFF stands for the token. */
const kept = (text: string): string =>
  Array.from(wellFormed(text), (char) =>
    char === '\ufffe' || (char < ' ' && !/\s/.test(char)) ? '\ufffd' : char,
  ).join('');

t.test('any text and address come back, but for what XML cannot hold', async (t) => {
  const unit = fc.constantFrom(...'aé&<>"\']\u0000\u001f\u007f\u2028💶', ']]>', '\ud83d', '\ude00', '\ufffe', '\\');
  const string = (maxLength: number) => fc.string({ unit, minLength: 1, maxLength });
  fc.assert(
    fc.property(string(40), string(40), fc.constantFrom(...VAST_VERSIONS), (name, path, version) => {
      const url = `https://cdn.example/${path.replace(/\s/g, '')}`;
      const part = { name, vast_version: version, media: [{ url, mime: 'video/mp4' }] };
      const xml = vastMarkup(creativeOf('video', part) as VideoCreative | AudioCreative, URLS);
      if (kept(xml) !== xml) return false;
      const vast = readXml(xml);
      const sameTitle = only(vast, 'AdTitle').text === kept(name);
      return sameTitle && only(vast, 'MediaFile').text === kept(url).replaceAll(']]>', ']]%3E');
    }),
    { seed: 11, numRuns: 200 },
  );
  t.pass('of 200 creatives');
});
