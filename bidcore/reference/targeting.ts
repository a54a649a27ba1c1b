// The restrictions of an ad group, one row each: which facts of the request it is about and how its list is compared.
// Facts and entries are brought to the same form, a text; a restriction holds if they share one, an exclusion if not.

import { AUDIENCE } from '../audiences.js';
import type { Book } from '../book.js';
import type { AdGroup, Targeting } from '../campaign_file.js';
import { alpha2Of } from '../countries.js';
import { ancestors, bareDomain, categoryEntry, lower, wellFormed, withParents } from '../vocabulary.js';
import { audiencesOfUser } from './audiences.js';
import { remember } from './remember.js';
import type { NormalRequest } from './request.js';
import type { Situation } from './situation.js';
import { some } from './wording.js';

/** The facts of one request that targeting is about, as texts; an absent fact is an empty list. */
export type Facts = Readonly<Record<FactName, readonly string[]>>;
type FactName =
  | 'exchange'
  | 'inventory'
  | 'hour'
  | 'weekday'
  | 'country'
  | 'region'
  | 'city'
  | 'postcode'
  | 'deviceType'
  | 'os'
  | 'language'
  | 'connectionType'
  | 'domains'
  | 'bundle'
  | 'publisher'
  | 'categories'
  | 'segments'
  | 'identified';

/** In the form of facts, what is not an audience: a request's segment may have any name. */
const GIVEN = 'given:';

/** What is about the impression or the slot has its own gates. */
type ListName = Exclude<keyof Targeting, 'deals' | 'open_auction' | 'rewarded' | 'interstitial' | 'video_placements'>;

interface Row {
  readonly list: ListName;
  readonly fact: FactName;
  readonly excludes: boolean;
  /** An entry of the list in the form of the facts; an entry may have several. */
  readonly forms: (entry: string) => readonly string[];
}

const exact = (entry: string): string[] => [wellFormed(entry)];
export const anyCase = (entry: string): string[] => [lower(wellFormed(entry))];
export const domain = (entry: string): string[] => [bareDomain(wellFormed(entry))];
const segment = (entry: string): string[] => [entry.startsWith(AUDIENCE) ? entry : GIVEN + wellFormed(entry)];
const country = (alpha3: string): string[] => [alpha3, alpha2Of(alpha3) ?? alpha3].map(lower);
export const category = (entry: string): string[] => {
  const { cattax, category: name } = categoryEntry(wellFormed(entry));
  return [categoryFact(cattax, name)];
};
const categoryFact = (cattax: number, name: string): string => `${cattax}:${name}`;

const only = (list: ListName, fact: FactName, forms: Row['forms']): Row => ({ list, fact, excludes: false, forms });
const without = (list: ListName, fact: FactName, forms: Row['forms']): Row => ({ list, fact, excludes: true, forms });

const ROWS: readonly Row[] = [
  only('exchanges', 'exchange', exact),
  only('inventory', 'inventory', exact),
  only('hours', 'hour', exact),
  only('weekdays', 'weekday', exact),
  only('countries', 'country', country),
  only('regions', 'region', anyCase),
  only('cities', 'city', anyCase),
  only('postcodes', 'postcode', anyCase),
  only('device_types', 'deviceType', exact),
  only('operating_systems', 'os', anyCase),
  only('languages', 'language', anyCase),
  only('connection_types', 'connectionType', exact),
  only('domains', 'domains', domain),
  without('domains_excluded', 'domains', domain),
  only('bundles', 'bundle', anyCase),
  without('bundles_excluded', 'bundle', anyCase),
  only('publishers', 'publisher', exact),
  without('publishers_excluded', 'publisher', exact),
  only('categories', 'categories', category),
  without('categories_excluded', 'categories', category),
  only('segments', 'segments', segment),
  without('segments_excluded', 'segments', segment),
  only('identified_users', 'identified', exact),
];

