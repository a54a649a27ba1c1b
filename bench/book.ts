// A campaign file of any number of ads, as a mid-sized bidder would carry it: some forty accounts, campaigns of 1 to 20
// ads that share their creatives, most ad groups restricted in several ways, a few on deals. The chances below were
// set so that a request leaves about 2% of the ads to be scored. Measured (`survivors`, seed 1, 10,000 ads): median
// 1.7% on the real bodies, 2.1% on the generated ones, 2.6% on those of the US web among them.

import type { Account, AdGroup, Campaign, CampaignFile, Creative, Targeting } from '../bidcore/campaign_file.js';
import { Random } from './random.js';
import * as words from './vocabulary.js';

/** Chance that an ad group has the restriction. */
const CHANCE = {
  countries: 0.62,
  regions: 0.06,
  cities: 0.02,
  postcodes: 0.03,
  device_types: 0.4,
  operating_systems: 0.25,
  languages: 0.3,
  connection_types: 0.04,
  hours: 0.3,
  weekdays: 0.1,
  inventory: 0.4,
  exchanges: 0.08,
  domains: 0.14,
  domains_excluded: 0.3,
  bundles: 0.06,
  bundles_excluded: 0.1,
  publishers: 0.04,
  publishers_excluded: 0.06,
  categories: 0.25,
  categories_excluded: 0.25,
  segments: 0.18,
  segments_excluded: 0.1,
  deals: 0.08,
} as const;

