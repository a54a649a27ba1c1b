// Creatives of a campaign file: what the schema of each format takes, what it refuses and how it says so, and what
// follows from a creative.

import t from 'tap';
import { attributesOf, mediaMimes, protocolOf, sizeOf, VAST_VERSIONS } from './creative_file.js';
import { type ProblemCase, problemsOfBanner, problemsOfCreative } from './testing/file_problems.js';
import { creativeOf } from './testing/rendering.js';
import type { Part } from './testing/sample_book.js';

const COMMON: Part = { id: 'cr1', advertiser_domains: ['adv.example'], landing_url: 'https://adv.example/' };
const VIDEO: Part = {
  ...COMMON,
  type: 'video',
  w: 640,
  h: 360,
  duration_s: 15,
  media: [{ url: 'https://cdn.example/v.mp4', mime: 'video/mp4' }],
};
const AUDIO: Part = {
  ...COMMON,
  type: 'audio',
  duration_s: 30,
  media: [{ url: 'https://cdn.example/a.m4a', mime: 'audio/mp4' }],
};
const NATIVE: Part = { ...COMMON, type: 'native', title: 'Walk' };
const WRAPPER: Part = { media: undefined, wrapper_url: 'https://ads.example/vast', mimes: ['video/mp4'] };
const COMPANION: Part = { w: 300, h: 250, image_url: 'https://cdn.example/c.png' };
const IMAGE: Part = { type: 3, url: 'https://cdn.example/i.png', w: 600, h: 300, mime: 'image/png' };

const video = (part: Part) => problemsOfCreative({ ...VIDEO, ...part });
const audio = (part: Part) => problemsOfCreative({ ...AUDIO, ...part });
const native = (part: Part) => problemsOfCreative({ ...NATIVE, ...part });

const GOOD: readonly [name: string, problems: readonly string[]][] = [
  ['a video around media files', video({})],
  ['a video around another VAST', video(WRAPPER)],
  ['a video over the content, in any version', video({ linearity: 2, vast_version: '2.0' })],
  ['a video to be skipped at once', video({ skip_after_s: 0 })],
  ['a video with companions that must be shown', video({ companions: [COMPANION], companion_required: true })],
  ['a video of an hour', video({ duration_s: 3600 })],
  ['sound around media files', audio({})],
  ['sound around another VAST', audio({ ...WRAPPER, mimes: ['audio/mpeg'] })],
  ['sound with companions', audio({ companions: [COMPANION], companion_required: true })],
  ['a native creative that is a title', native({})],
  ['several images of one type', native({ images: [IMAGE, { ...IMAGE, w: 1200, h: 627 }] })],
  ['data of several types', native({ data: [1, 2, 12].map((type) => ({ type, value: 'x' })) })],
  ['a banner that is an image', problemsOfBanner({})],
  ['a banner that is markup', problemsOfBanner({ image_url: undefined, markup: '<b>' })],
];

const ONE_SOURCE = 'accounts.0.creatives.0: give either media or wrapper_url';
const MIMES = 'accounts.0.creatives.0: give mimes with wrapper_url, where no media file says them, and only there';
const SKIP = 'accounts.0.creatives.0: skip_after_s needs linear video and VAST 3.0 or later';
const URL = 'a URL that starts with http:// or https://';

