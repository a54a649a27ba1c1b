// Notice tokens as the checker reads them: base64url, the layout of `TOKEN_*`, SipHash-2-4 and the hash of ad keys, in
// plain big integers from the specification pages, apart from the code that writes tokens.

import * as map from '../../assembly/memory_map.js';

export interface NoticeToken {
  readonly version: number;
  readonly keyId: number;
  readonly flags: number;
  readonly node: number;
  readonly issuedS: number;
  readonly bidId: bigint;
  readonly adKey: bigint;
  readonly priceMicros: bigint;
  readonly currency: string;
  readonly exchange: number;
  readonly ctr: number;
  readonly cvr: number;
  readonly multiplier: number;
  readonly model: number;
  readonly lease: number;
  readonly campaign: bigint;
  readonly adGroup: bigint;
  readonly user: bigint;
  readonly reservedMicros: bigint;
  readonly quantity: number;
  readonly expiryS: number;
  readonly arm: number;
  /** The hashed features as they stand there, 61 bytes. */
  readonly features: Uint8Array;
  readonly spare: number;
  readonly mac: bigint;
  /** The bytes the MAC is of. */
  readonly signed: Uint8Array;
}

/** The fields of a token, or nothing if it is not 168 bytes of base64url. */
export function readToken(text: string): NoticeToken | undefined {
  if (!/^[A-Za-z0-9_-]{224}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== map.TOKEN_BYTES) return undefined;
  return {
    version: bytes.readUInt8(map.TOKEN_VERSION),
    keyId: bytes.readUInt8(map.TOKEN_KEY_ID),
    flags: bytes.readUInt8(map.TOKEN_FLAGS),
    node: bytes.readUInt8(map.TOKEN_NODE),
    issuedS: bytes.readUInt32LE(map.TOKEN_ISSUED_S),
    bidId: bytes.readBigUInt64LE(map.TOKEN_BID_ID),
    adKey: bytes.readBigUInt64LE(map.TOKEN_AD_KEY),
    priceMicros: bytes.readBigInt64LE(map.TOKEN_PRICE_MICROS),
    currency: bytes.toString('latin1', map.TOKEN_CURRENCY, map.TOKEN_CURRENCY + 3),
    exchange: bytes.readUInt8(map.TOKEN_EXCHANGE),
    ctr: bytes.readFloatLE(map.TOKEN_CTR),
    cvr: bytes.readFloatLE(map.TOKEN_CVR),
    multiplier: bytes.readFloatLE(map.TOKEN_MULTIPLIER),
    model: bytes.readUInt32LE(map.TOKEN_MODEL),
    lease: bytes.readUInt32LE(map.TOKEN_LEASE),
    campaign: bytes.readBigUInt64LE(map.TOKEN_CAMPAIGN),
    adGroup: bytes.readBigUInt64LE(map.TOKEN_AD_GROUP),
    user: bytes.readBigUInt64LE(map.TOKEN_USER),
    reservedMicros: bytes.readBigInt64LE(map.TOKEN_RESERVED_MICROS),
    quantity: bytes.readFloatLE(map.TOKEN_QUANTITY),
    expiryS: bytes.readUInt32LE(map.TOKEN_EXPIRY_S),
    arm: bytes.readUInt8(map.TOKEN_ARM),
    features: bytes.subarray(map.TOKEN_FEATURES, map.TOKEN_SPARE),
    spare: bytes.readUInt16LE(map.TOKEN_SPARE),
    mac: bytes.readBigUInt64LE(map.TOKEN_MAC),
    signed: bytes.subarray(0, map.TOKEN_MAC),
  };
}

