// OpenRTB requests from a seed, aimed at a book: most facts are drawn from what some ad wants, so that many requests
// bid and the rest fail at every gate, not all at the first. Impressions are in `impressions.ts`; what makes requests
// odd in type or in form is added by `deviations.ts` and `json_forms.ts`.

import type { Ad, Book } from '../book.js';
import { makeImp } from './impressions.js';
import { makeInventories } from './inventories.js';
import { type JsonObject, object, type Plain, raw, setMember } from './json_tree.js';
import type { Random } from './random.js';
import * as words from './vocabulary.js';

export interface RequestKnobs {
  /** Chance that a fact is what the aimed ad wants, where it wants something. */
  readonly aim: number;
  /** Chance of each optional part that could keep ads out: block lists, seats, short deadlines. */
  readonly obstacles: number;
  /** Chance of each group of fields nobody reads. */
  readonly ballast: number;
}

export const USUAL_KNOBS: RequestKnobs = { aim: 0.93, obstacles: 0.07, ballast: 0.25 };

/** Entries of an object in the making. */
export type Entries = [string, Plain | undefined][];

export interface Draft {
  readonly random: Random;
  readonly book: Book;
  readonly knobs: RequestKnobs;
}

/** A value the ad wants, or any of the pool, or none. */
export function fact<T>({ random, knobs }: Draft, wanted: readonly T[] | undefined, pool: readonly T[]): T | undefined {
  if (wanted !== undefined && wanted.length > 0 && random.chance(knobs.aim)) return random.pick(wanted);
  return random.chance(0.6) ? random.pick(pool) : undefined;
}

/** A text in capitals or in small letters, now and then. */
export function spellCase<T extends string | undefined>(random: Random, text: T): T {
  if (text === undefined || !random.chance(0.2)) return text;
  // ASCII only: the Unicode lower case of other letters must not make words equal.
  return (
    random.chance(0.5) ? text.replace(/[a-z]/g, (c) => c.toUpperCase()) : text.replace(/[A-Z]/g, (c) => c.toLowerCase())
  ) as T;
}

/** A request as a tree. */
export function makeRequest(random: Random, book: Book, knobs: RequestKnobs = USUAL_KNOBS): JsonObject {
  const draft: Draft = { random, book, knobs };
  const aims = book.ads.length === 0 ? [] : random.some(book.ads, 1, 3);
  const aim = aims[0];
  const imps = Array.from(
    {
      length: random.weighted([
        [12, 1],
        [3, 2],
        [2, 3],
        [1, 6],
      ]),
    },
    (_, n) => makeImp(draft, aims.length === 0 ? undefined : random.pick(aims), n),
  );
  const sometimes = <T>(probability: number, value: () => T): T | undefined =>
    random.chance(probability) ? value() : undefined;
  return object([
    ['id', makeId(random, 'req')],
    ['imp', imps],
    ...makeInventories(draft, aim),
    ['device', sometimes(0.95, () => device(draft, aim))],
    ['user', sometimes(0.8, () => user(draft, aim))],
    ['regs', sometimes(0.3, () => regs(random))],
    ['at', sometimes(0.7, () => random.pick([1, 1, 1, 2, 2, 3, 0, 500]))],
    ['tmax', sometimes(0.6, () => tmax(draft))],
    ['test', sometimes(0.15, () => random.pick([0, 1, 1, 2]))],
    ['cur', sometimes(book.rates.has('USD') ? 0.4 : 0.9, () => currencies(draft))],
    ...blocks(draft, aim),
    ...ballast(draft),
  ]);
}

/** Ids of every spelling that must be echoed as it stands. */
export function makeId(random: Random, prefix: string): Plain {
  return random.weighted<() => Plain>([
    [12, () => `${prefix}-${random.u32().toString(16)}`],
    [1, () => random.int(0, 1_000_000)],
    [1, () => raw(random.pick(['1e3', '-0', '1.5', '12345678901234567890', '0.10', '1E+2', '9007199254740993']))],
    [1, () => raw(random.pick(['"a\\u0062c"', '"\\/"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\u0000"', '"\\"\\\\\\n"']))],
    [1, () => random.pick(['ü', '😀', ' ', 'a b', '\u2028', '<id>', '${AUCTION_ID}', words.LONG_WORD])],
  ])();
}

