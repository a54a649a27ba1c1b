// Exchange profiles, account policies, traffic and privacy choices of generated campaign files: every key, each mostly
// left out, so that no single one decides everything.

import { NOTICES } from '../exchange_file.js';
import type { Random } from './random.js';
import * as words from './vocabulary.js';

type Draft = Record<string, unknown>;

const subset = <T>(random: Random, items: readonly T[], chance: number): T[] =>
  items.filter(() => random.chance(chance));

/** Profiles of the named exchanges, and often one that takes the place of the default. */
export function draftExchanges(random: Random, names: readonly string[], accounts: readonly string[]): Draft[] {
  const ids = random.chance(0.6) ? random.shuffled(['default', ...names]) : names;
  const plain = random.chance(0.2);
  return ids.map((id) => (plain ? { id } : draftExchange(random, id, accounts)));
}

function draftExchange(random: Random, id: string, accounts: readonly string[]): Draft {
  const maybe = <T>(chance: number, value: () => T): T | undefined => (random.chance(chance) ? value() : undefined);
  // One of the pools of seats that no other account has: seats of one exchange are distinct.
  const seats = random.shuffled(['seat-1', 'x"1', '77', 'sitz ü', 'S', 'bid\\der', 'Agency 2']);
  return {
    id,
    name: maybe(0.2, () => `Exchange ${id}`),
    currency: maybe(0.2, () => (random.chance(0.9) ? random.pick(['EUR', 'USD', 'JPY', 'XHI']) : 'ZZZ')),
    margin: maybe(0.3, () => ({
      kind: random.chance(0.7) ? 'net' : 'gross',
      share: random.pick([0, 0.1, 0.15, 0.2, 0.333333, 0.9, 1e-9]),
    })),
    seats: maybe(0.25, () => Object.fromEntries(accounts.map((account, n) => [account, `${seats[n % 7]}-${n}`]))),
    formats: maybe(0.1, () => random.shuffled(['banner', 'video', 'audio', 'native']).slice(0, random.int(1, 4))),
    attributes_blocked: maybe(0.15, () => random.some([1, 3, 5, 16, 32, 63], 0, 3)),
    notices: maybe(0.35, () => subset(random, NOTICES, 0.5)),
    price_encoding: maybe(0.2, () => (random.chance(0.8) ? 'base64' : 'plain')),
    tmax_margin_ms: maybe(0.2, () => random.pick([0, 1, 10, 10, 25, 25, 60_000])),
    auth_token_sha256: maybe(0.05, () => '0123456789abcdef'.repeat(4)),
    qps: maybe(0.05, () => random.pick([1, 1e9])),
    deals: maybe(0.2, () => random.some(words.DEALS, 0, 8)),
    no_bid: maybe(0.2, () => random.pick(['empty', 'reason'])),
  };
}

/** An account's policy; `harsh` books refuse something in most accounts. */
export function draftPolicy(random: Random, harsh: boolean): Draft | undefined {
  if (!random.chance(harsh ? 0.9 : 0.35)) return undefined;
  const refuse = harsh ? 0.4 : 0.2;
  const noBid = (): string | undefined => (random.chance(refuse) ? 'no_bid' : undefined);
  const list = (items: readonly string[], most: number): string[] | undefined =>
    random.chance(refuse * 0.7) ? random.some(items, random.chance(0.1) ? 0 : 1, most) : undefined;
  const blocked = {
    publishers: list(words.PUBLISHERS, 3),
    domains: list(words.DOMAINS, 3),
    bundles: list(words.BUNDLES, 2),
    categories: list([...words.CATEGORIES_1, ...words.CATEGORIES_7.map((c) => `7:${c}`), '6:16', '1:IAB3'], 3),
  };
  return {
    without_consent: noBid() ?? (random.chance(0.2) ? 'contextual' : undefined),
    crawlers: noBid() ?? (random.chance(0.2) ? 'bid' : undefined),
    datacentres: noBid(),
    schain: random.chance(refuse) ? random.pick(['any', 'complete', 'complete', 'required']) : undefined,
    blocked_nodes: list(words.BLOCKED_NODES, 3),
    blocked: random.chance(0.6) ? blocked : undefined,
  };
}

export function draftTraffic(random: Random): Draft | undefined {
  if (random.chance(0.25)) return undefined;
  return {
    crawler_agents: random.chance(0.6) ? random.some(words.CRAWLER_AGENTS, 0, 4) : undefined,
    datacentre_ranges: random.chance(0.8) ? random.some(words.ADDRESS_RANGES, 0, 4) : undefined,
  };
}

export function draftPrivacy(random: Random): Draft {
  const purposes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  return {
    tcf_vendor_id: random.chance(0.9) ? random.pick(words.VENDORS) : undefined,
    legitimate_interest: random.chance(0.4) ? subset(random, purposes, random.pick([0.1, 0.5, 0.9])) : undefined,
    flexible: random.chance(0.4) ? subset(random, purposes, random.pick([0.1, 0.5, 0.9])) : undefined,
    gdpr_countries: random.weighted<() => string[] | undefined>([
      [5, () => undefined],
      [1, () => []],
      [
        2,
        () =>
          random.some(
            words.COUNTRIES.map(([alpha3]) => alpha3),
            1,
            4,
          ),
      ],
    ])(),
  };
}
