// Whether an impression and one of its slots are open to an ad at all: a banner, the open auction, or the right deal.
// docs/decisions.md section 3.

import type { Ad } from '../book.js';
import { wellFormed } from '../vocabulary.js';
import { advertiserDomains } from './creative_rules.js';
import type { NormalDeal, NormalImp } from './request.js';
import type { Slot } from './slots.js';
import { some } from './wording.js';

/** Why the impression takes no banner. */
export function bannerRefusal({ banner, otherFormats }: NormalImp): (() => string) | undefined {
  return banner === undefined ? () => `the ads are banners; the impression takes ${some(otherFormats)}` : undefined;
}

/** Why the ad may not bid in the slot. */
export function dealRefusal(ad: Ad, { deal, refusal }: Slot): (() => string) | undefined {
  if (refusal !== undefined) return () => refusal;
  return deal === undefined ? openAuctionRefusal(ad) : dealSlotRefusal(ad, deal);
}

function openAuctionRefusal({ adGroup }: Ad): (() => string) | undefined {
  const { deals = [], open_auction: open } = adGroup.targeting;
  if (open === false) return () => 'has open_auction false; this is the open auction';
  if (deals.length > 0 && open !== true) return () => `bids on deals only (${some(deals)}); this is the open auction`;
  return undefined;
}

function dealSlotRefusal({ account, adGroup, creative }: Ad, deal: NormalDeal): (() => string) | undefined {
  const { deals = [] } = adGroup.targeting;
  if (!deals.some((id) => wellFormed(id) === deal.text)) {
    const on = deals.length === 0 ? 'names no deal' : `is on deals ${some(deals)}`;
    return () => `${on}; this one is ${deal.text}`;
  }
  if (deal.wseat.length > 0 && !deal.wseat.includes(wellFormed(account.seat))) {
    return () => `seat ${account.seat} is not in the deal's wseat (${some(deal.wseat)})`;
  }
  if (deal.wadomain.length > 0 && !advertiserDomains(creative).some((one) => deal.wadomain.includes(one))) {
    return () => `the deal's wadomain (${some(deal.wadomain)}) has none of ${some(creative.advertiser_domains)}`;
  }
  return undefined;
}
