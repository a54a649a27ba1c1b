// The fields of an object: readers of one value into the request record, one a kind (docs/decisions.md, section 1), and
// the lists of hashes behind it.
//
// Every reader stands at a value when called, and behind it when it returns true; false is a syntax error. A value of
// the wrong type is stored as absent.

import { lists, request } from './arena';
import { hashBytes, hashLower, hashNumber, head, lower8 } from './hash';
import { MAX_DOMAIN_BYTES } from './limits';
import * as m from './memory_map';
import { isDigit } from './number';
import {
  ARRAY, ARRAY_END, CLOSED, MORE, OBJECT, cursor, enterEmpty, next, number, peek, readNumber, readNumberFound,
  readTextLength, readTextStart, skip, start, text,
} from './scan';

/** List slots taken, and whether more were asked for than there are. */
let listSlots: i32 = 0;
let slotsGone: bool = false;

/** Empties the lists. */
export function resetLists(): void {
  listSlots = 0;
  slotsGone = false;
}

/** True if a list had to leave values out. */
// @ts-ignore: decorator
@inline
export function listsOverflowed(): bool {
  return slotsGone;
}

/** An id: its raw token, length 0 unless it is a non-empty string or a number. */
export function readId(to: usize): bool {
  const from = cursor();
  const c = peek();
  if (!skip()) return false;
  const size = <u32>(cursor() - from);
  const usable = c == 34 ? size > 2 : c == 45 || <u32>c - 48 < 10;
  store<u32>(to, <u32>from);
  store<u32>(to, usable ? size : 0, 4);
  return true;
}

// @ts-ignore: decorator
@inline
function isInteger(value: f64): bool {
  return value > -2147483649 && value < 2147483648;
}

export function readInteger(to: usize, absent: i32): bool {
  const ok = number();
  store<i32>(to, readNumberFound() && isInteger(readNumber()) ? <i32>readNumber() : absent);
  return ok;
}

/** An integer that is only compared or hashed. */
export function readIntegerHash(to: usize): bool {
  const ok = number();
  store<u64>(to, readNumberFound() && isInteger(readNumber()) ? hashNumber(<u64>(<i64>(<i32>readNumber()))) : 0);
  return ok;
}

function isOne(): bool {
  return readNumberFound() && trunc(readNumber()) == 1;
}

export function readFlag(flag: i32): bool {
  const ok = number();
  if (isOne()) setFlag(flag);
  else clearFlag(flag);
  return ok;
}

// @ts-ignore: decorator
@inline
export function setFlag(flag: i32): void {
  store<i32>(request, load<i32>(request, m.REQUEST_FLAGS) | flag, m.REQUEST_FLAGS);
}

// @ts-ignore: decorator
@inline
export function clearFlag(flag: i32): void {
  store<i32>(request, load<i32>(request, m.REQUEST_FLAGS) & ~flag, m.REQUEST_FLAGS);
}

// @ts-ignore: decorator
@inline
function signalOf(yes: bool): i32 {
  return yes ? m.SIGNAL_YES : m.SIGNAL_NO;
}

/** A signal: yes if its value is 1, no if it is another integer. */
export function readSignal(to: usize): bool {
  const ok = number();
  store<i32>(to, readNumberFound() && isInteger(readNumber()) ? signalOf(isOne()) : 0);
  return ok;
}

/** The opt-out of a US privacy string: four bytes, of which the third is Y. */
export function readOptOut(to: usize): bool {
  const ok = text();
  const given = readTextLength() == 4;
  const third = <u32>(given ? load<u8>(readTextStart(), 2) | 32 : 0);
  store<i32>(to, given ? signalOf(third == 121) : 0);
  return ok;
}

/** A text to be read later, if at all, by `tokenText`: where it stands, length 0 if it is not usable. */
export function readToken(to: usize): bool {
  const from = cursor();
  const isString = peek() == 34;
  const ok = isString ? skip() : text();
  const size = <u32>(cursor() - from);
  store<u32>(to, <u32>from);
  store<u32>(to, (isString ? size > 2 : readTextLength() > 0) ? size : 0, 4);
  return ok;
}

