// From the bytes of a request to the request record: one function an OpenRTB object, one branch a key that somebody
// reads. Each object begins by clearing its fields, so of duplicate keys the last one counts, as with JSON.parse, and a
// value of the wrong type leaves its field absent. Rules: docs/decisions.md section 1.
//
// Every function here stands at a value when called, and behind it when it returns true; false is a syntax error.

import { deals, formats, imps, input, lists, request } from './arena';
import { hashBytes, hashLower, hashNumber, lower8, head } from './hash';
import * as k from './keys';
import { MAX_DEALS, MAX_DOMAIN_BYTES, MAX_FORMATS, MAX_ID_BYTES, MAX_IMPS, MAX_LIST_VALUES } from './limits';
import * as m from './memory_map';
import { IMP_MISSING_ID, INVALID_JSON, MISSING_ID, MISSING_IMP, NOT_OBJECT, REASON_NONE } from './reasons';
import {
  BROKEN, CLOSED, KEY_ERROR, cursor, enterEmpty, key, next, number, peek, readNumber, readNumberFound, readTextLength,
  readTextStart, skip, space, start, text,
} from './scan';
import { isAscii, isUtf8 } from './utf8';

const OBJECT: u8 = 123;
const OBJECT_END: u8 = 125;
const ARRAY: u8 = 91;
const ARRAY_END: u8 = 93;

let impCount: i32 = 0;
let dealCount: i32 = 0;
let formatCount: i32 = 0;
let listSlots: i32 = 0;
let listValues: i32 = 0;
let overLimit: bool = false;
let impWithoutId: bool = false;

/**
 * Reads the request of `length` bytes at the input into the request record.
 * @returns REASON_NONE, or why it is malformed; a request over a limit is marked with FLAG_OVER_LIMIT
 */
export function readRequest(length: i32): i32 {
  const end = input + <usize>length;
  for (let i: usize = 0; i < m.INPUT_PADDING; i += 16) v128.store(end + i, i64x2.splat(0));
  memory.fill(request, 0, m.REQUEST_BYTES);
  store<i32>(request, 2, m.REQUEST_AUCTION);
  store<i32>(request, 1, m.REQUEST_CATTAX);
  impCount = dealCount = formatCount = listSlots = listValues = 0;
  overLimit = impWithoutId = false;

  start(input);
  space();
  const object = peek() == OBJECT;
  if (!(object ? readTop() : skip())) return INVALID_JSON;
  space();
  if (cursor() != end) return INVALID_JSON;
  if (!isAscii(input, end) && !isUtf8(input, end)) return INVALID_JSON;
  if (!object) return NOT_OBJECT;
  if (load<u32>(request, m.REQUEST_ID + 4) == 0) return MISSING_ID;
  if (impCount == 0) return MISSING_IMP;
  if (impWithoutId) return IMP_MISSING_ID;
  store<i32>(request, impCount, m.REQUEST_IMPS);
  if (overLimit) setFlag(m.FLAG_OVER_LIMIT);
  return REASON_NONE;
}

