// UTF-8 validity of a body that holds bytes above 0x7f: RFC 3629, no overlong forms, no surrogates, up to U+10FFFF.
// Such bodies are few, so this is the plain walk, with a jump over 16 ASCII bytes at a time.

/** True if no byte from start to end is above 0x7f. May read 63 bytes past the end, which must be ASCII as well. */
export function isAscii(start: usize, end: usize): bool {
  let any = i8x16.splat(0);
  for (let p = start; p < end; p += 64) {
    any = v128.or(
      v128.or(any, v128.or(v128.load(p), v128.load(p, 16))),
      v128.or(v128.load(p, 32), v128.load(p, 48)),
    );
  }
  return i8x16.bitmask(any) == 0;
}

/** True if the bytes from start to end are UTF-8. May read 15 bytes past the end. */
export function isUtf8(start: usize, end: usize): bool {
  let p = start;
  while (p < end) {
    if (p + 16 <= end && i8x16.bitmask(v128.load(p)) == 0) {
      p += 16;
      continue;
    }
    const c = load<u8>(p);
    if (c < 0x80) {
      p++;
      continue;
    }
    // Bounds of the second byte: narrower after E0, ED, F0 and F4.
    let low: u8 = 0x80;
    let high: u8 = 0xbf;
    let more: usize = 1;
    if (c >= 0xc2 && c <= 0xdf) more = 1;
    else if (c >= 0xe0 && c <= 0xef) {
      more = 2;
      if (c == 0xe0) low = 0xa0;
      if (c == 0xed) high = 0x9f;
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3;
      if (c == 0xf0) low = 0x90;
      if (c == 0xf4) high = 0x8f;
    } else return false;
    if (p + more >= end) return false;
    const second = load<u8>(p, 1);
    if (second < low || second > high) return false;
    for (let i: usize = 2; i <= more; i++) if ((load<u8>(p + i) & 0xc0) != 0x80) return false;
    p += more + 1;
  }
  return true;
}
