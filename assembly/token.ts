// The token of a notice URL: what was bid, in 60 bytes, closed by a MAC, in base64url. A notice needs no lookup, can
// land on any node and survives a restart. Layout: TOKEN_* in memory_map.ts.
// MAC: SipHash-2-4 (Aumasson, Bernstein 2012), made for short inputs under a secret key.

import * as m from './memory_map';

// @ts-ignore: decorator
@inline
function digit(n: u64): u8 {
  const c = <u32>n & 63;
  return <u8>(c < 26 ? 65 + c : c < 52 ? 71 + c : c < 62 ? c - 4 : c == 62 ? 45 : 95);
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

/** Writes the 80 characters of the token whose bytes (but the MAC) stand at an address. */
export function writeToken(token: usize, to: usize): void {
  store<u64>(token, sipHash(m.CONTROL + m.CONTROL_NOTICE_KEY, token, m.TOKEN_MAC), m.TOKEN_MAC);
  for (let i: usize = 0; i < m.TOKEN_BYTES; i += 3) {
    const bits = (<u64>load<u8>(token + i) << 16) | (<u64>load<u8>(token + i, 1) << 8) | <u64>load<u8>(token + i, 2);
    store<u8>(to++, digit(bits >> 18));
    store<u8>(to++, digit(bits >> 12));
    store<u8>(to++, digit(bits >> 6));
    store<u8>(to++, digit(bits));
  }
}