function device(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random, knobs } = draft;
  const targeting = aim?.adGroup.targeting;
  const alpha3 = fact(
    draft,
    targeting?.countries,
    words.COUNTRIES.map(([code]) => code),
  );
  const country = random.chance(0.3) ? words.COUNTRIES.find(([code]) => code === alpha3)?.[1] : alpha3;
  const language = fact(draft, targeting?.languages, words.LANGUAGES);
  const geo = object([
    ['country', spellCase(random, country)],
    ['region', spellCase(random, fact(draft, targeting?.regions, words.REGIONS))],
    ['city', spellCase(random, fact(draft, targeting?.cities, words.CITIES))],
    ['zip', fact(draft, targeting?.postcodes, words.POSTCODES)],
    ['lat', random.chance(knobs.ballast) ? 48.1 : undefined],
    ['type', random.chance(knobs.ballast) ? 2 : undefined],
  ]);
  return object([
    ['lmt', random.pick<Plain | undefined>([undefined, undefined, undefined, 0, 0, 1, '1', null])],
    ['dnt', random.pick<Plain | undefined>([undefined, undefined, undefined, 0, 0, 1, true, 'x'])],
    [
      'ua',
      random.chance(0.7)
        ? 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
        : undefined,
    ],
    ['ip', random.chance(0.5) ? '203.0.113.7' : undefined],
    ['devicetype', fact(draft, targeting?.device_types, [1, 2, 3, 4, 5, 6, 7, 0, 99])],
    ['os', spellCase(random, fact(draft, targeting?.operating_systems, words.OPERATING_SYSTEMS))],
    ['osv', random.chance(0.2) ? '17.4' : undefined],
    [
      'language',
      language === undefined ? undefined : spellCase(random, language + random.pick(['', '', '-US', '_de', '-'])),
    ],
    ['connectiontype', fact(draft, targeting?.connection_types, [0, 1, 2, 3, 4, 5, 6, 7])],
    ['carrier', random.chance(0.4) ? random.pick<Plain>([...words.CARRIERS, 12345]) : undefined],
    ['geo', random.chance(0.96) ? geo : undefined],
    [
      'sua',
      random.chance(knobs.ballast)
        ? { browsers: [{ brand: 'Chrome', version: ['1', '2'] }], os: 'x', mobile: 1 }
        : undefined,
    ],
    ['ext', random.chance(knobs.ballast) ? { geo: { country: 'XXX' }, os: 'wrong' } : undefined],
  ]);
}

function user(draft: Draft, aim: Ad | undefined): JsonObject {
  const { random, knobs } = draft;
  const segment = (): Plain => {
    const id = fact(draft, aim?.adGroup.targeting.segments, words.SEGMENTS) ?? 'none';
    return object([
      ['id', /^-?[1-9]\d{0,14}$/.test(id) && random.chance(0.5) ? raw(id) : id],
      ['name', random.chance(0.3) ? 'id' : undefined],
      ['value', random.chance(0.3) ? '1' : undefined],
    ]);
  };
  const data = Array.from({ length: random.int(0, 3) }, () =>
    object([
      ['id', random.chance(0.5) ? 'provider' : undefined],
      ['segment', random.chance(0.9) ? Array.from({ length: random.int(0, 3) }, segment) : undefined],
    ]),
  );
  return object([
    ['id', random.chance(0.5) ? 'user-1' : undefined],
    ['buyeruid', random.chance(0.5) ? 'b-1' : undefined],
    ['data', data],
    ['keywords', random.chance(0.1) ? ['a', 'b'] : undefined],
    ['geo', random.chance(0.2) ? { country: 'DEU', city: 'Berlin' } : undefined],
    [
      'ext',
      random.chance(knobs.ballast)
        ? {
            eids: [{ source: 's', uids: [{ id: 'auto', atype: 1 }] }],
            consent: 'CP',
            data: [{ segment: [{ id: 'auto' }] }],
          }
        : undefined,
    ],
  ]);
}

function regs(random: Random): Plain {
  const strings = ['1YNN', '1YYN', '1-y-', '1---', 'Y', '1YYNN', 'éYN', '', 1, null, ['1YYN']];
  const signals = (): JsonObject =>
    object([
      ['gdpr', random.pick<Plain | undefined>([undefined, undefined, 0, 0, 1, true, '1', 2, 'x', null, {}])],
      ['us_privacy', random.pick<Plain | undefined>([undefined, undefined, ...strings])],
      ['coppa', random.pick<Plain | undefined>([undefined, 0, 0, 1, 2])],
    ]);
  const own = signals();
  if (random.chance(0.5)) setMember(own, 'ext', random.chance(0.1) ? random.pick<Plain>([null, [1], 'x']) : signals());
  return own;
}

