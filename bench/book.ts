// A campaign file of any number of ads, as a mid-sized bidder of all formats would carry it: some forty accounts with
// policies, campaigns of 1 to 20 ads that share their creatives, most ad groups restricted in several ways, a few on
// deals. The chances below were set so that a request leaves about 2% of the ads to be scored, though no impression
// takes all formats. Measured (`survivors`, seed 1, 10,000 ads): median 1.9% on the collected bodies and on the
// generated ones.

import type { Account, AdGroup, Campaign, CampaignFile, Targeting } from '../bidcore/campaign_file.js';
import type { Creative, Format } from '../bidcore/creative_file.js';
import { makeCreatives } from './creatives.js';
import { exchangeProfiles, policyOf, privacyRules, trafficRules } from './policies.js';
import { Random } from './random.js';
import * as words from './vocabulary.js';

/** Chance that an ad group has the restriction. */
const CHANCE = {
  countries: 0.5,
  regions: 0.06,
  cities: 0.02,
  postcodes: 0.03,
  device_types: 0.3,
  operating_systems: 0.25,
  languages: 0.2,
  connection_types: 0.04,
  hours: 0.2,
  weekdays: 0.1,
  inventory: 0.3,
  exchanges: 0.08,
  domains: 0.08,
  domains_excluded: 0.3,
  bundles: 0.06,
  bundles_excluded: 0.1,
  publishers: 0.04,
  publishers_excluded: 0.06,
  categories: 0.18,
  categories_excluded: 0.25,
  segments: 0.12,
  segments_excluded: 0.1,
  deals: 0.08,
  rewarded: 0.03,
  interstitial: 0.04,
  video_placements: 0.08,
  identified_users: 0.04,
} as const;

/** Twenty campaigns have the formats' shares: dealt out, not drawn, so that a book of 1,000 ads has them too. */
const TWENTY_FORMATS = words.FORMAT_SHARES.flatMap(([share, format]) => Array<Format>(share / 5).fill(format));
/** So large that no campaign runs out while it is measured. */
const BUDGET_MICROS = 900_000_000_000_000;

/**
 * Makes a campaign file with exactly `ads` ads.
 * @param seed the same seed and number give the same file
 */
export function campaignFile(ads: number, seed: number): CampaignFile {
  const random = new Random(seed);
  const rules = new Random(seed ^ 0xacc0);
  const count = Math.min(40, Math.max(6, Math.round(ads / 250)));
  const accounts = Array.from({ length: count }, (_, n) => emptyAccount(rules, n));
  let formats: Format[] = [];
  for (let left = ads, n = 0; left > 0; n++) {
    const account = accounts[n % accounts.length] as MutableAccount;
    const wanted = Math.min(left, random.int(1, 20));
    if (formats.length === 0) formats = random.shuffled(TWENTY_FORMATS);
    left -= addCampaign(random, account, n, wanted, formats.pop() as Format);
  }
  return {
    currency: 'USD',
    rates: { EUR: 0.92, GBP: 0.79, JPY: 151.2, CAD: 1.36, AUD: 1.52, BRL: 5.1, MXN: 17.2 },
    exchanges: exchangeProfiles(
      rules,
      accounts.map(({ id }) => id),
    ),
    privacy: privacyRules(),
    traffic: trafficRules(),
    category_parents: {},
    accounts,
  };
}

interface MutableAccount extends Account {
  readonly creatives: Creative[];
  readonly campaigns: Campaign[];
}

function emptyAccount(rules: Random, n: number): MutableAccount {
  const seat = words.REAL_SEATS[n] ?? `seat-${100 + n}`;
  const empty = { audiences: [], creatives: [], campaigns: [] };
  return { id: `account-${n}`, seat, time_zone: 'UTC', policy: policyOf(rules), ...empty };
}

/** Adds one campaign of `ads` ads: ad groups of up to six creatives from the campaign's own pool. */
function addCampaign(random: Random, account: MutableAccount, n: number, ads: number, format: Format): number {
  const pool = makeCreatives(random, n, Math.min(ads, random.int(1, 8)), format);
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
    pacing: 'even',
    frequency_caps: [],
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
    guaranteed: false,
    frequency_caps: [],
    cap_unknown_users: 'bid',
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
  if (has('rewarded')) t.rewarded = random.chance(0.3);
  if (has('interstitial')) t.interstitial = random.chance(0.3);
  if (has('video_placements')) t.video_placements = [...random.pick([[1], [1, 2], [1, 2, 3], [4], [3, 4]])];
  if (has('identified_users')) t.identified_users = random.chance(0.8);
  return t;
}

function dayPart(random: Random): number[] {
  const first = random.int(0, 23);
  return Array.from({ length: random.int(8, 18) }, (_, i) => (first + i) % 24);
}
