// Tokens as the hot path makes them, for tests that need one that says something in particular.

import * as map from '../../assembly/memory_map.js';
import { FEATURE_COUNT, packFeatures } from '../feature_list.js';
import type { BidFacts } from '../money/event.js';
import { type NoticeKey, slowMac } from '../money/key_ring.js';

export const TEST_KEY: NoticeKey = { id: 3, bytes: Uint8Array.from({ length: 16 }, (_, i) => i) };
export const OTHER_KEY: NoticeKey = { id: 4, bytes: Uint8Array.from({ length: 16 }, (_, i) => 255 - i) };

/** 2026-01-07, 13:30 UTC. */
export const TEST_ISSUED_S = Date.UTC(2026, 0, 7, 13, 30) / 1000;

const FACTS: BidFacts = {
  bid: '0123456789abcdef',
  campaign: '1111111111111111',
  adGroup: '2222222222222222',
  ad: '3333333333333333',
  user: '4444444444444444',
  node: 5,
  lease: 6,
  slot: 1,
  issuedS: TEST_ISSUED_S,
  expiryS: 300,
  reservedMicros: 3000,
  priceMicros: 2_500_000,
  currency: 'USD',
  quantity: 1.5,
  exchange: 2,
  auction: 1,
  deal: false,
  test: false,
  billedByImpression: false,
  ctr: 0.25,
  cvr: 0.5,
  multiplier: 1.25,
  model: 7,
  arm: 1,
  features: packFeatures(Array.from({ length: FEATURE_COUNT }, (_, n) => 262_143 - n * 9_001)),
};

/** Facts of a bid, some of them as given. */
export function factsWith(part: Partial<BidFacts> = {}): BidFacts {
  return { ...FACTS, ...part };
}

/** The token of facts, some of them as given. */
export function tokenWith(part: Partial<BidFacts> = {}, key: NoticeKey = TEST_KEY): string {
  const facts = factsWith(part);
  const bytes = Buffer.alloc(map.TOKEN_BYTES);
  const id = (text: string, at: number): unknown => bytes.writeBigUInt64LE(BigInt(`0x${text || '0'}`), at);
  const flags = [facts.test ? 1 : 0, facts.deal ? 2 : 0, facts.auction << 2, facts.slot << 4];
  bytes.writeUInt8(map.TOKEN_FORMAT, map.TOKEN_VERSION);
  bytes.writeUInt8(key.id, map.TOKEN_KEY_ID);
  bytes.writeUInt8(
    flags.reduce((all, flag) => all + flag, facts.billedByImpression ? 32 : 0),
    map.TOKEN_FLAGS,
  );
  bytes.writeUInt8(facts.node, map.TOKEN_NODE);
  bytes.writeUInt32LE(facts.issuedS, map.TOKEN_ISSUED_S);
  id(facts.bid, map.TOKEN_BID_ID);
  id(facts.ad, map.TOKEN_AD_KEY);
  id(facts.campaign, map.TOKEN_CAMPAIGN);
  id(facts.adGroup, map.TOKEN_AD_GROUP);
  id(facts.user, map.TOKEN_USER);
  bytes.writeBigInt64LE(BigInt(facts.priceMicros), map.TOKEN_PRICE_MICROS);
  bytes.writeBigInt64LE(BigInt(facts.reservedMicros), map.TOKEN_RESERVED_MICROS);
  bytes.write(facts.currency, map.TOKEN_CURRENCY, 3, 'latin1');
  bytes.writeUInt8(facts.exchange, map.TOKEN_EXCHANGE);
  bytes.writeFloatLE(facts.ctr, map.TOKEN_CTR);
  bytes.writeFloatLE(facts.cvr, map.TOKEN_CVR);
  bytes.writeFloatLE(facts.multiplier, map.TOKEN_MULTIPLIER);
  bytes.writeUInt32LE(facts.model, map.TOKEN_MODEL);
  bytes.writeUInt32LE(facts.lease, map.TOKEN_LEASE);
  bytes.writeFloatLE(facts.quantity, map.TOKEN_QUANTITY);
  bytes.writeUInt32LE(facts.expiryS, map.TOKEN_EXPIRY_S);
  bytes.writeUInt8(facts.arm, map.TOKEN_ARM);
  bytes.set(facts.features, map.TOKEN_FEATURES);
  bytes.set(slowMac(key.bytes, bytes.subarray(0, map.TOKEN_MAC)), map.TOKEN_MAC);
  return bytes.toString('base64url');
}
