// Impressions of generated requests: sizes in every form, deals, and floors near the bids of the aimed ad, because a
// comparison is only tested by values on both sides of it and on it.

import type { Ad } from '../book.js';
import { type JsonObject, object, type Plain, raw } from './json_tree.js';
import type { Random } from './random.js';
import { type Draft, fact, makeId } from './requests.js';
import * as words from './vocabulary.js';

export function makeImp(draft: Draft, aim: Ad | undefined, index: number): JsonObject {
  const { random, knobs } = draft;
  const [floor, currency] = makeFloor(draft, aim);
  const maybe = (probability: number, value: Plain): Plain | undefined =>
    random.chance(probability) ? value : undefined;
  return object([
    ['id', random.chance(0.6) ? String(index + 1) : makeId(random, 'imp')],
    ['banner', random.chance(0.96) ? makeBanner(draft, aim) : undefined],
    [
      'video',
      maybe(knobs.ballast / 2, {
        w: 640,
        h: 360,
        mimes: ['video/mp4'],
        api: [7],
        battr: [1],
        pos: 3,
        companionad: [{ id: '1', w: 300, h: 250 }],
      }),
    ],
    [
      'native',
      maybe(
        knobs.ballast / 2,
        random.pick<Plain>(['{"ver":"1.2","assets":[]}', { request: { ver: '1.2' }, api: [1] }]),
      ),
    ],
    ['audio', maybe(knobs.ballast / 3, { mimes: ['audio/mp4'], companionad: [{ format: [{ w: 1, h: 1 }] }] })],
    ['pmp', makePmp(draft, aim)],
    ['tagid', maybe(0.6, random.pick<Plain>(['tag-1', 'tag-2', 'täg', 34819830, '']))],
    ['instl', maybe(0.4, random.pick([0, 1, 1, 2]))],
    ['bidfloor', floor],
    ['bidfloorcur', currency],
    ['secure', maybe(0.5, random.pick<Plain>([0, 1, 1, '', '1', true, 2]))],
    ['metric', maybe(knobs.ballast, [{ type: 'viewability', value: 0.85, vendor: 'v' }])],
    ['displaymanager', maybe(knobs.ballast, 'dm')],
    ['exp', maybe(knobs.ballast, 300)],
    [
      'ext',
      maybe(knobs.ballast, {
        gpid: '/1/2',
        banner: { w: 1, h: 1 },
        bidfloor: 99,
        deals: [{ id: 'deal-1' }],
        skadn: { versions: ['2.0'] },
      }),
    ],
  ]);
}

function makeBanner(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random, knobs } = draft;
  const creative = aim?.creative;
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
      random.chance(0.15) ? random.some([2, 4, 6, 64, -1, ...creativeOr(creative?.attributes)], 0, 4) : undefined,
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
  const own = aim === undefined ? [] : [aim.account.seat];
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

/** Floor and its currency: around the most the aimed ad pays, often exactly there, with the noise of binary numbers. */
export function makeFloor({ random, book, knobs }: Draft, aim: Ad | undefined): [Plain | undefined, Plain | undefined] {
  if (random.chance(0.15)) return [undefined, random.chance(0.2) ? 'EUR' : undefined];
  const known = [...book.rates.keys()];
  const code = random.weighted<string | undefined>([
    [4, undefined],
    [3, book.file.currency],
    [3, random.pick(known)],
    [0.3, 'XXX'],
  ]);
  const rate = book.rates.get(code ?? 'USD') ?? 1;
  const group = aim?.adGroup;
  const cpm =
    group?.goal.type === 'cpm'
      ? Math.min(group.goal.bid_micros, group.max_bid_cpm_micros)
      : (group?.max_bid_cpm_micros ?? 1e6);
  const most = (cpm / 1e6) * rate;
  const factor = random.weighted([
    [4, 0],
    [6, random.float() * 0.1],
    [4, random.float() * 0.5],
    [2, random.float() * 1.2],
    [2, 1],
    [1, 1 + (random.float() - 0.5) * 1e-6],
    [1, 1 - 1e-9],
    [1, 1 + 1e-9],
    [1, random.pick([0.1, 0.5, 2])],
    [1, 1e-6 * random.float()],
  ]);
  const floor = random.chance(knobs.obstacles) ? random.pick(EXTREME_FLOORS)(most) : spellFloor(random, most * factor);
  const currency =
    code === undefined
      ? undefined
      : random.chance(0.05)
        ? random.pick<Plain>(['', 'US', 'EURO', 978, null, 'ÄÖÜ', 'e r', ['EUR']])
        : random.chance(0.15)
          ? code.toLowerCase()
          : code;
  return [floor, currency];
}

const EXTREME_FLOORS: readonly ((most: number) => Plain)[] = [
  () => -1,
  () => raw('-0'),
  () => raw('-0.0'),
  () => raw('1e-400'),
  () => raw('1e999'),
  () => raw('-1e999'),
  () => raw('5e-324'),
  () => 1e-7,
  () => 1e9,
  () => 1e15,
  () => raw('123456789012345678901234567890'),
  () => '0.5',
  () => ' 1',
  () => '1 ',
  () => true,
  () => '1e-2',
  () => 'x',
  () => raw('0.000001'),
  () => raw('0.0000014999999'),
  () => raw('0.30000000000000004'),
  (most) => raw(`${most.toFixed(6)}49999999999999999`),
  (most) => raw(most.toPrecision(17)),
  (most) => raw(most.toExponential(16)),
  (most) => raw(`${most.toExponential(20)}`.replace('e', 'E')),
];

/** The number in one of the ways serialisers write it. */
function spellFloor(random: Random, value: number): Plain {
  if (!(value < 1e21)) return 1;
  switch (random.int(0, 5)) {
    case 0:
      return Number(value.toFixed(2));
    case 1:
      return raw(value.toFixed(random.int(0, 20)));
    case 2:
      return raw(value.toPrecision(17));
    case 3:
      return raw(value.toExponential(random.int(0, 20)));
    case 4:
      return Number(value.toFixed(6));
    default:
      return value;
  }
}
