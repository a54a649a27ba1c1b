// Frequency caps: how often a user has seen what is capped, with the bids made before in the same response.
// docs/money.md section 3.

import type { Ad } from '../book.js';
import { type Cap, capsOfAdGroup, capsOfCampaign } from '../frequency_caps.js';
import { hashText, mix } from '../hash.js';
import { remember } from './remember.js';
import type { NormalRequest } from './request.js';
import type { Situation } from './situation.js';
import { counted } from './wording.js';

/** Mixed into the id of a device in place of an exchange. */
const DEVICE = 1;

const adCaps = new WeakMap<Ad, readonly Cap[]>();

/** The caps that count for an ad, those of its campaign first. */
function capsOfAd(ad: Ad): readonly Cap[] {
  const { campaign, adGroup } = ad;
  return remember(adCaps, ad, () => [...capsOfCampaign(campaign), ...capsOfAdGroup(campaign, adGroup)]);
}

/** What impressions of the user are counted under; 0 where nobody is known. */
export function userKeyOf({ user }: NormalRequest, { book, exchange }: Situation): bigint {
  if (user === undefined) return 0n;
  const scope = user.of === 'device' ? DEVICE : hashText(book.exchanges[exchange] as string);
  return mix(hashText(user.id), scope) || 1n;
}

/**
 * Why no impression of the ad may follow.
 * @param made ads that bid before in this response
 */
export function frequencyRefusal(
  ad: Ad,
  request: NormalRequest,
  made: readonly Ad[],
  situation: Situation,
): (() => string) | undefined {
  const caps = capsOfAd(ad);
  if (caps.length === 0) return undefined;
  const user = userKeyOf(request, situation);
  if (user === 0n) {
    if (ad.adGroup.cap_unknown_users === 'bid') return undefined;
    return () => `nobody knows what the user has seen, and ad group ${ad.adGroup.id} skips unknown users`;
  }
  const full = caps.find((cap) => countOf(cap) >= cap.impressions);
  return full && (() => refusalText(full, situation.seen(user, full), madeUnder(full)));

  function madeUnder({ key }: Cap): number {
    return made.filter((earlier) => capsOfAd(earlier).some((cap) => cap.key === key)).length;
  }

  function countOf(cap: Cap): number {
    return situation.seen(user, cap) + madeUnder(cap);
  }

  function refusalText({ key, impressions, minutes }: Cap, seen: number, bids: number): string {
    const ofCampaign = capsOfCampaign(ad.campaign).some((cap) => cap.key === key);
    const whose = ofCampaign ? `campaign ${ad.campaign.id}` : `ad group ${ad.adGroup.id}`;
    const also = bids === 0 ? '' : ` and ${counted(bids, 'bid')} in this response`;
    return `the user has seen ${whose} ${seen} of ${impressions} times in ${counted(minutes, 'minute')}${also}`;
  }
}
