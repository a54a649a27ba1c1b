// Campaign files from a seed: every targeting dimension, deals, several accounts and seats, all goals, creatives of all
// kinds, odd currencies and taxonomies, from no ad to some thousands, often just around 512: a chunk of the book.

import { type CampaignFile, isCampaignFileError, parseCampaignFile } from '../campaign_file.js';
import { Random } from './random.js';
import * as words from './vocabulary.js';

/** How hard the targeting of a book is to meet: chance that an ad group restricts a dimension. */
const STRICTNESS = [0.02, 0.06, 0.06, 0.15];
const AD_COUNTS = [0, 1, 2, 3, 8, 20, 20, 50, 50, 90, 128, 200, 300, 511, 512, 513, 700, 1024, 1025, 1200, 2600];

type Draft = Record<string, unknown>;

/** A valid campaign file. Equal seeds give equal files. */
export function makeCampaignFile(seed: number): CampaignFile {
  const parsed = parseCampaignFile(JSON.stringify(draftFile(new Random(seed))));
  if (isCampaignFileError(parsed))
    throw new Error(`generated campaign file ${seed}: ${parsed.problems.slice(0, 3).join('; ')}`);
  return parsed;
}

function draftFile(random: Random): Draft {
  const currency = random.weighted([
    [6, 'USD'],
    [2, 'EUR'],
    [1, 'JPY'],
    [1, 'XHI'],
    [1, 'XBT'],
  ]);
  const base = words.RATES[currency] as number;
  const rates: Record<string, number> = {};
  for (const [code, perDollar] of Object.entries(words.RATES)) {
    const rate = perDollar / base;
    if (code !== currency && rate <= 1e9 && random.chance(code === 'USD' ? 0.95 : 0.7)) rates[code] = rate;
  }
  const exchanges = [...new Set(random.some(words.EXCHANGES.slice(1), 0, 6))];
  if (random.chance(0.2)) for (let n = 0; n < 20; n += 1) exchanges.push(`many-${n}`);
  const context: Context = {
    random,
    exchanges: ['default', ...exchanges],
    strictness: random.pick(STRICTNESS),
    unit: base,
    adsLeft: random.pick(AD_COUNTS),
    campaigns: 0,
  };
  const seats = random.shuffled(words.SEATS).slice(0, random.int(1, 5));
  const accounts = seats.map((seat, n) => draftAccount(context, seat, n, seats.length - n));
  return {
    currency,
    rates,
    exchanges: exchanges.map((id) => ({ id })),
    category_parents: draftParents(random),
    accounts,
  };
}

interface Context {
  readonly random: Random;
  readonly exchanges: readonly string[];
  readonly strictness: number;
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
  const creatives = Array.from({ length: random.int(1, 12) }, (_, n) => draftCreative(random, `cr-${index}-${n}`));
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
  return { id: `account-${index}`, seat, creatives, campaigns };
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
  return { id: `c${context.campaigns++}`, budget_micros: budget, ...schedule, ad_groups: groups };
}

function draftGroup(context: Context, id: string): Draft {
  const { random, unit } = context;
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
    bid_expiry_s: random.pick([1, 300, 86_400]),
    targeting: draftTargeting(context),
  };
}

function draftTargeting({ random, exchanges, strictness }: Context): Draft {
  const list = <T>(items: readonly T[], most = 4): T[] | undefined =>
    random.chance(strictness) ? (random.chance(0.03) ? [] : random.some(items, 1, most)) : undefined;
  const many = (items: readonly string[]): string[] | undefined => {
    const some = list(items);
    return some && random.chance(0.1) ? [...some, ...Array.from({ length: 300 }, (_, n) => `filler-${n}.test`)] : some;
  };
  const categories = [...words.CATEGORIES_1, ...words.CATEGORIES_7.map((c) => `7:${c}`), '6:16', '1:IAB3', '600:1'];
  return {
    exchanges: list(exchanges),
    inventory: list(['site', 'app', 'dooh'], 2),
    countries: list(words.COUNTRIES.map(([alpha3]) => alpha3)),
    regions: list(words.REGIONS),
    cities: list(words.CITIES),
    postcodes: list(words.POSTCODES),
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
    segments: many([...words.SEGMENTS, '\ud800abc']),
    segments_excluded: list(words.SEGMENTS),
    deals: random.chance(0.25) ? random.some(words.DEALS, 1, 4) : undefined,
    open_auction: random.weighted([
      [8, undefined],
      [2, true],
      [1, false],
    ]),
  };
}

function draftCreative(random: Random, id: string): Draft & { id: string } {
  const [w, h] = random.pick(random.chance(0.6) ? words.SIZES.slice(0, 5) : words.SIZES);
  const taxonomy = random.weighted([
    [6, 1],
    [2, 7],
    [1, 6],
    [1, 600],
  ]);
  const some = <T>(chance: number, items: readonly T[]): T[] | undefined =>
    random.chance(chance) ? random.some(items, 1, 3) : undefined;
  return {
    id,
    type: 'banner',
    w,
    h,
    advertiser_domains: random.some(words.ADVERTISERS, 1, 2),
    categories: some(0.7, taxonomy === 1 ? words.CATEGORIES_1 : words.CATEGORIES_7),
    cattax: taxonomy,
    attributes: some(0.3, [1, 3, 5, 9, 13, 16, 31, 32, 63]),
    banner_type: random.weighted([
      [3, undefined],
      [1, 1],
      [1, 3],
      [1, 4],
    ]),
    apis: some(0.15, [1, 3, 5, 7, 31]),
    mime: random.weighted([
      [4, undefined],
      [1, random.pick(words.MIMES)],
    ]),
    bundle: random.chance(0.2) ? random.pick(words.APP_BUNDLES) : undefined,
    landing_url: 'https://brand.example/landing?a=1&b=2',
    ...draftMarkup(random),
  };
}

function draftMarkup(random: Random): Draft {
  const scheme = random.chance(0.2) ? 'http' : 'https';
  if (random.chance(0.5)) return { image_url: `${scheme}://cdn.example/a.png?x="<&>` };
  return {
    markup: random.pick([
      `<a href="{{click_url}}"><img src="${scheme}://cdn.example/b.png"></a>`,
      '<script>var p = "${AUCTION_PRICE}", c = \'{{click_url}}\', i = "{{impression_url}}";\n\tgo(p, c, i)</script>',
      '<div data-x="${AUCTION_ID}:${AUCTION_IMP_ID}">ümläut 😀 \\ "quoted" \u2028 {{click_url}} {{click_url}}</div>',
      `plain ${scheme.toUpperCase()}://X.example/ {{unknown_macro}}`,
    ]),
  };
}
