// `source`: the supply chain (IAB SupplyChain object 1.0), from bytes into the request record. How the functions of a
// reader work is said in request.ts.

import { request } from './arena';
import { clear } from './clear';
import { giveBack, push, startList } from './fields';
import { hashBytes, hashLower, mix } from './hash';
import * as k from './keys';
import * as m from './memory_map';
import {
  ARRAY, ARRAY_END, BROKEN, CLOSED, KEY_ERROR, MORE, OBJECT, OBJECT_END, enterEmpty, key, next, number, peek,
  readNumber, readNumberFound, readTextLength, readTextStart, skip, text,
} from './scan';

export function readSource(): bool {
  giveBack(request + m.REQUEST_CHAIN + m.CHAIN_NODES); // the last of the two, then the other, in either order
  clearChain(request + m.REQUEST_EXT_CHAIN);
  clearChain(request + m.REQUEST_CHAIN);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    if (name == k.KEY_SCHAIN) ok = readChain(request + m.REQUEST_CHAIN);
    else if (name == k.KEY_EXT) ok = readSourceExt();
    else ok = skip();
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readSourceExt(): bool {
  clearChain(request + m.REQUEST_EXT_CHAIN);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    if (!(name == k.KEY_SCHAIN ? readChain(request + m.REQUEST_EXT_CHAIN) : skip())) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function clearChain(chain: usize): void {
  giveBack(chain + m.CHAIN_NODES);
  clear(chain, m.CHAIN_BYTES);
}

function readChain(chain: usize): bool {
  clearChain(chain);
  if (peek() != OBJECT) return skip();
  store<i32>(chain, 1, m.CHAIN_PRESENT);
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_COMPLETE:
        ok = number();
        store<i32>(chain, <i32>(readNumberFound() && trunc(readNumber()) == 1), m.CHAIN_COMPLETE);
        break;
      case k.KEY_NODES:
        ok = readNodes(chain + m.CHAIN_NODES);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readNodes(list: usize): bool {
  startList(list);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!(peek() == OBJECT ? readNode(list) : skip())) return false;
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readNode(list: usize): bool {
  let system: u64 = 0;
  let seller: u64 = 0;
  if (!enterEmpty(OBJECT_END)) {
    while (true) {
      const name = key();
      if (name == KEY_ERROR) return false;
      if (name == k.KEY_ASI) {
        if (!text()) return false;
        system = readTextLength() > 0 ? hashLower(readTextStart(), readTextLength()) : 0;
      } else if (name == k.KEY_SID) {
        if (!text()) return false;
        seller = readTextLength() > 0 ? hashBytes(readTextStart(), readTextLength()) : 0;
      } else if (!skip()) return false;
      const then = next(OBJECT_END);
      if (then == BROKEN) return false;
      if (then == CLOSED) break;
    }
  }
  push(list, system);
  push(list, system == 0 || seller == 0 ? 0 : mix(system, seller));
  return true;
}
