// What an account does not want to be seen with, and whether a request lets it bid at all: the gates of
// docs/decisions.md section 2, in their order.

import * as reasons from '../../assembly/reasons.js';
import type { Book } from '../book.js';
import type { Account, CampaignFile } from '../campaign_file.js';
import { addressRange, type ExchangeProfile, seatOf } from '../exchange_file.js';
import { lower, wellFormed } from '../vocabulary.js';
import { remember } from './remember.js';
import type { NormalRequest, SupplyNode } from './request.js';
import { anyCase, category, domain, type Facts } from './targeting.js';
import { some } from './wording.js';

/** Why an account may not bid. */
export interface AccountRefusal {
  readonly reason: number;
  readonly why: () => string;
}

interface AccountContext {
  readonly account: Account;
  readonly request: NormalRequest;
  readonly facts: Facts;
  readonly profile: ExchangeProfile;
  readonly book: Book;
}

interface AccountGate {
  readonly reason: number;
  readonly refusal: (context: AccountContext) => (() => string) | undefined;
}

const GATES: readonly AccountGate[] = [
  { reason: reasons.SEAT_BLOCKED, refusal: seatRefusal },
  { reason: reasons.NO_CONSENT, refusal: consentRefusal },
  { reason: reasons.CRAWLER, refusal: crawlerRefusal },
  { reason: reasons.DATACENTRE, refusal: datacentreRefusal },
  { reason: reasons.BLOCKED_PUBLISHER, refusal: publisherRefusal },
  { reason: reasons.BRAND_SAFETY, refusal: brandSafetyRefusal },
  { reason: reasons.INCOMPLETE_SCHAIN, refusal: schainRefusal },
  { reason: reasons.BLOCKED_NODE, refusal: nodeRefusal },
];

/** The first gate that does not let an account bid. */
export function accountRefusal(context: AccountContext): AccountRefusal | undefined {
  for (const { reason, refusal } of GATES) {
    const why = refusal(context);
    if (why !== undefined) return { reason, why };
  }
  return undefined;
}

function seatRefusal({ account, request: { wseat, bseat }, profile }: AccountContext): (() => string) | undefined {
  if (wseat.length === 0 && bseat.length === 0) return undefined;
  const seat = seatOf(account, profile);
  const listed = (wseat.length > 0 ? wseat : bseat).includes(wellFormed(seat));
  if (wseat.length > 0) return listed ? undefined : () => `seat ${seat} is not in wseat (${some(wseat)})`;
  return listed ? () => `seat ${seat} is in bseat (${some(bseat)})` : undefined;
}

function consentRefusal({ account, request: { privacy } }: AccountContext): (() => string) | undefined {
  if (privacy.basic || account.policy.without_consent !== 'no_bid') return undefined;
  return () => 'GDPR applies without consent to basic advertising, and without_consent is no_bid';
}

/** The whole file's lists on traffic, in the form requests are compared in. */
interface TrafficForms {
  readonly agents: readonly string[];
  readonly ranges: readonly { readonly text: string; readonly first: number; readonly last: number }[];
}

const trafficByFile = new WeakMap<CampaignFile, TrafficForms>();

function trafficOf(file: CampaignFile): TrafficForms {
  return remember(trafficByFile, file, () => ({
    agents: file.traffic.crawler_agents.map((agent) => lower(wellFormed(agent))),
    ranges: file.traffic.datacentre_ranges.map((text) => ({ text, ...addressRange(text) })),
  }));
}

function crawlerRefusal({ account, request: { userAgent }, book }: AccountContext): (() => string) | undefined {
  if (account.policy.crawlers !== 'no_bid' || userAgent === undefined) return undefined;
  const agent = lower(userAgent);
  const found = trafficOf(book.file).agents.find((part) => agent.includes(part));
  return found === undefined ? undefined : () => `the user agent holds ${found}, and crawlers is no_bid`;
}

function datacentreRefusal({ account, request: { ip }, book }: AccountContext): (() => string) | undefined {
  if (account.policy.datacentres !== 'no_bid' || ip === undefined) return undefined;
  const address = addressOf(ip);
  if (address === undefined) return undefined;
  const range = trafficOf(book.file).ranges.find(({ first, last }) => first <= address && address <= last);
  return range && (() => `${ip} is in ${range.text}, and datacentres is no_bid`);
}

/** An IPv4 address as a number. */
function addressOf(ip: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(ip)) return undefined;
  const parts = ip.split('.').map(Number);
  return parts.some((part) => part > 255) ? undefined : parts.reduce((address, part) => address * 256 + part, 0);
}

/** An account's block lists, in the form requests are compared in. */
interface Blocked {
  readonly publishers: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
  readonly bundles: ReadonlySet<string>;
  readonly categories: ReadonlySet<string>;
  readonly nodes: readonly SupplyNode[];
}

const blockedByAccount = new WeakMap<Account, Blocked>();

function blockedBy(account: Account): Blocked {
  return remember(blockedByAccount, account, () => {
    const { blocked, blocked_nodes: nodes } = account.policy;
    return {
      publishers: new Set(blocked.publishers.map(wellFormed)),
      domains: new Set(blocked.domains.flatMap(domain)),
      bundles: new Set(blocked.bundles.flatMap(anyCase)),
      categories: new Set(blocked.categories.flatMap(category)),
      nodes: nodes.map((entry) => blockedNode(wellFormed(entry))),
    };
  });
}

/** `asi`, or `asi/sid`: the first slash parts them. */
function blockedNode(entry: string): SupplyNode {
  const slash = entry.indexOf('/');
  if (slash < 0) return { asi: lower(entry), sid: undefined };
  return { asi: lower(entry.slice(0, slash)), sid: entry.slice(slash + 1) };
}

function publisherRefusal({ account, request: { inventory } }: AccountContext): (() => string) | undefined {
  const publisher = inventory?.publisher;
  if (publisher === undefined || !blockedBy(account).publishers.has(publisher)) return undefined;
  return () => `publisher ${publisher} is among those blocked`;
}

function brandSafetyRefusal({ account, facts }: AccountContext): (() => string) | undefined {
  const blocked = blockedBy(account);
  const lists = [
    ['domain', blocked.domains, facts.domains],
    ['bundle', blocked.bundles, facts.bundle],
    ['category', blocked.categories, facts.categories],
  ] as const;
  for (const [noun, names, given] of lists) {
    if (names.size === 0) continue;
    const found = given.find((one) => names.has(one));
    if (found !== undefined) return () => `${noun} ${found.replace(/^1:/, '')} is among those blocked`;
  }
  return undefined;
}

function schainRefusal({ account, request: { schain } }: AccountContext): (() => string) | undefined {
  const wanted = account.policy.schain;
  if (wanted === 'any' || schain?.complete === true) return undefined;
  if (schain !== undefined) return () => `the supply chain is not complete, and schain is ${wanted}`;
  return wanted === 'required' ? () => 'there is no supply chain, and schain is required' : undefined;
}

function nodeRefusal({ account, request: { schain } }: AccountContext): (() => string) | undefined {
  const { nodes: blocked } = blockedBy(account);
  if (schain === undefined || blocked.length === 0) return undefined;
  const matches = (node: SupplyNode, { asi, sid }: SupplyNode): boolean =>
    node.asi === asi && (sid === undefined || node.sid === sid);
  const found = schain.nodes.find((node) => blocked.some((one) => matches(node, one)));
  return found && (() => `seller ${found.asi} ${found.sid ?? ''} in the supply chain is among those blocked`);
}
