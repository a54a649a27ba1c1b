// The text of a BidResponse: docs/decisions.md section 6, OpenRTB 2.6 section 4.2. Written by hand rather than by
// JSON.stringify, because the ids are raw tokens and the price must carry no float noise.

import * as piece from '../../assembly/pieces.js';
import type { Ad } from '../book.js';
import { type ExchangeProfile, seatOf } from '../exchange_file.js';
import type { Admitted } from './admission.js';
import { assetsText } from './native_rules.js';
import type { NormalNative, NormalRequest } from './request.js';
import type { Bid, Situation } from './situation.js';
import { makeToken } from './token.js';

/** @param bids at least one, in order of slots */
export function respond(
  request: NormalRequest,
  bids: readonly Bid[],
  admitted: Admitted,
  situation: Situation,
): string {
  const { book } = situation;
  const { currency, profile } = admitted;
  const bySeat = new Map<string, string[]>();
  bids.forEach((bid, n) => {
    const ad = book.ads[bid.ad];
    const imp = request.imps[bid.imp];
    if (ad === undefined || imp === undefined) throw new Error('a bid for an ad or impression that does not exist');
    const bidId = bidIdOf(situation, n);
    const token = makeToken(bid, bidId, ad, currency, request, situation);
    const deal = bid.deal === undefined ? '' : `,"dealid":${imp.deals[bid.deal]?.id}`;
    const head = `{"id":"${bidIdText(bidId)}","impid":${imp.id},"price":${priceText(bid.priceMicros)}`;
    const text = `${head},${piecesText(ad, token, imp.native, profile)}${deal}}`;
    const seat = seatOf(ad.account, profile);
    bySeat.set(seat, [...(bySeat.get(seat) ?? []), text]);
  });
  const seatBids = [...bySeat].map(([seat, texts]) => `{"bid":[${texts.join(',')}],"seat":${JSON.stringify(seat)}}`);
  const bidId = bidIdText(bidIdOf(situation, 0));
  return `{"id":${request.id},"bidid":"${bidId}","cur":"${currency}","seatbid":[${seatBids.join(',')}]}`;
}

/** The pieces of the ad whose conditions hold, with what stands before them. */
function piecesText(ad: Ad, token: string, native: NormalNative | undefined, profile: ExchangeProfile): string {
  const holds = conditionsOf(profile, native);
  const before = (what: number): string => {
    if (what === piece.BEFORE_TOKEN) return token;
    if (what !== piece.BEFORE_ASSETS) return '';
    if (ad.creative.type !== 'native' || native === undefined) throw new Error('assets of a bid that is not native');
    return assetsText(ad.creative, native);
  };
  const written = ad.pieces.filter(({ when }) => (when & ~holds) === 0);
  return written.map((one) => before(one.before) + one.text).join('');
}

/** The conditions of `assembly/pieces.ts` that hold for bids on an impression. */
function conditionsOf(
  { notices, price_encoding: encoding }: ExchangeProfile,
  native: NormalNative | undefined,
): number {
  const trackers = native?.eventTrackers === true ? piece.WHEN_EVENT_TRACKERS : piece.WHEN_NO_EVENT_TRACKERS;
  return (
    (notices.includes('nurl') ? piece.WHEN_NURL : 0) |
    (notices.includes('burl') ? piece.WHEN_BURL : 0) |
    (notices.includes('lurl') ? piece.WHEN_LURL : 0) |
    (notices.includes('burl') ? 0 : piece.WHEN_BILLED_BY_IMPRESSION) |
    (encoding === 'base64' ? piece.WHEN_BASE64 : 0) |
    (native === undefined ? 0 : trackers) |
    (native?.wrapped === true ? piece.WHEN_WRAPPED : 0)
  );
}

/** Bid ids of a request count up from the first, modulo 2⁶⁴. */
export function bidIdOf(situation: Situation, n: number): bigint {
  return BigInt.asUintN(64, situation.bidId + BigInt(n));
}

export function bidIdText(bidId: bigint): string {
  return bidId.toString(16).padStart(16, '0');
}

/** Micros as a decimal number of units, without trailing zeros: 1250000 is `1.25`. */
export function priceText(micros: bigint): string {
  const units = micros / 1_000_000n;
  const rest = (micros % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '');
  return rest === '' ? `${units}` : `${units}.${rest}`;
}
