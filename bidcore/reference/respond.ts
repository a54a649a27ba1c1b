// The text of a BidResponse: docs/decisions.md section 6, OpenRTB 2.6 section 4.2. Written by hand rather than by
// JSON.stringify, because the ids are raw tokens and the price must carry no float noise.

import type { NormalRequest } from './request.js';
import type { Bid, Situation } from './situation.js';
import { makeToken } from './token.js';

/**
 * @param bids at least one, in order of slots
 * @param currency the response's, upper case
 */
export function respond(request: NormalRequest, bids: readonly Bid[], currency: string, situation: Situation): string {
  const { book } = situation;
  const bySeat = new Map<string, string[]>();
  bids.forEach((bid, n) => {
    const seat = book.ads[bid.ad]?.account.seat as string;
    const text = bidText(bid, bidIdOf(situation, n), request, currency, situation);
    bySeat.set(seat, [...(bySeat.get(seat) ?? []), text]);
  });
  const seatBids = [...bySeat].map(([seat, texts]) => `{"bid":[${texts.join(',')}],"seat":${JSON.stringify(seat)}}`);
  const bidId = bidIdText(bidIdOf(situation, 0));
  return `{"id":${request.id},"bidid":"${bidId}","cur":"${currency}","seatbid":[${seatBids.join(',')}]}`;
}

function bidText(bid: Bid, bidId: bigint, request: NormalRequest, currency: string, situation: Situation): string {
  const ad = situation.book.ads[bid.ad];
  const imp = request.imps[bid.imp];
  if (ad === undefined || imp === undefined) throw new Error('a bid for an ad or impression that does not exist');
  const token = makeToken(bid, bidId, ad, currency, request.test, situation);
  const head = `{"id":"${bidIdText(bidId)}","impid":${imp.id},"price":${priceText(bid.priceMicros)}`;
  const deal = bid.deal === undefined ? '' : `,"dealid":${imp.deals[bid.deal]?.id}`;
  return `${head},${ad.pieces.join(token)}${deal}}`;
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
