// Campaign files from a seed: every targeting dimension, deals, several accounts and seats, all goals, creatives of all
// formats, exchange profiles, policies, odd currencies and taxonomies. Most books are small, because then thousands of
// cases a second can be answered twice; some have thousands of ads, often just around 512: a chunk of the book.

import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import { draftAudiences } from './audiences.js';
import { draftCreative, type FormatWeights } from './creatives.js';
import { draftExchanges, draftPolicy, draftPrivacy, draftTraffic } from './policies.js';
import { mixSeeds, Random } from './random.js';
import * as words from './vocabulary.js';

/** How hard the targeting of a book is to meet: chance that an ad group restricts a dimension. */
const STRICTNESS = [0.01, 0.04, 0.04, 0.12];
/** The same for what privacy may take away, in books that are about it. */
const USER_STRICTNESS = 0.3;
const SMALL_COUNTS = [0, 1, 2, 3, 5, 5, 8, 8, 12, 12, 20, 20, 20, 30, 30, 50, 60];
const LARGE_COUNTS = [90, 128, 200, 300, 511, 512, 513, 700, 1024, 1025, 1200, 2600];

/** What a book is for: all there is, or one thing in depth, with requests about nothing else. */
export type Theme = 'all' | 'privacy' | 'native' | 'streams';

export interface BookPlan {
  readonly theme: Theme;
  /** Ads about, before paused ones. */
  readonly ads: number;
  readonly large: boolean;
}

/** What a book number stands for, known before the book is made. */
export function planOf(seed: number): BookPlan {
  const random = new Random(mixSeeds(seed, 5));
  const theme = random.weighted<Theme>([
    [7, 'all'],
    [5, 'privacy'],
    [4, 'native'],
    [5, 'streams'],
  ]);
  const large = theme === 'all' && random.chance(0.06);
  if (theme === 'privacy') return { theme, ads: 5, large };
  if (theme !== 'all') return { theme, ads: random.pick([1, 2, 3, 5, 8, 12, 20]), large };
  return { theme, ads: random.pick(large ? LARGE_COUNTS : SMALL_COUNTS), large };
}

/** Books that follow one another share a model, and for its prices a currency: making a model takes long. */
const BOOKS_A_MODEL = 16;

export const modelOfBook = (seed: number): number => Math.floor(seed / BOOKS_A_MODEL);

/** Currency of the books that share a model. */
export function currencyOfModel(model: number): string {
  return new Random(mixSeeds(model, 6)).weighted([
    [6, 'USD'],
    [2, 'EUR'],
    [1, 'JPY'],
    [1, 'XHI'],
    [1, 'XBT'],
  ]);
}

type Draft = Record<string, unknown>;

/** A valid campaign file. Equal seeds give equal files. */
export function makeCampaignFile(seed: number): CampaignFile {
  const plan = planOf(seed);
  const currency = currencyOfModel(modelOfBook(seed));
  const random = new Random(seed);
  const draft =
    plan.theme === 'privacy' ? draftPrivacyFile(random, currency, seed) : draftFile(random, currency, plan, seed);
  const parsed = parseCampaignFile(JSON.stringify(draft));
  if (isCampaignFileError(parsed))
    throw new Error(`generated campaign file ${seed}: ${parsed.problems.slice(0, 3).join('; ')}`);
  return parsed;
}

/**
 * A book whose answer tells what a request's privacy signals leave: one ad that needs segments, one a city, one a
 * known user, one a user whose impressions are counted, each of a size of its own; and for a fifth size one of an
 * account that needs consent, which pays more than that of one which does not (`focused.ts`).
 */
