// The index of a book under construction: for each dimension, which ads name which value. The compiler turns each value
// into a bitmap or a list of ads, and each dimension into the bitmap of the ads that do not restrict it.
// What a value is (lower case, parents, taxonomies): docs/decisions.md section 3.

import * as map from '../assembly/memory_map.js';
import type { Ad, Book } from './book.js';
import { alpha2Of } from './countries.js';
import { hashNumber, hashText, mix } from './hash.js';
import { ancestors, bareDomain, categoryEntry, lower, parentDomains } from './vocabulary.js';

/** Ads by value, in ascending order. A value is the text or number before hashing, with the taxonomy of a category. */
export type Values = Map<string | number, number[]>;

export interface BookIndex {
  /** By dimension: the ads that name each value. */
  readonly values: ReadonlyMap<number, Values>;
  /** By dimension below DIM_ANY_COUNT that some ad restricts: the ads that do. */
  readonly restricted: ReadonlyMap<number, Uint8Array>;
}

/** Hashes a value of a dimension as the request's value is hashed. */
export function hashValue(dimension: number, value: string | number): bigint {
  if (typeof value === 'number') return hashNumber(value);
  if (dimension === map.DIM_CATEGORY || dimension === map.DIM_CATEGORY_EXCLUDED || dimension === map.DIM_AD_CATEGORY) {
    const { cattax, category } = categoryEntry(value);
    return mix(hashText(category), 0x100 + cattax);
  }
  return hashText(value);
}

/** Indexes every ad of a book. */
export function indexBook(book: Book): BookIndex {
  const values = new Map<number, Values>();
  const restricted = new Map<number, Uint8Array>();

  const add = (ad: Ad, dimension: number, value: string | number): void => {
    let ofDimension = values.get(dimension);
    if (ofDimension === undefined) values.set(dimension, (ofDimension = new Map()));
    const ads = ofDimension.get(value);
    if (ads === undefined) ofDimension.set(value, [ad.index]);
    else if (ads[ads.length - 1] !== ad.index) ads.push(ad.index);
  };
  const restrict = (ad: Ad, dimension: number, list: readonly (string | number)[] | undefined): void => {
    if (list === undefined || list.length === 0) return;
    let ads = restricted.get(dimension);
    if (ads === undefined) restricted.set(dimension, (ads = new Uint8Array(book.ads.length)));
    ads[ad.index] = 1;
    for (const value of list) add(ad, dimension, value);
  };
  const name = (ad: Ad, dimension: number, list: readonly (string | number)[] | undefined): void => {
    for (const value of list ?? []) add(ad, dimension, value);
  };

  const descendants = descendantsOf(book);
  const categories = (list: readonly string[] | undefined): string[] | undefined =>
    list?.flatMap((entry) => {
      const { cattax, category } = categoryEntry(entry);
      const key = `${cattax}:${category}`;
      return cattax === 1 ? [key] : [key, ...(descendants.get(key) ?? [])];
    });

  for (const ad of book.ads) {
    const t = ad.adGroup.targeting;
    restrict(ad, map.DIM_EXCHANGE, t.exchanges);
    restrict(ad, map.DIM_INVENTORY, t.inventory?.map((kind) => ['site', 'app', 'dooh'].indexOf(kind) + 1));
    restrict(ad, map.DIM_HOUR, hoursOfWeek(t.weekdays, t.hours));
    restrict(ad, map.DIM_COUNTRY, t.countries?.flatMap((code) => [code, alpha2Of(code) ?? code].map(lower)));
    restrict(ad, map.DIM_REGION, t.regions?.map(lower));
    restrict(ad, map.DIM_CITY, t.cities?.map(lower));
    restrict(ad, map.DIM_POSTCODE, t.postcodes?.map(lower));
    restrict(ad, map.DIM_DEVICE_TYPE, t.device_types);
    restrict(ad, map.DIM_OS, t.operating_systems?.map(lower));
    restrict(ad, map.DIM_LANGUAGE, t.languages?.map(lower));
    restrict(ad, map.DIM_CONNECTION, t.connection_types);
    restrict(ad, map.DIM_DOMAIN, t.domains?.map(bareDomain));
    restrict(ad, map.DIM_BUNDLE, t.bundles?.map(lower));
    restrict(ad, map.DIM_PUBLISHER, t.publishers);
    restrict(ad, map.DIM_CATEGORY, categories(t.categories));
    restrict(ad, map.DIM_SEGMENT, t.segments);
    name(ad, map.DIM_DOMAIN_EXCLUDED, t.domains_excluded?.map(bareDomain));
    name(ad, map.DIM_BUNDLE_EXCLUDED, t.bundles_excluded?.map(lower));
    name(ad, map.DIM_PUBLISHER_EXCLUDED, t.publishers_excluded);
    name(ad, map.DIM_CATEGORY_EXCLUDED, categories(t.categories_excluded));
    name(ad, map.DIM_SEGMENT_EXCLUDED, t.segments_excluded);
    name(ad, map.DIM_DEAL, t.deals);

    const c = ad.creative;
    const parents = book.file.category_parents;
    name(ad, map.DIM_AD_CATEGORY, c.categories.flatMap((category) =>
      ancestors(category, c.cattax, parents).map((ancestor) => `${c.cattax}:${ancestor}`)));
    name(ad, map.DIM_AD_DOMAIN, c.advertiser_domains.flatMap(parentDomains));
    name(ad, map.DIM_AD_BUNDLE, c.bundle === undefined ? [] : [lower(c.bundle)]);
    name(ad, map.DIM_AD_SIZE, [c.w * 65536 + c.h]);
    name(ad, map.DIM_MIME, [lower(c.mime)]);
  }
  return { values, restricted };
}

/** Hours of the week (weekday × 24 + hour) an ad runs in; nothing when neither list restricts it. */
function hoursOfWeek(weekdays: readonly number[] | undefined, hours: readonly number[] | undefined): number[] {
  if (!weekdays?.length && !hours?.length) return [];
  const days = weekdays?.length ? weekdays : [0, 1, 2, 3, 4, 5, 6];
  const ofDay = hours?.length ? hours : Array.from({ length: 24 }, (_, hour) => hour);
  return days.flatMap((day) => ofDay.map((hour) => day * 24 + hour));
}

/** For each category of a taxonomy with a parents table (`taxonomy:category`): all categories below it. */
function descendantsOf(book: Book): Map<string, string[]> {
  const below = new Map<string, string[]>();
  for (const [taxonomy, table] of Object.entries(book.file.category_parents)) {
    for (const child of Object.keys(table)) {
      const [self, ...above] = ancestors(child, Number(taxonomy), book.file.category_parents);
      for (const ancestor of above) {
        const key = `${taxonomy}:${ancestor}`;
        below.set(key, [...(below.get(key) ?? []), `${taxonomy}:${self}`]);
      }
    }
  }
  return below;
}
