// Impressions of generated requests: formats, sizes in every form, deals. Video and audio are in `streams.ts`, native
// in `native_requests.ts`, floors in `floors.ts`.

import type { Ad, Book } from '../book.js';
import { attributesOf, type Creative, FORMATS, type Format } from '../creative_file.js';
import { seatOf } from '../exchange_file.js';
import { makeFloor } from './floors.js';
import { type JsonObject, object, type Plain, raw } from './json_tree.js';
import { makeNative } from './native_requests.js';
import type { Random } from './random.js';
import { type Draft, fact, makeId } from './requests.js';
import { makeStream } from './streams.js';
import * as words from './vocabulary.js';

const adsByFormat = new WeakMap<Book, Map<Format, Ad[]>>();

/** The aimed ad if it is of the format, else some ad of the book that is. */
function aimOf(draft: Draft, aim: Ad | undefined, format: Format): Ad | undefined {
  if (aim === undefined || aim.creative.type === format) return aim;
  let byFormat = adsByFormat.get(draft.book);
  if (byFormat === undefined) {
    byFormat = new Map(FORMATS.map((f) => [f, draft.book.ads.filter((ad) => ad.creative.type === f)]));
    adsByFormat.set(draft.book, byFormat);
  }
  const ads = byFormat.get(format);
  return ads === undefined || ads.length === 0 ? undefined : draft.random.pick(ads);
}

/** A creative of a format, or nothing. */
export function creativeOf<F extends Format>(
  aim: Ad | undefined,
  format: F,
): Extract<Creative, { type: F }> | undefined {
  return aim?.creative.type === format ? (aim.creative as Extract<Creative, { type: F }>) : undefined;
}

export function makeImp(draft: Draft, aim: Ad | undefined, index: number): JsonObject {
  const { random, knobs } = draft;
  const [floor, currency] = makeFloor(draft, aim);
  const maybe = (probability: number, value: Plain): Plain | undefined =>
    random.chance(probability) ? value : undefined;
  const own = aim?.creative.type ?? random.pick(['banner', 'video', 'audio', 'native'] as const);
  const has = (format: Format): boolean => random.chance(format === own ? 0.98 : knobs.others);
  const rest = random.chance(knobs.ballast);
  return object([
    ['id', random.chance(0.6) ? String(index + 1) : makeId(random, 'imp')],
    ['banner', has('banner') ? makeBanner(draft, aimOf(draft, aim, 'banner')) : undefined],
    ['video', has('video') ? makeStream(draft, aimOf(draft, aim, 'video'), 'video') : undefined],
    ['audio', has('audio') ? makeStream(draft, aimOf(draft, aim, 'audio'), 'audio') : undefined],
    ['native', has('native') ? makeNative(draft, aimOf(draft, aim, 'native')) : undefined],
    ['pmp', makePmp(draft, aim)],
    ['tagid', maybe(0.5, random.pick<Plain>(['tag-1', 'tag-2', 'täg', 34819830, '']))],
    ['instl', interstitial(draft, aim)],
    ['bidfloor', floor],
    ['bidfloorcur', currency],
    ['secure', secure(draft, aim)],
    ['qty', maybe(0.07, random.pick<Plain>(QUANTITIES))],
    ...reward(draft, aim, rest),
    ['metric', rest ? maybe(0.3, [{ type: 'viewability', value: 0.85, vendor: 'v' }]) : undefined],
    ['displaymanager', rest ? maybe(0.3, 'dm') : undefined],
    ['exp', rest ? maybe(0.3, 300) : undefined],
  ]);
}

const QUANTITIES: readonly Plain[] = [
  { multiplier: 2 },
  { multiplier: 12.7, sourcetype: 1, vendor: 'v' },
  { multiplier: '3.5' },
  { multiplier: 0 },
  { multiplier: -4 },
  { multiplier: 0.001 },
  { multiplier: 1e7 },
  { multiplier: raw('1e-400') },
  { multiplier: true },
  { multiplier: null },
  {},
  null,
  2,
];