function draftPrivacyFile(random: Random, currency: string, seed: number): Draft {
  const bid = Math.min(4e14, Math.round(2e6 * (words.RATES[currency] as number)));
  const creative = (id: string, w: number, h: number): Draft => ({
    id,
    type: 'banner',
    w,
    h,
    advertiser_domains: ['brand.example'],
    landing_url: 'https://brand.example/',
    image_url: 'https://cdn.example/a.png',
  });
  const group = (id: string, creatives: readonly string[], targeting: Draft, micros = bid): Draft => ({
    id,
    goal: { type: 'cpm', bid_micros: micros },
    max_bid_cpm_micros: 1e15,
    targeting,
    creatives,
  });
  const account = (id: string, creatives: readonly Draft[], groups: readonly Draft[], policy: Draft): Draft => ({
    id,
    seat: id,
    policy,
    creatives,
    campaigns: [{ id: `c-${id}`, budget_micros: 1e15, ad_groups: groups }],
  });
  const { segments, city } = PRIVACY_WORDS;
  const groups = [
    group('segments', ['s'], random.chance(0.8) ? { segments: [segments] } : { segments_excluded: [segments] }),
    group('place', ['p'], random.chance(0.5) ? { cities: [city] } : { postcodes: [city] }),
    group('ids', ['i'], { identified_users: random.chance(0.8) }),
    {
      ...group('seen', ['f'], {}),
      frequency_caps: draftCaps(new Random(mixSeeds(seed, 8))),
      cap_unknown_users: 'skip',
    },
  ];
  const audiences = new Random(mixSeeds(seed, 9));
  return {
    currency,
    rates: { USD: 1 / (words.RATES[currency] as number) },
    privacy: draftPrivacy(random),
    accounts: [
      account(
        'open',
        [creative('s', 300, 250), creative('p', 320, 50), creative('i', 728, 90), creative('f', 468, 60)],
        groups,
        {},
      ),
      account('consented', [creative('b', 160, 600)], [group('basic', ['b'], {}, bid * 2)], {
        without_consent: 'no_bid',
      }),
      account('contextual', [creative('c', 160, 600)], [group('any', ['c'], {})], {}),
    ]
      .slice(0, random.chance(0.8) ? 3 : 2)
      .map((one, n) => (n === 0 ? draftAudiences(audiences, one, 'privacy') : one)),
  };
}

/** What the ads of a privacy book want. */
export const PRIVACY_WORDS = { segments: 'auto', city: 'Kiel' };

const FORMATS: Readonly<Record<Exclude<Theme, 'privacy'>, readonly FormatWeights[]>> = {
  all: [
    [
      [5, 'banner'],
      [3, 'video'],
      [2, 'audio'],
      [3, 'native'],
    ],
    [[1, 'banner']],
  ],
  native: [[[1, 'native']]],
  streams: [
    [
      [3, 'video'],
      [2, 'audio'],
    ],
  ],
};

function draftFile(random: Random, currency: string, plan: BookPlan & { theme: Theme }, seed: number): Draft {
  const base = words.RATES[currency] as number;
  const rates: Record<string, number> = {};
  for (const [code, perDollar] of Object.entries(words.RATES)) {
    const rate = perDollar / base;
    if (code !== currency && rate <= 1e9 && random.chance(code === 'USD' ? 0.95 : 0.7)) rates[code] = rate;
  }
  const exchanges = [...new Set(random.some(words.EXCHANGES.slice(1), 0, 6))];
  if (random.chance(0.2)) for (let n = 0; n < 20; n += 1) exchanges.push(`many-${n}`);
  const focused = plan.theme !== 'all';
  const [usual, rare = usual] = FORMATS[plan.theme as keyof typeof FORMATS] as [FormatWeights, FormatWeights?];
  const context: Context = {
    random,
    money: new Random(mixSeeds(seed, 8)),
    exchanges: ['default', ...exchanges],
    strictness: focused ? random.pick([0, 0.01]) : random.pick(STRICTNESS),
    userStrictness: !focused && random.chance(0.2) ? USER_STRICTNESS : 0,
    formats: random.chance(0.85) ? usual : rare,
    harsh: random.chance(0.25),
    unit: base,
    adsLeft: plan.ads,
    campaigns: 0,
  };
  const audiences = new Random(mixSeeds(seed, 9));
  const seats = random.shuffled(words.SEATS).slice(0, focused ? random.int(1, 2) : random.pick([1, 1, 2, 3, 5]));
  const accounts = seats.map((seat, n) => draftAccount(context, seat, n, seats.length - n));
  return {
    currency,
    rates,
    exchanges: draftExchanges(
      random,
      exchanges,
      accounts.map(({ id }) => String(id)),
    ),
    privacy: draftPrivacy(random),
    traffic: draftTraffic(random),
    category_parents: draftParents(random),
    accounts: accounts.map((account, n) => draftAudiences(audiences, account, String(n))),
  };
}

