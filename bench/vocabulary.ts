// The words that generated campaign files and generated requests share: without common domains, sizes and segments
// nothing would match. Weights follow what open exchanges carry; they need to be plausible, not exact.

import type { Random } from './random.js';

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

/** Names of one platform, as different exchanges spell it. */
export const OPERATING_SYSTEMS: Weighted<readonly string[]> = [
  [34, ['Windows', 'Windows 10', 'windows 7']],
  [28, ['iOS', 'iphone', 'ipad']],
  [28, ['Android']],
  [10, ['macOS', 'Mac OS X', 'OS X', 'MACOSX']],
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

const DOMAINS = 5000;
const BUNDLES = 2000;
const PUBLISHERS = 1500;
const SEGMENTS = 2000;
const POSTCODES = 4000;
const DEALS = 200;

const TLDS = ['com', 'com', 'com', 'net', 'org', 'co.uk', 'de', 'fr'];
const WORDS = ['daily', 'news', 'sport', 'cook', 'travel', 'auto', 'tech', 'home', 'play', 'money', 'health', 'style'];

/** The nth most visited domain. */
export function domain(n: number): string {
  return `${WORDS[n % WORDS.length]}${WORDS[Math.floor(n / 12) % WORDS.length]}${n}.${TLDS[n % TLDS.length]}`;
}

export const drawDomain = (random: Random): string => domain(random.skewed(DOMAINS));
export const drawBundle = (random: Random): string => {
  const n = random.skewed(BUNDLES);
  return n % 2 === 0 ? `com.${WORDS[n % WORDS.length]}.app${n}` : String(284_000_000 + n * 7919);
};
export const drawPublisher = (random: Random): string => String(100_000 + random.skewed(PUBLISHERS) * 13);
export const drawSegment = (random: Random): string => `seg-${random.skewed(SEGMENTS)}`;
export const drawPostcode = (random: Random): string => String(10_001 + random.skewed(POSTCODES) * 17).padStart(5, '0');
export const drawDeal = (random: Random): string => `deal-${1000 + random.skewed(DEALS)}`;
export const drawCategory = (random: Random): string =>
  random.chance(0.4) ? random.pick(CATEGORIES) : `${random.pick(CATEGORIES)}-${random.int(1, 12)}`;
