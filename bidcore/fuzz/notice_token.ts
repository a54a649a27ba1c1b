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
  readonly mac: bigint;
  /** The bytes the MAC is of. */
  readonly signed: Uint8Array;
}

/** The fields of a token, or nothing if it is not 60 bytes of base64url. */
export function readToken(text: string): NoticeToken | undefined {
  if (!/^[A-Za-z0-9_-]{80}$/.test(text)) return undefined;
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
  bytes.writeBigUInt64LE(sipHash(bytes.subarray(0, map.TOKEN_MAC), key), map.TOKEN_MAC);
  return bytes.toString('base64url');
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint): bigint => u64((value << bits) | (value >> (64n - bits)));

function word(bytes: Uint8Array, at: number): bigint {
  let out = 0n;
  for (let n = 7; n >= 0; n -= 1) out = (out << 8n) | BigInt(bytes[at + n] ?? 0);
  return out;
}

/** SipHash-2-4 (Aumasson, Bernstein 2012). */
export function sipHash(bytes: Uint8Array, key: Uint8Array): bigint {
  const k0 = word(key, 0);
  const k1 = word(key, 8);
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const rounds = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      v0 = u64(v0 + v1);
      v1 = rotate(v1, 13n) ^ v0;
      v0 = rotate(v0, 32n);
      v2 = u64(v2 + v3);
      v3 = rotate(v3, 16n) ^ v2;
      v0 = u64(v0 + v3);
      v3 = rotate(v3, 21n) ^ v0;
      v2 = u64(v2 + v1);
      v1 = rotate(v1, 17n) ^ v2;
      v2 = rotate(v2, 32n);
    }
  };
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at <= whole; at += 8) {
    const m = at < whole ? word(bytes, at) : word(bytes.subarray(whole), 0) | (BigInt(bytes.length & 255) << 56n);
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Hash of section 4 of docs/decisions.md. */
export function hashText(text: string): bigint {
  const [k1, k2, k3] = [0x9e3779b97f4a7c15n, 0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn];
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
