// OpenRTB requests from a seed, aimed at a book: most facts are drawn from what some ad wants, so that many requests
// bid and the rest fail at every gate, not all at the first. Impressions are in `impressions.ts`; what makes requests
// odd in type or in form is added by `deviations.ts` and `json_forms.ts`; device and user are in `people.ts`, privacy
// signals and the supply chain in `signals.ts`.

import type { Ad, Book } from '../book.js';
import { DEFAULT_PROFILE, type ExchangeProfile, seatOf } from '../exchange_file.js';
import { makeImp } from './impressions.js';
import { makeInventories } from './inventories.js';
import { type JsonObject, object, type Plain, raw } from './json_tree.js';
import { makeDevice, makeUser } from './people.js';
import type { Random } from './random.js';
import { makeSignals, makeSource } from './signals.js';
import * as words from './vocabulary.js';

export interface RequestKnobs {
  /** Chance that a fact is what the aimed ad wants, where it wants something. */
  readonly aim: number;
  /** Chance of each optional part that could keep ads out: block lists, seats, short deadlines. */
  readonly obstacles: number;
  /** Chance of each group of fields nobody reads. */
  readonly ballast: number;
  /** Chance that an impression has a format too that the aimed ad is not of. */
  readonly others: number;
  /** Chance that video and audio are part of a pod. */
  readonly pods: number;
}

export const USUAL_KNOBS: RequestKnobs = { aim: 0.95, obstacles: 0.06, ballast: 0.2, others: 0.1, pods: 0.15 };

/** Entries of an object in the making. */
export type Entries = [string, Plain | undefined][];

export interface Draft {
  readonly random: Random;
  readonly book: Book;
  /** Of the exchange that asks. */
  readonly profile: ExchangeProfile;
  readonly knobs: RequestKnobs;
}

/** What to make a request from, for an exchange of the book. */
export function makeDraft(random: Random, book: Book, exchange: number, knobs: RequestKnobs = USUAL_KNOBS): Draft {
  return { random, book, profile: book.profiles[exchange] ?? DEFAULT_PROFILE, knobs };
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
export function makeRequest(draft: Draft): JsonObject {
  const { random, book } = draft;
  const aims = book.ads.length === 0 ? [] : random.some(book.ads, 1, 3);
  return object([
    ['id', makeId(random, 'req')],
    ['imp', makeImps(draft, aims)],
    ...makeSurroundings(draft, aims[0]),
    ...makeTerms(draft),
    ...makeBlocks(draft, aims[0]),
    ...ballast(draft),
  ]);
}

export function makeImps(draft: Draft, aims: readonly Ad[]): JsonObject[] {
  const { random } = draft;
  const count = random.weighted([
    [12, 1],
    [3, 2],
    [2, 3],
    [1, 6],
  ]);
  return Array.from({ length: count }, (_, n) => makeImp(draft, aims.length === 0 ? undefined : random.pick(aims), n));
}

/** Where the impressions are, who sees them, and what may be known about it. */
export function makeSurroundings(draft: Draft, aim: Ad | undefined): Entries {
  const { random, knobs } = draft;
  const signals = makeSignals(draft, 1 - knobs.obstacles / 2);
  const { segments, identified_users: known } = aim?.adGroup.targeting ?? {};
  const consent = signals.consent !== undefined || signals.extConsent !== undefined;
  const wanted = consent || (segments?.length ?? 0) > 0 || known === true;
  return [
    ...makeInventories(draft, aim),
    ['device', random.chance(0.95) ? makeDevice(draft, aim) : undefined],
    ['user', random.chance(wanted ? 0.98 : 0.5) ? makeUser(draft, aim, signals) : undefined],
    ['regs', signals.regs],
    ['source', makeSource(draft, aim)],
  ];
}

/** Auction, time, currency. */
export function makeTerms(draft: Draft): Entries {
  const { random, book } = draft;
  return [
    ['at', random.chance(0.7) ? random.pick([1, 1, 1, 2, 2, 3, 0, 500]) : undefined],
    ['tmax', random.chance(0.5) ? tmax(draft) : undefined],
    ['test', random.chance(0.15) ? random.pick([0, 1, 1, 2]) : undefined],
    ['cur', random.chance(book.rates.has('USD') ? 0.4 : 0.9) ? currencies(draft) : undefined],
  ];
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

export function makeBlocks({ random, book, profile, knobs }: Draft, aim: Ad | undefined): Entries {
  const seats = book.file.accounts.map((account) => seatOf(account, profile));
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
      often(() =>
        random.some(
          [...(aim ? Array<string>(4).fill(seatOf(aim.account, profile)) : []), ...seats, ...words.SEATS],
          0,
          3,
        ),
      ),
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
  if (!random.chance(knobs.ballast)) return [];
  const maybe = (value: Plain): Plain | undefined => (random.chance(0.4) ? value : undefined);
  return [
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
