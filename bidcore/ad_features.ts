// The hashed features of an ad, which its vector is made of.

import * as map from '../assembly/memory_map.js';
import type { Ad } from './book.js';
import { FORMATS, sizeOf } from './creative_file.js';
import { featureIndex, hashNumber, hashText } from './hash.js';
import { lower } from './vocabulary.js';

/** Hashed features of an ad, in the order of docs/decisions.md section 4. */
export function adFeatures(ad: Ad): number[] {
  const { campaign, adGroup, creative } = ad;
  const category = creative.categories[0];
  const size = sizeOf(creative);
  return [
    featureIndex(map.FIELD_CAMPAIGN, hashText(campaign.id)),
    featureIndex(map.FIELD_AD_GROUP, hashText(adGroup.id)),
    featureIndex(map.FIELD_CREATIVE, hashText(creative.id)),
    featureIndex(map.FIELD_ADVERTISER, hashText(lower(creative.advertiser_domains[0] as string))),
    featureIndex(map.FIELD_CREATIVE_SIZE, size === undefined ? 0n : hashNumber(size)),
    featureIndex(map.FIELD_CREATIVE_CATEGORY, category === undefined ? 0n : hashText(lower(category))),
    featureIndex(map.FIELD_CREATIVE_TYPE, hashNumber(FORMATS.indexOf(creative.type) + 1)),
  ];
}
