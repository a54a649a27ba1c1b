// Impressions of generated bodies in the four formats, and what they say so that the request comes to a given outcome.

import type { Format } from '../bidcore/creative_file.js';
import type { Random } from './random.js';
import { hex, type JsonObject, type Place } from './surroundings.js';
import * as words from './vocabulary.js';

/** What is to become of a request. */
export type Outcome =
  | 'bid'
  | 'bid with deals'
  | 'high floor'
  | 'private deal of others'
  | 'nothing fits'
  | 'other seats'
  | 'no time';

export interface ImpWish {
  /** Position in the request. */
  readonly n: number;
  readonly format: Format;
  readonly place: Place;
  readonly outcome: Outcome;
  /** Of the request's pod, for the impressions of televisions that are in one. */
  readonly pod: string | undefined;
  /** Whether there is room for a second format. */
  readonly roomy: boolean;
}

/** Every eighth banner and video impression takes a second format too. */
const SECOND_FORMAT = 0.12;

export function imp(random: Random, wish: ImpWish): JsonObject {
  const { n, place, outcome } = wish;
  const inApp = place === 'app';
  const rewarded = inApp && wish.format === 'video' && random.chance(0.3);
  return {
    id: String(n + 1),
    ...formats(random, wish),
    ...deals(random, outcome),
    tagid: String(random.int(10_000, 99_999)),
    instl: inApp && random.chance(0.2) ? 1 : 0,
    ...(rewarded ? { rwdd: 1 } : {}),
    displaymanager: inApp ? 'GoogleMobileAds' : 'prebid.js',
    bidfloor: floor(random, outcome),
    bidfloorcur: 'USD',
    secure: 1,
    exp: 300,
    ext: { gpid: `/1234/${words.drawDomain(random)}/slot-${n}`, tid: hex(random, 32) },
  };
}

/** CPM: above every cap of a generated book, or low. */
const floor = (random: Random, outcome: Outcome): number =>
  outcome === 'high floor' ? random.int(2500, 9000) / 100 : random.int(1, 60) / 100;

function formats(random: Random, wish: ImpWish): JsonObject {
  const second =
    random.chance(SECOND_FORMAT) && wish.pod === undefined && wish.place !== 'ctv' ? secondFormat(random, wish) : [];
  return Object.fromEntries([wish.format, ...second].map((format) => [format, MAKERS[format](random, wish)]));
}

function secondFormat(random: Random, { format, roomy }: ImpWish): Format[] {
  if (format === 'video') return ['banner'];
  if (format === 'banner') return [roomy && random.chance(0.3) ? 'native' : 'video'];
  return [];
}

const MAKERS: Readonly<Record<Format, (random: Random, wish: ImpWish) => JsonObject>> = {
  banner,
  video,
  audio,
  native,
};

function banner(random: Random, { place, outcome }: ImpWish): JsonObject {
  if (outcome === 'nothing fits') return { w: 123, h: 457, pos: 1 };
  const [w, h] =
    place === 'app'
      ? random.weighted<readonly [number, number]>([
          [5, [320, 50]],
          [5, [300, 250]],
          [1, [320, 480]],
        ])
      : random.weighted(words.SIZES);
  const others = random.chance(0.3)
    ? [
        { w: 300, h: 600 },
        { w: 336, h: 280 },
      ]
    : [];
  return {
    format: [{ w, h }, ...others],
    w,
    h,
    pos: random.int(0, 3),
    ...blockedAttributes(random, 0.5),
    ...(random.chance(0.2) ? { btype: [4] } : {}),
    api: [3, 5, 6],
    ...(random.chance(0.3) ? { mimes: ['text/html', 'text/javascript', 'image/jpeg', 'image/png'] } : {}),
  };
}

function blockedAttributes(random: Random, share: number): JsonObject {
  return random.chance(share) ? { battr: random.distinct(random.int(1, 5), () => random.int(1, 15)) } : {};
}

function video(random: Random, wish: ImpWish): JsonObject {
  const { place, outcome } = wish;
  const television = place === 'ctv';
  const placement = television
    ? 1
    : random.weighted([
        [3, 1],
        [2, 2],
        [2, 3],
        [4, 4],
      ] as const);
  return {
    mimes: random.pick([['video/mp4'], ['video/mp4', 'video/webm'], ['video/mp4', 'application/x-mpegURL']]),
    ...durations(random, outcome),
    protocols: random.pick([
      [2, 3, 5, 6],
      [2, 3, 5, 6, 7, 8],
      [2, 3, 5, 6, 7, 8, 11, 12, 13, 14],
    ]),
    ...(television ? { w: 1920, h: 1080 } : { w: 640, h: 360 }),
    startdelay: 0,
    linearity: 1,
    ...(random.chance(0.8) ? { plcmt: placement } : { placement: placement === 4 ? 5 : 1 }),
    playbackmethod: [1, 2],
    ...(random.chance(0.6) ? { api: [7] } : {}),
    ...(television ? {} : { skip: random.chance(0.8) ? 1 : 0 }),
    ...blockedAttributes(random, 0.3),
    ...pod(random, wish),
  };
}

