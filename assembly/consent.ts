// Consent under the IAB Transparency and Consent Framework, version 2: which purposes the core string of a TC string
// allows our vendor. The characters are written out as six bits a byte first; then bits are read where the format has
// them, and a read past the end makes the string unusable. Rules: docs/decisions.md section 2a.
//
//   version …│138 flags│140 special features│152 purposes consent│176 purposes interest│200 …│213 vendors consent,
//   vendors interest, publisher restrictions: lengths known only by walking them

import { sextets } from './arena';
import * as m from './memory_map';
import { CONSENT_ONLY, PURPOSE_1 } from './privacy';

const SPECIAL_FEATURES: i32 = 140;
const PURPOSES_CONSENT: i32 = 152;
const PURPOSES_INTEREST: i32 = 176;
const PURPOSE_ONE_TREATMENT: i32 = 200;
const VENDORS: i32 = 213;
/** Purposes that anything here depends on: a 24-bit field's first ten. */
const PURPOSES: i32 = 10;
const DOT: u8 = 46;

/** Purposes allowed to our vendor, bit p − 1 for purpose p; none without a valid string. */
export let purposesAllowed: i32 = 0;
/** Special feature 1: precise location. */
export let preciseLocation: bool = false;

let bitCount: i32 = 0;
/** Set by a read past the end. */
let past: bool = false;
/** Where the next read is. */
let at: i32 = 0;

/**
 * Writes out base64url characters up to a `.` or the end, as six bits a byte.
 * @returns their number; -1 if there is another character, 0 if there is none
 */
export function readSextets(from: usize, length: usize): i32 {
  let count = 0;
  for (let i: usize = 0; i < length; i += 16) {
    const known = <usize>ctz(~sextetsAt(from + i, sextets + i) | 0x10000);
    count += <i32>min(known, length - i);
    if (known >= 16 || i + known >= length) continue;
    if (load<u8>(from + i + known) != DOT) return -1;
    break;
  }
  v128.store(sextets + <usize>count, i64x2.splat(0)); // a read may begin in the last byte
  bitCount = count * 6;
  past = false;
  at = 0;
  return count;
}

/** Writes the values of 16 characters. Returns a bit for each that is of base64url. */
function sextetsAt(from: usize, to: usize): i32 {
  const c = v128.load(from);
  const upper = isAmong(c, 65, 26);
  const lower = isAmong(c, 97, 26);
  const digit = isAmong(c, 48, 10);
  const dash = i8x16.eq(c, i8x16.splat(45));
  const line = i8x16.eq(c, i8x16.splat(95));
  const letters = v128.or(shifted(c, upper, -65), shifted(c, lower, -71));
  const others = v128.or(shifted(c, digit, 4), v128.or(shifted(c, dash, 17), shifted(c, line, -32)));
  v128.store(to, v128.or(letters, others));
  return i8x16.bitmask(v128.or(v128.or(upper, lower), v128.or(digit, v128.or(dash, line))));
}

/** The bytes that are one of so many from one on. */
// @ts-ignore: decorator
@inline
function isAmong(bytes: v128, first: i8, count: i8): v128 {
  return i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(first)), i8x16.splat(count));
}

/** Some of the bytes plus a number, the others 0. */
// @ts-ignore: decorator
@inline
function shifted(bytes: v128, some: v128, by: i8): v128 {
  return v128.and(some, i8x16.add(bytes, i8x16.splat(by)));
}

/** Up to 24 bits at a place; 0 past the end. */
export function bitsAt(place: i32, size: i32): i32 {
  if (place + size > bitCount) {
    past = true;
    return 0;
  }
  const p = sextets + <usize>(place / 6);
  const five =
    (<u32>load<u8>(p) << 24) | (<u32>load<u8>(p, 1) << 18) | (<u32>load<u8>(p, 2) << 12) | (<u32>load<u8>(p, 3) << 6) |
    <u32>load<u8>(p, 4);
  return <i32>((five >> <u32>(30 - (place % 6) - size)) & ((1 << size) - 1));
}

/** True if a read went past the end. */
export function readPast(): bool {
  return past;
}

function next(size: i32): i32 {
  const value = bitsAt(at, size);
  at += size;
  return value;
}

/** Reads entries of a range section; true if one names the vendor. */
function entriesName(vendor: i32): bool {
  let named = false;
  for (let entries = next(12); entries > 0 && !past; entries--) {
    const range = next(1) != 0;
    const first = next(16);
    const last = range ? next(16) : first;
    if (vendor >= first && vendor <= last) named = true;
  }
  return named;
}

/** Reads a vendor section; true if the vendor is in it. */
function sectionHas(vendor: i32): bool {
  const highest = next(16);
  if (next(1) != 0) return entriesName(vendor);
  const here = at;
  at += highest;
  if (at > bitCount) past = true;
  return vendor <= highest && !past && bitsAt(here + vendor - 1, 1) != 0;
}

/** Bit p − 1 for purpose p, of a field whose first bit is purpose 1. */
function purposesOf(place: i32): i32 {
  let purposes = 0;
  for (let p = 0; p < PURPOSES; p++) purposes |= bitsAt(place + p, 1) << p;
  return purposes;
}

/** Finds what a TC string allows our vendor. */
export function readConsent(from: usize, length: usize, book: usize): void {
  purposesAllowed = 0;
  preciseLocation = false;
  const vendor = load<i32>(book, m.BOOK_TCF_VENDOR);
  if (vendor == 0 || readSextets(from, length) <= 0 || bitsAt(0, 6) != 2) return;
  bitsAt(SPECIAL_FEATURES, 12);
  const special = bitsAt(SPECIAL_FEATURES, 1) != 0;
  let consent = purposesOf(PURPOSES_CONSENT);
  const interest = purposesOf(PURPOSES_INTEREST);
  if (bitsAt(PURPOSE_ONE_TREATMENT, 1) != 0) consent |= PURPOSE_1;
  at = VENDORS;
  const vendorConsent = sectionHas(vendor);
  const vendorInterest = sectionHas(vendor);

  // What our vendor rests on, as the publisher may change it: bits of those on consent, and on interest.
  const flexible = load<i32>(book, m.BOOK_TCF_FLEXIBLE);
  let byInterest = load<i32>(book, m.BOOK_TCF_INTEREST);
  let byConsent = ~byInterest;
  for (let restrictions = next(12); restrictions > 0 && !past; restrictions--) {
    const purpose = next(6);
    const type = next(2);
    if (!entriesName(vendor) || purpose < 1 || purpose > PURPOSES || type == 3) continue;
    const bit = 1 << (purpose - 1);
    if (type == 0) {
      byConsent &= ~bit;
      byInterest &= ~bit;
      continue;
    }
    const either = (flexible & bit) != 0 && ((byConsent | byInterest) & bit) != 0;
    const onConsent = type == 1 && ((byConsent & bit) != 0 || either);
    const onInterest = type == 2 && ((byInterest & bit) != 0 || either);
    byConsent = onConsent ? byConsent | bit : byConsent & ~bit;
    byInterest = onInterest ? byInterest | bit : byInterest & ~bit;
  }
  if (past) return;
  if (vendorConsent) purposesAllowed |= consent & byConsent;
  if (vendorInterest) purposesAllowed |= interest & byInterest & ~CONSENT_ONLY;
  preciseLocation = special;
}
