// The token of a notice URL: what was bid, in 105 bytes, closed by a MAC, in base64url. A notice needs no lookup, can
// land on any node and survives a restart. Layout: TOKEN_* in memory_map.ts.
// MAC: SipHash-2-4 (Aumasson, Bernstein 2012), made for short inputs under a secret key.

import * as m from './memory_map';

/** The digits of base64url: read, because comparing random bits is what a processor cannot foresee. */
const DIGITS: usize = memory.data<u8>([
  65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 97, 98, 99,
  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122,
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 45, 95,
]);

// @ts-ignore: decorator
@inline
function digit(n: u32): u32 {
  return load<u8>(DIGITS + <usize>(n & 63));
}

/** SipHash-2-4 of bytes under the 16-byte key at an address. Reads up to 7 bytes past them. */
export function sipHash(key: usize, at: usize, length: usize): u64 {
  const k0 = load<u64>(key);
  const k1 = load<u64>(key, 8);
  let v0 = k0 ^ 0x736f6d6570736575;
  let v1 = k1 ^ 0x646f72616e646f6d;
  let v2 = k0 ^ 0x6c7967656e657261;
  let v3 = k1 ^ 0x7465646279746573;
  const whole = length & ~7;
  let rounds = 0;
  let word: u64 = 0;
  for (let i: usize = 0; i <= whole + 8; i += 8) {
    if (i < whole) {
      word = load<u64>(at + i);
      rounds = 2;
    } else if (i == whole) {
      const rest = length - whole;
      word = (load<u64>(at + i) & (((<u64>1) << (<u64>rest << 3)) - 1)) | (<u64>length << 56);
      rounds = 2;
    } else {
      word = 0;
      v2 ^= 0xff;
      rounds = 4;
    }
    v3 ^= word;
    for (let r = 0; r < rounds; r++) {
      v0 += v1;
      v1 = rotl(v1, 13) ^ v0;
      v0 = rotl(v0, 32);
      v2 += v3;
      v3 = rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = rotl(v1, 17) ^ v2;
      v2 = rotl(v2, 32);
    }
    v0 ^= word;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Writes the 140 characters of the token whose bytes (but the MAC) stand at an address. */
export function writeToken(token: usize, to: usize): void {
  store<u64>(token, sipHash(m.CONTROL + m.CONTROL_NOTICE_KEY, token, m.TOKEN_MAC), m.TOKEN_MAC);
  for (let i: usize = 0; i < m.TOKEN_BYTES; i += 3) {
    const bits = bswap(load<u32>(token + i)) >> 8;
    const digits = digit(bits >> 18) | (digit(bits >> 12) << 8) | (digit(bits >> 6) << 16) | (digit(bits) << 24);
    store<u32>(to, digits);
    to += 4;
  }
}