function audio(random: Random, wish: ImpWish): JsonObject {
  return {
    mimes: ['audio/mpeg', 'audio/mp4', 'audio/ogg'],
    ...durations(random, wish.outcome),
    protocols: [2, 3, 5, 6, 7, 8, 11, 12],
    startdelay: 0,
    feed: 3,
    stitched: 1,
    ...(random.chance(0.6) ? { api: [7] } : {}),
    ...(random.chance(0.5)
      ? {
          companionad: [
            { id: '1', w: 300, h: 250 },
            { id: '2', w: 640, h: 640 },
          ],
        }
      : {}),
    ...blockedAttributes(random, 0.3),
    ...pricePerSecond(random, wish.outcome, 0.1),
  };
}

/** Longer than any ad of a generated book, or as usual. */
function durations(random: Random, outcome: Outcome): JsonObject {
  if (outcome === 'nothing fits') return { minduration: 75, maxduration: 120 };
  return { minduration: random.pick([1, 5, 5, 10]), maxduration: random.pick([15, 30, 30, 30, 60]) };
}

/** In a pod: one of its places, or the whole of a dynamic one, with floors by the second or by duration. */
function pod(random: Random, { n, pod: podid, outcome }: ImpWish): JsonObject {
  if (podid === undefined) return {};
  if (n > 0 || random.chance(0.3)) {
    return { podid, podseq: 0, slotinpod: n === 0 ? 1 : 0, ...pricePerSecond(random, outcome, 0.5) };
  }
  const exact = outcome !== 'nothing fits' && random.chance(0.5) ? { rqddurs: [15, 30] } : {};
  return {
    podid,
    podseq: 0,
    poddur: random.pick([60, 90, 120]),
    maxseq: random.int(2, 4),
    ...exact,
    ...pricePerSecond(random, outcome, 1),
  };
}

function pricePerSecond(random: Random, outcome: Outcome, share: number): JsonObject {
  if (!random.chance(share)) return {};
  // Over the shortest ad of a book, or over the usual one, what `floor` asks for.
  const cpm = floor(random, outcome);
  if (random.chance(0.6)) return { mincpmpersec: Number((cpm / (outcome === 'high floor' ? 6 : 15)).toFixed(4)) };
  return {
    durfloors: [
      { mindur: 1, maxdur: 15, bidfloor: cpm },
      { mindur: 16, maxdur: 60, bidfloor: Number((cpm * 1.5).toFixed(2)) },
    ],
  };
}

/** Five to seven assets, in a text. If nothing is to fit: a video that nobody has, or a text that is cut off. */
function native(random: Random, { outcome }: ImpWish): JsonObject {
  const image = (type: number, w: number, h: number, exact: boolean): JsonObject =>
    exact ? { type, w, h } : { type, wmin: w, hmin: h, mimes: ['image/jpeg', 'image/png'] };
  const exact = random.chance(0.3);
  const choice: readonly JsonObject[] = [
    { title: { len: random.pick([25, 50, 90, 140]) } },
    { img: image(3, exact ? 1200 : 600, exact ? 627 : 300, exact) },
    { data: { type: 1, len: 25 } },
    { data: { type: 2, len: random.pick([90, 140]) } },
    { img: image(1, 80, 80, false) },
    { data: { type: 12, len: 15 } },
    { data: { type: 3 } },
  ];
  const assets: JsonObject[] = choice
    .slice(0, random.int(5, 7))
    .map((asset, n) => ({ id: n + 1, required: n < 2 || (n < 4 && random.chance(0.4)) ? 1 : 0, ...asset }));
  if (outcome === 'nothing fits') assets[1] = { id: 2, required: 1, video: { mimes: ['video/mp4'], maxduration: 30 } };
  const request: JsonObject = {
    ver: '1.2',
    context: 1,
    plcmttype: 1,
    assets,
    ...(random.chance(0.7) ? { eventtrackers: [{ event: 1, methods: [1, 2] }] } : {}),
  };
  const text = JSON.stringify(random.chance(0.3) ? { native: request } : request);
  const whole = outcome !== 'nothing fits' || random.chance(0.5);
  return { request: whole ? text : text.slice(0, -20), ver: '1.2', ...blockedAttributes(random, 0.3) };
}

function deals(random: Random, outcome: Outcome): JsonObject {
  if (outcome === 'private deal of others') {
    return { pmp: { private_auction: 1, deals: [{ id: `theirs-${random.int(1, 999)}`, bidfloor: 2, at: 1 }] } };
  }
  if (outcome !== 'bid with deals') return {};
  const ids = random.distinct(random.int(1, 3), () => words.drawDeal(random));
  return {
    pmp: {
      private_auction: 0,
      deals: ids.map((id) => ({
        id,
        bidfloor: random.int(5, 80) / 100,
        bidfloorcur: 'USD',
        at: random.chance(0.1) ? 3 : 1,
      })),
    },
  };
}
