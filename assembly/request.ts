// From the bytes of a request to the request record: one function an OpenRTB object, one case a key that somebody
// reads. Each object begins by clearing its fields, so of duplicate keys the last one counts, as with JSON.parse, and a
// value of the wrong type leaves its field absent. Rules: docs/decisions.md section 1.
//
// Every function of a reader stands at a value when called, and behind it when it returns true; false is a syntax
// error.
//
//   request.ts ─▶ imps.ts (streams.ts, native_request.ts), surroundings.ts, supply_chain.ts ─▶ fields.ts ─▶ scan.ts

import { input, request } from './arena';
import { clear } from './clear';
import {
  AS_CURRENCY, AS_DOMAIN, AS_IS, AS_LOWER, listCount, listsOverflowed, readFlag, readId, readInteger, readTexts,
  resetLists, setFlag,
} from './fields';
import { impListValues, impsOverLimit } from './imp_limits';
import { impsRead, lacksImpId, readImps, resetImps } from './imps';
import * as k from './keys';
import { MAX_ID_BYTES, MAX_LIST_VALUES } from './limits';
import * as m from './memory_map';
import { IMP_MISSING_ID, INVALID_JSON, MISSING_ID, MISSING_IMP, NOT_OBJECT, REASON_NONE } from './reasons';
import {
  CLOSED, KEY_ERROR, MORE, OBJECT, OBJECT_END, cursor, enterEmpty, key, next, number, peek, readNumber,
  readNumberFound, skip, space, start,
} from './scan';
import { readSource } from './supply_chain';
import { readDevice, readInventory, readRegs, readUser } from './surroundings';
import { isAscii, isUtf8 } from './utf8';

/**
 * Reads the request of `length` bytes at the input into the request record.
 * @returns REASON_NONE, or why it is malformed; a request over a limit is marked with FLAG_OVER_LIMIT
 */
export function readRequest(length: i32): i32 {
  const end = input + <usize>length;
  for (let i: usize = 0; i < m.INPUT_PADDING; i += 16) v128.store(end + i, i64x2.splat(0));
  clear(request, m.REQUEST_BYTES);
  store<i32>(request, 2, m.REQUEST_AUCTION);
  store<i32>(request, 1, m.REQUEST_CATTAX);
  resetLists();
  resetImps();

  start(input);
  space();
  const object = peek() == OBJECT;
  if (!(object ? readTop() : skip())) return INVALID_JSON;
  space();
  if (cursor() != end) return INVALID_JSON;
  if (!isAscii(input, end) && !isUtf8(input, end)) return INVALID_JSON;
  if (!object) return NOT_OBJECT;
  if (load<u32>(request, m.REQUEST_ID + 4) == 0) return MISSING_ID;
  if (impsRead() == 0) return MISSING_IMP;
  if (lacksImpId()) return IMP_MISSING_ID;
  store<i32>(request, impsRead(), m.REQUEST_IMPS);
  if (isOverLimit()) setFlag(m.FLAG_OVER_LIMIT);
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
      case k.KEY_SOURCE:
        ok = readSource();
        break;
      case k.KEY_DOOH:
        ok = readInventory(request + m.REQUEST_DOOH, m.FLAG_DOOH);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

/** Asked when all is read, because a repeated key may have replaced what was too much. */
function isOverLimit(): bool {
  if (load<u32>(request, m.REQUEST_ID + 4) > <u32>MAX_ID_BYTES || listsOverflowed() || impsOverLimit()) return true;
  let values = impListValues();
  for (let list = m.REQUEST_CURRENCIES; list <= m.REQUEST_BAPP; list += 8) values += listCount(request + list);
  for (let at = m.REQUEST_SITE; at <= m.REQUEST_DOOH; at += m.INVENTORY_BYTES) {
    values += listCount(request + at + m.INVENTORY_CATEGORIES) >> 1; // two slots each
  }
  values += listCount(request + m.REQUEST_CHAIN + m.CHAIN_NODES) >> 1;
  values += listCount(request + m.REQUEST_EXT_CHAIN + m.CHAIN_NODES) >> 1;
  return values + listCount(request + m.REQUEST_SEGMENTS) > MAX_LIST_VALUES;
}
