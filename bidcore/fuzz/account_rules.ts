// The rules of accounts and of people: no bid of an account that does not want to be seen there, none of an ad group
// that uses what privacy takes away.

import type { Account, Targeting } from '../campaign_file.js';
import { takenFrom } from './checker_privacy.js';
import {
  at,
  type Fields,
  integerOf,
  isObject,
  lower,
  objectsOf,
  type RequestView,
  textOf,
  textsOf,
} from './checker_request.js';
import { userOf } from './frequency_rules.js';
import type { CheckContext, Report } from './response_checker.js';

export function checkAccount(asked: RequestView, account: Account, context: CheckContext, report: Report): void {
  const { policy } = account;
  const { fields } = asked;
  if (policy.without_consent === 'no_bid' && takenFrom(fields, context.file.privacy).basic)
    report('no_consent', account.id);
  if (policy.crawlers === 'no_bid') {
    const agent = lower(textOf(at(fields, 'device', 'ua')) ?? '');
    const hit = context.file.traffic.crawler_agents.find((part) => agent.includes(lower(part)));
    if (hit !== undefined) report('crawler', hit);
  }
  if (policy.datacentres === 'no_bid') checkAddress(textOf(at(fields, 'device', 'ip')), context, report);
  checkPlace(fields, account, context, report);
  checkChain(fields, account, report);
}

function addressOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^((0|[1-9]\d{0,2})(\.|$)){4}$/.test(text) || text.endsWith('.')) return undefined;
  const parts = text.split('.').map(Number);
  return parts.some((part) => part > 255) ? undefined : parts.reduce((sum, part) => sum * 256 + part, 0);
}

function checkAddress(text: string | undefined, { file }: CheckContext, report: Report): void {
  const address = addressOf(text);
  if (address === undefined) return;
  for (const range of file.traffic.datacentre_ranges) {
    const [first = '', bits = '32'] = range.split('/');
    const size = 2 ** (32 - Number(bits));
    const start = addressOf(first.replace(/\b0+(?=\d)/g, '')) ?? 0;
    if (Math.floor(start / size) === Math.floor(address / size)) report('datacentre', range);
  }
}

/** The inventory that counts: the first of the three that is there. */
function inventoryOf(fields: Fields): Fields {
  return [fields['site'], fields['app'], fields['dooh']].find(isObject) ?? {};
}

const bare = (domain: string): string => lower(domain).replace(/^www\./, '');

