// What surrounds the impressions: `site`, `app` and `dooh`, `device`, `user`, `regs`, from bytes into the request
// record. How the functions of a reader work is said in request.ts.

import { request } from './arena';
import { clear } from './clear';
import {
  AS_CATEGORY, clearFlag, cutList, push, readExact, readFlag, readInteger, readIntegerHash, readLanguage, readLower,
  readOptOut, readSet, readSignal, readTexts, readToken, setFlag, startList, storeDomain, storeHost,
} from './fields';
import { hashBytes } from './hash';
import * as k from './keys';
import * as m from './memory_map';
import {
  ARRAY, ARRAY_END, BROKEN, CLOSED, KEY_ERROR, MORE, OBJECT, OBJECT_END, enterEmpty, key, next, peek, readTextLength,
  readTextStart, skip, text,
} from './scan';

export function readInventory(at: usize, flag: i32): bool {
  clear(at, m.INVENTORY_BYTES);
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
    if (then != MORE) return then == CLOSED;
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
    if (then != MORE) return then == CLOSED;
  }
}

export function readDevice(): bool {
  clearGeo();
  store<u64>(request, 0, m.REQUEST_DEVICE_TYPE);
  store<u64>(request, 0, m.REQUEST_OS);
  store<u64>(request, 0, m.REQUEST_LANGUAGE);
  store<u64>(request, 0, m.REQUEST_CONNECTION);
  store<u64>(request, 0, m.REQUEST_CARRIER);
  store<u64>(request, 0, m.REQUEST_USER_AGENT);
  store<u64>(request, 0, m.REQUEST_ADDRESS);
  store<u64>(request, 0, m.REQUEST_DEVICE_ID);
  clearFlag(m.FLAG_LMT | m.FLAG_DNT);
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
      case k.KEY_UA:
        ok = readToken(request + m.REQUEST_USER_AGENT);
        break;
      case k.KEY_IP:
        ok = readToken(request + m.REQUEST_ADDRESS);
        break;
      case k.KEY_IFA:
        ok = readToken(request + m.REQUEST_DEVICE_ID);
        break;
      case k.KEY_LMT:
        ok = readFlag(m.FLAG_LMT);
        break;
      case k.KEY_DNT:
        ok = readFlag(m.FLAG_DNT);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
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
    if (then != MORE) return then == CLOSED;
  }
}

export function readUser(): bool {
  store<u64>(request, 0, m.REQUEST_SEGMENTS);
  store<u64>(request, 0, m.REQUEST_CONSENT);
  store<u64>(request, 0, m.REQUEST_EXT_CONSENT);
  store<u64>(request, 0, m.REQUEST_USER_ID);
  store<u64>(request, 0, m.REQUEST_BUYER_ID);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_DATA:
        ok = readData();
        break;
      case k.KEY_ID:
        ok = readToken(request + m.REQUEST_USER_ID);
        break;
      case k.KEY_BUYERUID:
        ok = readToken(request + m.REQUEST_BUYER_ID);
        break;
      case k.KEY_CONSENT:
        ok = readToken(request + m.REQUEST_CONSENT);
        break;
      case k.KEY_EXT:
        ok = readUserExt();
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readUserExt(): bool {
  store<u64>(request, 0, m.REQUEST_EXT_CONSENT);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_CONSENT ? readToken(request + m.REQUEST_EXT_CONSENT) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
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
    if (then != MORE) return then == CLOSED;
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
        cutList(request + m.REQUEST_SEGMENTS, before);
        ok = readSegments();
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readSegments(): bool {
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!(peek() == OBJECT ? readSegment() : skip())) return false;
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
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

export function readRegs(): bool {
  clearFlag(m.FLAG_COPPA);
  store<u64>(request, 0, m.REQUEST_GDPR);
  store<u64>(request, 0, m.REQUEST_US_OPT_OUT);
  store<u64>(request, 0, m.REQUEST_GPP);
  store<u64>(request, 0, m.REQUEST_EXT_GPP);
  store<u64>(request, 0, m.REQUEST_GPP_SECTIONS);
  store<u64>(request, 0, m.REQUEST_EXT_GPP_SECTIONS);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_COPPA:
        ok = readFlag(m.FLAG_COPPA);
        break;
      case k.KEY_GDPR:
        ok = readSignal(request + m.REQUEST_GDPR);
        break;
      case k.KEY_US_PRIVACY:
        ok = readOptOut(request + m.REQUEST_US_OPT_OUT);
        break;
      case k.KEY_GPP:
        ok = readToken(request + m.REQUEST_GPP);
        break;
      case k.KEY_GPP_SID:
        ok = readSet(request + m.REQUEST_GPP_SECTIONS);
        break;
      case k.KEY_EXT:
        ok = readRegsExt();
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readRegsExt(): bool {
  store<i32>(request, 0, m.REQUEST_EXT_GDPR);
  store<i32>(request, 0, m.REQUEST_EXT_US_OPT_OUT);
  store<u64>(request, 0, m.REQUEST_EXT_GPP);
  store<u64>(request, 0, m.REQUEST_EXT_GPP_SECTIONS);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    if (name == k.KEY_GDPR) ok = readSignal(request + m.REQUEST_EXT_GDPR);
    else if (name == k.KEY_US_PRIVACY) ok = readOptOut(request + m.REQUEST_EXT_US_OPT_OUT);
    else if (name == k.KEY_GPP) ok = readToken(request + m.REQUEST_EXT_GPP);
    else if (name == k.KEY_GPP_SID) ok = readSet(request + m.REQUEST_EXT_GPP_SECTIONS);
    else ok = skip();
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}
