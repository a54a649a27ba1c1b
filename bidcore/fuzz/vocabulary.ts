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

// ---- formats other than banners
/** Seconds. */
export const DURATIONS = [5, 6, 10, 15, 15, 20, 30, 30, 45, 60, 90, 3600];
export const VIDEO_MIMES = ['video/mp4', 'video/webm', 'Video/MP4', 'application/javascript', 'video/3gpp'];
export const AUDIO_MIMES = ['audio/mpeg', 'audio/mp4', 'AUDIO/OGG', 'audio/aac'];
export const IMAGE_MIMES = ['image/jpeg', 'image/png', 'IMAGE/webp'];
/** AdCOM native image types: 1 icon, 3 main; from 500 on a vendor's own. */
export const IMAGE_TYPES = [1, 3, 3, 3, 2, 501];
export const IMAGE_SIZES: readonly (readonly [number, number])[] = [
  [80, 80],
  [100, 100],
  [1200, 627],
  [1200, 628],
  [627, 627],
  [65535, 1],
];
/** AdCOM native data types, the commonest first. */
export const DATA_TYPES = [1, 2, 12, 3, 4, 6, 9, 11, 500];
export const TITLES = [
  'Shoes',
  'Shoes that fit, for less than you think they cost',
  'a',
  'ab',
  'Große "Größen" — 50 % ✂',
  '👟👟👟 shoes 👟',
  'e\u0301te\u0301 \\ back/slash \u2028 line',
  'tab\tand\nnewline \u0001',
  'x'.repeat(200),
  '\ud800 alone',
];
export const DATA_VALUES = ['Brand', '4.5', '😀😀😀', 'Now "only" 3 €', 'y'.repeat(90), 'Learn more…', 'ﬁ\u200d'];

// ---- traffic, supply chain, privacy
export const CRAWLER_AGENTS = ['bot/', 'Crawler', 'headless', 'ünï', 'python-requests', 'x11'];
export const AGENTS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36',
  'Roku/DVP-12.0',
  'b',
];
export const CRAWLERS = [
  'Mozilla/5.0 (compatible; Examplebot/2.1; +http://www.example.com/bot.html)',
  'BOT/',
  'a CRAWLER',
  'bot',
  'HeadlessChrome/1',
  'xx11x',
  'ÜNÏ',
  'ünï',
  'python-request',
  'b\u00f6t/ bot\\/',
];
export const ADDRESS_RANGES = [
  '203.0.113.0/24',
  '198.51.100.128/25',
  '10.0.0.0/8',
  '192.0.2.77/32',
  '255.255.255.255/32',
  '0.0.0.0/31',
  '128.0.0.0/1',
  '203.0.113.200/24',
];
export const ADDRESSES = [
  '203.0.113.7',
  '198.51.100.127',
  '198.51.100.128',
  '10.255.255.255',
  '11.0.0.0',
  '192.0.2.77',
  '192.0.2.76',
  '127.255.255.255',
  '128.0.0.0',
  '255.255.255.255',
  '0.0.0.1',
  '8.8.8.8',
];
export const ODD_ADDRESSES = [
  '203.0.113',
  '203.0.113.7.1',
  '203.0.113.07',
  '203.0.113.256',
  ' 203.0.113.7',
  '203.0.113.7 ',
  '203.0.113.',
  '.0.113.7',
  '203..113.7',
  '2001:db8::1',
  '::ffff:203.0.113.7',
  '3405803783',
  '203.0.113.7/24',
  '0xcb.0.113.7',
  '1000.0.0.1',
  '',
  '٢٠٣.0.113.7',
];
/** Entries of `blocked_nodes`, and the nodes that meet or just miss them. */
export const BLOCKED_NODES = ['bad.example', 'Ssp.Example/77', 'ssp.example/A', 'x/y/z', 'bad.example/', '/1'];
export const NODES: readonly (readonly [string, string])[] = [
  ['bad.example', '1'],
  ['BAD.example', '2'],
  ['ssp.example', '77'],
  ['ssp.example', 'a'],
  ['SSP.EXAMPLE', 'A'],
  ['x', 'y/z'],
  ['x/y', 'z'],
  ['bad.example.com', '1'],
];
export const GOOD_NODES: readonly (readonly [string, string])[] = [
  ['exchange.example', '1234'],
  ['good.example', 'pub-1'],
  ['ssp.example', '78'],
];
export const VENDORS = [1, 2, 7, 12, 100, 755, 1023, 65535];
export const IFAS = ['6F4C1D4E-0D5A-4A0B-8B3E-2E1F0A9C7D55', 'a', '00000000-0000-0000-0000-000000000001'];
export const NO_IFAS = ['00000000-0000-0000-0000-000000000000', '0', '-', '--', '000'];
