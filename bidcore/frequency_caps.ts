// Frequency caps of a campaign file: what each is counted under. Rules: docs/money.md section 3.

import { FREQUENCY_BUCKETS } from '../assembly/memory_map.js';
import type { Book } from './book.js';
import type { AdGroup, Campaign } from './campaign_file.js';
import { hashText } from './hash.js';

/** At most `impressions` a user in any `minutes`. Plain data, which can be posted to another thread. */
export interface Cap {
  /** Counts go on as long as this is the same, whatever `impressions` says. */
  readonly key: bigint;
  readonly impressions: number;
  readonly minutes: number;
  readonly bucketSeconds: number;
}

/** The caps of a campaign. */
export function capsOfCampaign(campaign: Campaign): Cap[] {
  return capsIn(campaign.id, campaign.frequency_caps);
}

/** The caps of an ad group, without those of its campaign. */
export function capsOfAdGroup(campaign: Campaign, adGroup: AdGroup): Cap[] {
  return capsIn(`${campaign.id}/${adGroup.id}`, adGroup.frequency_caps);
}

/**
 * What an impression counts for, by the hashes in its token: look up both that of its campaign and that of its ad
 * group (16 hexadecimal digits, as in `BidFacts`). Paused ones are in it: their last bids may still be shown.
 */
export function capsOf({ file }: Pick<Book, 'file'>): Map<string, Cap[]> {
  const caps = new Map<string, Cap[]>();
  const add = (path: string, its: Cap[]): void => {
    if (its.length > 0) caps.set(hashText(path).toString(16).padStart(16, '0'), its);
  };
  for (const campaign of file.accounts.flatMap((account) => account.campaigns)) {
    add(campaign.id, capsOfCampaign(campaign));
    for (const adGroup of campaign.ad_groups) {
      add(`${campaign.id}/${adGroup.id}`, capsOfAdGroup(campaign, adGroup));
    }
  }
  return caps;
}

/** The bucket under way is only partly over: one less of them must last the whole time. */
export function bucketSecondsOf(minutes: number): number {
  return Math.ceil((minutes * 60) / (FREQUENCY_BUCKETS - 1));
}

/** @param path ids from the campaign down to what has the caps */
function capsIn(path: string, caps: Campaign['frequency_caps']): Cap[] {
  return caps.map(({ impressions, minutes }) => ({
    key: hashText(`${path}/cap/${minutes}`),
    impressions,
    minutes,
    bucketSeconds: bucketSecondsOf(minutes),
  }));
}
