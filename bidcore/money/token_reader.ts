// Reads the token of a notice: 224 characters of base64url, closed by a MAC. Whoever has a token could be anybody, so
// nothing in it is looked at before the MAC has been verified, but for the version and the number of the key.
// Layout: TOKEN_* in assembly/memory_map.ts.

import * as map from '../../assembly/memory_map.js';
import { FEATURE_LIST_BYTES } from '../feature_list.js';
import type { BidFacts } from './event.js';
import type { KeyRing } from './key_ring.js';
import type { NoticeOutcome } from './notice_outcomes.js';

const FLAG_TEST = 1;
const FLAG_DEAL = 2;
const AUCTION_SHIFT = 2;
const AUCTION_MASK = 3;
const FLAG_SLOT = 16;
const FLAG_BILLED_BY_IMPRESSION = 32;

export type TokenProblem = Extract<NoticeOutcome, 'malformed_token' | 'unknown_key' | 'forged' | 'expired'>;

/** A token that is good. */
export interface Token {
  readonly facts: BidFacts;
  /** Its bytes, as they are handed on. */
  readonly bytes: Uint8Array;
}

/**
 * @param text what stands in the address
 * @param nowS seconds since the epoch
 * @param lifeS for how long after its bid a token counts; a bid that holds longer has a token that lives as long
 */
export function readToken(text: string, ring: KeyRing, nowS: number, lifeS: number): Token | TokenProblem {
  if (text.length !== map.TOKEN_TEXT_BYTES || !/^[\w-]+$/.test(text)) return 'malformed_token';
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== map.TOKEN_BYTES || bytes[map.TOKEN_VERSION] !== map.TOKEN_FORMAT) return 'malformed_token';
  const signed = bytes.subarray(0, map.TOKEN_MAC);
  const good = ring.verifies(bytes[map.TOKEN_KEY_ID] as number, signed, bytes.subarray(map.TOKEN_MAC));
  if (good === undefined) return 'unknown_key';
  if (!good) return 'forged';
  const facts = factsOf(bytes);
  return nowS > facts.issuedS + Math.max(lifeS, facts.expiryS) ? 'expired' : { facts, bytes };
}

/** Tells a token from what is wrong with it. */
export function isTokenProblem(value: Token | TokenProblem): value is TokenProblem {
  return typeof value === 'string';
}

/** What the bytes of a token say. They must have been verified. */
export function factsOf(bytes: Uint8Array): BidFacts {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, map.TOKEN_BYTES);
  const flags = view.readUInt8(map.TOKEN_FLAGS);
  const user = hexadecimal(view, map.TOKEN_USER);
  return {
    bid: hexadecimal(view, map.TOKEN_BID_ID),
    campaign: hexadecimal(view, map.TOKEN_CAMPAIGN),
    adGroup: hexadecimal(view, map.TOKEN_AD_GROUP),
    ad: hexadecimal(view, map.TOKEN_AD_KEY),
    user: user === NO_USER ? '' : user,
    node: view.readUInt8(map.TOKEN_NODE),
    lease: view.readUInt32LE(map.TOKEN_LEASE),
    slot: (flags & FLAG_SLOT) === 0 ? 0 : 1,
    issuedS: view.readUInt32LE(map.TOKEN_ISSUED_S),
    expiryS: view.readUInt32LE(map.TOKEN_EXPIRY_S),
    reservedMicros: micros(view, map.TOKEN_RESERVED_MICROS),
    priceMicros: micros(view, map.TOKEN_PRICE_MICROS),
    currency: view.toString('latin1', map.TOKEN_CURRENCY, map.TOKEN_CURRENCY + 3),
    quantity: view.readFloatLE(map.TOKEN_QUANTITY),
    exchange: view.readUInt8(map.TOKEN_EXCHANGE),
    auction: (flags >> AUCTION_SHIFT) & AUCTION_MASK,
    deal: (flags & FLAG_DEAL) !== 0,
    test: (flags & FLAG_TEST) !== 0,
    billedByImpression: (flags & FLAG_BILLED_BY_IMPRESSION) !== 0,
    ctr: view.readFloatLE(map.TOKEN_CTR),
    cvr: view.readFloatLE(map.TOKEN_CVR),
    multiplier: view.readFloatLE(map.TOKEN_MULTIPLIER),
    model: view.readUInt32LE(map.TOKEN_MODEL),
    arm: view.readUInt8(map.TOKEN_ARM) === 0 ? 0 : 1,
    // Copied: what lives on is 61 bytes, not all the notices that came with it.
    features: new Uint8Array(view.subarray(map.TOKEN_FEATURES, map.TOKEN_FEATURES + FEATURE_LIST_BYTES)),
  };
}

const NO_USER = '0000000000000000';

/** 64 bits that stand in little-endian order, as the number they are. */
function hexadecimal(view: Buffer, at: number): string {
  return digits(view.readUInt32LE(at + 4)) + digits(view.readUInt32LE(at));
}

/** Two digits for each byte: `toString(16)` of a number beyond 31 bits divides floats. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function digits(word: number): string {
  const [a, b] = [DIGITS[word >>> 24] as string, DIGITS[(word >>> 16) & 255] as string];
  return a + b + (DIGITS[(word >>> 8) & 255] as string) + (DIGITS[word & 255] as string);
}

/** At most 10^15, so a number holds it exactly. */
function micros(view: Buffer, at: number): number {
  return view.readInt32LE(at + 4) * 2 ** 32 + view.readUInt32LE(at);
}
