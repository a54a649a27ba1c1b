// JSON numbers: grammar check and value in one walk.
//
// The value is exact where it matters: up to 19 digits and a power of ten up to 22 are divided or multiplied with a
// remainder (Dekker 1971, two-product), which rounds as JSON.parse does; so 0.30000000000000004 is what it is. Longer
// numbers lose digits past the 19th, and powers beyond 22 are scaled in steps: prices there are out of every range.

/** 2^-1000. Magnitudes below it count as 0: nothing is that small, and near the least float scaling is inexact. */
const TINY: f64 = 9.332636185032189e-302;

let end: usize = 0;
let value: f64 = 0;

/** Where the last number ended. */
// @ts-ignore: decorator
@inline
export function numberEnd(): usize {
  return end;
}

/** The value of the last number. */
// @ts-ignore: decorator
@inline
export function numberValue(): f64 {
  return value;
}

// @ts-ignore: decorator
@inline
export function isDigit(c: u8): bool {
  return <u32>c - 48 < 10;
}

/** Reads the number at an address; false if there is none. Stops at the first byte that cannot belong to it. */
export function parseNumber(p: usize): bool {
  let c = load<u8>(p);
  const negative = c == 45;
  if (negative) c = load<u8>(++p);
  if (!isDigit(c)) return false;
  let mantissa: u64 = 0;
  let digits: i32 = 0; // significant ones taken
  let exponent: i32 = 0;
  if (c == 48) c = load<u8>(++p);
  else {
    do {
      if (digits < 19) {
        mantissa = mantissa * 10 + (c - 48);
        digits++;
      } else exponent++;
      c = load<u8>(++p);
    } while (isDigit(c));
  }
  if (c == 46) {
    c = load<u8>(++p);
    if (!isDigit(c)) return false;
    do {
      if (digits < 19) {
        mantissa = mantissa * 10 + (c - 48);
        if (mantissa != 0) digits++;
        exponent--;
      }
      c = load<u8>(++p);
    } while (isDigit(c));
  }
  if ((c | 0x20) == 101) {
    c = load<u8>(++p);
    const below = c == 45;
    if (below || c == 43) c = load<u8>(++p);
    if (!isDigit(c)) return false;
    let power: i32 = 0;
    do {
      if (power < 100000) power = power * 10 + (<i32>c - 48);
      c = load<u8>(++p);
    } while (isDigit(c));
    exponent += below ? -power : power;
  }
  end = p;
  let size: f64 = mantissa == 0 ? 0 : scale(mantissa, exponent);
  if (size < TINY) size = 0;
  value = negative ? -size : size;
  return true;
}

/** The address behind the number at an address; 0 if there is none. */
export function skipNumber(p: usize): usize {
  if (load<u8>(p) == 45) p++;
  if (!isDigit(load<u8>(p))) return 0;
  p = load<u8>(p) == 48 ? p + 1 : skipDigits(p);
  if (load<u8>(p) == 46) {
    if (!isDigit(load<u8>(p, 1))) return 0;
    p = skipDigits(p + 1);
  }
  if ((load<u8>(p) | 0x20) == 101) {
    const sign = load<u8>(p, 1);
    if (sign == 45 || sign == 43) p++;
    if (!isDigit(load<u8>(p, 1))) return 0;
    p = skipDigits(p + 1);
  }
  return p;
}

// @ts-ignore: decorator
@inline
function skipDigits(p: usize): usize {
  while (isDigit(load<u8>(p))) p++;
  return p;
}

/** mantissa × 10^exponent. */
function scale(mantissa: u64, exponent: i32): f64 {
  if (exponent == 0) return <f64>mantissa;
  let far: f64 = 1;
  while (exponent > 22 && far < 1e300) {
    far *= 1e22;
    exponent -= 22;
  }
  while (exponent < -22 && far > 1e-300) {
    far /= 1e22;
    exponent += 22;
  }
  if (exponent > 22) return Infinity;
  if (exponent < -22) return 0;
  const near = exponent < 0 ? divided(mantissa, power10(-exponent)) : multiplied(mantissa, power10(exponent));
  return near * far;
}

// @ts-ignore: decorator
@inline
function power10(n: i32): f64 {
  let result: f64 = 1;
  let base: f64 = 10;
  while (n != 0) {
    if ((n & 1) != 0) result *= base; // every intermediate is an exact integer up to 10^22
    base *= base;
    n >>= 1;
  }
  return result;
}

/** Rounding error of a × b. */
function productError(a: f64, b: f64, product: f64): f64 {
  const sa = 134217729.0 * a;
  const aHigh = sa - (sa - a);
  const aLow = a - aHigh;
  const sb = 134217729.0 * b;
  const bHigh = sb - (sb - b);
  const bLow = b - bHigh;
  return aLow * bLow - (((product - aHigh * bHigh) - aLow * bHigh) - aHigh * bLow);
}

function divided(mantissa: u64, power: f64): f64 {
  const high = <f64>mantissa;
  const low = <f64>(<i64>(mantissa - <u64>high)); // 0 below 2^53
  const quotient = high / power;
  const product = quotient * power;
  const rest = ((high - product) - productError(quotient, power, product)) + low;
  return quotient + rest / power;
}

function multiplied(mantissa: u64, power: f64): f64 {
  const high = <f64>mantissa;
  const low = <f64>(<i64>(mantissa - <u64>high));
  const product = high * power;
  return product + (productError(high, power, product) + low * power);
}
