// Pacing where no multiplier can lower what is bid: in a fixed-price slot a campaign sits out a share of the requests.
// docs/money.md section 3.

import type { Ad } from '../book.js';
import { hashBytes, hashText, mix } from '../hash.js';
import type { NormalRequest } from './request.js';
import type { Slot } from './slots.js';
import { decimal } from './wording.js';

/** Of a hash, as many bits as a 32-bit float holds exactly. */
const DRAWN_BITS = 24n;

/** Why an ad sits out the slot. The same for all ads of a campaign, so that a campaign does not draw once for each. */
export function pacedRefusal(ad: Ad, request: NormalRequest, slot: Slot, pace: number): (() => string) | undefined {
  if (slot.auction !== 3 || ad.adGroup.guaranteed) return undefined;
  const drawn = Number(mix(hashBytes(Buffer.from(request.id)), hashText(ad.campaign.id)) >> (64n - DRAWN_BITS));
  if (drawn < Math.fround(pace) * 2 ** Number(DRAWN_BITS)) return undefined;
  return () =>
    `campaign ${ad.campaign.id} sits out ${decimal((1 - pace) * 100)}% of requests at a fixed price to spread its ` +
    'budget, and this is one of them';
}
