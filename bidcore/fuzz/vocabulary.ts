// The words books and requests share. Small pools, so that requests meet targeting often; in each pool some words that
// tempt a careless implementation: letters whose Unicode lower case is ASCII, numbers as text, parents and prefixes of
// other words, lone surrogates, escapes, the empty and the overlong.

/** U+212A KELVIN SIGN: `toLowerCase` makes it `k`, lower-casing A to Z only does not. */
const KELVIN = '\u212a';
export const LONG_WORD = 'long-word-that-is-more-than-64-bytes-so-that-hashing-takes-many-blocks-ab';

export const COUNTRIES: readonly (readonly [string, string])[] = [
  ['USA', 'US'],
  ['DEU', 'DE'],
  ['GBR', 'GB'],
  ['FRA', 'FR'],
  ['JPN', 'JP'],
  ['BRA', 'BR'],
  ['IND', 'IN'],
  ['AUS', 'AU'],
  ['CAN', 'CA'],
  ['AUT', 'AT'],
  ['CHE', 'CH'],
  ['POL', 'PL'],
  ['KOR', 'KR'],
  ['SRB', 'RS'],
  ['UKR', 'UA'],
  ['CHL', 'CL'],
  ['ZAF', 'ZA'],
  ['SWE', 'SE'],
  ['DNK', 'DK'],
  ['IRL', 'IE'],
  ['MEX', 'MX'],
  ['IDN', 'ID'],
  ['THA', 'TH'],
  ['ARE', 'AE'],
];
export const REGIONS = ['CA', 'NY', 'TX', 'ca', 'BW', 'NRW', '06', 'île', `${KELVIN}A`, 'ka'];
export const CITIES = [
  'Berlin',
  'New York',
  'São Paulo',
  'ZÜRICH',
  'zürich',
  '東京',
  `${KELVIN}iel`,
  'kiel',
  'a/b "c"',
  '\ufffdabc',
  '😀town',
  LONG_WORD,
];
export const POSTCODES = ['10001', '90210', 'SW1A 1AA', '8001', '01234', '1e3'];
export const OPERATING_SYSTEMS = ['iOS', 'Android', 'Windows', 'OS X', 'Linux', 'tvOS', `${KELVIN}aiOS`, 'KaiOS'];
export const LANGUAGES = ['en', 'de', 'fr', 'pt', 'ja', 'zh', 'DE', 'gsw'];
export const CARRIERS = ['310-410', 'Verizon', 'T-Mobile', '262-01'];
export const DOMAINS = [
  'example.com',
  'news.example.com',
  'sports.news.example.com',
  'ample.com',
  'example.co.uk',
  'co.uk',
  'blog.test',
  'Shop.Blog.Test',
  'xn--mnchen-3ya.de',
  'münchen.de',
  'a.b.c.d.e.f.g.h.example.org',
  'com',
  'www.example.net',
  'example.net',
  'www.www.example.info',
  '127.0.0.1',
  'localhost',
  'dot.',
  '.dot',
  'two..dots',
];
export const BUNDLES = [
  'com.example.game',
  'COM.Example.Chat',
  '123456789',
  '553834731',
  'B00ABCD',
  'com.example',
  'a',
];
export const PUBLISHERS = ['pub-1', 'PUB-1', '4242', 'publisher two', 'p/3', 'päpub', '8953', '1100015422'];
export const SEGMENTS = [
  'auto',
  'Auto',
  '1234',
  '77',
  'in-market:shoes',
  'déjà',
  '\ufffdabc',
  'seg😀',
  LONG_WORD,
  '0',
  '-5',
  '9007199254740991',
];
export const CATEGORIES_1 = [
  'IAB1',
  'IAB1-1',
  'IAB1-5',
  'IAB2',
  'IAB2-10',
  'IAB3',
  'IAB12',
  'IAB12-3',
  'IAB25',
  'IAB25-3',
  'iab26',
  'IAB26-1',
  'IAB19-6',
  'IAB-1',
];
export const CATEGORIES_7 = ['1', '2', '16', '53', '150', '640', 'SPSHQ5', 'JLBCU7', '386', '1-2'];
export const TAXONOMIES = [1, 7, 2, 6, 600];
export const SEATS = ['seat-1', 'seat-2', 'SEAT-1', '165', '16', 'Agency1', 'sitz ä "q"', 'seat/3\\'];
export const DEALS = [
  'deal-1',
  'deal-2',
  'DEAL-1',
  '1000',
  '123',
  'PMP/7',
  'd"eal',
  'dä-4',
  '-5',
  '0',
  'xch-wm-300x600-rgt',
  LONG_WORD,
  'seven',
];
export const ADVERTISERS = [
  'brand.com',
  'shop.brand.com',
  'www.brand.org',
  'Cars.Test',
  'deep.sub.cars.test',
  'rand.com',
  'brand.co.uk',
  'ford.com',
  'ünï.test',
  'com',
];
export const APP_BUNDLES = ['com.advertiser.app', '987654321', 'Com.Other.App'];
export const MIMES = ['text/html', 'image/jpeg', 'image/png', 'application/javascript', 'TEXT/HTML', 'image/gif'];
export const SIZES: readonly (readonly [number, number])[] = [
  [300, 250],
  [320, 50],
  [728, 90],
  [160, 600],
  [300, 600],
  [970, 250],
  [320, 480],
  [640, 360],
  [320, 180],
  [1, 1],
  [200, 20],
  [33, 11],
  [65535, 1],
  [65535, 65535],
  [32768, 65535],
  [1080, 1920],
];
/** With, for each, units for one US dollar: far apart, so that every magnitude of a price occurs. */
export const RATES: Readonly<Record<string, number>> = {
  USD: 1,
  EUR: 0.9213,
  GBP: 0.7891234567891234,
  JPY: 149.37,
  KWD: 0.30719,
  IDR: 15873.4,
  BRL: 4.9,
  INR: 83.000000000000014,
  XBT: 0.0000163,
  XHI: 987654321,
  CHF: 0.88,
};
export const EXCHANGES = ['default', 'google', 'x1', 'x2', 'ix', 'gumgum', 'smaato', 'openx', 'mopub', 'e-9'];

/** Monday 2 March 2026, noon UTC: what schedules and the clocks of cases are relative to. */
export const REFERENCE_MS = Date.UTC(2026, 2, 2, 12);
