// The creatives of generated campaigns, in the four formats: of one advertiser each, with the sizes, durations, assets
// and protocols that generated requests ask for.

import type {
  AudioCreative,
  BannerCreative,
  Creative,
  Format,
  NativeCreative,
  VideoCreative,
} from '../bidcore/creative_file.js';
import { Random } from './random.js';
import * as words from './vocabulary.js';

const MARKUP_BYTES_MIN = 300;
const MARKUP_BYTES_MAX = 1500;
/** Script text that markup takes its share of: drawing each character anew would take most of the time. */
const FILLER = new Random(1).text(65_536, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789+=');
/** Of creatives in another format than most of their campaign's. */
const OTHER_FORMAT = 0.15;
/** Of creatives with a URL that is not https, of those around another server's VAST, and of those that need an API. */
const INSECURE = 0.03;
const WRAPPED = 0.15;
const NEEDS_API = 0.08;

const VIDEO_SIZES: words.Weighted<readonly [number, number]> = [
  [45, [1920, 1080]],
  [35, [1280, 720]],
  [15, [640, 360]],
  [5, [640, 480]],
];
const VAST_VERSIONS: words.Weighted<VideoCreative['vast_version']> = [
  [10, '2.0'],
  [40, '3.0'],
  [30, '4.0'],
  [8, '4.1'],
  [12, '4.2'],
];
const COPY = 'Fresh offers every week for you and your family from the shop around the corner with free returns'.split(
  ' ',
);

/** Creatives of campaign n: one advertiser, one or two categories, mostly one format, several sizes. */
export function makeCreatives(random: Random, n: number, count: number, format: Format): Creative[] {
  const advertiser = `advertiser${n}.example`;
  const categories = random.distinct(random.int(1, 2), () => words.drawCategory(random));
  return Array.from({ length: count }, (_, i): Creative => {
    const id = `creative-${n}-${i}`;
    const common = {
      id,
      advertiser_domains: [advertiser],
      categories: random.chance(0.9) ? categories : [],
      cattax: 1,
      attributes: random.chance(0.2) ? random.distinct(random.int(1, 3), () => random.int(1, 16)) : [],
      landing_url: `https://www.${advertiser}/offer?c=${id}`,
    };
    return MAKERS[random.chance(OTHER_FORMAT) ? random.weighted(words.FORMAT_SHARES) : format](random, common);
  });
}

type Common = Pick<Creative, 'id' | 'advertiser_domains' | 'categories' | 'cattax' | 'attributes' | 'landing_url'>;

const MAKERS: Readonly<Record<Format, (random: Random, common: Common) => Creative>> = { banner, video, audio, native };

function banner(random: Random, common: Common): BannerCreative {
  const [w, h] = random.weighted(words.SIZES);
  return {
    ...common,
    type: 'banner',
    w,
    h,
    banner_type: random.weighted([
      [5, 2],
      [4, 3],
      [1, 1],
    ]),
    apis: random.chance(NEEDS_API) ? [random.pick([3, 5, 7])] : [],
    mime: 'text/html',
    markup: markup(random, common.id, w, h),
  };
}

/** HTML of 300 to 1,500 bytes, most of it at the short end. */
function markup(random: Random, id: string, w: number, h: number): string {
  const head =
    `<div id="${id}" style="width:${w}px;height:${h}px;overflow:hidden"><a href="{{click_url}}" target="_blank">` +
    `<img src="${url(random, `${id}/${w}x${h}.jpg`)}" width="${w}" height="${h}" alt=""></a></div>` +
    '<img src="{{impression_url}}" width="1" height="1" alt="">';
  const bytes = MARKUP_BYTES_MIN + Math.floor((MARKUP_BYTES_MAX - MARKUP_BYTES_MIN) * random.float() ** 2.5);
  const open = '<script>window.adConfig="',
    close = '"</script>';
  const filler = Math.max(0, bytes - head.length - open.length - close.length);
  const first = random.int(0, FILLER.length - filler);
  return `${head}${open}${FILLER.slice(first, first + filler)}${close}`;
}

const url = (random: Random, path: string): string =>
  `${random.chance(INSECURE) ? 'http' : 'https'}://cdn.example.net/${path}`;

function video(random: Random, common: Common): VideoCreative {
  const [w, h] = random.weighted(VIDEO_SIZES);
  const vast_version = random.weighted(VAST_VERSIONS);
  const mimes = random.pick([['video/mp4'], ['video/mp4', 'video/webm']]);
  const skippable = vast_version !== '2.0' && random.chance(0.3);
  return {
    ...common,
    type: 'video',
    w,
    h,
    duration_s: random.weighted(words.DURATIONS),
    vast_version,
    linearity: 1,
    apis: random.chance(NEEDS_API) ? [7] : [],
    ...(skippable ? { skip_after_s: 5 } : {}),
    ...(random.chance(WRAPPED)
      ? { wrapper_url: wrapperUrl(common), mimes }
      : {
          media: [w, Math.round(w / 2)].flatMap((width, n) =>
            mimes.map((mime) => ({
              url: url(random, `${common.id}/${width}.${mime.slice(6)}`),
              mime,
              w: width,
              h: Math.round((width * h) / w),
              bitrate_kbps: n === 0 ? 4200 : 1500,
            })),
          ),
        }),
    ...companions(random, common, 0.15, 0),
  };
}

const wrapperUrl = ({ id }: Common): string => `https://vast.example.net/tag/${id}?cb=1`;

/** Companions of a share of the creatives, which need a place for one with the given chance. */
function companions(
  random: Random,
  { id }: Common,
  share: number,
  required: number,
): Pick<VideoCreative, 'companions' | 'companion_required'> {
  if (!random.chance(share)) return { companions: [], companion_required: false };
  const sizes = random.pick([
    [[300, 250]],
    [[640, 640]],
    [
      [300, 250],
      [640, 640],
    ],
  ] as const);
  return {
    companions: sizes.map(([w, h]) => ({ w, h, image_url: `https://cdn.example.net/${id}/${w}x${h}.png` })),
    companion_required: random.chance(required),
  };
}

function audio(random: Random, common: Common): AudioCreative {
  const files = [
    { mime: 'audio/mpeg', bitrate_kbps: 128 },
    { mime: 'audio/mp4', bitrate_kbps: 192 },
  ];
  return {
    ...common,
    type: 'audio',
    duration_s: random.weighted(words.DURATIONS),
    vast_version: random.weighted([
      [3, '3.0'],
      [2, '4.0'],
      [4, '4.1'],
    ] as const),
    apis: random.chance(NEEDS_API) ? [7] : [],
    ...(random.chance(WRAPPED)
      ? { wrapper_url: wrapperUrl(common), mimes: ['audio/mpeg'] }
      : { media: files.map((file) => ({ ...file, url: url(random, `${common.id}/${file.mime.slice(6)}`) })) }),
    ...companions(random, common, 0.3, 0.1),
  };
}

/** A title, a main image in two sizes, most with an icon, and texts. */
function native(random: Random, common: Common): NativeCreative {
  const image = (type: number, w: number, h: number) => ({
    type,
    url: url(random, `${common.id}/${w}x${h}.jpg`),
    w,
    h,
    mime: 'image/jpeg',
  });
  return {
    ...common,
    type: 'native',
    apis: [],
    title: sentence(random, random.int(3, 14)),
    images: [
      image(3, 1200, 627),
      ...(random.chance(0.6) ? [image(3, 600, 314)] : []),
      ...(random.chance(0.7) ? [image(1, 300, 300)] : []),
    ],
    data: [
      { type: 1, value: `Advertiser ${common.id}` },
      ...(random.chance(0.85) ? [{ type: 2, value: sentence(random, random.int(8, 30)) }] : []),
      ...(random.chance(0.3) ? [{ type: 3, value: '4.5' }] : []),
      ...(random.chance(0.7) ? [{ type: 12, value: 'Learn more' }] : []),
    ],
  };
}

const sentence = (random: Random, length: number): string => random.some(COPY, length, length).join(' ');
