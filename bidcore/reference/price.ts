// What an ad is worth in a slot and what it bids: docs/decisions.md section 5. Doubles; CPM micros of the book's
// currency unless a name ends in `Out`, which is the response's.

import { PRICE_MICROS_MAX } from '../../assembly/limits.js';
import type { Ad } from '../book.js';
import type { Landscape } from './model.js';
import type { Prediction } from './predict.js';
import { shade } from './shade.js';
import type { CampaignState } from './situation.js';
import { lowestPrice, type Slot } from './slots.js';

export interface Valuation extends Prediction {
  /** Worth of a thousand impressions to the campaign, before the policy. */
  readonly value: number;
  /** As applied: 1 at a fixed price. */
  readonly multiplier: number;
  /** The most it pays. */
  readonly willing: number;
  readonly willingOut: number;
}

export function valuate(
  ad: Ad,
  prediction: Prediction,
  campaign: CampaignState,
  slot: Slot,
  rateOut: number,
): Valuation {
  const value = goalValue(ad, prediction);
  // The state holds the multiplier as a 32-bit float.
  const multiplier = slot.auction === 3 ? 1 : Math.fround(campaign.multiplier);
  const willing = Math.min(value * multiplier, ad.adGroup.max_bid_cpm_micros);
  return {
    ...prediction,
    value,
    multiplier,
    willing,
    willingOut: Math.floor(Math.min(willing * rateOut, PRICE_MICROS_MAX)),
  };
}

function goalValue({ adGroup }: Ad, { ctr, cvr }: Prediction): number {
  const { type, bid_micros: bidMicros } = adGroup.goal;
  switch (type) {
    case 'cpm':
      return bidMicros;
    case 'cpc':
      return bidMicros * 1000 * ctr;
    case 'cpa':
      return bidMicros * 1000 * ctr * cvr;
  }
}

/** What a thousand impressions may cost the campaign: the fixed price, or the most it pays. */
export function cost(valuation: Valuation, slot: Slot, rateOut: number): number {
  return slot.auction === 3 ? (slot.floorOut ?? 0) / rateOut : valuation.willing;
}

/** Price of a bid whose willing is not below the floor, CPM micros of the response's currency. */
export function priceOut(valuation: Valuation, slot: Slot, rateOut: number, landscape: Landscape): number {
  const lowest = lowestPrice(slot);
  switch (slot.auction) {
    case 3:
      return lowest;
    case 2:
      return valuation.willingOut;
    case 1: {
      const shaded = shade(valuation.willing, (slot.floorOut ?? 0) / rateOut, landscape);
      return Math.min(Math.max(Math.floor(shaded * rateOut + 0.001), lowest), valuation.willingOut);
    }
  }
}