function readTop(): bool {
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_ID:
        ok = readId(request + m.REQUEST_ID);
        break;
      case k.KEY_IMP:
        ok = readImps();
        break;
      case k.KEY_SITE:
        ok = readInventory(request + m.REQUEST_SITE, m.FLAG_SITE);
        break;
      case k.KEY_APP:
        ok = readInventory(request + m.REQUEST_APP, m.FLAG_APP);
        break;
      case k.KEY_DEVICE:
        ok = readDevice();
        break;
      case k.KEY_USER:
        ok = readUser();
        break;
      case k.KEY_TMAX:
        ok = number();
        store<f64>(request, readNumberFound() ? readNumber() : 0, m.REQUEST_TMAX_MS);
        break;
      case k.KEY_AT:
        ok = readInteger(request + m.REQUEST_AUCTION, 2);
        break;
      case k.KEY_CUR:
        ok = readTexts(request + m.REQUEST_CURRENCIES, AS_CURRENCY);
        break;
      case k.KEY_BCAT:
        ok = readTexts(request + m.REQUEST_BCAT, AS_LOWER);
        break;
      case k.KEY_BADV:
        ok = readTexts(request + m.REQUEST_BADV, AS_DOMAIN);
        break;
      case k.KEY_REGS:
        ok = readRegs();
        break;
      case k.KEY_TEST:
        ok = readFlag(m.FLAG_TEST);
        break;
      case k.KEY_WSEAT:
        ok = readTexts(request + m.REQUEST_WSEAT, AS_IS);
        break;
      case k.KEY_BSEAT:
        ok = readTexts(request + m.REQUEST_BSEAT, AS_IS);
        break;
      case k.KEY_ACAT:
        ok = readTexts(request + m.REQUEST_ACAT, AS_LOWER);
        break;
      case k.KEY_CATTAX:
        ok = readInteger(request + m.REQUEST_CATTAX, 1);
        break;
      case k.KEY_BAPP:
        ok = readTexts(request + m.REQUEST_BAPP, AS_LOWER);
        break;
      case k.KEY_DOOH:
        ok = readInventory(request + m.REQUEST_DOOH, m.FLAG_DOOH);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

// ---- impressions

function readImps(): bool {
  impCount = dealCount = formatCount = 0;
  impWithoutId = false;
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (impCount >= MAX_IMPS) overLimit = true;
    // Over the limit the last slot is read into again: the rest must still be checked for syntax and ids.
    const imp = imps + <usize>min(impCount, MAX_IMPS - 1) * m.IMP_STRIDE;
    impCount++;
    memory.fill(imp, 0, m.IMP_STRIDE);
    if (!(peek() == OBJECT ? readImp(imp) : skip())) return false;
    if (load<u32>(imp, m.IMP_ID + 4) == 0) impWithoutId = true;
    const then = next(ARRAY_END);
    if (then != 1) return then == CLOSED;
  }
}

