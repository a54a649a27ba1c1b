// `imp.native`: the native request, an object or a text in a string, from bytes into the record of the impression, in
// the same pass. The text in a string is written out with its escapes resolved and scanned where it then stands.
// How the functions of a reader work is said in request.ts. Rules: docs/decisions.md section 1.

import { assets, nested } from './arena';
import { clear } from './clear';
import { stringStop, unescapeString } from './escapes';
import { AS_LOWER, readInteger, readSet, readTexts, setImpFlag } from './fields';
import * as k from './keys';
import { MAX_ASSETS } from './limits';
import * as m from './memory_map';
import { WHEN_EVENT_TRACKERS, WHEN_NO_EVENT_TRACKERS, WHEN_WRAPPED } from './pieces';
import {
  ARRAY, ARRAY_END, BROKEN, CLOSED, KEY_ERROR, MORE, OBJECT, OBJECT_END, cursor, enterEmpty, key, next, number, peek,
  readNumber, readNumberFound, skip, space, start,
} from './scan';

/** Assets read so far in this request. */
export let assetCount: i32 = 0;

/** Takes back what an impression, or an earlier version of its key, had. */
export function setAssetCount(count: i32): void {
  assetCount = count;
}

/** Reads `native`. The impression has the format if the request in it is usable. */
export function readNative(imp: usize): bool {
  const native = imp + m.IMP_NATIVE_RECORD;
  const firstAsset = assetCount;
  clear(native, m.NATIVE_RECORD_BYTES);
  setImpFlag(imp, m.IMP_NATIVE, false);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_REQUEST:
        assetCount = firstAsset;
        ok = readRequestMember(imp);
        break;
      case k.KEY_BATTR:
        ok = readSet(native + m.NATIVE_BLOCKED_ATTRIBUTES);
        break;
      case k.KEY_API:
        ok = readSet(native + m.NATIVE_APIS);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readRequestMember(imp: usize): bool {
  const native = imp + m.IMP_NATIVE_RECORD;
  const firstAsset = assetCount;
  clearNativeRequest(native);
  setImpFlag(imp, m.IMP_NATIVE, false);
  if (peek() == OBJECT) {
    setImpFlag(imp, m.IMP_NATIVE, true);
    return readRoot(native);
  }
  if (peek() != 34) return skip();
  const textEnd = unescapeString(cursor() + 1, nested);
  if (textEnd == 0) return false;
  const end = stringStop;
  for (let i: usize = 0; i < m.INPUT_PADDING; i += 16) v128.store(textEnd + i, i64x2.splat(0));
  start(nested);
  space();
  let usable = peek() == OBJECT && readRoot(native);
  if (usable) {
    space();
    usable = cursor() == textEnd;
  }
  setImpFlag(imp, m.IMP_NATIVE, usable);
  if (!usable) {
    clearNativeRequest(native);
    assetCount = firstAsset;
  }
  start(end);
  return true;
}

function clearNativeRequest(native: usize): void {
  store<u64>(native, 0, m.NATIVE_ASSETS);
  store<i32>(native, WHEN_NO_EVENT_TRACKERS, m.NATIVE_WHEN);
}

/** The native request, or the object that wraps it; the last `native` member counts. */
function readRoot(native: usize): bool {
  const root = cursor();
  const firstAsset = assetCount;
  wrappedAt = wraps = 0;
  if (!readNativeRequest(native, true)) return false;
  if (wraps == 0) return true;
  if (wraps == 1 && wrappedAt != 0) {
    // The one that is there was read where it stands.
    store<i32>(native, load<i32>(native, m.NATIVE_WHEN) | WHEN_WRAPPED, m.NATIVE_WHEN);
    return true;
  }
  // Several, or one that is no object: only at the end it is known which counts.
  const end = cursor();
  const last = wrappedAt;
  assetCount = firstAsset;
  clearNativeRequest(native);
  start(last != 0 ? last : root);
  readNativeRequest(native, false);
  if (last != 0) store<i32>(native, load<i32>(native, m.NATIVE_WHEN) | WHEN_WRAPPED, m.NATIVE_WHEN);
  start(end);
  return true;
}

/** Number of `native` members of the root. */
let wraps: i32 = 0;
/** Where the last of them stands; 0 if it is no object. */
let wrappedAt: usize = 0;

/** @param isRoot whether a `native` member is looked for, and read in place of what is around it */
function readNativeRequest(native: usize, isRoot: bool): bool {
  const firstAsset = assetCount;
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_ASSETS:
        if (isRoot && wrappedAt != 0) {
          ok = skip();
          break;
        }
        assetCount = firstAsset;
        ok = readAssets(native);
        break;
      case k.KEY_NATIVE:
        if (isRoot) {
          wraps++;
          wrappedAt = peek() == OBJECT ? cursor() : 0;
          if (wraps == 1 && wrappedAt != 0) {
            assetCount = firstAsset;
            clearNativeRequest(native);
            ok = readNativeRequest(native, false);
            break;
          }
        }
        ok = skip();
        break;
      case k.KEY_EVENTTRACKERS:
        if (isRoot && wrappedAt != 0) {
          ok = skip();
          break;
        }
        store<i32>(native, WHEN_NO_EVENT_TRACKERS, m.NATIVE_WHEN);
        ok = readEventTrackers(native);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readEventTrackers(native: usize): bool {
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!(peek() == OBJECT ? readEventTracker(native) : skip())) return false;
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
  }
}

