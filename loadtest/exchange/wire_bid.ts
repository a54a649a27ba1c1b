// Bids as they come: what an exchange reads of a response, and what it fills in when it calls an address of it.

import { createHmac } from 'node:crypto';
import * as map from '../../assembly/memory_map.js';
import type { PriceKeys } from '../../bidcore/money/clearing_price.js';
import type { Venue } from './venues.js';

export interface WireBid {
  readonly id: string;
  readonly impid: string;
  readonly price: number;
  readonly cid: string;
  readonly adm: string;
  readonly dealid?: string;
  readonly nurl?: string;
  readonly burl?: string;
  readonly lurl?: string;
}

/** The bids of a response with status 200; none of one that only tells why there is none. Throws if it is not JSON. */
export function bidsOf(body: string): WireBid[] {
  const { seatbid = [] } = JSON.parse(body) as { seatbid?: { bid: WireBid[] }[] };
  return seatbid.flatMap(({ bid }) => bid);
}

/** What a token says that a simulator wants to know; exchanges cannot read it. */
export interface TokenFacts {
  readonly adKey: bigint;
  readonly ctr: number;
  readonly cvr: number;
  readonly model: number;
  readonly issuedS: number;
}

const bytes = Buffer.alloc(map.TOKEN_BYTES + 3);

/** Reads the token of a bid, wherever in its addresses it stands first. Undefined if there is none. */
export function tokenFacts(bid: WireBid): TokenFacts | undefined {
  const token = tokenOf(bid);
  if (token === undefined) return undefined;
  bytes.write(token, 'base64url');
  return {
    adKey: bytes.readBigUInt64LE(map.TOKEN_AD_KEY),
    ctr: bytes.readFloatLE(map.TOKEN_CTR),
    cvr: bytes.readFloatLE(map.TOKEN_CVR),
    model: bytes.readUInt32LE(map.TOKEN_MODEL),
    issuedS: bytes.readUInt32LE(map.TOKEN_ISSUED_S),
  };
}

export function tokenOf({ lurl, burl, nurl, adm }: WireBid): string | undefined {
  const address = burl ?? nurl ?? lurl ?? adm;
  const from = address.indexOf('/n/');
  const at = address.indexOf('/', from + 3) + 1;
  return from < 0 ? undefined : address.slice(at, at + map.TOKEN_TEXT_BYTES);
}

/** The path and query of an address: the simulator knows where the bidder is. */
export function pathOf(address: string): string {
  return address.slice(address.indexOf('/', address.indexOf('://') + 3));
}

/**
 * Path and query of the first address of a kind in markup, which may be HTML, VAST, or native JSON; undefined if it has
 * none. Of a click, the one that leads to the landing page goes before those that only count.
 */
export function markupPath(adm: string, kind: 'imp' | 'click'): string | undefined {
  let found: string | undefined;
  for (let at = adm.indexOf(`/n/${kind}/`); at >= 0; at = adm.indexOf(`/n/${kind}/`, at + 1)) {
    const path = /^[^"'\\<>\s\]]+/.exec(adm.slice(at, at + 4096))?.[0];
    if (path === undefined) continue;
    if (kind === 'imp' || path.includes('to=')) return path;
    found ??= path;
  }
  return found;
}

export interface MacroValues {
  readonly bid: WireBid;
  readonly venue: Venue;
  /** Micros CPM of the exchange's currency; undefined of a loss. */
  readonly clearingMicros?: number | undefined;
  readonly loss?: number;
  readonly toWinMicros?: number | undefined;
  readonly auction: string;
}

const MICROS = 1e6;

/** An address or markup with its macros filled in, as OpenRTB 2.6 section 4.4 has them; what is not known is empty. */
export function fillMacros(text: string, values: MacroValues): string {
  return text.replace(/\$\{AUCTION_([A-Z_]+)(:B64)?\}/g, (_, name: string, base64: string | undefined) => {
    const value = macro(name, values);
    return base64 === undefined ? value : encodeURIComponent(Buffer.from(value).toString('base64'));
  });
}

function macro(name: string, { bid, venue, clearingMicros, loss, toWinMicros, auction }: MacroValues): string {
  switch (name) {
    case 'PRICE':
      if (clearingMicros === undefined) return '';
      return venue.priceKeys === undefined
        ? priceText(clearingMicros, venue.digits)
        : encryptedPrice(billedMicros(clearingMicros, venue.digits), venue.priceKeys, `${auction} ${bid.id}`);
    case 'LOSS':
      return loss === undefined ? '' : String(loss);
    case 'MIN_TO_WIN':
      return toWinMicros === undefined ? '' : priceText(toWinMicros, 6);
    case 'CURRENCY':
      return venue.currency;
    case 'ID':
      return auction;
    case 'BID_ID':
      return bid.id;
    case 'IMP_ID':
      return bid.impid;
    default:
      return ''; // AUCTION_MULTIPLIER: one impression
  }
}

/** A price with so many digits behind the point, as an exchange tells it. */
export function priceText(micros: number, digits: number): string {
  return (billedMicros(micros, digits) / MICROS).toFixed(digits);
}

/** Micros of a price that is told with so many digits: to the nearest, halves up. What is told is what is billed. */
export function billedMicros(micros: number, digits: number): number {
  const unit = 10 ** (6 - digits);
  return Math.max(unit, Math.floor(micros / unit + 0.5) * unit);
}

/** A price as Google's Authorized Buyers encrypt it ("Decrypt price confirmations"). */
function encryptedPrice(micros: number, { encryption, integrity }: PriceKeys, nonce: string): string {
  const vector = createHmac('sha1', integrity).update(nonce).digest().subarray(0, 16);
  const pad = createHmac('sha1', encryption).update(vector).digest();
  const price = Buffer.alloc(8);
  price.writeBigUInt64BE(BigInt(micros));
  const signature = createHmac('sha1', integrity).update(price).update(vector).digest().subarray(0, 4);
  const hidden = price.map((byte, i) => byte ^ (pad[i] as number));
  return Buffer.concat([vector, hidden, signature]).toString('base64url');
}