function readImp(imp: usize): bool {
  if (enterEmpty(OBJECT_END)) return true;
  const firstDeal = dealCount;
  const firstFormat = formatCount;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_ID:
        ok = readId(imp + m.IMP_ID);
        break;
      case k.KEY_BANNER:
        formatCount = firstFormat;
        ok = readBanner(imp);
        break;
      case k.KEY_BIDFLOOR:
        ok = number();
        store<f64>(imp, readNumberFound() ? readNumber() : 0, m.IMP_FLOOR);
        break;
      case k.KEY_BIDFLOORCUR:
        ok = readCurrency(imp + m.IMP_FLOOR_CURRENCY);
        break;
      case k.KEY_SECURE:
        ok = readImpFlag(imp, m.IMP_SECURE);
        break;
      case k.KEY_TAGID:
        ok = readExact(imp + m.IMP_TAG);
        break;
      case k.KEY_INSTL:
        ok = readImpFlag(imp, m.IMP_INTERSTITIAL);
        break;
      case k.KEY_PMP:
        dealCount = firstDeal;
        ok = readPmp(imp);
        break;
      case k.KEY_VIDEO:
        ok = readPresence(imp, m.IMP_VIDEO, false);
        break;
      case k.KEY_NATIVE:
        ok = readPresence(imp, m.IMP_NATIVE, true);
        break;
      case k.KEY_AUDIO:
        ok = readPresence(imp, m.IMP_AUDIO, false);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readBanner(imp: usize): bool {
  setImpFlag(imp, m.IMP_BANNER, peek() == OBJECT);
  store<u64>(imp, 0, m.IMP_MIMES);
  store<u64>(imp, 0, m.IMP_WIDTH); // and the height
  store<u64>(imp, 0, m.IMP_FORMATS);
  store<u64>(imp, 0, m.IMP_BLOCKED_ATTRIBUTES);
  store<u64>(imp, 0, m.IMP_BLOCKED_TYPES);
  store<u64>(imp, 0, m.IMP_APIS);
  store<u64>(imp, 0, m.IMP_POSITION);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  const firstFormat = formatCount;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_W:
        ok = readInteger(imp + m.IMP_WIDTH, 0);
        break;
      case k.KEY_H:
        ok = readInteger(imp + m.IMP_HEIGHT, 0);
        break;
      case k.KEY_FORMAT:
        formatCount = firstFormat;
        ok = readFormats(imp);
        break;
      case k.KEY_POS:
        ok = readIntegerHash(imp + m.IMP_POSITION);
        break;
      case k.KEY_BATTR:
        ok = readSet(imp + m.IMP_BLOCKED_ATTRIBUTES);
        break;
      case k.KEY_BTYPE:
        ok = readSet(imp + m.IMP_BLOCKED_TYPES);
        break;
      case k.KEY_API:
        ok = readSet(imp + m.IMP_APIS);
        break;
      case k.KEY_MIMES:
        ok = readTexts(imp + m.IMP_MIMES, AS_LOWER);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readFormats(imp: usize): bool {
  const first = formatCount;
  store<i32>(imp, first, m.IMP_FORMATS);
  store<i32>(imp, 0, m.IMP_FORMATS + 4);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (peek() == OBJECT) {
      if (formatCount >= MAX_FORMATS) overLimit = true;
      const format = formats + <usize>min(formatCount, MAX_FORMATS - 1) * m.FORMAT_STRIDE;
      formatCount++;
      memory.fill(format, 0, m.FORMAT_STRIDE);
      if (!readFormat(format)) return false;
    } else if (!skip()) return false;
    const then = next(ARRAY_END);
    if (then != 1) {
      store<i32>(imp, formatCount - first, m.IMP_FORMATS + 4);
      return then == CLOSED;
    }
  }
}

function readFormat(format: usize): bool {
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_W:
        ok = readInteger(format + m.FORMAT_WIDTH, 0);
        break;
      case k.KEY_H:
        ok = readInteger(format + m.FORMAT_HEIGHT, 0);
        break;
      case k.KEY_WRATIO:
        ok = readInteger(format + m.FORMAT_WIDTH_RATIO, 0);
        break;
      case k.KEY_HRATIO:
        ok = readInteger(format + m.FORMAT_HEIGHT_RATIO, 0);
        break;
      case k.KEY_WMIN:
        ok = readInteger(format + m.FORMAT_WIDTH_MIN, 0);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readPmp(imp: usize): bool {
  setImpFlag(imp, m.IMP_PRIVATE, false);
  store<u64>(imp, 0, m.IMP_DEALS);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  const firstDeal = dealCount;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_PRIVATE_AUCTION:
        ok = readImpFlag(imp, m.IMP_PRIVATE);
        break;
      case k.KEY_DEALS:
        dealCount = firstDeal;
        ok = readDeals(imp);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readDeals(imp: usize): bool {
  const first = dealCount;
  store<i32>(imp, first, m.IMP_DEALS);
  store<i32>(imp, 0, m.IMP_DEALS + 4);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (peek() == OBJECT) {
      const deal = deals + <usize>min(dealCount, MAX_DEALS - 1) * m.DEAL_STRIDE;
      memory.fill(deal, 0, m.DEAL_STRIDE);
      store<f64>(deal, -1, m.DEAL_FLOOR);
      if (!readDeal(deal)) return false;
      if (load<u64>(deal, m.DEAL_HASH) != 0) {
        if (dealCount >= MAX_DEALS) overLimit = true;
        dealCount++;
      }
    } else if (!skip()) return false;
    const then = next(ARRAY_END);
    if (then != 1) {
      store<i32>(imp, dealCount - first, m.IMP_DEALS + 4);
      return then == CLOSED;
    }
  }
}

function readDeal(deal: usize): bool {
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_ID:
        ok = readDealId(deal);
        break;
      case k.KEY_BIDFLOOR:
        ok = number();
        store<f64>(deal, readNumberFound() ? max(readNumber(), 0) : -1, m.DEAL_FLOOR);
        break;
      case k.KEY_BIDFLOORCUR:
        ok = readCurrency(deal + m.DEAL_FLOOR_CURRENCY);
        break;
      case k.KEY_AT:
        ok = readInteger(deal + m.DEAL_AUCTION, 0);
        break;
      case k.KEY_WSEAT:
        ok = readTexts(deal + m.DEAL_WSEAT, AS_IS);
        break;
      case k.KEY_WADOMAIN:
        ok = readTexts(deal + m.DEAL_WADOMAIN, AS_DOMAIN);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readDealId(deal: usize): bool {
  const from = cursor();
  if (!text()) return false;
  const size = cursor() - from;
  const usable = readTextLength() > 0;
  store<u64>(deal, usable ? hashBytes(readTextStart(), readTextLength()) : 0, m.DEAL_HASH);
  store<u32>(deal, <u32>from, m.DEAL_ID);
  store<u32>(deal, <u32>size, m.DEAL_ID + 4);
  if (usable && size > <usize>MAX_ID_BYTES) overLimit = true;
  return true;
}

// ---- inventory, device, user, regulations

function readInventory(at: usize, flag: i32): bool {
  memory.fill(at, 0, m.INVENTORY_BYTES);
  store<i32>(at, 1, m.INVENTORY_CATTAX);
  clearFlag(flag);
  if (peek() != OBJECT) return skip();
  setFlag(flag);
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_DOMAIN:
        ok = text();
        storeDomain(at + m.INVENTORY_DOMAIN, readTextStart(), readTextLength());
        break;
      case k.KEY_PAGE:
        ok = text();
        storeHost(at + m.INVENTORY_PAGE);
        break;
      case k.KEY_CAT:
        ok = readTexts(at + m.INVENTORY_CATEGORIES, AS_CATEGORY);
        break;
      case k.KEY_BUNDLE:
        ok = readLower(at + m.INVENTORY_BUNDLE);
        break;
      case k.KEY_PUBLISHER:
        ok = readPublisher(at + m.INVENTORY_PUBLISHER);
        break;
      case k.KEY_CATTAX:
        ok = readInteger(at + m.INVENTORY_CATTAX, 1);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readPublisher(to: usize): bool {
  store<u64>(to, 0);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_ID ? readExact(to) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readDevice(): bool {
  clearGeo();
  store<u64>(request, 0, m.REQUEST_DEVICE_TYPE);
  store<u64>(request, 0, m.REQUEST_OS);
  store<u64>(request, 0, m.REQUEST_LANGUAGE);
  store<u64>(request, 0, m.REQUEST_CONNECTION);
  store<u64>(request, 0, m.REQUEST_CARRIER);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_GEO:
        ok = readGeo();
        break;
      case k.KEY_DEVICETYPE:
        ok = readIntegerHash(request + m.REQUEST_DEVICE_TYPE);
        break;
      case k.KEY_OS:
        ok = readLower(request + m.REQUEST_OS);
        break;
      case k.KEY_LANGUAGE:
        ok = readLanguage(request + m.REQUEST_LANGUAGE);
        break;
      case k.KEY_CONNECTIONTYPE:
        ok = readIntegerHash(request + m.REQUEST_CONNECTION);
        break;
      case k.KEY_CARRIER:
        ok = readLower(request + m.REQUEST_CARRIER);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function clearGeo(): void {
  store<u64>(request, 0, m.REQUEST_COUNTRY);
  store<u64>(request, 0, m.REQUEST_REGION);
  store<u64>(request, 0, m.REQUEST_CITY);
  store<u64>(request, 0, m.REQUEST_POSTCODE);
}

function readGeo(): bool {
  clearGeo();
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_COUNTRY:
        ok = readLower(request + m.REQUEST_COUNTRY);
        break;
      case k.KEY_REGION:
        ok = readLower(request + m.REQUEST_REGION);
        break;
      case k.KEY_CITY:
        ok = readLower(request + m.REQUEST_CITY);
        break;
      case k.KEY_ZIP:
        ok = readLower(request + m.REQUEST_POSTCODE);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readUser(): bool {
  store<u64>(request, 0, m.REQUEST_SEGMENTS);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_DATA ? readData() : skip())) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

/** `user.data`: the segments of all its objects make one list. */
function readData(): bool {
  startList(request + m.REQUEST_SEGMENTS);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!(peek() == OBJECT ? readDataObject() : skip())) return false;
    const then = next(ARRAY_END);
    if (then != 1) return then == CLOSED;
  }
}

function readDataObject(): bool {
  if (enterEmpty(OBJECT_END)) return true;
  const before = load<i32>(request, m.REQUEST_SEGMENTS + 4);
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_SEGMENT:
        // a repeated `segment` replaces the earlier one
        store<i32>(request, before, m.REQUEST_SEGMENTS + 4);
        listSlots = load<i32>(request, m.REQUEST_SEGMENTS) + before;
        ok = readSegments();
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

function readSegments(): bool {
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!(peek() == OBJECT ? readSegment() : skip())) return false;
    const then = next(ARRAY_END);
    if (then != 1) return then == CLOSED;
  }
}

function readSegment(): bool {
  if (enterEmpty(OBJECT_END)) return true;
  let id: u64 = 0;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (name == k.KEY_ID) {
      if (!text()) return false;
      id = readTextLength() > 0 ? hashBytes(readTextStart(), readTextLength()) : 0;
    } else if (!skip()) return false;
    const then = next(OBJECT_END);
    if (then == BROKEN) return false;
    if (then == CLOSED) break;
  }
  if (id != 0) push(request + m.REQUEST_SEGMENTS, id);
  return true;
}

function readRegs(): bool {
  clearFlag(m.FLAG_COPPA);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_COPPA ? readFlag(m.FLAG_COPPA) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != 1) return then == CLOSED;
  }
}