const MARKUP_BYTES_MIN = 300;
const MARKUP_BYTES_MAX = 1500;
/** Script text that markup takes its share of: drawing each character anew would take most of the time. */
const FILLER = new Random(1).text(65_536, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789+=');
/** So large that no campaign runs out while it is measured. */
const BUDGET_MICROS = 900_000_000_000_000;

/**
 * Makes a campaign file with exactly `ads` ads.
 * @param seed the same seed and number give the same file
 */
export function campaignFile(ads: number, seed: number): CampaignFile {
  const random = new Random(seed);
  const accounts = Array.from({ length: Math.min(40, Math.max(6, Math.round(ads / 250))) }, (_, n) => emptyAccount(n));
  for (let left = ads, n = 0; left > 0; n++) {
    const account = accounts[n % accounts.length] as MutableAccount;
    const wanted = Math.min(left, random.int(1, 20));
    left -= addCampaign(random, account, n, wanted);
  }
  return {
    currency: 'USD',
    rates: { EUR: 0.92, GBP: 0.79, JPY: 151.2, CAD: 1.36, AUD: 1.52, BRL: 5.1, MXN: 17.2 },
    exchanges: words.EXCHANGES.map((id) => ({ id })),
    category_parents: {},
    accounts,
  };
}

interface MutableAccount extends Account {
  readonly creatives: Creative[];
  readonly campaigns: Campaign[];
}

function emptyAccount(n: number): MutableAccount {
  return { id: `account-${n}`, seat: words.REAL_SEATS[n] ?? `seat-${100 + n}`, creatives: [], campaigns: [] };
}

/** Adds one campaign of `ads` ads: ad groups of up to six creatives from the campaign's own pool. */
function addCampaign(random: Random, account: MutableAccount, n: number, ads: number): number {
  const pool = makeCreatives(random, n, Math.min(ads, random.int(1, 8)));
  account.creatives.push(...pool);
  const groups: AdGroup[] = [];
  for (let left = ads; left > 0; ) {
    const count = Math.min(left, pool.length, random.int(1, 6));
    const first = random.int(0, pool.length - 1);
    const creatives = Array.from({ length: count }, (_, i) => (pool[(first + i) % pool.length] as Creative).id);
    groups.push(adGroup(random, `group-${n}-${groups.length}`, creatives));
    left -= count;
  }
  account.campaigns.push({
    id: `campaign-${n}`,
    status: 'active',
    budget_micros: BUDGET_MICROS,
    ...schedule(random),
    ad_groups: groups,
  });
  return ads;
}

/** One campaign in thirty is over, and still in the file; half have dates. */
function schedule(random: Random): { start?: string; end?: string } {
  if (random.chance(0.03)) return { start: '2021-01-01T00:00:00Z', end: '2021-03-01T00:00:00Z' };
  return random.chance(0.5) ? { start: '2021-01-01T00:00:00Z', end: '2098-01-01T00:00:00Z' } : {};
}

function adGroup(random: Random, id: string, creatives: string[]): AdGroup {
  const goal = random.weighted<AdGroup['goal']['type']>([
    [4, 'cpm'],
    [4, 'cpc'],
    [2, 'cpa'],
  ]);
  const bid_micros = {
    cpm: random.int(500_000, 8_000_000),
    cpc: random.int(200_000, 3_000_000),
    cpa: random.int(4_000_000, 60_000_000),
  }[goal];
  return {
    id,
    status: 'active',
    goal: { type: goal, bid_micros },
    max_bid_cpm_micros: random.int(4_000_000, 20_000_000),
    bid_expiry_s: 300,
    targeting: targeting(random),
    creatives,
  };
}

function targeting(random: Random): Targeting {
  const has = (key: keyof typeof CHANCE): boolean => random.chance(CHANCE[key]);
  const some = (low: number, high: number, draw: (random: Random) => string): string[] =>
    random.distinct(random.int(low, high), () => draw(random));
  const t: Targeting = {};
  if (has('countries')) t.countries = some(1, 4, (r) => r.weighted(words.COUNTRIES));
  if (has('regions')) t.regions = some(2, 8, (r) => r.pick(words.US_REGIONS));
  if (has('cities')) t.cities = some(1, 5, (r) => r.pick(words.US_CITIES));
  if (has('postcodes')) t.postcodes = some(20, 200, words.drawPostcode);
  if (has('device_types')) t.device_types = [...random.pick([[2], [1, 4, 5], [4], [1, 2, 4, 5], [2, 4], [3, 7]])];
  if (has('operating_systems')) {
    t.operating_systems = [
      ...new Set(Array.from({ length: random.int(1, 2) }, () => random.weighted(words.OPERATING_SYSTEMS)).flat()),
    ];
  }
  if (has('languages')) t.languages = some(1, 2, (r) => r.weighted(words.LANGUAGES));
  if (has('connection_types')) t.connection_types = [1, 2, ...(random.chance(0.5) ? [5, 6, 7] : [])];
  if (has('hours')) t.hours = dayPart(random);
  if (has('weekdays')) t.weekdays = random.chance(0.7) ? [0, 1, 2, 3, 4] : [5, 6];
  if (has('inventory'))
    t.inventory = [
      ...random.weighted<('site' | 'app')[]>([
        [6, ['site']],
        [3, ['app']],
        [2, ['site', 'app']],
      ]),
    ];
  if (has('exchanges')) t.exchanges = some(1, 3, (r) => r.pick(['default', ...words.EXCHANGES]));
  if (has('domains')) t.domains = some(20, 300, words.drawDomain);
  if (has('domains_excluded')) t.domains_excluded = some(3, 40, words.drawDomain);
  if (has('bundles')) t.bundles = some(10, 100, words.drawBundle);
  if (has('bundles_excluded')) t.bundles_excluded = some(3, 30, words.drawBundle);
  if (has('publishers')) t.publishers = some(3, 30, words.drawPublisher);
  if (has('publishers_excluded')) t.publishers_excluded = some(2, 20, words.drawPublisher);
  if (has('categories')) t.categories = some(2, 10, words.drawCategory);
  if (has('categories_excluded')) t.categories_excluded = some(1, 6, words.drawCategory);
  if (has('segments')) t.segments = some(2, 12, words.drawSegment);
  if (has('segments_excluded')) t.segments_excluded = some(1, 4, words.drawSegment);
  if (has('deals')) {
    t.deals = some(1, 3, words.drawDeal);
    if (random.chance(0.5)) t.open_auction = true;
  }
  return t;
}

function dayPart(random: Random): number[] {
  const first = random.int(0, 23);
  return Array.from({ length: random.int(8, 18) }, (_, i) => (first + i) % 24);
}

/** The creatives of one campaign: one advertiser, one category, several sizes. */
function makeCreatives(random: Random, n: number, count: number): Creative[] {
  const advertiser = `advertiser${n}.example`;
  const categories = random.distinct(random.int(1, 2), () => words.drawCategory(random));
  return Array.from({ length: count }, (_, i): Creative => {
    const [w, h] = random.weighted(words.SIZES);
    const id = `creative-${n}-${i}`;
    return {
      id,
      type: 'banner',
      w,
      h,
      advertiser_domains: [advertiser],
      categories: random.chance(0.9) ? categories : [],
      cattax: 1,
      attributes: random.chance(0.2) ? random.distinct(random.int(1, 3), () => random.int(1, 16)) : [],
      banner_type: random.weighted([
        [5, 2],
        [4, 3],
        [1, 1],
      ]),
      apis: random.chance(0.08) ? [random.pick([3, 5, 7])] : [],
      mime: 'text/html',
      landing_url: `https://www.${advertiser}/offer?c=${id}`,
      markup: markup(random, id, w, h),
    };
  });
}

/** HTML of 300 to 1,500 bytes, most of it at the short end. */
function markup(random: Random, id: string, w: number, h: number): string {
  const scheme = random.chance(0.03) ? 'http' : 'https';
  const head =
    `<div id="${id}" style="width:${w}px;height:${h}px;overflow:hidden"><a href="{{click_url}}" target="_blank">` +
    `<img src="${scheme}://cdn.example.net/${id}/${w}x${h}.jpg" width="${w}" height="${h}" alt=""></a></div>` +
    '<img src="{{impression_url}}" width="1" height="1" alt="">';
  const bytes = MARKUP_BYTES_MIN + Math.floor((MARKUP_BYTES_MAX - MARKUP_BYTES_MIN) * random.float() ** 2.5);
  const open = '<script>window.adConfig="',
    close = '"</script>';
  const filler = Math.max(0, bytes - head.length - open.length - close.length);
  const first = random.int(0, FILLER.length - filler);
  return `${head}${open}${FILLER.slice(first, first + filler)}${close}`;
}
