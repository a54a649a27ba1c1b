// What generated campaign files say besides campaigns: exchange profiles, policies of accounts about traffic and brand
// safety, data centres, and the privacy choices. All of it is on, so that a decision pays for every rule.

import {
  type AccountPolicy,
  accountPolicy,
  type ExchangeProfile,
  exchangeProfile,
  type PrivacyChoices,
  privacyChoices,
  type Traffic,
  traffic,
} from '../bidcore/exchange_file.js';
import type { Random } from './random.js';
import * as words from './vocabulary.js';

/** Requests of the benchmarks name no exchange, so the first one is theirs. */
export function exchangeProfiles(random: Random, accounts: readonly string[]): ExchangeProfile[] {
  const deals = random.distinct(100, () => words.drawDeal(random));
  const seats = Object.fromEntries(accounts.slice(words.REAL_SEATS.length).map((id, n) => [id, `buyer-${4000 + n}`]));
  return [
    {
      id: 'default',
      currency: 'USD',
      margin: { kind: 'net', share: 0.1 },
      attributes_blocked: [8],
      tmax_margin_ms: 12,
    },
    { id: 'openx', margin: { kind: 'net', share: 0.15 }, notices: ['burl', 'lurl'], price_encoding: 'base64', seats },
    { id: 'pubmatic', margin: { kind: 'gross', share: 0.12 }, attributes_blocked: [8, 14], qps: 50_000 },
    { id: 'rubicon', formats: ['banner', 'video', 'native'], tmax_margin_ms: 20, deals, no_bid: 'reason' },
  ].map((profile) => exchangeProfile.parse(profile));
}

/**
 * An account's policy. Brand-safety lists are of the long tail, and the sellers blocked are rare ones: each account
 * turns away a few requests in a hundred, not the same ones as the others.
 */
export function policyOf(random: Random): AccountPolicy {
  const some = (low: number, high: number, draw: (random: Random) => string): string[] =>
    random.distinct(random.int(low, high), () => draw(random));
  return accountPolicy.parse({
    without_consent: random.chance(0.2) ? 'no_bid' : 'contextual',
    crawlers: random.chance(0.8) ? 'no_bid' : 'bid',
    datacentres: random.chance(0.6) ? 'no_bid' : 'bid',
    schain: random.chance(0.6) ? 'complete' : 'any',
    blocked_nodes: [
      ...some(0, 2, words.rareSeller),
      ...some(0, 40, (r) => `${words.drawSeller(r)}/${words.anyPublisher(r)}`),
    ],
    blocked: {
      publishers: some(0, 30, words.anyPublisher),
      domains: some(20, 200, words.anyDomain),
      bundles: some(10, 80, words.anyBundle),
      categories: some(2, 6, (r) => r.pick(words.ADULT_CATEGORIES)),
    },
  });
}

export function trafficRules(): Traffic {
  return traffic.parse({ datacentre_ranges: words.DATACENTRE_RANGES });
}

/** A vendor that measures on legitimate interest, and takes consent where a publisher wants it. */
export function privacyRules(): PrivacyChoices {
  return privacyChoices.parse({
    tcf_vendor_id: words.OUR_VENDOR,
    legitimate_interest: [7, 9, 10],
    flexible: [2, 7, 9, 10],
  });
}