/** Makes the text of a token the last text read; once the request is read. */
export function tokenText(token: usize): void {
  start(<usize>load<u32>(token));
  text();
}

/** An IPv4 address as a number; -1 for anything else. */
export function addressOf(at: usize, length: usize): i64 {
  let address: i64 = 0;
  let part: i64 = 0;
  let digits = 0;
  let dots = 0;
  for (let i: usize = 0; i < length; i++) {
    const c = load<u8>(at + i);
    if (c == 46) {
      if (digits == 0 || ++dots > 3) return -1;
      address = (address << 8) | part;
      part = digits = 0;
      continue;
    }
    if (!isDigit(c) || (digits > 0 && part == 0)) return -1; // no leading zeros
    part = part * 10 + (<i64>c - 48);
    if (++digits > 3 || part > 255) return -1;
  }
  return digits == 0 || dots != 3 ? -1 : (address << 8) | part;
}

export function readImpFlag(imp: usize, flag: i32): bool {
  const ok = number();
  setImpFlag(imp, flag, isOne());
  return ok;
}

// @ts-ignore: decorator
@inline
export function setImpFlag(imp: usize, flag: i32, on: bool): void {
  const flags = load<i32>(imp, m.IMP_FLAGS);
  store<i32>(imp, on ? flags | flag : flags & ~flag, m.IMP_FLAGS);
}

export function readExact(to: usize): bool {
  const ok = text();
  store<u64>(to, readTextLength() > 0 ? hashBytes(readTextStart(), readTextLength()) : 0);
  return ok;
}

export function readLower(to: usize): bool {
  const ok = text();
  store<u64>(to, readTextLength() > 0 ? hashLower(readTextStart(), readTextLength()) : 0);
  return ok;
}

/** A language: the part before the first `-` or `_`. */
export function readLanguage(to: usize): bool {
  const ok = text();
  const at = readTextStart();
  let length: usize = 0;
  while (length < readTextLength()) {
    const c = load<u8>(at + length);
    if (c == 45 || c == 95) break;
    length++;
  }
  store<u64>(to, length > 0 ? hashLower(at, length) : 0);
  return ok;
}

/** Three letters as they stand in a rate, or 0. */
function currencyOf(at: usize, length: usize): u32 {
  if (length != 3) return 0;
  const word = <u32>lower8(head(at, 3));
  for (let i: u32 = 0; i < 24; i += 8) if (((word >> i) & 0xff) - 97 >= 26) return 0;
  return word;
}

export function readCurrency(to: usize): bool {
  const ok = text();
  store<u32>(to, currencyOf(readTextStart(), readTextLength()));
  return ok;
}

export function readSet(to: usize): bool {
  store<u64>(to, 0);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  let set: u64 = 0;
  while (true) {
    if (!number()) return false;
    if (readNumberFound()) {
      const value = trunc(readNumber());
      if (value >= 0 && value < 64) set |= (<u64>1) << <u64>value;
    }
    const then = next(ARRAY_END);
    if (then != MORE) {
      store<u64>(to, set);
      return then == CLOSED;
    }
  }
}
// ---- lists of hashes: index of the first slot and number of values, at `to`

export const AS_IS: i32 = 0;
export const AS_LOWER: i32 = 1;
export const AS_DOMAIN: i32 = 2;
export const AS_CURRENCY: i32 = 3;
export const AS_CATEGORY: i32 = 4;

/** Starts a list. One that is read a second time, because its key is repeated, gives back the slots it can. */
export function startList(to: usize): void {
  giveBack(to);
  store<i32>(to, listSlots);
  store<i32>(to, 0, 4);
}

