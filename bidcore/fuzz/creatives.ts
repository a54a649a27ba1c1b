// Creatives of generated campaign files, in all formats and with every key.

import { VAST_VERSIONS } from '../creative_file.js';
import type { Random } from './random.js';
import * as words from './vocabulary.js';

type Draft = Record<string, unknown>;
export type CreativeDraft = Draft & { readonly id: string };

export type FormatWeights = readonly (readonly [number, 'banner' | 'video' | 'audio' | 'native'])[];

/** A creative of one of the formats. */
export function draftCreative(random: Random, id: string, formats: FormatWeights): CreativeDraft {
  const type = random.weighted(formats);
  const own = { banner: draftBanner, video: draftVideo, audio: draftAudio, native: draftNative }[type](random);
  return { ...draftCommon(random), ...own, id, type };
}

const some = <T>(random: Random, chance: number, items: readonly T[]): T[] | undefined =>
  random.chance(chance) ? random.some(items, 1, 3) : undefined;

function draftCommon(random: Random): Draft {
  const taxonomy = random.weighted([
    [6, 1],
    [2, 7],
    [1, 6],
    [1, 600],
  ]);
  return {
    name: random.chance(0.1) ? 'A "näme"' : undefined,
    advertiser_domains: random.some(words.ADVERTISERS, 1, 2),
    categories: some(random, 0.7, taxonomy === 1 ? words.CATEGORIES_1 : words.CATEGORIES_7),
    cattax: taxonomy,
    attributes: some(random, 0.25, [1, 3, 5, 9, 13, 16, 31, 32, 63]),
    apis: some(random, 0.12, [1, 3, 5, 7, 31]),
    bundle: random.chance(0.2) ? random.pick(words.APP_BUNDLES) : undefined,
    landing_url: random.pick([
      'https://brand.example/landing?a=1&b=2',
      'http://brand.example/',
      'https://brand.example/\\"<b>]]>&amp;',
      'https://brand.example/größe?x=${AUCTION_ID}',
    ]),
  };
}

const scheme = (random: Random): string => (random.chance(0.15) ? 'http' : 'https');

function draftBanner(random: Random): Draft {
  const [w, h] = random.pick(random.chance(0.6) ? words.SIZES.slice(0, 5) : words.SIZES);
  return {
    w,
    h,
    banner_type: random.weighted([
      [3, undefined],
      [1, 1],
      [1, 3],
      [1, 4],
    ]),
    mime: random.weighted([
      [4, undefined],
      [1, random.pick(words.MIMES)],
    ]),
    ...draftMarkup(random),
  };
}

function draftMarkup(random: Random): Draft {
  const own = scheme(random);
  if (random.chance(0.5)) return { image_url: `${own}://cdn.example/a.png?x="<&>` };
  return {
    markup: random.pick([
      `<a href="{{click_url}}"><img src="${own}://cdn.example/b.png"></a>`,
      '<script>var p = "${AUCTION_PRICE}", c = \'{{click_url}}\', i = "{{impression_url}}";\n\tgo(p, c, i)</script>',
      '<div data-x="${AUCTION_ID}:${AUCTION_IMP_ID}">ümläut 😀 \\ "quoted" \u2028 {{click_url}} {{click_url}}</div>',
      `plain ${own.toUpperCase()}://X.example/ {{unknown_macro}}`,
    ]),
  };
}

/** What video and audio share. */
function draftStream(random: Random, mimes: readonly string[], sized: boolean): Draft {
  const side = (): number => random.pick([320, 360, 640, 1280, 65535]);
  const media = (): Draft => ({
    url: `${scheme(random)}://cdn.example/${random.pick(['a.mp4', 'b?x=1&y=<2>', 'ä ]]>'.replace(' ', '%20')])}`,
    mime: random.chance(0.7) ? mimes[0] : random.pick(mimes),
    ...(sized && random.chance(0.7) ? { w: side(), h: side() } : {}),
    bitrate_kbps: random.chance(0.5) ? random.pick([1, 128, 2500, 1e6]) : undefined,
  });
  const wrapped = random.chance(0.3);
  const companions = random.chance(0.3)
    ? Array.from({ length: random.int(1, 4) }, () => {
        const [w, h] = random.pick([...words.SIZES.slice(0, 4), [65_535, 65_535]] as const);
        return { w, h, image_url: `${scheme(random)}://cdn.example/c.png?a=1&b="2"` };
      })
    : undefined;
  return {
    duration_s: random.pick(words.DURATIONS),
    media: wrapped ? undefined : Array.from({ length: random.int(1, 3) }, media),
    wrapper_url: wrapped
      ? `${scheme(random)}://other.example/vast?a=1&b=2&cb=\${AUCTION_ID}${random.pick(['', ']]>', '&x="y"'])}`
      : undefined,
    mimes: wrapped ? random.some(mimes, 1, 2) : undefined,
    companions,
    companion_required: companions !== undefined && random.chance(0.5),
  };
}

function draftVideo(random: Random): Draft {
  const version = random.chance(0.3) ? undefined : random.pick(VAST_VERSIONS);
  const linearity = random.weighted([
    [5, undefined],
    [2, 1],
    [2, 2],
  ]);
  const skippable = linearity !== 2 && version !== '2.0' && random.chance(0.3);
  return {
    w: random.pick([640, 640, 320, 1280, 65535]),
    h: random.pick([360, 360, 180, 720, 1]),
    vast_version: version,
    linearity,
    skip_after_s: skippable ? random.pick([0, 5, 5, 3600]) : undefined,
    ...draftStream(random, words.VIDEO_MIMES, true),
  };
}

function draftAudio(random: Random): Draft {
  return {
    vast_version: random.chance(0.4) ? undefined : random.pick(VAST_VERSIONS),
    ...draftStream(random, words.AUDIO_MIMES, false),
  };
}

function draftNative(random: Random): Draft {
  const image = (): Draft => {
    const [w, h] = random.pick(words.IMAGE_SIZES);
    return {
      type: random.pick(words.IMAGE_TYPES),
      url: `${scheme(random)}://cdn.example/i.png?a="1"&b=\\${random.pick(['', 'ü'])}`,
      w,
      h,
      mime: random.chance(0.6) ? 'image/jpeg' : random.pick(words.IMAGE_MIMES),
    };
  };
  const types = random.shuffled(words.DATA_TYPES).slice(0, random.int(0, 5));
  return {
    title: random.pick(words.TITLES),
    images: random.chance(0.85) ? Array.from({ length: random.int(1, 5) }, image) : undefined,
    data: random.chance(0.8) ? types.map((type) => ({ type, value: random.pick(words.DATA_VALUES) })) : undefined,
  };
}