function interstitial({ random, knobs }: Draft, aim: Ad | undefined): Plain | undefined {
  const wanted = aim?.adGroup.targeting.interstitial;
  if (wanted !== undefined && random.chance(knobs.aim)) {
    return wanted
      ? random.pick<Plain>([1, 1, '1', true, 1.5])
      : random.pick<Plain | undefined>([undefined, 0, 2, null]);
  }
  return random.chance(0.3) ? random.pick([0, 1, 1, 2]) : undefined;
}

/** Plain http only fits where `secure` is not 1. */
function secure({ random, knobs }: Draft, aim: Ad | undefined): Plain | undefined {
  const needed = aim !== undefined && !aim.secure && random.chance(1 - knobs.obstacles * 2);
  if (needed) return random.pick<Plain | undefined>([undefined, undefined, 0, '', 2, null]);
  return random.chance(0.5) ? random.pick<Plain>([0, 1, 1, '', '1', true, 2]) : undefined;
}

/** `rwdd` and its old place in `ext`, as the aimed ad wants them. */
function reward({ random, knobs }: Draft, aim: Ad | undefined, rest: boolean): [string, Plain | undefined][] {
  const wanted = aim?.adGroup.targeting.rewarded;
  const aimed = wanted !== undefined && random.chance(knobs.aim);
  const yes = aimed ? wanted : random.chance(0.1);
  const style = random.int(0, 3);
  const no = (): Plain | undefined => random.pick<Plain | undefined>([undefined, undefined, undefined, 0, 2, '', null]);
  const one = (): Plain => random.pick<Plain>([1, 1, '1', true, 1.9]);
  const old = yes && style <= 1 ? one() : style === 3 ? no() : undefined;
  const prebid =
    old !== undefined
      ? { is_rewarded_inventory: old }
      : random.chance(0.03)
        ? random.pick<Plain>([null, [], 1])
        : undefined;
  const ballast = rest && random.chance(0.3) ? { gpid: '/1/2', banner: { w: 1, h: 1 }, bidfloor: 99, rwdd: 1 } : {};
  const ext = prebid !== undefined || rest ? { ...ballast, prebid } : undefined;
  return [
    ['rwdd', yes && style >= 1 ? one() : no()],
    ['ext', ext],
  ];
}

function makeBanner(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random, knobs } = draft;
  const creative = creativeOf(aim, 'banner');
  const [w, h] =
    creative !== undefined && random.chance(knobs.aim) ? [creative.w, creative.h] : random.pick(words.SIZES);
  const size: Plain = { w, h };
  const odd = (): Plain => {
    const [a, b] = random.pick(words.SIZES);
    return random.pick<Plain>([
      { w: a, h: b },
      { w: a, h: b },
      { w: a },
      { w: 0, h: b },
      {},
      { w: a, h: 65536 },
      null,
      7,
      [],
      { wratio: a },
      { w: -1, h: -1, wratio: 1, hratio: 1 },
    ]);
  };
  const flex = (): Plain => ({
    ...ratio(random, w, h),
    wmin: random.pick<Plain | undefined>([undefined, 0, 1, w, w - 1, w + 1, -5]),
  });
  const style = random.int(0, 9);
  const formats =
    style < 4
      ? [size]
      : style < 6
        ? random.shuffled([size, odd(), odd()])
        : style === 6
          ? [flex()]
          : style === 7
            ? random.shuffled([flex(), odd()])
            : [];
  const plainSize = formats.length === 0 || random.chance(0.3);
  const blocked = random.chance(knobs.obstacles);
  const creativeOr = <T>(items: readonly T[] | undefined): readonly T[] => (blocked ? (items ?? []) : []);
  return object([
    ['w', plainSize ? w : undefined],
    ['h', plainSize ? h : undefined],
    ['format', formats.length > 0 || random.chance(0.1) ? formats : undefined],
    ['pos', random.chance(0.5) ? random.pick([0, 1, 3, 7, -1]) : undefined],
    [
      'btype',
      random.chance(0.1)
        ? random.some([1, 3, 4, ...creativeOr(creative ? [creative.banner_type] : []), 70, -1], 0, 3)
        : undefined,
    ],
    [
      'battr',
      random.chance(0.15)
        ? random.some([2, 4, 6, 64, -1, ...creativeOr(creative && attributesOf(creative))], 0, 4)
        : undefined,
    ],
    [
      'api',
      (creative?.apis.length ?? 0) > 0 && random.chance(0.8)
        ? random.shuffled<Plain>([...(creative?.apis ?? []), 2, 63, 32]).slice(blocked ? 1 : 0)
        : random.chance(0.2)
          ? [3, 5]
          : undefined,
    ],
    [
      'mimes',
      random.chance(0.15)
        ? random.shuffled<Plain>([creative?.mime ?? 'text/html', random.pick(words.MIMES), null].slice(blocked ? 1 : 0))
        : undefined,
    ],
    ['topframe', random.chance(0.2) ? 1 : undefined],
    ['expdir', random.chance(0.1) ? [1, 2] : undefined],
    ['id', random.chance(0.1) ? 'banner-id' : undefined],
    ['ext', random.chance(knobs.ballast) ? { w: 1, h: 1, format: [{ w: 1, h: 1 }] } : undefined],
  ]);
}

