// The words that generated campaign files and generated requests share: without common domains, sizes and segments
// nothing would match. Weights follow what open exchanges carry; they need to be plausible, not exact.

import type { Format } from '../bidcore/creative_file.js';
import { Random } from './random.js';

export type Weighted<T> = readonly (readonly [number, T])[];

export const COUNTRIES: Weighted<string> = [
  [45, 'USA'],
  [11, 'GBR'],
  [9, 'DEU'],
  [7, 'FRA'],
  [6, 'CAN'],
  [4, 'ESP'],
  [4, 'ITA'],
  [4, 'BRA'],
  [3, 'JPN'],
  [3, 'AUS'],
  [2, 'NLD'],
  [2, 'MEX'],
];

export const SIZES: Weighted<readonly [number, number]> = [
  [30, [300, 250]],
  [16, [728, 90]],
  [16, [320, 50]],
  [8, [160, 600]],
  [8, [300, 600]],
  [5, [970, 250]],
  [4, [336, 280]],
  [4, [320, 100]],
  [3, [320, 480]],
  [2, [468, 60]],
  [2, [970, 90]],
  [2, [250, 250]],
];

/** Shares of the formats, in bodies and in books: what a bidder of all formats sees of the open exchanges. */
export const FORMAT_SHARES: Weighted<Format> = [
  [60, 'banner'],
  [25, 'video'],
  [10, 'native'],
  [5, 'audio'],
];

/** Seconds of video and of audio ads. No ad is longer than the last. */
export const DURATIONS: Weighted<number> = [
  [8, 6],
  [6, 10],
  [40, 15],
  [6, 20],
  [36, 30],
  [4, 60],
];

/** Countries whose requests GDPR may apply to, of those above. */
export const EUROPE: readonly string[] = ['GBR', 'DEU', 'FRA', 'ESP', 'ITA', 'NLD'];

/** Names of one platform, as different exchanges spell it. */
export const OPERATING_SYSTEMS: Weighted<readonly string[]> = [
  [34, ['Windows', 'Windows 10', 'windows 7']],
  [28, ['iOS', 'iphone', 'ipad']],
  [28, ['Android']],
  [10, ['macOS', 'Mac OS X', 'OS X', 'MACOSX']],
  [6, ['Roku OS', 'tvOS', 'Tizen', 'Android TV']],
];

export const LANGUAGES: Weighted<string> = [
  [62, 'en'],
  [9, 'de'],
  [8, 'fr'],
  [11, 'es'],
  [5, 'pt'],
  [5, 'ja'],
];

/** Top categories of the IAB content taxonomy 1; sub-categories are made by adding `-n`. */
export const CATEGORIES: readonly string[] = Array.from({ length: 23 }, (_, i) => `IAB${i + 1}`);
export const ADULT_CATEGORIES: readonly string[] = [
  'IAB24',
  'IAB25',
  'IAB25-3',
  'IAB26',
  'IAB7-39',
  'IAB8-5',
  'IAB9-9',
];

export const US_REGIONS: readonly string[] = 'CA TX FL NY PA IL OH GA NC MI NJ VA WA AZ MA TN IN MD MO CO'.split(' ');

export const US_CITIES: readonly string[] = (
  'New York,Los Angeles,Chicago,Houston,Phoenix,Philadelphia,San Antonio,San Diego,Dallas,San Jose,' +
  'Austin,Jacksonville,Columbus,Charlotte,Seattle,Denver,Boston,Detroit,Portland'
).split(',');

export const CARRIERS: readonly string[] = ['Verizon', 'AT&T', 'T-Mobile', 'Comcast', 'Spectrum', 'Vodafone', 'Orange'];

/** Exchanges of a generated file; `default` is always there besides. */
export const EXCHANGES: readonly string[] = ['openx', 'pubmatic', 'rubicon'];

