// The token of a notice URL: what was bid, in 168 bytes, closed by a MAC, in base64url. A notice needs no lookup, can
// land on any node and survives a restart. Layout: TOKEN_* in memory_map.ts.
// MAC: SipHash-2-4 (Aumasson, Bernstein 2012), made for short inputs under a secret key.

import * as m from './memory_map';

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

/** Four digits of three bytes, four times over: the bytes at an address, of which 12 of 16 count. */
// @ts-ignore: decorator
@inline
function digits(from: usize): v128 {
  // In each 32-bit lane three bytes a, b, c as b a c b, so that two 6-bit numbers lie in either half.
  const bytes = v128.load(from);
  const spread = v128.shuffle<u8>(bytes, bytes, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
  const first = i32x4.shr_u(v128.and(spread, i32x4.splat(0x0000fc00)), 10);
  const second = i32x4.shl(v128.and(spread, i32x4.splat(0x000003f0)), 4);
  const third = i32x4.shr_u(v128.and(spread, i32x4.splat(0x0fc00000)), 6);
  const fourth = i32x4.shl(v128.and(spread, i32x4.splat(0x003f0000)), 8);
  const numbers = v128.or(v128.or(first, second), v128.or(third, fourth));
  // Which digits a number is among: 13 for A to Z, 0 for a to z, 1 to 10 for 0 to 9, 11 for -, 12 for _.
  const kind = v128.or(
    i8x16.sub_sat_u(numbers, i8x16.splat(51)),
    v128.and(i8x16.lt_s(numbers, i8x16.splat(26)), i8x16.splat(13)),
  );
  const toDigit = i8x16(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -17, 32, 65, 0, 0);
  return i8x16.add(numbers, v128.swizzle(toDigit, kind));
}

/**
 * Writes the 224 characters of the token whose bytes (but the MAC) stand at an address, 12 bytes at a time (Muła and
 * Lemire, 2018). Reads 4 bytes past them.
 */
export function writeToken(token: usize, to: usize): void {
  store<u64>(token, sipHash(m.CONTROL + m.CONTROL_NOTICE_KEY, token, m.TOKEN_MAC), m.TOKEN_MAC);
  for (let i: usize = 0; i < m.TOKEN_BYTES; i += 12) {
    v128.store(to, digits(token + i));
    to += 16;
  }
}