function tmax({ random, knobs }: Draft): Plain {
  if (!random.chance(knobs.obstacles)) return random.pick([100, 120, 250, 1000, 300.5, 1e9]);
  return random.pick<Plain>([
    0,
    1,
    5,
    6,
    6.000001,
    5.999999,
    10,
    11,
    12,
    15,
    20,
    21,
    25,
    30,
    31,
    -5,
    0.5,
    raw('1e-400'),
    raw('1e999'),
    raw('-0'),
    '12',
    '1e1',
  ]);
}

function currencies({ random, book, knobs }: Draft): Plain[] {
  const known = [...book.rates.keys()];
  const list: Plain[] = random.some([...known, book.file.currency, book.file.currency], 1, 3);
  if (random.chance(0.2))
    list.unshift(random.pick<Plain>(['XXX', 'ZZZ', 'US', 'USDX', '', 'uſd', 840, null, { USD: 1 }]));
  const spelt = list.map((code) => (typeof code === 'string' ? spellCase(random, code) : code));
  return random.chance(knobs.obstacles)
    ? spelt.filter((code) => typeof code !== 'string' || !known.includes(code))
    : spelt;
}

function blocks({ random, book, knobs }: Draft, aim: Ad | undefined): Entries {
  const seats = book.file.accounts.map((account) => account.seat);
  const creative = aim?.creative;
  const categories = [...words.CATEGORIES_1, ...words.CATEGORIES_7];
  const harsh = random.chance(knobs.obstacles);
  const often = (list: () => Plain): Plain | undefined =>
    random.chance(harsh ? 0.6 : knobs.obstacles * 2) ? list() : undefined;
  const ownParts = (items: readonly string[] | undefined, pool: readonly string[]): string[] =>
    random
      .some(harsh && items !== undefined && items.length > 0 ? [...items, ...pool] : pool, 0, 4)
      .map((text) => spellCase(random, text));
  return [
    [
      'wseat',
      often(() => random.some([...(aim ? [aim.account.seat, aim.account.seat] : []), ...seats, ...words.SEATS], 0, 3)),
    ],
    ['bseat', often(() => random.some(harsh ? seats : words.SEATS, 0, 3))],
    [
      'bcat',
      often(() =>
        random.shuffled<Plain>([
          ...ownParts(creative?.categories, categories),
          ...random.some([1, 26, 150, 386], 0, 2),
        ]),
      ),
    ],
    [
      'acat',
      random.chance(knobs.obstacles)
        ? ownParts([...(creative?.categories ?? []), ...(creative?.categories ?? [])], categories)
        : undefined,
    ],
    ['cattax', random.chance(0.2) ? (creative?.cattax ?? random.pick(words.TAXONOMIES)) : undefined],
    [
      'badv',
      often(() =>
        ownParts(creative?.advertiser_domains, [
          'other.test',
          'brand',
          'shop.brand.com',
          'www.www.brand.com',
          'm.brand.com',
          'uk',
        ]),
      ),
    ],
    ['bapp', often(() => ownParts(creative?.bundle ? [creative.bundle] : [], ['com.blocked', 'com.advertiser']))],
  ];
}

function ballast({ random, knobs }: Draft): Entries {
  const maybe = (value: Plain): Plain | undefined => (random.chance(knobs.ballast) ? value : undefined);
  return [
    [
      'source',
      maybe({
        tid: 't',
        fd: 1,
        schain: { complete: 1, ver: '1.0', nodes: [{ asi: 'x.test', sid: '1', hp: 1 }] },
        ext: { imp: [{ id: 1 }] },
      }),
    ],
    ['ext', maybe({ id: 'wrong', imp: [], cur: ['XXX'], bcat: ['IAB1'], tmax: 1, deep: [[[[{ a: [{}, [], ''] }]]]] })],
    ['allimps', maybe(0)],
    ['wlang', maybe(['en'])],
    ['', maybe({ '': '' })],
    ['IMP', maybe([{ id: 'upper' }])],
    ['im', maybe([])],
    ['impp', maybe([{}])],
    ['sitesitesite', maybe({ domain: 'no.test' })],
    ['Id', maybe('upper')],
    ['id\u0000', maybe('zero')],
    ['connectiontypes', maybe(2)],
    [
      'a-key-that-is-much-longer-than-any-key-the-scanner-knows-and-than-one-vector',
      maybe('x'.repeat(random.int(0, 300))),
    ],
  ];
}