// ---- one value

/** An id: its raw token, length 0 unless it is a non-empty string or a number. */
function readId(to: usize): bool {
  const from = cursor();
  const c = peek();
  if (!skip()) return false;
  const size = <u32>(cursor() - from);
  const usable = c == 34 ? size > 2 : c == 45 || <u32>c - 48 < 10;
  store<u32>(to, <u32>from);
  store<u32>(to, usable ? size : 0, 4);
  if (usable && size > <u32>MAX_ID_BYTES) overLimit = true;
  return true;
}

// @ts-ignore: decorator
@inline
function isInteger(value: f64): bool {
  return value > -2147483649 && value < 2147483648;
}

function readInteger(to: usize, absent: i32): bool {
  const ok = number();
  store<i32>(to, readNumberFound() && isInteger(readNumber()) ? <i32>readNumber() : absent);
  return ok;
}

/** An integer that is only compared or hashed. */
function readIntegerHash(to: usize): bool {
  const ok = number();
  store<u64>(to, readNumberFound() && isInteger(readNumber()) ? hashNumber(<u64>(<i64>(<i32>readNumber()))) : 0);
  return ok;
}

function isOne(): bool {
  return readNumberFound() && trunc(readNumber()) == 1;
}

function readFlag(flag: i32): bool {
  const ok = number();
  if (isOne()) setFlag(flag);
  else clearFlag(flag);
  return ok;
}

