// Exchange profiles and the choices of accounts and of the whole file about traffic and privacy, as they stand in the
// campaign file. `docs/exchanges.md` describes them key by key.

import { z } from 'zod';
import { MAX_ADDRESS_RANGES, MAX_CRAWLER_AGENTS } from '../assembly/limits.js';
import { FORMATS, id } from './creative_file.js';

const names = z.array(z.string().min(1).max(256)).max(10_000);
const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD');
const country = z.string().regex(/^[A-Z]{3}$/, 'an ISO 3166-1 alpha-3 code such as USA');

export const NOTICES = ['nurl', 'burl', 'lurl'] as const;

export const PRICE_ENCODINGS = ['plain', 'base64', 'google'] as const;
export type PriceEncoding = (typeof PRICE_ENCODINGS)[number];

/** How one exchange wants to be answered. Everything but the id has a default that suits most. */
export const exchangeProfile = z.strictObject({
  id,
  name: z.string().max(256).optional(),
  currency: currency.optional(),
  margin: z.strictObject({ kind: z.enum(['gross', 'net']), share: z.number().min(0).max(0.9) }).optional(),
  seats: z.record(id, z.string().min(1).max(64)).default({}),
  formats: z.array(z.enum(FORMATS)).min(1).optional(),
  attributes_blocked: z.array(z.int().min(1).max(63)).max(63).default([]),
  notices: z.array(z.enum(NOTICES)).default([...NOTICES]),
  price_encoding: z.enum(PRICE_ENCODINGS).default('plain'),
  tmax_margin_ms: z.int().min(0).max(60_000).optional(),
  auth_token_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the token, 64 lower-case hexadecimal digits')
    .optional(),
  qps: z.int().min(1).max(1e9).optional(),
  deals: names.optional(),
  no_bid: z.enum(['empty', 'reason']).default('empty'),
});

/** What an account does not want to be seen with. */
export const accountPolicy = z.strictObject({
  without_consent: z.enum(['contextual', 'no_bid']).default('contextual'),
  crawlers: z.enum(['bid', 'no_bid']).default('bid'),
  datacentres: z.enum(['bid', 'no_bid']).default('bid'),
  schain: z.enum(['any', 'complete', 'required']).default('any'),
  blocked_nodes: names.default([]),
  blocked: z
    .strictObject({
      publishers: names.default([]),
      domains: names.default([]),
      bundles: names.default([]),
      categories: names.default([]),
    })
    .prefault({}),
});

/** Parts of the user agents of the crawlers that most often ask for ads. */
const CRAWLER_AGENTS = [
  'bot/',
  'bot;',
  'spider',
  'crawler',
  'slurp',
  'headlesschrome',
  'phantomjs',
  'python-requests',
  'curl/',
  'wget/',
  'mediapartners-google',
  'facebookexternalhit',
  'lighthouse',
];

const range = z
  .string()
  .regex(/^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d|[12]\d|3[0-2])$/, 'an IPv4 range such as 192.0.2.0/24')
  .refine(
    (text) =>
      text
        .split(/[./]/)
        .slice(0, 4)
        .every((part) => Number(part) <= 255),
    {
      error: 'an IPv4 address has parts of 0 to 255',
    },
  );

export const traffic = z.strictObject({
  crawler_agents: z.array(z.string().min(3).max(64)).max(MAX_CRAWLER_AGENTS).default(CRAWLER_AGENTS),
  datacentre_ranges: z.array(range).max(MAX_ADDRESS_RANGES).default([]),
});

/** European Economic Area, and the United Kingdom, whose law is the same in this. */
const GDPR_COUNTRIES = [
  'AUT',
  'BEL',
  'BGR',
  'HRV',
  'CYP',
  'CZE',
  'DNK',
  'EST',
  'FIN',
  'FRA',
  'DEU',
  'GRC',
  'HUN',
  'ISL',
  'IRL',
  'ITA',
  'LVA',
  'LIE',
  'LTU',
  'LUX',
  'MLT',
  'NLD',
  'NOR',
  'POL',
  'PRT',
  'ROU',
  'SVK',
  'SVN',
  'ESP',
  'SWE',
  'GBR',
];

const purpose = z.int().min(1).max(10);

export const privacyChoices = z.strictObject({
  tcf_vendor_id: z.int().min(1).max(65_535).optional(),
  legitimate_interest: z.array(purpose).default([]),
  flexible: z.array(purpose).default([]),
  gdpr_countries: z.array(country).max(300).default(GDPR_COUNTRIES),
});

export type ExchangeProfile = z.infer<typeof exchangeProfile>;
export type AccountPolicy = z.infer<typeof accountPolicy>;
export type Traffic = z.infer<typeof traffic>;
export type PrivacyChoices = z.infer<typeof privacyChoices>;

/** The profile of requests that name no exchange, or one that the file does not. */
export const DEFAULT_PROFILE: ExchangeProfile = exchangeProfile.parse({ id: 'default' });

/** The name an account bids under on an exchange. */
export function seatOf(account: { readonly id: string; readonly seat: string }, { seats }: ExchangeProfile): string {
  const own = Object.hasOwn(seats, account.id) ? seats[account.id] : undefined; // an id may be `toString`
  return own ?? account.seat;
}

/** First address and last address of an IPv4 range, as numbers. */
export function addressRange(text: string): { first: number; last: number } {
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = text.split(/[./]/).map(Number);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - bits);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}