/** Of an event tracker it counts whether it takes impressions (1) as images (1). */
function readEventTracker(native: usize): bool {
  let impression = false;
  let image = false;
  if (!enterEmpty(OBJECT_END)) {
    while (true) {
      const name = key();
      if (name == KEY_ERROR) return false;
      if (name == k.KEY_EVENT) {
        if (!number()) return false;
        impression = readNumberFound() && trunc(readNumber()) == 1;
      } else if (name == k.KEY_METHODS) {
        if (!readSet(native + m.NATIVE_METHODS)) return false;
        image = (load<u64>(native, m.NATIVE_METHODS) & 2) != 0;
      } else if (!skip()) return false;
      const then = next(OBJECT_END);
      if (then == BROKEN) return false;
      if (then == CLOSED) break;
    }
  }
  if (impression && image) store<i32>(native, WHEN_EVENT_TRACKERS, m.NATIVE_WHEN);
  return true;
}

function readAssets(native: usize): bool {
  const first = assetCount;
  store<i32>(native, first, m.NATIVE_ASSETS);
  store<i32>(native, 0, m.NATIVE_ASSETS + 4);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (peek() == OBJECT) {
      const asset = assets + <usize>min(assetCount, MAX_ASSETS) * m.ASSET_STRIDE;
      assetCount++;
      clear(asset, m.ASSET_STRIDE);
      if (!readAsset(asset)) return false;
    } else if (!skip()) return false;
    const then = next(ARRAY_END);
    if (then != MORE) {
      store<i32>(native, assetCount - first, m.NATIVE_ASSETS + 4);
      return then == CLOSED;
    }
  }
}

function setAssetFlag(asset: usize, flag: i32, on: bool): void {
  const flags = load<i32>(asset, m.ASSET_FLAGS);
  store<i32>(asset, on ? flags | flag : flags & ~flag, m.ASSET_FLAGS);
}

/** An integer and whether it is there. */
function readFlaggedInteger(asset: usize, to: usize, flag: i32): bool {
  const ok = readInteger(asset + to, 0);
  const value = readNumber();
  setAssetFlag(asset, flag, readNumberFound() && value > -2147483649 && value < 2147483648);
  return ok;
}

function readAsset(asset: usize): bool {
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_ID:
        ok = readFlaggedInteger(asset, m.ASSET_ID, m.ASSET_HAS_ID);
        break;
      case k.KEY_REQUIRED:
        ok = number();
        setAssetFlag(asset, m.ASSET_REQUIRED, readNumberFound() && trunc(readNumber()) == 1);
        break;
      case k.KEY_TITLE:
        ok = readTitle(asset);
        break;
      case k.KEY_IMG:
        ok = readImage(asset);
        break;
      case k.KEY_VIDEO:
        setAssetFlag(asset, m.ASSET_VIDEO, peek() == OBJECT);
        ok = skip();
        break;
      case k.KEY_DATA:
        ok = readDataAsset(asset);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readTitle(asset: usize): bool {
  setAssetFlag(asset, m.ASSET_TITLE, peek() == OBJECT);
  store<i32>(asset, 0, m.ASSET_TITLE_LENGTH);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_LEN ? readInteger(asset + m.ASSET_TITLE_LENGTH, 0) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readDataAsset(asset: usize): bool {
  setAssetFlag(asset, m.ASSET_DATA, peek() == OBJECT);
  setAssetFlag(asset, m.ASSET_DATA_TYPED, false);
  store<i32>(asset, 0, m.ASSET_DATA_LENGTH);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    if (name == k.KEY_LEN) ok = readInteger(asset + m.ASSET_DATA_LENGTH, 0);
    else if (name == k.KEY_TYPE) ok = readFlaggedInteger(asset, m.ASSET_DATA_TYPE, m.ASSET_DATA_TYPED);
    else ok = skip();
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readImage(asset: usize): bool {
  setAssetFlag(asset, m.ASSET_IMAGE, peek() == OBJECT);
  setAssetFlag(asset, m.ASSET_IMAGE_TYPED, false);
  store<u64>(asset, 0, m.ASSET_WIDTH); // and the height
  store<u64>(asset, 0, m.ASSET_WIDTH_MIN); // and that of the height
  store<u64>(asset, 0, m.ASSET_MIMES);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_TYPE:
        ok = readFlaggedInteger(asset, m.ASSET_IMAGE_TYPE, m.ASSET_IMAGE_TYPED);
        break;
      case k.KEY_W:
        ok = readInteger(asset + m.ASSET_WIDTH, 0);
        break;
      case k.KEY_H:
        ok = readInteger(asset + m.ASSET_HEIGHT, 0);
        break;
      case k.KEY_WMIN:
        ok = readInteger(asset + m.ASSET_WIDTH_MIN, 0);
        break;
      case k.KEY_HMIN:
        ok = readInteger(asset + m.ASSET_HEIGHT_MIN, 0);
        break;
      case k.KEY_MIMES:
        ok = readTexts(asset + m.ASSET_MIMES, AS_LOWER);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}