interface Context {
  readonly random: Random;
  /** Of what came to books later: the rest of a book stays what its number always stood for. */
  readonly money: Random;
  readonly exchanges: readonly string[];
  readonly strictness: number;
  /** Of segments, place and identified users, if more than `strictness`. */
  readonly userStrictness: number;
  readonly formats: FormatWeights;
  /** Accounts refuse much. */
  readonly harsh: boolean;
  /** Units of the file's currency for one US dollar: keeps bids near a dollar whatever the currency. */
  readonly unit: number;
  adsLeft: number;
  campaigns: number;
}

/** Chains of one to four ancestors, with a cycle now and then. */
function draftParents(random: Random): Draft {
  const parents: Record<string, Record<string, string>> = {};
  for (const taxonomy of [7, 6, 600, 1]) {
    if (random.chance(0.5)) continue;
    const chain = random.shuffled(words.CATEGORIES_7);
    const of: Record<string, string> = {};
    for (let n = 0; n + 1 < chain.length; n += 1) {
      if (random.chance(0.6)) of[chain[n] as string] = chain[n + 1] as string;
    }
    parents[String(taxonomy)] = of;
  }
  return parents;
}

function draftAccount(context: Context, seat: string, index: number, accountsLeft: number): Draft {
  const { random } = context;
  const creatives = Array.from({ length: random.int(2, 12) }, (_, n) =>
    draftCreative(random, `cr-${index}-${n}`, context.formats),
  );
  const campaigns: Draft[] = [];
  let share = accountsLeft === 1 ? context.adsLeft : random.int(0, context.adsLeft);
  context.adsLeft -= share;
  while (share > 0) {
    const groups: Draft[] = [];
    const inCampaign = Math.min(share, random.int(1, 12));
    let left = inCampaign;
    while (left > 0) {
      const ids = random
        .shuffled(creatives)
        .slice(0, Math.min(left, random.int(1, 3)))
        .map((c) => c['id']);
      left -= ids.length;
      groups.push({ ...draftGroup(context, `g${groups.length}`), creatives: ids });
      if (random.chance(0.1))
        groups.push({ ...draftGroup(context, `g${groups.length}`), creatives: ids, status: 'paused' });
    }
    share -= inCampaign;
    campaigns.push(draftCampaign(context, groups));
    if (random.chance(0.05)) campaigns.push({ ...draftCampaign(context, groups), status: 'paused' });
  }
  return { id: `account-${index}`, seat, policy: draftPolicy(random, context.harsh), creatives, campaigns };
}

function draftCampaign(context: Context, groups: readonly Draft[]): Draft {
  const { random } = context;
  const budget = random.weighted([
    [12, 1e10],
    [2, 1e15],
    [1, 0],
    [1, 1],
    [1, 900],
    [2, random.int(0, 20_000)],
  ]);
  const at = (days: number): string => new Date(words.REFERENCE_MS + days * 86_400_000).toISOString();
  const schedule = random.weighted<Draft>([
    [6, {}],
    [2, { start: at(-30) }],
    [2, { start: at(-30), end: at(30) }],
    [1, { end: at(-1) }],
    [1, { start: at(1) }],
    [1, { start: at(0) }],
    [1, { end: at(0) }],
  ]);
  // Ids repeat from book to book: states of campaigns outlive books.
  const id = `c${context.campaigns++}`;
  return { id, budget_micros: budget, frequency_caps: draftCaps(context.money), ...schedule, ad_groups: groups };
}

/** Mostly few impressions in a time that a test can fill. */
function draftCaps(random: Random): Draft[] {
  const minutes = random.shuffled([1, 2, 60, 1440, 43_200, random.int(1, 43_200)]);
  return random
    .weighted([
      [6, [] as number[]],
      [2, [0]],
      [1, [0, 1]],
    ])
    .map((n) => ({ impressions: random.pick([1, 1, 2, 3, 5, 1000]), minutes: minutes[n] }));
}

