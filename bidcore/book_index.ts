// The index of a book under construction: for each dimension, which ads name which value. The compiler turns each value
// into a bitmap or a list of ads, and each dimension into the bitmap of the ads that do not restrict it.
// What a value is (lower case, parents, taxonomies): docs/decisions.md section 3.

import * as map from '../assembly/memory_map.js';
import { segmentHash } from './audiences.js';
import type { Book } from './book.js';
import type { AdGroup, CampaignFile, Targeting } from './campaign_file.js';
import { alpha2Of } from './countries.js';
import { type Creative, mediaMimes, sizeOf } from './creative_file.js';
import { hashNumber, hashText, mix } from './hash.js';
import { ancestors, bareDomain, categoryEntry, lower, parentDomains, wellFormed } from './vocabulary.js';

/** Ads by value, in ascending order. A value is the text or number before hashing, with the taxonomy of a category. */
export type Values = Map<string | number, number[]>;

export interface BookIndex {
  /** By dimension: the ads that name each value. */
  readonly values: ReadonlyMap<number, Values>;
  /** By dimension below DIM_ANY_COUNT that some ad restricts: the ads that do. */
  readonly restricted: ReadonlyMap<number, Uint8Array>;
}

/** Dimensions whose values are categories. */
const CATEGORIES: ReadonlySet<number> = new Set([
  map.DIM_CATEGORY,
  map.DIM_CATEGORY_EXCLUDED,
  map.DIM_AD_CATEGORY,
  map.DIM_BLOCKED_CATEGORY,
]);

/** Dimensions whose values are segments, or audiences by the name they have there. */
const SEGMENTS: ReadonlySet<number> = new Set([map.DIM_SEGMENT, map.DIM_SEGMENT_EXCLUDED]);

/** Hashes a value of a dimension as the request's value is hashed. */
export function hashValue(dimension: number, value: string | number): bigint {
  if (typeof value === 'number') return hashNumber(value);
  if (CATEGORIES.has(dimension)) {
    const { cattax, category } = categoryEntry(value);
    return mix(hashText(category), 0x100 + cattax);
  }
  return SEGMENTS.has(dimension) ? segmentHash(value) : hashText(value);
}

/** A value that an ad group or a creative names, in a dimension. */
type Named = readonly [dimension: number, values: readonly (string | number)[]];

/** Indexes every ad of a book. Ad groups and creatives are read once, however many ads they make. */
export function indexBook(book: Book): BookIndex {
  const values = new Map<number, Values>();
  const restricted = new Map<number, Uint8Array>();
  const valuesOf = (dimension: number): Values => {
    let ofDimension = values.get(dimension);
    if (ofDimension === undefined) {
      ofDimension = new Map();
      values.set(dimension, ofDimension);
    }
    return ofDimension;
  };
  const listsOf = (named: readonly Named[]): number[][] => {
    const lists: number[][] = [];
    for (const [dimension, list] of named) {
      if (list.length === 0) continue;
      const ofDimension = valuesOf(dimension);
      for (const value of list) lists.push(ofDimension.get(value) ?? listUnder(ofDimension, value));
    }
    return lists;
  };
  const restrictedBy = (dimension: number): Uint8Array => {
    let ads = restricted.get(dimension);
    if (ads === undefined) {
      ads = new Uint8Array(book.ads.length);
      restricted.set(dimension, ads);
    }
    return ads;
  };

  const named = namedIn(book);
  const groups = new Map<AdGroup, { lists: number[][]; restricted: Uint8Array[] }>();
  const creatives = new Map<Creative, number[][]>();
  for (const ad of book.ads) {
    let group = groups.get(ad.adGroup);
    if (group === undefined) {
      const { restrictions, exclusions } = named.ofTargeting(ad.adGroup.targeting);
      group = {
        lists: listsOf([...restrictions, ...exclusions]),
        restricted: restrictions.map(([dimension]) => restrictedBy(dimension)),
      };
      groups.set(ad.adGroup, group);
    }
    let creative = creatives.get(ad.creative);
    if (creative === undefined) {
      creative = listsOf(named.ofCreative(ad.creative));
      creatives.set(ad.creative, creative);
    }
    addTo(group.lists, ad.index);
    addTo(creative, ad.index);
    for (const ads of group.restricted) ads[ad.index] = 1;
    const { creative: its } = ad;
    if ('companion_required' in its && its.companion_required) restrictedBy(map.DIM_COMPANION)[ad.index] = 1;
  }
  return { values, restricted };
}