// @ts-ignore: decorator
@inline
function setFlag(flag: i32): void {
  store<i32>(request, load<i32>(request, m.REQUEST_FLAGS) | flag, m.REQUEST_FLAGS);
}

// @ts-ignore: decorator
@inline
function clearFlag(flag: i32): void {
  store<i32>(request, load<i32>(request, m.REQUEST_FLAGS) & ~flag, m.REQUEST_FLAGS);
}

function readImpFlag(imp: usize, flag: i32): bool {
  const ok = number();
  setImpFlag(imp, flag, isOne());
  return ok;
}

function readPresence(imp: usize, flag: i32, orString: bool): bool {
  setImpFlag(imp, flag, peek() == OBJECT || (orString && peek() == 34));
  return skip();
}

// @ts-ignore: decorator
@inline
function setImpFlag(imp: usize, flag: i32, on: bool): void {
  const flags = load<i32>(imp, m.IMP_FLAGS);
  store<i32>(imp, on ? flags | flag : flags & ~flag, m.IMP_FLAGS);
}

function readExact(to: usize): bool {
  const ok = text();
  store<u64>(to, readTextLength() > 0 ? hashBytes(readTextStart(), readTextLength()) : 0);
  return ok;
}

function readLower(to: usize): bool {
  const ok = text();
  store<u64>(to, readTextLength() > 0 ? hashLower(readTextStart(), readTextLength()) : 0);
  return ok;
}