export function factsOf(request: NormalRequest, situation: Situation): Facts {
  const { inventory } = request;
  const { hour, weekday } = utcHourAndWeekday(situation.nowUs);
  const maybe = (value: string | number | undefined): string[] => (value === undefined ? [] : [String(value)]);
  return {
    exchange: maybe(exchangeId(situation)),
    inventory: maybe(inventory?.kind),
    hour: maybe(hour),
    weekday: maybe(weekday),
    country: maybe(request.country),
    region: maybe(request.region),
    city: maybe(request.city),
    postcode: maybe(request.postcode),
    deviceType: maybe(request.deviceType),
    os: maybe(request.os),
    language: maybe(request.language),
    connectionType: maybe(request.connectionType),
    domains: inventory?.domain === undefined ? [] : withParents(inventory.domain),
    bundle: maybe(inventory?.bundle),
    publisher: maybe(inventory?.publisher),
    categories: categoryFacts(request, situation.book),
    segments: [
      ...request.segments.map((id) => GIVEN + id),
      ...audiencesOfUser(request, situation).map(({ id }) => AUDIENCE + id),
    ],
    identified: [String(request.identified)],
  };
}

export function exchangeId(situation: Situation): string {
  const id = situation.book.exchanges[situation.exchange];
  if (id === undefined) throw new Error(`the book has no exchange ${situation.exchange}`);
  return id;
}

/** Hour 0 to 23 and weekday 0 (Monday) to 6, UTC. */
export function utcHourAndWeekday(nowUs: number): { hour: number; weekday: number } {
  const date = new Date(Math.floor(nowUs / 1000));
  return { hour: date.getUTCHours(), weekday: (date.getUTCDay() + 6) % 7 };
}

function categoryFacts({ inventory }: NormalRequest, book: Book): string[] {
  if (inventory === undefined) return [];
  const { categories, cattax } = inventory;
  const all = categories.flatMap((one) => ancestors(one, cattax, book.file.category_parents));
  return all.map((one) => categoryFact(cattax, one));
}

interface Restriction {
  readonly row: Row;
  readonly listed: readonly (string | number | boolean)[];
  readonly forms: ReadonlySet<string>;
}

const restrictionsByAdGroup = new WeakMap<AdGroup, readonly Restriction[]>();

/** The lists an ad group gives, ready to compare; an absent or empty list restricts nothing. */
function restrictionsOf(adGroup: AdGroup): readonly Restriction[] {
  return remember(restrictionsByAdGroup, adGroup, () =>
    ROWS.flatMap((row) => {
      const given = adGroup.targeting[row.list] ?? [];
      const listed: Restriction['listed'] = typeof given === 'boolean' ? [given] : given;
      const forms = new Set(listed.flatMap((entry) => row.forms(String(entry))));
      return listed.length === 0 ? [] : [{ row, listed, forms }];
    }),
  );
}

/** The first restriction of the ad group that the request fails, as a sentence to be asked for. */
export function targetingRefusal(adGroup: AdGroup, facts: Facts): (() => string) | undefined {
  for (const { row, listed, forms } of restrictionsOf(adGroup)) {
    const given = facts[row.fact];
    const shared = given.some((fact) => forms.has(fact));
    if (shared === row.excludes) return () => sentence(row, listed, given);
  }
  return undefined;
}

function sentence(row: Row, listed: Restriction['listed'], given: readonly string[]): string {
  if (row.fact === 'identified') return `has identified_users ${listed[0]}; for this request it is ${given[0]}`;
  const verb = row.excludes ? 'excludes' : 'targets';
  const noun = row.list.replace('_excluded', '').replaceAll('_', ' ');
  const wants = `${verb} ${noun} ${some(listed.map(String))}`;
  if (row.fact === 'segments') return `${wants}; ${segmentsText(given)}`;
  // The form of category facts is internal: taxonomy 1 is the one nobody writes.
  const said = row.fact === 'categories' ? given.map((one) => one.replace(/^1:/, '')) : given;
  return `${wants}; the request says ${some(said)}`;
}

function segmentsText(facts: readonly string[]): string {
  const said = facts.filter((fact) => fact.startsWith(GIVEN)).map((fact) => fact.slice(GIVEN.length));
  const audiences = facts.filter((fact) => fact.startsWith(AUDIENCE));
  const also = audiences.length === 0 ? '' : `, and its user is in ${some(audiences)}`;
  return `the request says ${some(said)}${also}`;
}