function draftGroup(context: Context, id: string): Draft {
  const { random, money, unit } = context;
  const type = random.pick(['cpm', 'cpm', 'cpc', 'cpa']);
  const dollars = { cpm: 3, cpc: 0.4, cpa: 8 }[type as 'cpm' | 'cpc' | 'cpa'] * (0.2 + 3 * random.float());
  const bounded = (micros: number): number => Math.min(1e15, Math.max(1, Math.round(micros)));
  const round = random.chance(0.4) ? 1e4 : 1;
  const bid = random.weighted([
    [30, bounded((dollars * 1e6 * unit) / round) * round],
    [1, 1],
    [1, 1e15],
  ]);
  const cap = random.weighted([
    [15, bounded((4e6 + random.float() * 1e7) * unit)],
    [8, 1e15],
    [4, bounded(1e6 * unit)],
    [1, 1],
  ]);
  return {
    id,
    goal: { type, bid_micros: bounded(bid) },
    max_bid_cpm_micros: cap,
    bid_expiry_s: random.pick([1, 28, 29, 300, 448, 86_400]),
    guaranteed: money.chance(0.3),
    frequency_caps: draftCaps(money),
    cap_unknown_users: money.chance(0.3) ? 'skip' : 'bid',
    targeting: draftTargeting(context),
  };
}

function draftTargeting({ random, exchanges, strictness, userStrictness }: Context): Draft {
  const list = <T>(items: readonly T[], most = 4, chance = strictness): T[] | undefined =>
    random.chance(chance) ? (random.chance(0.03) ? [] : random.some(items, 1, most)) : undefined;
  const user = Math.max(strictness, userStrictness);
  const many = (items: readonly string[], chance = strictness): string[] | undefined => {
    const some = list(items, 4, chance);
    return some && random.chance(0.1) ? [...some, ...Array.from({ length: 300 }, (_, n) => `filler-${n}.test`)] : some;
  };
  const categories = [...words.CATEGORIES_1, ...words.CATEGORIES_7.map((c) => `7:${c}`), '6:16', '1:IAB3', '600:1'];
  return {
    exchanges: list(exchanges),
    inventory: list(['site', 'app', 'dooh'], 2),
    countries: list(words.COUNTRIES.map(([alpha3]) => alpha3)),
    regions: list(words.REGIONS),
    cities: list(words.CITIES, 4, user / 2),
    postcodes: list(words.POSTCODES, 4, user / 2),
    device_types: list([1, 2, 3, 4, 5, 6, 7, 63]),
    operating_systems: list(words.OPERATING_SYSTEMS),
    languages: list(words.LANGUAGES),
    connection_types: list([0, 1, 2, 3, 6, 7, 63]),
    hours: list(
      Array.from({ length: 24 }, (_, n) => n),
      18,
    ),
    weekdays: list([0, 1, 2, 3, 4, 5, 6], 6),
    domains: many(words.DOMAINS),
    domains_excluded: many(words.DOMAINS),
    bundles: many(words.BUNDLES),
    bundles_excluded: list(words.BUNDLES),
    publishers: many(words.PUBLISHERS),
    publishers_excluded: list(words.PUBLISHERS),
    categories: list(categories),
    categories_excluded: list(categories),
    segments: many([...words.SEGMENTS, '\ud800abc'], user),
    segments_excluded: list(words.SEGMENTS, 4, user / 2),
    identified_users: random.chance(user) ? random.chance(0.7) : undefined,
    deals: random.chance(Math.min(0.25, strictness * 5)) ? random.some(words.DEALS, 1, 4) : undefined,
    open_auction: random.weighted([
      [strictness < 0.02 ? 60 : 8, undefined],
      [2, true],
      [1, false],
    ]),
    rewarded: random.chance(0.06) ? random.chance(0.5) : undefined,
    interstitial: random.chance(0.06) ? random.chance(0.5) : undefined,
    video_placements: random.chance(0.12) ? random.some([1, 2, 3, 4], 0, 2) : undefined,
  };
}