/** A ratio that the size has, reduced or multiplied, or nearly has. */
function ratio(random: Random, w: number, h: number): { wratio: number; hratio: number } {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const common = divisor(w, h);
  const off = random.chance(0.1) ? 1 : 0;
  return random.chance(0.7) ? { wratio: w / common, hratio: h / common + off } : { wratio: w, hratio: h + off };
}

function makePmp(draft: Draft, aim: Ad | undefined): Plain | undefined {
  const { random } = draft;
  const wanted = aim?.adGroup.targeting.deals;
  const onlyDeals = wanted !== undefined && aim?.adGroup.targeting.open_auction !== true;
  if (!random.chance(onlyDeals ? 0.95 : 0.2)) return undefined;
  const deals = Array.from(
    {
      length: random.weighted([
        [1, 0],
        [8, 1],
        [4, 2],
        [1, 5],
      ]),
    },
    () => makeDeal(draft, aim),
  );
  return object([
    ['private_auction', random.chance(0.6) ? random.pick<Plain>([0, 0, 0, 1, 1, true, '1']) : undefined],
    ['deals', random.chance(0.97) ? deals : undefined],
    ['ext', random.chance(draft.knobs.ballast) ? { deals: [{ id: 'deal-1', at: 3 }] } : undefined],
  ]);
}

function makeDeal(draft: Draft, aim: Ad | undefined): Plain {
  const { random, knobs } = draft;
  const id = fact(draft, aim?.adGroup.targeting.deals, words.DEALS) ?? 'unknown';
  const [floor, currency] = random.chance(0.6) ? makeFloor(draft, aim) : [undefined, undefined];
  const odd = random.chance(0.03);
  const spelt: Plain = odd ? random.pick<Plain>(['', null, 1.5, {}, raw('1e16'), true]) : spellNumber(random, id);
  const own = aim === undefined ? [] : [seatOf(aim.account, draft.profile)];
  const domains = aim?.creative.advertiser_domains ?? [];
  return object([
    ['id', spelt],
    ['bidfloor', floor],
    ['bidfloorcur', currency],
    ['at', random.chance(0.5) ? random.pick([1, 2, 3, 3, 0, 4]) : undefined],
    ['wseat', random.chance(0.12) ? random.some([...own, ...own, ...words.SEATS.slice(0, 2)], 0, 2) : undefined],
    [
      'wadomain',
      random.chance(0.12)
        ? random.some([...domains, ...domains, 'cars.test', 'WWW.brand.com', 'com', 'and.com', 'm.brand.com'], 0, 2)
        : undefined,
    ],
    ['ext', random.chance(knobs.ballast) ? { id: 'x', wseat: ['none'], bidfloor: 1000 } : undefined],
  ]);
}

/** An id that looks like a number, also as a number in one of its spellings. */
function spellNumber(random: Random, id: string): Plain {
  if (!/^(0|-?[1-9]\d{0,14})$/.test(id) || random.chance(0.4)) return id;
  const forms = [id, `${id}.0`, `${id}e0`, `${id}.000E+0`, `${id}0e-1`];
  return raw(
    random.pick(
      id === '1000'
        ? [...forms, '1e3', '1E+3', '0.1e4', '10000e-1']
        : id === '0'
          ? [...forms, '-0', '0e99', '-0.0']
          : forms,
    ),
  );
}
