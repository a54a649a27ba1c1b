// The campaign file: what a trader writes, checked by one schema. `docs/campaigns.md` describes it key by key.
//
// Money is in integer micros of the file's currency. An ad group with each of its creatives is an ad, the unit that
// is matched and priced; `book.ts` expands the file into ads.

import { z } from 'zod';
import { MAX_AUDIENCES, MAX_EXCHANGES, MAX_SEATS } from '../assembly/limits.js';
import { audienceProblems } from './audience_file.js';
import { creative, id } from './creative_file.js';
import { accountPolicy, exchangeProfile, privacyChoices, seatOf, traffic } from './exchange_file.js';

/**
 * U+FFFF: a code point that Unicode keeps out of text, so that programs can use it as a mark. No campaign file has
 * it.
 */
export const NOT_A_CHARACTER = '\uffff';

const micros = z.int().nonnegative().max(1e15);
const names = z.array(z.string().min(1).max(256)).max(10_000);
const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as USD');

const targeting = z.strictObject({
  exchanges: names.optional(),
  inventory: z.array(z.enum(['site', 'app', 'dooh'])).optional(),
  countries: z.array(z.string().regex(/^[A-Z]{3}$/, 'an ISO 3166-1 alpha-3 code such as USA')).optional(),
  regions: names.optional(),
  cities: names.optional(),
  postcodes: names.optional(),
  device_types: z.array(z.int().min(1).max(63)).optional(),
  operating_systems: names.optional(),
  languages: z.array(z.string().regex(/^[a-zA-Z]{2,3}$/, 'an ISO 639 code such as en')).optional(),
  connection_types: z.array(z.int().min(0).max(63)).optional(),
  hours: z.array(z.int().min(0).max(23)).optional(),
  weekdays: z.array(z.int().min(0).max(6)).optional(),
  domains: names.optional(),
  domains_excluded: names.optional(),
  bundles: names.optional(),
  bundles_excluded: names.optional(),
  publishers: names.optional(),
  publishers_excluded: names.optional(),
  categories: names.optional(),
  categories_excluded: names.optional(),
  segments: names.optional(),
  segments_excluded: names.optional(),
  deals: names.optional(),
  open_auction: z.boolean().optional(),
  rewarded: z.boolean().optional(),
  interstitial: z.boolean().optional(),
  video_placements: z.array(z.int().min(1).max(4)).optional(),
  identified_users: z.boolean().optional(),
});

const goal = z.strictObject({ type: z.enum(['cpm', 'cpc', 'cpa']), bid_micros: micros.min(1) });

/** Each at most so many impressions a user in any so many minutes. */
const frequencyCaps = z
  .array(z.strictObject({ impressions: z.int().min(1).max(1000), minutes: z.int().min(1).max(43_200) }))
  .max(2)
  .default([]);

/** By its IANA name; Intl takes offsets such as +01:00 as well, whose days do not follow the clocks of a place. */
const timeZone = z.string().refine(isTimeZone, 'an IANA time zone such as Europe/Berlin');

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export const adGroup = z.strictObject({
  id,
  name: z.string().max(256).optional(),
  status: z.enum(['active', 'paused']).default('active'),
  goal,
  max_bid_cpm_micros: micros.min(1),
  bid_expiry_s: z.int().min(1).max(86_400).default(300),
  guaranteed: z.boolean().default(false),
  frequency_caps: frequencyCaps,
  cap_unknown_users: z.enum(['bid', 'skip']).default('bid'),
  targeting: targeting.default({}),
  creatives: z.array(id).min(1),
});

export const campaign = z.strictObject({
  id,
  name: z.string().max(256).optional(),
  status: z.enum(['active', 'paused']).default('active'),
  budget_micros: micros,
  daily_budget_micros: micros.optional(),
  pacing: z.enum(['even', 'front_loaded', 'traffic', 'value', 'asap']).default('even'),
  frequency_caps: frequencyCaps,
  start: z.iso.datetime().optional(),
  end: z.iso.datetime().optional(),
  ad_groups: z.array(adGroup),
});

/** Users by what they did before. */
const audience = z.strictObject({
  id,
  event: z.enum(['imp', 'click', 'conv']),
  campaigns: z.array(id).min(1),
  days: z.int().min(1).max(365),
});

export const account = z.strictObject({
  id,
  name: z.string().max(256).optional(),
  seat: z.string().min(1).max(64),
  time_zone: timeZone.default('UTC'),
  policy: accountPolicy.prefault({}),
  audiences: z.array(audience).max(MAX_AUDIENCES).default([]),
  creatives: z.array(creative),
  campaigns: z.array(campaign),
});

export const campaignFileSchema = z.strictObject({
  $schema: z.string().optional(),
  currency,
  rates: z.record(currency, z.number().positive().max(1e9)).default({}),
  exchanges: z
    .array(exchangeProfile)
    .max(MAX_EXCHANGES - 1)
    .default([]),
  privacy: privacyChoices.prefault({}),
  traffic: traffic.prefault({}),
  category_parents: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  accounts: z.array(account).min(1).max(MAX_SEATS),
});