/** A language: the part before the first `-` or `_`. */
function readLanguage(to: usize): bool {
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

function readCurrency(to: usize): bool {
  const ok = text();
  store<u32>(to, currencyOf(readTextStart(), readTextLength()));
  return ok;
}

function readSet(to: usize): bool {
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
    if (then != 1) {
      store<u64>(to, set);
      return then == CLOSED;
    }
  }
}

// ---- lists of hashes: index of the first slot and number of values, at `to`

const AS_IS: i32 = 0;
const AS_LOWER: i32 = 1;
const AS_DOMAIN: i32 = 2;
const AS_CURRENCY: i32 = 3;
const AS_CATEGORY: i32 = 4;

function startList(to: usize): void {
  store<i32>(to, listSlots);
  store<i32>(to, 0, 4);
}

function push(list: usize, hash: u64): void {
  if (++listValues > MAX_LIST_VALUES) overLimit = true;
  pushSlot(list, hash);
}

function pushSlot(list: usize, hash: u64): void {
  if (listSlots >= m.LIST_SLOTS) {
    overLimit = true;
    return;
  }
  store<u64>(lists + (<usize>listSlots << 3), hash);
  listSlots++;
  store<i32>(list, load<i32>(list, 4) + 1, 4);
}

function readTexts(to: usize, kind: i32): bool {
  startList(to);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!text()) return false;
    if (readTextLength() > 0) pushText(to, kind, readTextStart(), readTextLength());
    const then = next(ARRAY_END);
    if (then != 1) return then == CLOSED;
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
    pushSlot(to, prefix > 0 && prefix < length ? hashLower(at, prefix) : 0);
  } else {
    const www = withoutWww(at, length);
    if (length > www) push(to, hashLower(at + www, length - www));
  }
}

/** Bytes of a leading `www.`. */
function withoutWww(at: usize, length: usize): usize {
  return length >= 4 && <u32>lower8(head(at, 4)) == 0x2e777777 ? 4 : 0;
}

/** Stores a domain's hash at `to`, and behind it the list of the hashes of it and each of its parents. */
function storeDomain(to: usize, at: usize, length: usize): void {
  const www = withoutWww(at, length);
  at += www;
  length -= www;
  if (length > <usize>MAX_DOMAIN_BYTES) length = 0;
  store<u64>(to, length > 0 ? hashLower(at, length) : 0);
  startList(to + 8);
  if (length == 0) return;
  pushSlot(to + 8, load<u64>(to));
  for (let i: usize = 0; i + 1 < length; i++) {
    if (load<u8>(at + i) == 46) pushSlot(to + 8, hashLower(at + i + 1, length - i - 1));
  }
}

/** The host of the page just read: from behind the first `://` to the next of `/ ? # :`. */
function storeHost(to: usize): void {
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
