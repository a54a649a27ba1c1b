// What an ad is worth in a slot and what it bids: docs/decisions.md section 5. Doubles; CPM micros of the book's
// currency unless a name ends in `Out`, which is the response's.

import { PRICE_MICROS_MAX } from '../../assembly/limits.js';
import type { Ad } from '../book.js';
import type { Landscape } from './model.js';
import type { Prediction } from './predict.js';
import { shade } from './shade.js';
import type { CampaignState } from './situation.js';
import { lowestPrice, type Slot, type SlotFloor } from './slots.js';

export interface Valuation extends Prediction {
  /** Worth of a thousand impressions to the campaign, before the policy. */
  readonly value: number;
  /** As applied, with the pace: 1 at a fixed price. */
  readonly multiplier: number;
  /** The most it pays. */
  readonly willing: number;
  /** As a price: what the exchange adds to a net price is taken off. */
  readonly willingOut: number;
  /** The floor that counts for the ad. */
  readonly floor: SlotFloor;
}

/** Its floor, 0 without one, in the book's currency as the campaign would pay it. */
function floorIn({ floor }: Valuation, wire: number): number {
  return (floor.out ?? 0) / wire;
}

/** @param wire what the price may be, in the response's currency, for one unit of the book's that is paid */
export function valuate(ad: Ad, prediction: Prediction, campaign: CampaignState, slot: Slot, wire: number): Valuation {
  const value = goalValue(ad, prediction);
  const multiplier = slot.auction === 3 ? 1 : multiplierOf(ad, campaign);
  const willing = Math.min(value * multiplier, ad.adGroup.max_bid_cpm_micros);
  return {
    ...prediction,
    value,
    multiplier,
    willing,
    willingOut: Math.floor(Math.min(willing * wire, PRICE_MICROS_MAX)),
    floor: slot.floors.of(ad.creative),
  };
}

/** The policy's multiplier times the pace, which leaves guaranteed ad groups alone: 32-bit floats, as the state's. */
export function multiplierOf({ adGroup }: Ad, { policyMultiplier, pace }: CampaignState): number {
  const policy = Math.fround(policyMultiplier);
  return adGroup.guaranteed ? policy : Math.fround(policy * Math.fround(pace));
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
export function cost(valuation: Valuation, slot: Slot, wire: number): number {
  return slot.auction === 3 ? floorIn(valuation, wire) : valuation.willing;
}

/** Price of a bid whose willing is not below the floor, CPM micros of the response's currency. */
export function priceOut(valuation: Valuation, slot: Slot, wire: number, landscape: Landscape): number {
  const lowest = lowestPrice(valuation.floor);
  switch (slot.auction) {
    case 3:
      return lowest;
    case 2:
      return valuation.willingOut;
    case 1: {
      const shaded = shade(valuation.willing, floorIn(valuation, wire), landscape);
      return Math.min(Math.max(Math.floor(shaded * wire + 0.001), lowest), valuation.willingOut);
    }
  }
}
