// A creative in the form requests are compared in: lower case, categories with their ancestors, domains with their
// parents. Worked out once a creative.

import type { CampaignFile } from '../campaign_file.js';
import { attributesOf, type Creative, mediaMimes, protocolOf } from '../creative_file.js';
import { ancestors, bareDomain, lower, parentDomains, wellFormed } from '../vocabulary.js';
import { remember } from './remember.js';

export interface Traits {
  /** Its categories, each followed by its ancestors. */
  readonly categories: readonly string[];
  /** Its advertiser domains, each followed by its parents. */
  readonly domains: readonly string[];
  /** Its first advertiser domain. */
  readonly advertiser: string;
  readonly bundle: string | undefined;
  readonly attributes: readonly number[];
  /** Of its markup or media; a native creative has none of its own. */
  readonly mimes: readonly string[];
  /** Of video and audio. */
  readonly protocol: number | undefined;
}

const traitsByCreative = new WeakMap<Creative, Traits>();

export function traitsOf(creative: Creative, parents: CampaignFile['category_parents']): Traits {
  return remember(traitsByCreative, creative, () => ({
    categories: creative.categories.flatMap((one) => ancestors(wellFormed(one), creative.cattax, parents)),
    domains: creative.advertiser_domains.flatMap((one) => parentDomains(wellFormed(one))),
    advertiser: bareDomain(wellFormed(creative.advertiser_domains[0] as string)),
    bundle: creative.bundle === undefined ? undefined : lower(wellFormed(creative.bundle)),
    attributes: attributesOf(creative),
    mimes: mimesOf(creative).map((mime) => lower(wellFormed(mime))),
    protocol: creative.type === 'video' || creative.type === 'audio' ? protocolOf(creative) : undefined,
  }));
}

function mimesOf(creative: Creative): readonly string[] {
  switch (creative.type) {
    case 'banner':
      return [creative.mime];
    case 'native':
      return [];
    default:
      return mediaMimes(creative);
  }
}
