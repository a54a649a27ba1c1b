// `imp`: impressions with their banners, formats and deals, from bytes into the request record. How the functions of a
// reader work is said in request.ts.

import { deals, formats, imps } from './arena';
import { clear } from './clear';
import {
  AS_DOMAIN, AS_IS, AS_LOWER, readCurrency, readExact, readId, readImpFlag, readInteger, readIntegerHash,
  readSet, readTexts, setImpFlag,
} from './fields';
import { hashBytes } from './hash';
import * as k from './keys';
import { MAX_DEALS, MAX_FORMATS, MAX_IMPS } from './limits';
import * as m from './memory_map';
import { assetCount, readNative, setAssetCount } from './native_request';
import {
  ARRAY, ARRAY_END, CLOSED, KEY_ERROR, MORE, OBJECT, OBJECT_END, cursor, enterEmpty, key, next, number, peek,
  readNumber, readNumberFound, readTextLength, readTextStart, skip, text,
} from './scan';
import { durationFloorCount, readStream, setDurationFloorCount } from './streams';

let impCount: i32 = 0;
/** Deals and formats read so far in this request. */
export let dealCount: i32 = 0;
export let formatCount: i32 = 0;
let impWithoutId: bool = false;

/** Number of impressions read; over MAX_IMPS they share the last slot. */
// @ts-ignore: decorator
@inline
export function impsRead(): i32 {
  return impCount;
}

/** True if an impression has no usable id. */
// @ts-ignore: decorator
@inline
export function lacksImpId(): bool {
  return impWithoutId;
}

/** Starts a request without impressions. */
export function resetImps(): void {
  impCount = dealCount = formatCount = 0;
  setDurationFloorCount(0);
  setAssetCount(0);
  impWithoutId = false;
}

/** `imp` */
export function readImps(): bool {
  resetImps();
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    // Over the limit the last slot is read into again: the rest must still be checked for syntax and ids.
    const imp = imps + <usize>min(impCount, MAX_IMPS - 1) * m.IMP_STRIDE;
    impCount++;
    clear(imp, m.IMP_HEAD_BYTES);
    if (!(peek() == OBJECT ? readImp(imp) : skip())) return false;
    if (load<u32>(imp, m.IMP_ID + 4) == 0) impWithoutId = true;
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readImp(imp: usize): bool {
  if (enterEmpty(OBJECT_END)) return true;
  const firstDeal = dealCount;
  const firstFormat = formatCount;
  const firstAsset = assetCount;
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
        ok = readStreamOf(imp, m.IMP_VIDEO, m.IMP_VIDEO_RECORD);
        break;
      case k.KEY_NATIVE:
        setAssetCount(firstAsset);
        ok = readNative(imp);
        break;
      case k.KEY_AUDIO:
        ok = readStreamOf(imp, m.IMP_AUDIO, m.IMP_AUDIO_RECORD);
        break;
      case k.KEY_RWDD:
        ok = readImpFlag(imp, m.IMP_REWARDED);
        break;
      case k.KEY_QTY:
        ok = readQuantity(imp);
        break;
      case k.KEY_EXT:
        ok = readImpExt(imp);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

/** A format that streams. One that is read a second time, because its key is repeated, gives back floors if it can. */
function readStreamOf(imp: usize, flag: i32, record: usize): bool {
  const floors = imp + record + m.STREAM_FLOORS;
  const again = (load<i32>(imp, m.IMP_FLAGS) & flag) != 0;
  if (again && load<i32>(floors) + load<i32>(floors, 4) == durationFloorCount) {
    setDurationFloorCount(load<i32>(floors));
  }
  setImpFlag(imp, flag, peek() == OBJECT);
  return readStream(imp + record);
}

function readQuantity(imp: usize): bool {
  store<f64>(imp, 0, m.IMP_QUANTITY);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (name == k.KEY_MULTIPLIER) {
      if (!number()) return false;
      store<f64>(imp, readNumberFound() ? readNumber() : 0, m.IMP_QUANTITY);
    } else if (!skip()) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readImpExt(imp: usize): bool {
  setImpFlag(imp, m.IMP_REWARDED_EXT, false);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_PREBID ? readPrebid(imp) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readPrebid(imp: usize): bool {
  setImpFlag(imp, m.IMP_REWARDED_EXT, false);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_IS_REWARDED_INVENTORY ? readImpFlag(imp, m.IMP_REWARDED_EXT) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
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
    if (then != MORE) return then == CLOSED;
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
      const format = formats + <usize>min(formatCount, MAX_FORMATS) * m.FORMAT_STRIDE;
      formatCount++;
      clear(format, m.FORMAT_STRIDE);
      if (!readFormat(format)) return false;
    } else if (!skip()) return false;
    const then = next(ARRAY_END);
    if (then != MORE) {
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
    if (then != MORE) return then == CLOSED;
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
    if (then != MORE) return then == CLOSED;
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
      const deal = deals + <usize>min(dealCount, MAX_DEALS) * m.DEAL_STRIDE;
      clear(deal, m.DEAL_STRIDE);
      store<f64>(deal, -1, m.DEAL_FLOOR);
      if (!readDeal(deal)) return false;
      if (load<u64>(deal, m.DEAL_HASH) != 0) dealCount++;
    } else if (!skip()) return false;
    const then = next(ARRAY_END);
    if (then != MORE) {
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
    if (then != MORE) return then == CLOSED;
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
  return true;
}
