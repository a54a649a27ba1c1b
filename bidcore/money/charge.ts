// What a notice costs. Rules: docs/money.md section 4.

import type { BidFacts, Notice } from './event.js';

/** Whether a notice bills its bid: the billing notice, or the first impression where the exchange sends none. */
export function bills({ kind, facts }: Notice): boolean {
  return !facts.test && (kind === 'bill' ? !facts.billedByImpression : kind === 'imp' && facts.billedByImpression);
}

/** Whether a notice comes after its bid has expired. */
export function isLate({ facts, atMs }: Notice): boolean {
  return atMs > (facts.issuedS + facts.expiryS) * 1000;
}

/**
 * The charge of a bid, micros of the book's currency: its reservation in proportion to the price and to the quantity,
 * rounded down: the reservation was rounded up, so a cost that is whole micros comes out exactly.
 * @param clearingMicros micros CPM of the bid's currency, at most the bid's price
 * @param quantity as the exchange says; undefined for all of it
 */
export function chargeMicros(facts: BidFacts, clearingMicros: number, quantity: number | undefined): number {
  const share =
    quantity === undefined || facts.quantity === 0 ? 1 : Math.min(Math.max(quantity / facts.quantity, 0), 1);
  if (share === 1) {
    // In integers: the product may be above 2^53.
    const product = BigInt(facts.reservedMicros) * BigInt(Math.round(clearingMicros));
    return Math.min(facts.reservedMicros, Number(product / BigInt(facts.priceMicros)));
  }
  return Math.floor(facts.reservedMicros * (clearingMicros / facts.priceMicros) * share);
}
