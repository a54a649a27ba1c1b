// The token in notice URLs: everything a notice needs to be booked without a lookup, and a MAC over it. Its bytes are
// drawn in `assembly/memory_map.ts` (TOKEN_*); little-endian; base64url without padding.

import * as map from '../../assembly/memory_map.js';
import type { Ad } from '../book.js';
import { hashText } from '../hash.js';
import { sipHash24 } from '../siphash.js';
import { userKeyOf } from './frequency.js';
import type { NormalRequest } from './request.js';
import { type Bid, profileOf, type Situation } from './situation.js';

const FLAG_TEST = 1;
const FLAG_DEAL = 2;
const AUCTION_SHIFT = 2;
const SLOT_SHIFT = 4;
const FLAG_BILLED_BY_IMPRESSION = 32;

/** Stable key of an ad: it survives books, unlike the index. */
export function adKey({ campaign, adGroup, creative }: Ad): bigint {
  return hashText(`${campaign.id}/${adGroup.id}/${creative.id}`);
}

/**
 * @param bidId unsigned 64 bits
 * @param currency the response's, three upper-case letters
 */
export function makeToken(
  bid: Bid,
  bidId: bigint,
  ad: Ad,
  currency: string,
  request: NormalRequest,
  situation: Situation,
): string {
  const bytes = new Uint8Array(map.TOKEN_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(map.TOKEN_VERSION, map.TOKEN_FORMAT);
  view.setUint8(map.TOKEN_KEY_ID, situation.noticeKeyId);
  view.setUint8(map.TOKEN_FLAGS, flagsOf(bid, request.test, situation));
  view.setUint8(map.TOKEN_NODE, situation.node);
  view.setUint32(map.TOKEN_ISSUED_S, Math.floor(situation.nowUs / 1e6), true);
  view.setBigUint64(map.TOKEN_BID_ID, bidId, true);
  view.setBigUint64(map.TOKEN_AD_KEY, adKey(ad), true);
  view.setBigInt64(map.TOKEN_PRICE_MICROS, bid.priceMicros, true);
  bytes.set(Buffer.from(currency, 'latin1'), map.TOKEN_CURRENCY);
  view.setUint8(map.TOKEN_EXCHANGE, situation.exchange);
  view.setFloat32(map.TOKEN_CTR, bid.ctr, true);
  view.setFloat32(map.TOKEN_CVR, bid.cvr, true);
  view.setFloat32(map.TOKEN_MULTIPLIER, bid.multiplier, true);
  view.setUint32(map.TOKEN_MODEL, bid.modelVersion, true);
  view.setUint32(map.TOKEN_LEASE, bid.lease, true);
  view.setBigUint64(map.TOKEN_CAMPAIGN, hashText(ad.campaign.id), true);
  view.setBigUint64(map.TOKEN_AD_GROUP, hashText(`${ad.campaign.id}/${ad.adGroup.id}`), true);
  view.setBigUint64(map.TOKEN_USER, userKeyOf(request, situation), true);
  view.setBigInt64(map.TOKEN_RESERVED_MICROS, bid.reservedMicros, true);
  view.setFloat32(map.TOKEN_QUANTITY, bid.quantity, true);
  view.setUint32(map.TOKEN_EXPIRY_S, ad.adGroup.bid_expiry_s, true);
  view.setUint8(map.TOKEN_ARM, bid.arm);
  bytes.set(bid.features, map.TOKEN_FEATURES);
  view.setBigUint64(map.TOKEN_MAC, sipHash24(situation.noticeKey, bytes.subarray(0, map.TOKEN_MAC)), true);
  return Buffer.from(bytes.buffer).toString('base64url');
}

/** An exchange that takes no `burl` calls none: then the impression bills. */
function flagsOf({ deal, auction, slot }: Bid, test: boolean, situation: Situation): number {
  const byImpression = !profileOf(situation).notices.includes('burl');
  return (
    (test ? FLAG_TEST : 0) |
    (deal === undefined ? 0 : FLAG_DEAL) |
    (auction << AUCTION_SHIFT) |
    (slot << SLOT_SHIFT) |
    (byImpression ? FLAG_BILLED_BY_IMPRESSION : 0)
  );
}