/** Empties a list that is replaced, if it is the last one. */
// @ts-ignore: decorator
@inline
export function giveBack(list: usize): void {
  const first = load<i32>(list);
  if (first + load<i32>(list, 4) != listSlots) return;
  listSlots = first;
  store<i32>(list, 0, 4);
}

/** Drops the values of a list, the last one started, from a number of them on. */
export function cutList(list: usize, count: i32): void {
  listSlots = load<i32>(list) + min(count, load<i32>(list, 4));
  store<i32>(list, listSlots - load<i32>(list), 4);
}

export function push(list: usize, hash: u64): void {
  if (listSlots >= m.LIST_SLOTS) {
    slotsGone = true;
    return;
  }
  store<u64>(lists + (<usize>listSlots << 3), hash);
  listSlots++;
  store<i32>(list, load<i32>(list, 4) + 1, 4);
}

export function readTexts(to: usize, kind: i32): bool {
  startList(to);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!text()) return false;
    if (readTextLength() > 0) pushText(to, kind, readTextStart(), readTextLength());
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
  }
}

/** A list of integers, as they are. */
export function readIntegers(to: usize): bool {
  startList(to);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!number()) return false;
    if (readNumberFound() && isInteger(readNumber())) push(to, <u64>(<i64>(<i32>readNumber())));
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
  }
}

function pushText(to: usize, kind: i32, at: usize, length: usize): void {
  if (kind == AS_IS) push(to, hashBytes(at, length));
  else if (kind == AS_LOWER) push(to, hashLower(at, length));
  else if (kind == AS_CURRENCY) {
    const currency = currencyOf(at, length);
    if (currency != 0) push(to, <u64>currency);
  } else if (kind == AS_CATEGORY) {
    push(to, hashLower(at, length));
    let prefix: usize = 0;
    while (prefix < length && load<u8>(at + prefix) != 45) prefix++;
    push(to, prefix > 0 && prefix < length ? hashLower(at, prefix) : 0);
  } else {
    const www = withoutWww(at, length);
    push(to, hashLower(at + www, length - www)); // an empty rest stays in the list and matches nothing
  }
}

/** Bytes of a leading `www.`. */
function withoutWww(at: usize, length: usize): usize {
  return length >= 4 && <u32>lower8(head(at, 4)) == 0x2e777777 ? 4 : 0;
}

/** Stores a domain's hash at `to`, and behind it the list of the hashes of it and each of its parents. */
export function storeDomain(to: usize, at: usize, length: usize): void {
  const www = withoutWww(at, length);
  at += www;
  length -= www;
  if (length > <usize>MAX_DOMAIN_BYTES) length = 0;
  store<u64>(to, length > 0 ? hashLower(at, length) : 0);
  startList(to + 8);
  if (length == 0) return;
  push(to + 8, load<u64>(to));
  for (let i: usize = 0; i + 1 < length; i++) {
    if (load<u8>(at + i) == 46) push(to + 8, hashLower(at + i + 1, length - i - 1));
  }
}

/** The host of the page just read: from behind the first `://` to the next of `/ ? # :`. */
export function storeHost(to: usize): void {
  const at = readTextStart();
  const length = readTextLength();
  let from: usize = 0;
  while (from + 3 <= length && (load<u32>(at + from) & 0xffffff) != 0x2f2f3a) from++;
  if (from + 3 > length) {
    storeDomain(to, at, 0);
    return;
  }
  from += 3;
  let end = from;
  while (end < length) {
    const c = load<u8>(at + end);
    if (c == 47 || c == 63 || c == 35 || c == 58) break;
    end++;
  }
  storeDomain(to, at + from, end - from);
}

/** Address of the first hash of a list. */
// @ts-ignore: decorator
@inline
export function listAddress(list: usize): usize {
  return lists + (<usize>load<i32>(list) << 3);
}

/** Number of slots of a list. */
// @ts-ignore: decorator
@inline
export function listCount(list: usize): i32 {
  return load<i32>(list, 4);
}
