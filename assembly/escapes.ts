// Escapes inside JSON strings (RFC 8259, section 7): their size while scanning, and their text for the few strings that
// somebody reads and that hold one.

import { isDigit } from './number';

/** Bytes of the escape at an address, 0 if it is none. */
export function escapeSize(q: usize): usize {
  const c = load<u8>(q, 1);
  if (c == 117 /* u */) {
    return hex(load<u8>(q, 2)) < 16 && hex(load<u8>(q, 3)) < 16 && hex(load<u8>(q, 4)) < 16 && hex(load<u8>(q, 5)) < 16
      ? 6
      : 0;
  }
  const known = c == 34 || c == 92 || c == 47 || c == 98 || c == 102 || c == 110 || c == 114 || c == 116;
  return known ? 2 : 0;
}

/** Value of a hexadecimal digit; 16 or more for anything else. */
function hex(c: u8): u32 {
  if (isDigit(c)) return <u32>c - 48;
  const letter = <u32>(c | 0x20) - 97;
  return letter < 6 ? letter + 10 : 16;
}

/** The four hexadecimal digits at an address. */
function hex4(q: usize): u32 {
  return (hex(load<u8>(q)) << 12) | (hex(load<u8>(q, 1)) << 8) | (hex(load<u8>(q, 2)) << 4) | hex(load<u8>(q, 3));
}

/**
 * Writes the characters of a string with its escapes resolved; a lone surrogate becomes U+FFFD.
 * @returns the end of what was written, behind which stand 8 zero bytes
 */
export function resolveEscapes(from: usize, length: usize, to: usize): usize {
  let q = from;
  const stop = from + length;
  while (q < stop) {
    // What stands before the next escape, 16 bytes at a time; what is written too much is overwritten.
    const bytes = v128.load(q);
    v128.store(to, bytes);
    const plain = <usize>ctz(i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(92))) | 0x10000);
    const taken = min(plain, stop - q);
    q += taken;
    to += taken;
    if (plain == 16 || q >= stop) continue;
    const e = load<u8>(q, 1);
    if (e != 117) {
      const character: u8 = e == 98 ? 8 : e == 102 ? 12 : e == 110 ? 10 : e == 114 ? 13 : e == 116 ? 9 : e;
      store<u8>(to++, character);
      q += 2;
      continue;
    }
    let code = hex4(q + 2);
    q += 6;
    if ((code & 0xf800) == 0xd800) {
      const low = code < 0xdc00 && q + 6 <= stop && load<u16>(q) == 0x755c ? hex4(q + 2) : 0;
      if ((low & 0xfc00) == 0xdc00) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        q += 6;
      } else code = 0xfffd;
    }
    to = storeUtf8(to, code);
  }
  store<u64>(to, 0); // ends a number read from here
  return to;
}

/** Where the string that `unescapeString` read last ended: behind its closing quote. */
export let stringStop: usize = 0;

/**
 * Checks a string, which begins behind its opening quote, and writes its characters with the escapes resolved, in one
 * pass: the escapes that are their own character here, the others by `resolveEscapes`.
 * @returns the end of what was written; 0 if the string is broken
 */
export function unescapeString(q: usize, to: usize): usize {
  while (true) {
    const bytes = v128.load(q);
    v128.store(to, bytes);
    const stops = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92))),
      i8x16.lt_u(bytes, i8x16.splat(32)),
    );
    const plain = <usize>ctz(i8x16.bitmask(stops) | 0x10000);
    q += plain;
    to += plain;
    if (plain == 16) continue;
    const c = load<u8>(q);
    if (c == 34) break;
    if (c != 92) return 0;
    const e = load<u8>(q, 1);
    if (e == 34 || e == 92 || e == 47) {
      store<u8>(to++, e);
      q += 2;
      continue;
    }
    const size = runOfEscapes(q);
    if (size == 0) return 0;
    to = resolveEscapes(q, size, to);
    q += size;
  }
  stringStop = q + 1;
  return to;
}

/** Bytes of the escapes in a row at an address (a surrogate pair is two); 0 if the first is none. */
function runOfEscapes(q: usize): usize {
  let size: usize = 0;
  while (load<u8>(q + size) == 92) {
    const one = escapeSize(q + size);
    if (one == 0) return size;
    size += one;
  }
  return size;
}

function storeUtf8(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | (code >> 6)));
    store<u8>(to, <u8>(0x80 | (code & 63)), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, <u8>(0xe0 | (code >> 12)));
    store<u8>(to, <u8>(0x80 | ((code >> 6) & 63)), 1);
    store<u8>(to, <u8>(0x80 | (code & 63)), 2);
    return to + 3;
  }
  store<u8>(to, <u8>(0xf0 | (code >> 18)));
  store<u8>(to, <u8>(0x80 | ((code >> 12) & 63)), 1);
  store<u8>(to, <u8>(0x80 | ((code >> 6) & 63)), 2);
  store<u8>(to, <u8>(0x80 | (code & 63)), 3);
  return to + 4;
}