/** The domain, or without a usable one the host of the page. One longer than a domain can be is none. */
function domainOf(inventory: Fields): string | undefined {
  const host = /:\/\/([^/?#:]*)/.exec(textOf(inventory['page']) ?? '')?.[1];
  return [textOf(inventory['domain']), host]
    .map((name) => bare(name ?? ''))
    .find((name) => name !== '' && Buffer.byteLength(name) <= 253);
}

function checkPlace(fields: Fields, { policy }: Account, { file }: CheckContext, report: Report): void {
  const { publishers, domains, bundles, categories } = policy.blocked;
  const inventory = inventoryOf(fields);
  const publisher = textOf(at(inventory, 'publisher', 'id'));
  // Texts compare in the form they have in UTF-8.
  const same = (a: string | undefined, b: string): boolean => a !== undefined && Buffer.from(a).equals(Buffer.from(b));
  if (publishers.some((entry) => same(publisher, entry))) report('blocked_publisher', String(publisher));
  const domain = domainOf(inventory);
  const inside = (entry: string): boolean =>
    entry !== '' && (domain === entry || domain?.endsWith(`.${entry}`) === true);
  const bundle = textOf(inventory['bundle']);
  if (domains.map(bare).some(inside)) report('brand_safety', String(domain));
  if (bundle !== undefined && bundles.some((entry) => lower(entry) === lower(bundle))) report('brand_safety', bundle);
  if (categories.length === 0) return;
  const taxonomy = integerOf(inventory['cattax']) ?? 1;
  const shown = textsOf(inventory['cat']).flatMap((category) =>
    withAncestors(category, taxonomy, file.category_parents),
  );
  const hit = categories.find((entry) => {
    const [, number = '1', category = entry] = /^(\d{1,9}):(.+)$/s.exec(entry) ?? [];
    return Number(number) === taxonomy && shown.includes(lower(category));
  });
  if (hit !== undefined) report('brand_safety', hit);
}

/** A category and its ancestors, lower case. */
export function withAncestors(
  category: string,
  taxonomy: number,
  parents: Readonly<Record<string, Readonly<Record<string, string>>>>,
): string[] {
  const own = lower(category);
  if (taxonomy === 1) return own.includes('-') ? [own, own.slice(0, own.indexOf('-'))] : [own];
  const chain = [own];
  const pairs = Object.entries(parents[String(taxonomy)] ?? {}).map(([child, parent]) => [lower(child), lower(parent)]);
  const above = new Map(pairs as [string, string][]);
  for (let next = above.get(own); next !== undefined && !chain.includes(next); next = above.get(next)) chain.push(next);
  return chain;
}

function checkChain(fields: Fields, { policy }: Account, report: Report): void {
  const chain = [at(fields, 'source', 'schain'), at(fields, 'source', 'ext', 'schain')].find(isObject);
  const complete = integerOf(at(chain, 'complete')) === 1;
  if (policy.schain === 'required' && !complete) report('incomplete_schain', 'none that is complete');
  if (policy.schain === 'complete' && chain !== undefined && !complete) report('incomplete_schain', 'not complete');
  for (const node of objectsOf(at(chain, 'nodes'))) {
    const [asi, sid] = [textOf(node['asi']), textOf(node['sid'])];
    const hit = policy.blocked_nodes.find((entry) => {
      const slash = entry.indexOf('/');
      const system = slash < 0 ? entry : entry.slice(0, slash);
      return asi !== undefined && lower(system) === lower(asi) && (slash < 0 || entry.slice(slash + 1) === sid);
    });
    if (hit !== undefined) report('blocked_node', hit);
  }
}

/** True if the ad group's targeting needs a fact that privacy may take away. */
function isPersonal({ segments, segments_excluded, cities, postcodes, identified_users }: Targeting): boolean {
  const lists = [segments, segments_excluded, cities, postcodes].map((list) => list?.length ?? 0);
  return identified_users !== undefined || lists.some((length) => length > 0);
}

export function checkPeople(
  { fields }: RequestView,
  targeting: Targeting,
  context: CheckContext,
  report: Report,
): void {
  if (!isPersonal(targeting)) return;
  const taken = takenFrom(fields, context.file.privacy);
  const { segments = [], segments_excluded: excluded = [], cities = [], postcodes = [] } = targeting;
  const wellFormed = (text: string): string => Buffer.from(text).toString();
  const shown = objectsOf(at(fields, 'user', 'data')).flatMap((data) =>
    objectsOf(data['segment']).map((segment) => wellFormed(textOf(segment['id']) ?? '')),
  );
  const known = taken.segments ? [] : shown.filter((id) => id !== '');
  // Whether a user whom counts may be kept of is in an audience, nothing here tells; a segment of its name is none.
  const mayJoin = !taken.segments && userOf(fields, context) !== 0n;
  const isAudience = (entry: string): boolean => entry.startsWith('audience:');
  const among = (list: readonly string[]): boolean =>
    list.some((entry) => !isAudience(entry) && known.includes(wellFormed(entry)));
  if (segments.length > 0 && !among(segments) && !(mayJoin && segments.some(isAudience)))
    report('segments', 'none of the targeted ones may be used');
  if (among(excluded)) report('segments', 'one that is excluded');
  const place = (list: readonly string[], key: string): void => {
    const text = taken.place ? undefined : textOf(at(fields, 'device', 'geo', key));
    const found = list.some((entry) => text !== undefined && wellFormed(lower(entry)) === wellFormed(lower(text)));
    if (list.length > 0 && !found) report('place', `${key}: none of the targeted ones may be used`);
  };
  place(cities, 'city');
  place(postcodes, 'zip');
  const ifa = textOf(at(fields, 'device', 'ifa')) ?? '';
  const ids = ['id', 'buyeruid'].some((key) => textOf(at(fields, 'user', key)) !== undefined) || /[^0-]/.test(ifa);
  const identified = ids && !taken.ids;
  if (targeting.identified_users !== undefined && targeting.identified_users !== identified)
    report('identified_users', `identified: ${identified}`);
}