const BAD: readonly ProblemCase[] = [
  [
    'a type that is none',
    problemsOfCreative({ ...VIDEO, type: 'film' }),
    "accounts.0.creatives.0.type: Invalid discriminator value. Expected 'banner' | 'video' | 'audio' | 'native'",
  ],
  ['media and a wrapper', video({ ...WRAPPER, media: VIDEO.media }), ONE_SOURCE],
  ['neither media nor a wrapper', video({ media: undefined }), ONE_SOURCE],
  ['sound from both', audio({ ...WRAPPER, media: AUDIO.media }), ONE_SOURCE],
  ['a wrapper without mimes', video({ ...WRAPPER, mimes: undefined }), MIMES],
  ['mimes beside media', video({ mimes: ['video/mp4'] }), MIMES],
  ['mimes beside sound', audio({ mimes: ['audio/mp4'] }), MIMES],
  ['no media file', video({ media: [] }), 'accounts.0.creatives.0.media: Too small: expected array to have >=1 items'],
  [
    'a media file without a type',
    video({ media: [{ url: 'https://cdn.example/v.mp4' }] }),
    'accounts.0.creatives.0.media.0.mime: Invalid input: expected string, received undefined',
  ],
  [
    'a media file elsewhere than on the web',
    video({ media: [{ url: 'rtmp://cdn.example/v', mime: 'video/mp4' }] }),
    `accounts.0.creatives.0.media.0.url: ${URL}`,
  ],
  [
    'a wrapper elsewhere',
    video({ ...WRAPPER, wrapper_url: '//ads.example' }),
    `accounts.0.creatives.0.wrapper_url: ${URL}`,
  ],
  [
    'companions that must be shown and are not there',
    video({ companion_required: true }),
    'accounts.0.creatives.0: companion_required needs companions',
  ],
  [
    'the same of sound',
    audio({ companion_required: true }),
    'accounts.0.creatives.0: companion_required needs companions',
  ],
  [
    'a companion without a size',
    video({ companions: [{ ...COMPANION, w: 0 }] }),
    'accounts.0.creatives.0.companions.0.w: Too small: expected number to be >=1',
  ],
  ['skipping in VAST 2.0', video({ skip_after_s: 5, vast_version: '2.0' }), SKIP],
  ['skipping what lies over the content', video({ skip_after_s: 5, linearity: 2 }), SKIP],
  [
    'another linearity',
    video({ linearity: 3 }),
    'accounts.0.creatives.0.linearity: 1 (linear) or 2 (over the content)',
  ],
  [
    'a version that is none',
    video({ vast_version: '5.0' }),
    'accounts.0.creatives.0.vast_version: Invalid option: expected one of "2.0"|"3.0"|"4.0"|"4.1"|"4.2"|"4.3"',
  ],
  ['no duration', video({ duration_s: 0 }), 'accounts.0.creatives.0.duration_s: Too small: expected number to be >=1'],
  [
    'half a second',
    audio({ duration_s: 15.5 }),
    'accounts.0.creatives.0.duration_s: Invalid input: expected int, received number',
  ],
  ['sound with a size', audio({ w: 300 }), 'accounts.0.creatives.0: Unrecognized key: "w"'],
  ['sound to be skipped', audio({ skip_after_s: 5 }), 'accounts.0.creatives.0: Unrecognized key: "skip_after_s"'],
  [
    'a banner with a duration',
    problemsOfBanner({ duration_s: 15 }),
    'accounts.0.creatives.0: Unrecognized key: "duration_s"',
  ],
  [
    'an image and markup',
    problemsOfBanner({ markup: '<b>' }),
    'accounts.0.creatives.0: give either image_url or markup',
  ],
  [
    'neither of them',
    problemsOfBanner({ image_url: undefined }),
    'accounts.0.creatives.0: give either image_url or markup',
  ],
  [
    'a banner type that is none',
    problemsOfBanner({ banner_type: 5 }),
    'accounts.0.creatives.0.banner_type: Too big: expected number to be <=4',
  ],
  [
    'a landing page elsewhere',
    problemsOfBanner({ landing_url: 'ftp://x' }),
    `accounts.0.creatives.0.landing_url: ${URL}`,
  ],
  [
    'no advertiser',
    problemsOfBanner({ advertiser_domains: [] }),
    'accounts.0.creatives.0.advertiser_domains: Too small: expected array to have >=1 items',
  ],
  [
    'an id with a space',
    problemsOfBanner({ id: 'a b' }),
    'accounts.0.creatives.0.id: letters, digits and . _ : - only',
  ],
  [
    'no title',
    native({ title: '' }),
    'accounts.0.creatives.0.title: Too small: expected string to have >=1 characters',
  ],
  [
    'two values of one type',
    native({ data: [1, 1].map((type) => ({ type, value: 'x' })) }),
    'accounts.0.creatives.0.data: one value for each type',
  ],
  [
    'an image without a type of content',
    native({ images: [{ ...IMAGE, mime: undefined }] }),
    'accounts.0.creatives.0.images.0.mime: Invalid input: expected string, received undefined',
  ],
  [
    'an image elsewhere',
    native({ images: [{ ...IMAGE, url: 'i.png' }] }),
    `accounts.0.creatives.0.images.0.url: ${URL}`,
  ],
  ['a native creative with a size', native({ w: 1, h: 1 }), 'accounts.0.creatives.0: Unrecognized keys: "w", "h"'],
];

t.test('what is taken', async (t) => {
  for (const [name, problems] of GOOD) t.same(problems, [], name);
});

t.test('what is refused, and how', async (t) => {
  for (const [name, problems, expected] of BAD) t.ok(problems.includes(expected), `${name}: ${problems.join(' | ')}`);
});

t.test('what is left out has a plain meaning', async (t) => {
  t.match(creativeOf('video'), { vast_version: '4.0', linearity: 1, companions: [], companion_required: false });
  t.match(creativeOf('audio'), { vast_version: '4.1', companions: [], companion_required: false });
  t.match(creativeOf('native'), { images: [], data: [] });
  t.match(creativeOf('banner'), {
    banner_type: 2,
    mime: 'text/html',
    categories: [],
    cattax: 1,
    attributes: [],
    apis: [],
  });
});

t.test('what can be skipped has the attribute of it, once', async (t) => {
  t.same(attributesOf(creativeOf('video', { attributes: [2] })), [2]);
  t.same(attributesOf(creativeOf('video', { attributes: [2], skip_after_s: 0 })), [2, 16]);
  t.same(attributesOf(creativeOf('video', { attributes: [16, 2], skip_after_s: 5 })), [16, 2]);
  t.same(attributesOf(creativeOf('banner', { attributes: [16] })), [16]);
});

t.test('the types of media are those of the files, or those said of a wrapper', async (t) => {
  const mimesOf = (part: Part) => {
    const creative = creativeOf('video', part);
    return creative.type === 'video' ? mediaMimes(creative) : [];
  };
  const media = ['video/mp4', 'video/webm', 'video/mp4'].map((mime) => ({ url: 'https://cdn.example/v', mime }));
  t.same(mimesOf({ media }), ['video/mp4', 'video/webm']);
  t.same(mimesOf({ ...WRAPPER, mimes: ['video/ogg'] }), ['video/ogg']);
});

t.test('the protocol is that of the version, inline or wrapper', async (t) => {
  const protocols = (part: Part) =>
    VAST_VERSIONS.map((vast_version) => {
      const creative = creativeOf('video', { vast_version, ...part });
      return creative.type === 'video' ? protocolOf(creative) : undefined;
    });
  t.same(protocols({}), [2, 3, 7, 11, 13, 15]);
  t.same(protocols(WRAPPER), [5, 6, 8, 12, 14, 16]);
});

t.test('banners and videos have a size', async (t) => {
  t.equal(sizeOf(creativeOf('banner')), 300 * 65_536 + 250);
  t.equal(sizeOf(creativeOf('video')), 640 * 65_536 + 360);
  t.equal(sizeOf(creativeOf('audio')), undefined);
  t.equal(sizeOf(creativeOf('native')), undefined);
});
