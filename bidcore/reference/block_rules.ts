// What a request and its exchange block: categories, advertisers, apps, attributes. docs/decisions.md section 3,
// "blocked".

import type { Book } from '../book.js';
import type { Creative } from '../creative_file.js';
import type { ExchangeProfile } from '../exchange_file.js';
import type { NormalRequest } from './request.js';
import { traitsOf } from './traits.js';
import { some } from './wording.js';

/** Why a creative is blocked. */
export function blockRefusal(
  creative: Creative,
  request: NormalRequest,
  profile: ExchangeProfile,
  book: Book,
): (() => string) | undefined {
  const traits = traitsOf(creative, book.file.category_parents);
  const { bcat, acat, cattax, badv, bapp } = request;
  const sameTaxonomy = creative.cattax === cattax;
  const categories = creative.categories;
  if (bcat.size > 0 && sameTaxonomy) {
    const blocked = traits.categories.find((one) => bcat.has(one));
    if (blocked !== undefined) return () => `bcat blocks ${blocked}; creative ${creative.id} is ${some(categories)}`;
  }
  if (acat.size > 0) {
    const ofTaxonomy = () => `creative ${creative.id} is ${some(categories)} of taxonomy ${creative.cattax}`;
    if (!sameTaxonomy) return () => `acat allows categories of taxonomy ${cattax} only; ${ofTaxonomy()}`;
    if (!traits.categories.some((one) => acat.has(one))) return () => `acat allows ${some(acat)}; ${ofTaxonomy()}`;
  }
  if (badv.size > 0) {
    const blocked = traits.domains.find((one) => badv.has(one));
    if (blocked !== undefined) {
      return () => `badv blocks ${blocked}; creative ${creative.id} advertises ${some(creative.advertiser_domains)}`;
    }
  }
  if (traits.bundle !== undefined && bapp.has(traits.bundle)) return () => `bapp blocks ${creative.bundle}`;
  const attribute = traits.attributes.find((one) => profile.attributes_blocked.includes(one));
  if (attribute !== undefined) {
    return () => `exchange ${profile.id} blocks attribute ${attribute} of creative ${creative.id}`;
  }
  return undefined;
}
