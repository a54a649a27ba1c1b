// Frequency caps in the compiled book: a list for each ad group that has some, or whose campaign has.

import * as map from '../assembly/memory_map.js';
import type { BookMemory } from './book_memory.js';
import type { AdGroup, Campaign } from './campaign_file.js';
import { capsOfAdGroup, capsOfCampaign } from './frequency_caps.js';

export interface CapList {
  readonly at: number;
  readonly count: number;
}

const NONE: CapList = { at: 0, count: 0 };

/** Writes the caps of an ad group, those of its campaign first. */
export function writeCaps(memory: BookMemory, campaign: Campaign, adGroup: AdGroup): CapList {
  const caps = [...capsOfCampaign(campaign), ...capsOfAdGroup(campaign, adGroup)];
  if (caps.length === 0) return NONE;
  const at = memory.take(caps.length * map.CAP_STRIDE);
  caps.forEach((cap, i) => {
    const entry = at + i * map.CAP_STRIDE;
    memory.u64(entry + map.CAP_KEY, cap.key);
    memory.u32(entry + map.CAP_IMPRESSIONS, cap.impressions);
    memory.u32(entry + map.CAP_BUCKET_S, cap.bucketSeconds);
  });
  return { at, count: caps.length };
}

/** The flags of an ad that say how it is capped. */
export function capFlags(campaign: Campaign, adGroup: AdGroup): number {
  if (campaign.frequency_caps.length + adGroup.frequency_caps.length === 0) return 0;
  return map.FLAG_CAPPED | (adGroup.cap_unknown_users === 'skip' ? map.FLAG_SKIPS_UNKNOWN : 0);
}