/** Seats that the collected real bodies ask for in `wseat`: with them, those bodies are matched, not turned away. */
export const REAL_SEATS: readonly string[] = ['165', 'Agency1', 'seat1', 'test-appnexus-id'];

/** The bidder's id in the Global Vendor List, as the generated files and consent strings have it. */
export const OUR_VENDOR = 755;

const DOMAINS = 5000;
const BUNDLES = 2000;
const PUBLISHERS = 1500;
const SEGMENTS = 2000;
const POSTCODES = 4000;
const DEALS = 200;
const SELLERS = 60;
const DATACENTRE_RANGES_COUNT = 400;

const TLDS = ['com', 'com', 'com', 'net', 'org', 'co.uk', 'de', 'fr'];
const WORDS = ['daily', 'news', 'sport', 'cook', 'travel', 'auto', 'tech', 'home', 'play', 'money', 'health', 'style'];

/** The nth most visited domain. */
export function domain(n: number): string {
  return `${WORDS[n % WORDS.length]}${WORDS[Math.floor(n / 12) % WORDS.length]}${n}.${TLDS[n % TLDS.length]}`;
}

/** The nth most used app. */
export function bundle(n: number): string {
  return n % 2 === 0 ? `com.${WORDS[n % WORDS.length]}.app${n}` : String(284_000_000 + n * 7919);
}

export function publisher(n: number): string {
  return String(100_000 + n * 13);
}

export const drawDomain = (random: Random): string => domain(random.skewed(DOMAINS));
export const drawBundle = (random: Random): string => bundle(random.skewed(BUNDLES));
export const drawPublisher = (random: Random): string => publisher(random.skewed(PUBLISHERS));
export const drawSegment = (random: Random): string => `seg-${random.skewed(SEGMENTS)}`;
export const drawPostcode = (random: Random): string => String(10_001 + random.skewed(POSTCODES) * 17).padStart(5, '0');
export const drawDeal = (random: Random): string => `deal-${1000 + random.skewed(DEALS)}`;
export const drawCategory = (random: Random): string =>
  random.chance(0.4) ? random.pick(CATEGORIES) : `${random.pick(CATEGORIES)}-${random.int(1, 12)}`;

// Brand-safety lists name the long tail: any domain, app or publisher, not mostly the popular ones.
export const anyDomain = (random: Random): string => domain(random.int(0, DOMAINS - 1));
export const anyBundle = (random: Random): string => bundle(random.int(0, BUNDLES - 1));
export const anyPublisher = (random: Random): string => publisher(random.int(0, PUBLISHERS - 1));

/** The nth largest intermediary of supply chains, as `asi`. */
export const seller = (n: number): string => `exchange${n}.example`;
export const drawSeller = (random: Random): string => seller(random.skewed(SELLERS));
/** One of the sellers that few requests come through. */
export const rareSeller = (random: Random): string => seller(random.int(SELLERS / 2, SELLERS - 1));

/** Address ranges of data centres: /16 to /24. Addresses of people (`drawAddress`) are in none of them. */
export const DATACENTRE_RANGES: readonly string[] = datacentreRanges();

function datacentreRanges(): string[] {
  const random = new Random(2);
  return random.distinct(DATACENTRE_RANGES_COUNT, () => {
    const bits = random.int(16, 24);
    const third = bits === 24 ? random.int(0, 255) : random.int(0, 2 ** (bits - 16) - 1) * 2 ** (24 - bits);
    return `${random.pick([3, 13, 18, 34, 35, 52, 54, 104])}.${random.int(0, 255)}.${third}.0/${bits}`;
  });
}

export const drawAddress = (random: Random): string =>
  `${random.int(60, 99)}.${random.int(0, 255)}.${random.int(0, 255)}.${random.int(1, 254)}`;
export const drawDatacentreAddress = (random: Random): string =>
  random.pick(DATACENTRE_RANGES).replace(/\d+\/\d+$/, String(random.int(1, 254)));
