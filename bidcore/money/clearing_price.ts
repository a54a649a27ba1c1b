// The clearing price of a notice, in the ways exchanges tell it: a decimal number of units CPM, the same in base64, or
// encrypted as Google's Authorized Buyers do ("Decrypt price confirmations"). Each way is a reader of one text.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PriceProblem } from './notice_outcomes.js';

/** Micros CPM of the bid's currency; undefined if the text is no price of this form. */
export type PriceReader = (text: string) => number | undefined;

/** Keys of an exchange that encrypts prices, 32 bytes each. Never logged. */
export interface PriceKeys {
  readonly encryption: Uint8Array;
  readonly integrity: Uint8Array;
}

export const PRICE_KEY_BYTES = 32;

const MICROS = 1e6;
/** Longer than any price that is one, in any form. */
const TEXT_MAX = 128;
/** Exchanges round to cents, half of them upwards: so much above the bid is the bid's price. */
const ROUNDING_MICROS = 5000;

/** A number of units CPM, perhaps with an exponent: 1.25 is 1 250 000. */
export function plainPrice(text: string): number | undefined {
  if (!/^\d{1,15}(\.\d{0,30})?([eE][+-]?\d{1,3})?$/.test(text)) return undefined;
  const micros = Math.round(Number(text) * MICROS);
  return Number.isSafeInteger(micros) ? micros : undefined;
}

/** In base64, of either alphabet, or plain: where markup has no place for the exchange's own form. */
export function base64Price(text: string): number | undefined {
  return plainPrice(text) ?? plainPrice(Buffer.from(text, 'base64').toString('latin1'));
}

const GOOGLE_TEXT = /^[\w-]{38}(={0,2})$/;
const VECTOR_BYTES = 16;
const PRICE_BYTES = 8;
const SIGNATURE_BYTES = 4;

/**
 * 16 bytes of initialisation vector, the price in micros (8 bytes, big-endian) XOR HMAC-SHA1 of the vector, 4 bytes of
 * HMAC-SHA1 of price and vector; in web-safe base64.
 */
export function googlePrice({ encryption, integrity }: PriceKeys): PriceReader {
  return (text) => {
    if (!GOOGLE_TEXT.test(text)) return undefined;
    const bytes = Buffer.from(text, 'base64url');
    const vector = bytes.subarray(0, VECTOR_BYTES);
    const pad = createHmac('sha1', encryption).update(vector).digest();
    const price = Buffer.alloc(PRICE_BYTES);
    for (let i = 0; i < PRICE_BYTES; i++) price[i] = (bytes[VECTOR_BYTES + i] as number) ^ (pad[i] as number);
    const expected = createHmac('sha1', integrity).update(price).update(vector).digest().subarray(0, SIGNATURE_BYTES);
    if (!timingSafeEqual(expected, bytes.subarray(VECTOR_BYTES + PRICE_BYTES))) return undefined;
    const micros = price.readBigUInt64BE();
    return micros <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(micros) : undefined;
  };
}

/** What stands in the price's place while an exchange looks at a creative (2.6 section 4.4), also in base64. */
const AUDIT: ReadonlySet<string> = new Set(['AUDIT', 'QVVESVQ=', 'QVVESVQ']);

/** No price is ever read: an exchange that encrypts, without its keys. */
export function unreadablePrice(): undefined {
  return undefined;
}

/**
 * The price a notice came with, or why it has none that counts.
 * @param text of the parameter, percent-decoded; undefined if it is not there
 * @param bidMicros price of the bid, micros CPM
 */
export function clearingPrice(text: string | undefined, read: PriceReader, bidMicros: number): number | PriceProblem {
  const given = text?.trim() ?? '';
  if (given === '') return 'price_missing';
  if (AUDIT.has(given)) return 'price_audit';
  if (given.includes('AUCTION_PRICE')) return 'price_unreplaced';
  const micros = given.length > TEXT_MAX ? undefined : read(given);
  if (micros === undefined) return 'price_malformed';
  if (micros > bidMicros + ROUNDING_MICROS) return 'price_above_bid';
  return Math.min(micros, bidMicros);
}

/** A quantity or a number of a macro that may as well not be there; undefined if it is no number from `min` on. */
export function optionalNumber(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,15}(\.\d{0,15})?$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