export type CampaignFile = z.infer<typeof campaignFileSchema>;
export type Account = z.infer<typeof account>;
export type Campaign = z.infer<typeof campaign>;
export type AdGroup = z.infer<typeof adGroup>;
export type Targeting = z.infer<typeof targeting>;

/** A file that is not a campaign file: every problem with the path of the key that has it. */
export interface CampaignFileError {
  readonly code: 'invalid_campaign_file';
  readonly problems: readonly string[];
}

/**
 * Reads a campaign file.
 * @param text JSON
 * @returns the file with defaults filled in, or every problem found, as `path: what is wrong`
 */
export function parseCampaignFile(text: string): CampaignFile | CampaignFileError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return failed([`not JSON: ${(error as Error).message}`]);
  }
  if (text.includes(NOT_A_CHARACTER) || /(?<!\\)(\\\\)*\\uffff/i.test(text)) {
    return failed(['(file): U+FFFF is not a character']);
  }
  const parsed = campaignFileSchema.safeParse(value);
  if (!parsed.success) {
    return failed(parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`));
  }
  const problems = referenceProblems(parsed.data);
  return problems.length > 0 ? failed(problems) : parsed.data;
}

/** Tells a file from the error `parseCampaignFile` returns. */
export function isCampaignFileError(value: CampaignFile | CampaignFileError): value is CampaignFileError {
  return 'problems' in value;
}

function failed(problems: readonly string[]): CampaignFileError {
  return { code: 'invalid_campaign_file', problems };
}

/** What a schema cannot say: ids are unique, references point somewhere, dates are in order. */
function referenceProblems(file: CampaignFile): string[] {
  const problems: string[] = [];
  const unique = (path: string, kind: string, values: readonly (string | number)[], what = 'id'): void => {
    const seen = new Set<string | number>();
    for (const value of values) {
      if (seen.has(value)) problems.push(`${path}: two ${kind} have the ${what} ${value}`);
      seen.add(value);
    }
  };
  /** They are counted under their minutes. */
  const uniqueCaps = (path: string, { frequency_caps: caps }: Pick<Campaign, 'frequency_caps'>): void =>
    unique(
      `${path}.frequency_caps`,
      'caps',
      caps.map((cap) => cap.minutes),
      'minutes',
    );
  if (file.currency in file.rates && file.rates[file.currency] !== 1) {
    problems.push(`rates.${file.currency}: the file's own currency has rate 1`);
  }
  unique(
    'exchanges',
    'exchanges',
    file.exchanges.map((e) => e.id),
  );
  const exchanges = new Set(['default', ...file.exchanges.map((e) => e.id)]);
  const accounts = new Set(file.accounts.map((a) => a.id));
  file.exchanges.forEach((exchange, e) => {
    unique(
      `exchanges.${e}.seats`,
      'accounts',
      file.accounts.map((a) => seatOf(a, exchange)),
      'seat',
    );
    for (const id of Object.keys(exchange.seats)) {
      if (!accounts.has(id)) problems.push(`exchanges.${e}.seats: no account ${id} in this file`);
    }
  });
  unique(
    'accounts',
    'accounts',
    file.accounts.map((a) => a.id),
  );
  unique(
    'accounts',
    'accounts',
    file.accounts.map((a) => a.seat),
    'seat',
  );
  unique(
    'accounts',
    'campaigns',
    file.accounts.flatMap((a) => a.campaigns.map((c) => c.id)),
  );
  file.accounts.forEach((acc, a) => {
    unique(
      `accounts.${a}.creatives`,
      'creatives',
      acc.creatives.map((c) => c.id),
    );
    const creatives = new Set(acc.creatives.map((c) => c.id));
    acc.campaigns.forEach((camp, c) => {
      const at = `accounts.${a}.campaigns.${c}`;
      unique(
        `${at}.ad_groups`,
        'ad groups',
        camp.ad_groups.map((g) => g.id),
      );
      if (camp.start && camp.end && Date.parse(camp.start) >= Date.parse(camp.end)) {
        problems.push(`${at}.end: not after start`);
      }
      uniqueCaps(at, camp);
      camp.ad_groups.forEach((group, g) => {
        uniqueCaps(`${at}.ad_groups.${g}`, group);
        unique(`${at}.ad_groups.${g}.creatives`, 'creatives', group.creatives);
        for (const creative of group.creatives) {
          if (!creatives.has(creative)) {
            problems.push(`${at}.ad_groups.${g}.creatives: account ${acc.id} has no creative ${creative}`);
          }
        }
        for (const exchange of group.targeting.exchanges ?? []) {
          if (!exchanges.has(exchange)) {
            problems.push(`${at}.ad_groups.${g}.targeting.exchanges: no exchange ${exchange} in this file`);
          }
        }
      });
    });
  });
  return [...problems, ...audienceProblems(file)];
}
