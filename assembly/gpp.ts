// The IAB Global Privacy Protocol: the header of a GPP string, which says which section stands in which part, and the
// sections that are read here: TCF EU, US privacy, US national. Rules: docs/decisions.md section 2a.
//
//   header~part~part…     header: 3│1│number of entries│entries, whose numbers are in Fibonacci code

import { bitsAt, readPast, readSextets } from './consent';
import { MAX_FIBONACCI_BITS, MAX_GPP_SECTIONS } from './limits';
import * as m from './memory_map';
import { GPP_CANADA, GPP_TCF_EU, GPP_USP, GPP_US_NATIONAL, GPP_US_STATES } from './privacy';

const TILDE: u8 = 126;
const DOT: u8 = 46;
/** Bit n for section n: those that count as an opt-out unless they are read. */
const OPT_OUT_SECTIONS: u64 =
  ((<u64>1) << <u64>GPP_CANADA) |
  ((<u64>1) << <u64>GPP_US_NATIONAL) |
  (~(<u64>0) << <u64>GPP_US_STATES);

/** US privacy as section 6 has it, a signal; 0 if it does not apply. */
export let usPrivacy: i32 = 0;
/** True if another section that applies says that the user opted out, or cannot be read. */
export let optedOut: bool = false;
/** True if a section says that the user is a child for whom nobody consented. */
export let knownChild: bool = false;
/** Where the TCF string of section 2 stands; length 0 if there is none. */
export let tcfStart: usize = 0;
export let tcfLength: usize = 0;

/** Position of the parts of the sections 2, 6 and 7 behind the header; -1 for none. */
let tcfPart: i32 = -1;
let uspPart: i32 = -1;
let nationalPart: i32 = -1;
let at: i32 = 0;
/** The part found last. */
let partStart: usize = 0;
let partLength: usize = 0;

/**
 * Reads what the sections that apply say.
 * @param sections bit n for section n, not 0
 */
export function readGpp(from: usize, length: usize, sections: u64): void {
  usPrivacy = 0;
  optedOut = knownChild = false;
  tcfLength = 0;
  if (!readHeader(from, length)) tcfPart = uspPart = nationalPart = -1;
  if (applies(sections, GPP_TCF_EU) && findPart(from, length, tcfPart)) {
    tcfStart = partStart;
    tcfLength = partLength;
  }
  if (applies(sections, GPP_USP)) {
    const usable = findPart(from, length, uspPart) && partLength == 4;
    usPrivacy = usable && (load<u8>(partStart, 2) | 32) != 121 ? m.SIGNAL_NO : m.SIGNAL_YES;
  }
  let unread = sections & OPT_OUT_SECTIONS;
  if (applies(sections, GPP_US_NATIONAL) && findPart(from, length, nationalPart)) {
    const national = readNational();
    if (national != 0) unread &= ~((<u64>1) << <u64>GPP_US_NATIONAL);
    optedOut = national == m.SIGNAL_YES;
  }
  if (unread != 0) optedOut = true;
}

// @ts-ignore: decorator
@inline
function applies(sections: u64, section: i32): bool {
  return ((sections >> <u64>section) & 1) != 0;
}

/** Reads the header; false if it cannot be read. */
function readHeader(from: usize, length: usize): bool {
  tcfPart = uspPart = nationalPart = -1;
  let end: usize = 0;
  while (end < length && load<u8>(from + end) != TILDE) {
    if (load<u8>(from + end) == DOT) return false;
    end++;
  }
  if (readSextets(from, end) <= 0 || bitsAt(0, 6) != 3 || bitsAt(6, 6) != 1) return false;
  at = 24;
  let ids = 0;
  let last = 0;
  for (let entries = bitsAt(12, 12); entries > 0; entries--) {
    const range = bitsAt(at++, 1) != 0;
    const first = last + fibonacci();
    last = range ? first + fibonacci() : first;
    if (readPast() || last - first >= MAX_GPP_SECTIONS) return false;
    for (let id = first; id <= last; id++) {
      if (ids >= MAX_GPP_SECTIONS) return false;
      if (id == GPP_TCF_EU) tcfPart = ids;
      else if (id == GPP_USP) uspPart = ids;
      else if (id == GPP_US_NATIONAL) nationalPart = ids;
      ids++;
    }
  }
  return !readPast();
}

/** A number in Fibonacci code: up to two set bits in a row, the second of which ends it. */
function fibonacci(): i32 {
  let sum = 0;
  let now = 1;
  let after = 2;
  let before = 0;
  for (let i = 0; i < MAX_FIBONACCI_BITS; i++) {
    const bit = bitsAt(at++, 1);
    if (bit != 0 && before != 0) return sum;
    if (bit != 0) sum += now;
    before = bit;
    const sumOfTwo = now + after;
    now = after;
    after = sumOfTwo;
  }
  bitsAt(i32.MAX_VALUE - 1, 1); // it does not end: unreadable
  return 1;
}

/** Finds a part behind the header; false if it is not there or empty. */
function findPart(from: usize, length: usize, part: i32): bool {
  if (part < 0) return false;
  let start: usize = 0;
  let skipped = -1;
  for (let i: usize = 0; i <= length; i++) {
    if (i < length && load<u8>(from + i) != TILDE) continue;
    if (skipped == part) {
      partStart = from + start;
      partLength = i - start;
      return partLength > 0;
    }
    skipped++;
    start = i + 1;
  }
  return false;
}

/** Reads a US national section: a signal, 0 if it cannot be read. */
function readNational(): i32 {
  if (readSextets(partStart, partLength) <= 0) return 0;
  const version = bitsAt(0, 6);
  if (version != 1 && version != 2) return 0;
  let out = false;
  for (let place = 18; place <= 22; place += 2) if (bitsAt(place, 2) == 1) out = true;
  const child = version == 1 ? 48 : 56;
  let known = false;
  for (let i = 0; i <= version; i++) if (bitsAt(child + i * 2, 2) == 1) known = true;
  if (readPast()) return 0;
  if (known) knownChild = true;
  return out || asksForPrivacy() ? m.SIGNAL_YES : m.SIGNAL_NO;
}

/** True if a segment behind the first is of type 1 and has the bit of the Global Privacy Control set. */
function asksForPrivacy(): bool {
  for (let i: usize = 0; i < partLength; i++) {
    if (load<u8>(partStart + i) != DOT) continue;
    if (readSextets(partStart + i + 1, partLength - i - 1) <= 0) continue;
    if (bitsAt(0, 2) == 1 && bitsAt(2, 1) == 1) return true;
  }
  return false;
}
