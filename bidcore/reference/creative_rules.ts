// What a request may hold against a creative: block lists of the request (bcat, acat, badv, bapp) and the demands of
// an impression (size, https, type, attributes, API frameworks, MIME type). docs/decisions.md section 3.

import type { Ad, Book } from '../book.js';
import type { CampaignFile, Creative } from '../campaign_file.js';
import { ancestors, lower, parentDomains, wellFormed } from '../vocabulary.js';
import { remember } from './remember.js';
import { isSide, type NormalBanner, type NormalFormat, type NormalImp, type NormalRequest } from './request.js';
import { some } from './wording.js';

/** A creative in the form requests are compared in. */
interface Traits {
  /** Its categories, each followed by its ancestors. */
  readonly categories: readonly string[];
  /** Its advertiser domains, each followed by its parents. */
  readonly domains: readonly string[];
  readonly bundle: string | undefined;
  readonly mime: string;
}

const traitsByCreative = new WeakMap<Creative, Traits>();

function traitsOf(creative: Creative, parents: CampaignFile['category_parents']): Traits {
  return remember(traitsByCreative, creative, () => ({
    categories: creative.categories.flatMap((one) => ancestors(wellFormed(one), creative.cattax, parents)),
    domains: advertiserDomains(creative),
    bundle: creative.bundle === undefined ? undefined : lower(wellFormed(creative.bundle)),
    mime: lower(wellFormed(creative.mime)),
  }));
}

/** Advertiser domains, each followed by its parents. */
export function advertiserDomains(creative: Creative): string[] {
  return creative.advertiser_domains.flatMap((one) => parentDomains(wellFormed(one)));
}

/** Why the request's lists block a creative. */
export function blockRefusal(creative: Creative, request: NormalRequest, book: Book): (() => string) | undefined {
  const traits = traitsOf(creative, book.file.category_parents);
  const { bcat, acat, cattax, badv, bapp } = request;
  const sameTaxonomy = creative.cattax === cattax;
  const categories = creative.categories;
  if (bcat.size > 0 && sameTaxonomy) {
    const blocked = traits.categories.find((one) => bcat.has(one));
    if (blocked !== undefined) return () => `bcat blocks ${blocked}; creative ${creative.id} is ${some(categories)}`;
  }
  if (acat.size > 0) {
    const ofTaxonomy = `creative ${creative.id} is ${some(categories)} of taxonomy ${creative.cattax}`;
    if (!sameTaxonomy) return () => `acat allows categories of taxonomy ${cattax} only; ${ofTaxonomy}`;
    if (!traits.categories.some((one) => acat.has(one))) return () => `acat allows ${some(acat)}; ${ofTaxonomy}`;
  }
  if (badv.size > 0) {
    const blocked = traits.domains.find((one) => badv.has(one));
    if (blocked !== undefined) {
      return () => `badv blocks ${blocked}; creative ${creative.id} advertises ${some(creative.advertiser_domains)}`;
    }
  }
  if (traits.bundle !== undefined && bapp.has(traits.bundle)) return () => `bapp blocks ${creative.bundle}`;
  return undefined;
}

/** Why a creative does not fit a banner impression. */
export function creativeRefusal(
  { creative, secure }: Ad,
  { banner, secure: secureOnly }: NormalImp,
): (() => string) | undefined {
  if (banner === undefined) return undefined; // the gate before has seen to it
  const { id, w, h, attributes, banner_type: type, apis } = creative;
  if (!sizeFits(creative, banner)) {
    return () => `creative ${id} is ${w}×${h}; the impression takes ${some(sizesTaken(banner))}`;
  }
  if (secureOnly && !secure) return () => `secure=1, but the markup of creative ${id} has an http:// URL`;
  if (banner.btype.has(type)) return () => `btype blocks banner type ${type} of creative ${id}`;
  const attribute = attributes.find((one) => banner.battr.has(one));
  if (attribute !== undefined) return () => `battr blocks attribute ${attribute} of creative ${id}`;
  const api = apis.find((one) => !banner.api.has(one));
  if (api !== undefined) return () => `creative ${id} needs API framework ${api}; api lists ${some(banner.api)}`;
  if (banner.mimes.length > 0 && !banner.mimes.includes(lower(wellFormed(creative.mime)))) {
    return () => `creative ${id} is ${creative.mime}; mimes lists ${some(banner.mimes)}`;
  }
  return undefined;
}

/** With usable formats one of them must fit, else the banner's own size. */
export function sizeFits(creative: Pick<Creative, 'w' | 'h'>, banner: NormalBanner): boolean {
  const formats = banner.formats.filter((format) => isExact(format) || isFlexible(format));
  if (formats.length === 0) return isExact(banner) && banner.w === creative.w && banner.h === creative.h;
  return formats.some((format) =>
    isExact(format) ? format.w === creative.w && format.h === creative.h : flexibleFits(creative, format),
  );
}

function isExact({ w, h }: { w: number | undefined; h: number | undefined }): boolean {
  return isSide(w) && isSide(h);
}

function isFlexible({ wratio, hratio }: NormalFormat): boolean {
  return isSide(wratio) && isSide(hratio);
}

/** A size by ratio and least width (2.6 section 3.2.10). */
function flexibleFits(creative: Pick<Creative, 'w' | 'h'>, { wratio, hratio, wmin }: NormalFormat): boolean {
  const ratioHolds = creative.w * (hratio ?? 0) === creative.h * (wratio ?? 0);
  return ratioHolds && (wmin === undefined || creative.w >= wmin);
}

export function sizesTaken(banner: NormalBanner): string[] {
  const formats = banner.formats.flatMap((format) => {
    if (isExact(format)) return `${format.w}×${format.h}`;
    return isFlexible(format) ? `${format.wratio}:${format.hratio} from width ${format.wmin ?? 1}` : [];
  });
  if (formats.length > 0) return formats;
  return isExact(banner) ? [`${banner.w}×${banner.h}`] : [];
}