/** Bytes of a token, MAC included: for tests, which need tokens that are wrong in one place only. */
export function writeToken(fields: Omit<NoticeToken, 'mac' | 'signed'>, key: Uint8Array): string {
  const bytes = Buffer.alloc(map.TOKEN_BYTES);
  bytes.writeUInt8(fields.version, map.TOKEN_VERSION);
  bytes.writeUInt8(fields.keyId, map.TOKEN_KEY_ID);
  bytes.writeUInt8(fields.flags, map.TOKEN_FLAGS);
  bytes.writeUInt8(fields.node, map.TOKEN_NODE);
  bytes.writeUInt32LE(fields.issuedS, map.TOKEN_ISSUED_S);
  bytes.writeBigUInt64LE(fields.bidId, map.TOKEN_BID_ID);
  bytes.writeBigUInt64LE(fields.adKey, map.TOKEN_AD_KEY);
  bytes.writeBigInt64LE(fields.priceMicros, map.TOKEN_PRICE_MICROS);
  bytes.write(fields.currency, map.TOKEN_CURRENCY, 3, 'latin1');
  bytes.writeUInt8(fields.exchange, map.TOKEN_EXCHANGE);
  bytes.writeFloatLE(fields.ctr, map.TOKEN_CTR);
  bytes.writeFloatLE(fields.cvr, map.TOKEN_CVR);
  bytes.writeFloatLE(fields.multiplier, map.TOKEN_MULTIPLIER);
  bytes.writeUInt32LE(fields.model, map.TOKEN_MODEL);
  bytes.writeUInt32LE(fields.lease, map.TOKEN_LEASE);
  bytes.writeBigUInt64LE(fields.campaign, map.TOKEN_CAMPAIGN);
  bytes.writeBigUInt64LE(fields.adGroup, map.TOKEN_AD_GROUP);
  bytes.writeBigUInt64LE(fields.user, map.TOKEN_USER);
  bytes.writeBigInt64LE(fields.reservedMicros, map.TOKEN_RESERVED_MICROS);
  bytes.writeFloatLE(fields.quantity, map.TOKEN_QUANTITY);
  bytes.writeUInt32LE(fields.expiryS, map.TOKEN_EXPIRY_S);
  bytes.writeUInt8(fields.arm, map.TOKEN_ARM);
  bytes.set(fields.features, map.TOKEN_FEATURES);
  bytes.writeUInt16LE(fields.spare, map.TOKEN_SPARE);
  bytes.writeBigUInt64LE(sipHash(bytes.subarray(0, map.TOKEN_MAC), key), map.TOKEN_MAC);
  return bytes.toString('base64url');
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

function word(bytes: Uint8Array, at: number): bigint {
  let out = 0n;
  for (let n = 7; n >= 0; n -= 1) out = (out << 8n) | BigInt(bytes[at + n] ?? 0);
  return out;
}

/** The state of SipHash: v0 to v3, each as its low and its high half. */
const state = new Uint32Array(8);

/** v[a] += v[b], by their places in the state. */
function add(a: number, b: number): void {
  const low = (state[a] as number) + (state[b] as number);
  state[a] = low;
  state[a + 1] = (state[a + 1] as number) + (state[b + 1] as number) + (low > 0xffffffff ? 1 : 0);
}

/** v[a] = rotate(v[a], bits) ^ v[b], for fewer than 32 bits. */
function rotateAndXor(a: number, bits: number, b: number): void {
  const [low, high] = [state[a] as number, state[a + 1] as number];
  state[a] = ((low << bits) | (high >>> (32 - bits))) ^ (state[b] as number);
  state[a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ (state[b + 1] as number);
}

/** Rotates by 32 bits. */
function swap(a: number): void {
  const low = state[a] as number;
  state[a] = state[a + 1] as number;
  state[a + 1] = low;
}

function sipRounds(count: number): void {
  for (let n = 0; n < count; n += 1) {
    add(0, 2);
    rotateAndXor(2, 13, 0);
    swap(0);
    add(4, 6);
    rotateAndXor(6, 16, 4);
    add(0, 6);
    rotateAndXor(6, 21, 0);
    add(4, 2);
    rotateAndXor(2, 17, 4);
    swap(4);
  }
}

/** SipHash-2-4 (Aumasson, Bernstein 2012), in halves of words: checked for every bid, too often for big integers. */
export function sipHash(bytes: Uint8Array, key: Uint8Array): bigint {
  const half = (from: Uint8Array, at: number): number =>
    (from[at] ?? 0) | ((from[at + 1] ?? 0) << 8) | ((from[at + 2] ?? 0) << 16) | ((from[at + 3] ?? 0) << 24);
  const initial = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462];
  for (let n = 0; n < 8; n += 1) state[n] = (initial[n] as number) ^ half(key, 4 * (n % 4));
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at <= whole; at += 8) {
    const low = half(bytes, at);
    const high = at < whole ? half(bytes, at + 4) : half(bytes, at + 4) | ((bytes.length & 255) << 24);
    state[6] = (state[6] as number) ^ low;
    state[7] = (state[7] as number) ^ high;
    sipRounds(2);
    state[0] = (state[0] as number) ^ low;
    state[1] = (state[1] as number) ^ high;
  }
  state[4] = (state[4] as number) ^ 0xff;
  sipRounds(4);
  const xor = (at: number): bigint =>
    BigInt(
      ((state[at] as number) ^ (state[at + 2] as number) ^ (state[at + 4] as number) ^ (state[at + 6] as number)) >>> 0,
    );
  return (xor(1) << 32n) | xor(0);
}

const [k1, k2, k3] = [0x9e3779b97f4a7c15n, 0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn];

/** Hash of section 4 of docs/decisions.md. */
export function hashText(text: string): bigint {
  const bytes = new TextEncoder().encode(text);
  let h = u64(BigInt(bytes.length) * k1);
  for (let at = 0; at < bytes.length; at += 8) {
    h = u64((h ^ word(bytes, at)) * k2);
    h ^= h >> 32n;
  }
  h = u64(h * k3);
  h ^= h >> 29n;
  return h === 0n ? 1n : h;
}

/** `mix` of the same section. */
export function mixHash(hash: bigint, n: bigint): bigint {
  let h = u64((hash ^ u64((n + 1n) * k1)) * k2);
  h = u64((h ^ (h >> 32n)) * k3);
  h ^= h >> 29n;
  return h;
}