/** What targetings and creatives name under a table of categories, read once however many books they are in. */
class NamedValues {
  readonly #parents: CampaignFile['category_parents'];
  readonly #descendants: Descendants;
  readonly #targetings = new WeakMap<Targeting, { readonly restrictions: Named[]; readonly exclusions: Named[] }>();
  readonly #creatives = new WeakMap<Creative, Named[]>();

  constructor(book: Book) {
    this.#parents = book.file.category_parents;
    this.#descendants = descendantsOf(book);
  }

  ofTargeting(targeting: Targeting): { readonly restrictions: Named[]; readonly exclusions: Named[] } {
    const known = this.#targetings.get(targeting);
    if (known !== undefined) return known;
    const named = {
      restrictions: restrictionsOf(targeting, this.#descendants).filter(([, list]) => list.length > 0),
      exclusions: exclusionsOf(targeting, this.#descendants),
    };
    this.#targetings.set(targeting, named);
    return named;
  }

  ofCreative(creative: Creative): Named[] {
    const known = this.#creatives.get(creative) ?? propertiesOf(creative, this.#parents);
    this.#creatives.set(creative, known);
    return known;
  }
}

const namedValues = new WeakMap<CampaignFile['category_parents'], NamedValues>();

function namedIn(book: Book): NamedValues {
  const { category_parents: parents } = book.file;
  const known = namedValues.get(parents) ?? new NamedValues(book);
  namedValues.set(parents, known);
  return known;
}

/** The list of a value that is new, or written in another way: texts that hash alike are one value. */
function listUnder(ofDimension: Values, named: string | number): number[] {
  const value = typeof named === 'string' ? wellFormed(named) : named;
  const known = ofDimension.get(value);
  if (known !== undefined) return known;
  const ads: number[] = [];
  ofDimension.set(value, ads);
  return ads;
}

/** Adds an ad, the highest so far, to lists, of which some may be the same: a value may be named twice. */
function addTo(lists: readonly number[][], ad: number): void {
  for (const list of lists) if (list[list.length - 1] !== ad) list.push(ad);
}

/** What an ad group's targeting restricts; an empty list restricts nothing. */
function restrictionsOf(t: Targeting, descendants: Descendants): Named[] {
  return [
    [map.DIM_EXCHANGE, t.exchanges ?? []],
    [map.DIM_INVENTORY, (t.inventory ?? []).map((kind) => ['site', 'app', 'dooh'].indexOf(kind) + 1)],
    [map.DIM_HOUR, hoursOfWeek(t.weekdays, t.hours)],
    [map.DIM_COUNTRY, (t.countries ?? []).flatMap((code) => [code, alpha2Of(code) ?? code].map(lower))],
    [map.DIM_REGION, (t.regions ?? []).map(lower)],
    [map.DIM_CITY, (t.cities ?? []).map(lower)],
    [map.DIM_POSTCODE, (t.postcodes ?? []).map(lower)],
    [map.DIM_DEVICE_TYPE, t.device_types ?? []],
    [map.DIM_OS, (t.operating_systems ?? []).map(lower)],
    [map.DIM_LANGUAGE, (t.languages ?? []).map(lower)],
    [map.DIM_CONNECTION, t.connection_types ?? []],
    [map.DIM_DOMAIN, (t.domains ?? []).map(bareDomain)],
    [map.DIM_BUNDLE, (t.bundles ?? []).map(lower)],
    [map.DIM_PUBLISHER, t.publishers ?? []],
    [map.DIM_CATEGORY, withDescendants(t.categories, descendants)],
    [map.DIM_SEGMENT, t.segments ?? []],
    [map.DIM_REWARDED, yesOrNo(t.rewarded)],
    [map.DIM_INTERSTITIAL, yesOrNo(t.interstitial)],
    [map.DIM_PLACEMENT, t.video_placements ?? []],
    [map.DIM_IDENTIFIED, yesOrNo(t.identified_users)],
  ];
}

function yesOrNo(wanted: boolean | undefined): number[] {
  return wanted === undefined ? [] : [wanted ? map.YES : map.NO];
}

/** What it shuts out, and the deals it is on, which are looked up by the slot and restrict nothing here. */
function exclusionsOf(t: Targeting, descendants: Descendants): Named[] {
  return [
    [map.DIM_DOMAIN_EXCLUDED, (t.domains_excluded ?? []).map(bareDomain)],
    [map.DIM_BUNDLE_EXCLUDED, (t.bundles_excluded ?? []).map(lower)],
    [map.DIM_PUBLISHER_EXCLUDED, t.publishers_excluded ?? []],
    [map.DIM_CATEGORY_EXCLUDED, withDescendants(t.categories_excluded, descendants)],
    [map.DIM_SEGMENT_EXCLUDED, t.segments_excluded ?? []],
    [map.DIM_DEAL, t.deals ?? []],
  ];
}

/** What requests block or ask for in a creative. */
function propertiesOf(c: Creative, parents: CampaignFile['category_parents']): Named[] {
  const categories = c.categories.flatMap((category) => ancestors(category, c.cattax, parents));
  return [
    [map.DIM_AD_CATEGORY, categories.map((category) => `${c.cattax}:${category}`)],
    [map.DIM_AD_DOMAIN, c.advertiser_domains.flatMap(parentDomains)],
    [map.DIM_AD_BUNDLE, c.bundle === undefined ? [] : [lower(c.bundle)]],
    ...formatPropertiesOf(c),
  ];
}

function formatPropertiesOf(c: Creative): Named[] {
  switch (c.type) {
    case 'banner':
      return [
        [map.DIM_AD_SIZE, [sizeOf(c) as number]],
        [map.DIM_MIME, [lower(c.mime)]],
      ];
    case 'native':
      return [[map.DIM_AD_DATA, c.data.map(({ type }) => type)]];
    default:
      return [
        [map.DIM_AD_DURATION, [durationValue(c.type === 'video' ? 2 : 3, c.duration_s)]],
        [map.DIM_MIME, mediaMimes(c).map(lower)],
        [map.DIM_COMPANION, c.companion_required ? c.companions.map(({ w, h }) => w * 65536 + h) : []],
        [map.DIM_AD_LINEARITY, c.type === 'video' ? [c.linearity] : []],
      ];
  }
}

/** A duration of a markup type, in one number. */
export function durationValue(mtype: number, seconds: number): number {
  return mtype * 2 ** 32 + seconds;
}

/** Categories as `taxonomy:category`; in taxonomies with a parents table also all below them. */
export function withDescendants(list: readonly string[] | undefined, descendants: Descendants): string[] {
  return (list ?? []).flatMap((entry) => {
    const { cattax, category } = categoryEntry(entry);
    const key = `${cattax}:${category}`;
    return cattax === 1 ? [key] : [key, ...(descendants.get(key) ?? [])];
  });
}

/** Hours of the week (weekday × 24 + hour) an ad runs in; nothing when neither list restricts it. */
function hoursOfWeek(weekdays: readonly number[] | undefined, hours: readonly number[] | undefined): number[] {
  if (!weekdays?.length && !hours?.length) return [];
  const days = weekdays?.length ? weekdays : [0, 1, 2, 3, 4, 5, 6];
  const ofDay = hours?.length ? hours : Array.from({ length: 24 }, (_, hour) => hour);
  return days.flatMap((day) => ofDay.map((hour) => day * 24 + hour));
}

type Descendants = ReadonlyMap<string, readonly string[]>;

/** For each category of a taxonomy with a parents table (`taxonomy:category`): all categories below it. */
export function descendantsOf(book: Book): Descendants {
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
