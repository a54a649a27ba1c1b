// Which accounts may answer a request: seats the exchange lists, and what each account does not want to be seen with.
// A gate is a set of seats (bit n for account n) that it refuses. Rules: docs/decisions.md section 2.

import { request } from './arena';
import { addBitmapToGroup, book, endGroup, lookup, startGroup, takeBitmapOut } from './bitmaps';
import * as facts from './facts';
import { addressOf, listAddress, listCount, tokenText } from './fields';
import { hashCategory, lower8 } from './hash';
import * as m from './memory_map';
import {
  BLOCKED_NODE, BLOCKED_PUBLISHER, BRAND_SAFETY, CRAWLER, DATACENTRE, INCOMPLETE_SCHAIN, NO_CONSENT, REASON_NONE,
  SEAT_BLOCKED,
} from './reasons';
import { readTextLength, readTextStart } from './scan';

/** Accounts that passed all gates. */
let open: u64 = 0;
/** Conditions under which accounts were refused, one bit each; and the accounts that were refused one by one. */
let conditions: i32 = 0;
let oneByOne: u64 = 0;
/** The furthest gate an account was refused at. */
let reason: i32 = REASON_NONE;
/** The names of the accounts on the exchange at hand. */
let seats: usize = 0;

/** Takes the exchange that the next calls are about. */
export function setSeats(address: usize): void {
  seats = address;
}

/** The name of an account on the exchange at hand. */
// @ts-ignore: decorator
@inline
export function seatAddress(account: i32): usize {
  return seats + <usize>account * m.SEAT_STRIDE;
}

/**
 * Asks all accounts, once the facts are resolved.
 * @returns REASON_NONE, or why none of them answers
 */
export function admitAccounts(): i32 {
  const count = load<i32>(book, m.BOOK_SEAT_COUNT);
  open = count >= 64 ? ~(<u64>0) : ((<u64>1) << <u64>count) - 1;
  conditions = 0;
  oneByOne = 0;
  reason = REASON_NONE;
  if (listCount(request + m.REQUEST_WSEAT) > 0 || listCount(request + m.REQUEST_BSEAT) > 0) {
    refuse(seatsBlocked(count), SEAT_BLOCKED);
  }
  if (!facts.basicAllowed) refuseUnder(m.BOOK_SEATS_NEED_CONSENT, NO_CONSENT);
  if (asks(m.BOOK_SEATS_NO_CRAWLERS) && isCrawler()) refuseUnder(m.BOOK_SEATS_NO_CRAWLERS, CRAWLER);
  if (asks(m.BOOK_SEATS_NO_DATACENTRES) && isInDatacentre()) refuseUnder(m.BOOK_SEATS_NO_DATACENTRES, DATACENTRE);
  if (asks(m.BOOK_SEATS_PUBLISHERS)) refuse(blockers(m.DIM_BLOCKED_PUBLISHER, facts.publisher), BLOCKED_PUBLISHER);
  if (asks(m.BOOK_SEATS_BRANDS)) refuse(brandBlockers(), BRAND_SAFETY);
  const own = request + m.REQUEST_CHAIN;
  const chain = load<i32>(own, m.CHAIN_PRESENT) != 0 ? own : request + m.REQUEST_EXT_CHAIN;
  if (load<i32>(chain, m.CHAIN_COMPLETE) == 0) {
    if (load<i32>(chain, m.CHAIN_PRESENT) != 0) refuseUnder(m.BOOK_SEATS_COMPLETE, INCOMPLETE_SCHAIN);
    refuseUnder(m.BOOK_SEATS_REQUIRED, INCOMPLETE_SCHAIN);
  }
  if (asks(m.BOOK_SEATS_NODES)) refuse(nodeBlockers(chain + m.CHAIN_NODES), BLOCKED_NODE);
  return open == 0 ? reason : REASON_NONE;
}

function refuse(accounts: u64, why: i32): void {
  if ((open & accounts) != 0) reason = max(reason, why);
  oneByOne |= open & accounts;
  open &= ~accounts;
}

/** Refuses the accounts that do not bid under a condition, whose ads the book has in a bitmap. */
function refuseUnder(seatsAt: usize, why: i32): void {
  const accounts = load<u64>(book + seatsAt);
  if ((open & accounts) != 0) reason = max(reason, why);
  if (accounts != 0) conditions |= 1 << <i32>((seatsAt - m.BOOK_SEATS_NEED_CONSENT) >> 3);
  open &= ~accounts;
}

/** Restricts matching to the ads of the accounts that are open. */
export function restrictToAccounts(): void {
  for (let left = conditions; left != 0; left &= left - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(left) << 2), m.BOOK_ADS_REFUSED));
  }
  if (oneByOne == 0) return;
  if (popcnt(oneByOne) <= popcnt(open)) {
    for (let left = oneByOne; left != 0; left &= left - 1) takeBitmapOut(adsOf(<i32>ctz(left)));
    return;
  }
  startGroup(0);
  for (let left = open; left != 0; left &= left - 1) addBitmapToGroup(<usize>adsOf(<i32>ctz(left)));
  endGroup();
}

/** Bitmap of the ads of an account. */
function adsOf(account: i32): u32 {
  return load<u32>(seatAddress(account), 8);
}

/** True if an account that is still open asks for something. */
// @ts-ignore: decorator
@inline
function asks(offset: usize): bool {
  return (load<u64>(book + offset) & open) != 0;
}

function seatsBlocked(count: i32): u64 {
  const listed = listCount(request + m.REQUEST_WSEAT) > 0;
  const list = request + (listed ? m.REQUEST_WSEAT : m.REQUEST_BSEAT);
  let blocked: u64 = 0;
  for (let i = 0; i < count; i++) {
    if (holds(list, load<u64>(seatAddress(i))) != listed) blocked |= (<u64>1) << <u64>i;
  }
  return blocked;
}

/** True if a list holds a hash. */
export function holds(list: usize, hash: u64): bool {
  const values = listAddress(list);
  const count = listCount(list);
  for (let i = 0; i < count; i++) if (load<u64>(values + (<usize>i << 3)) == hash) return true;
  return false;
}

/** The accounts that block a value. */
function blockers(dimension: i32, hash: u64): u64 {
  const slot: usize = hash == 0 ? 0 : lookup(dimension, hash);
  return slot == 0 ? 0 : load<u64>(slot, m.SLOT_ADDRESS);
}

function brandBlockers(): u64 {
  let accounts = blockers(m.DIM_BLOCKED_BUNDLE, facts.bundle);
  for (let i = 0; i < facts.domainCount; i++) {
    accounts |= blockers(m.DIM_BLOCKED_DOMAIN, load<u64>(facts.domains + (<usize>i << 3)));
  }
  for (let i = 0; i < facts.categorySlots; i += 2) {
    const category = facts.categories + (<usize>i << 3);
    accounts |= blockers(m.DIM_BLOCKED_CATEGORY, hashCategory(load<u64>(category), facts.categoryTaxonomy));
    const parent = load<u64>(category, 8);
    if (parent != 0 && facts.categoryTaxonomy == 1) {
      accounts |= blockers(m.DIM_BLOCKED_CATEGORY, hashCategory(parent, 1));
    }
  }
  return accounts;
}

function nodeBlockers(nodes: usize): u64 {
  const first = listAddress(nodes);
  const count = listCount(nodes);
  let accounts: u64 = 0;
  for (let i = 0; i < count; i += 2) {
    const node = first + (<usize>i << 3);
    accounts |= blockers(m.DIM_BLOCKED_NODE, load<u64>(node)) | blockers(m.DIM_BLOCKED_SELLER, load<u64>(node, 8));
  }
  return accounts;
}

/** True if the user agent holds a fragment of a crawler's. */
function isCrawler(): bool {
  const token = request + m.REQUEST_USER_AGENT;
  const fragments = load<i32>(book, m.BOOK_AGENT_COUNT);
  if (fragments == 0 || load<u32>(token, 4) == 0) return false;
  tokenText(token);
  const nibbles = book + m.BOOK_AGENT_NIBBLES;
  const end = readTextStart() + readTextLength();
  for (let at = readTextStart(); at < end; at += 16) {
    // 16 places at once: in which sets of fragments are there any whose first three bytes these may be?
    const sets = v128.and(mayBe(at, nibbles), v128.and(mayBe(at + 1, nibbles + 32), mayBe(at + 2, nibbles + 64)));
    for (let hits = i8x16.bitmask(i8x16.ne(sets, i8x16.splat(0))); hits != 0; hits &= hits - 1) {
      if (startsFragment(at + <usize>ctz(hits), end, fragments)) return true;
    }
  }
  return false;
}

/** For each of the 16 bytes at an address, the sets that have it by both its nibbles. */
// @ts-ignore: decorator
@inline
function mayBe(at: usize, nibbles: usize): v128 {
  const bytes = v128.load(at);
  const low = i8x16.swizzle(v128.load(nibbles), v128.and(bytes, i8x16.splat(15)));
  return v128.and(low, i8x16.swizzle(v128.load(nibbles, 16), i8x16.shr_u(bytes, 4)));
}

function startsFragment(at: usize, end: usize, fragments: i32): bool {
  let fragment = <usize>load<u32>(book, m.BOOK_AGENTS);
  for (let i = 0; i < fragments; i++) {
    const length = <usize>load<u8>(fragment);
    if (at + length <= end && isFragment(at, fragment + 1, length)) return true;
    fragment += 1 + length;
  }
  return false;
}

function isFragment(at: usize, fragment: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) {
    if (<u8>lower8(<u64>load<u8>(at + i)) != load<u8>(fragment + i)) return false;
  }
  return true;
}

/** True if the address is in one of the ranges, which are in order and apart from each other. */
function isInDatacentre(): bool {
  const token = request + m.REQUEST_ADDRESS;
  if (load<u32>(token, 4) == 0) return false;
  tokenText(token);
  const address = addressOf(readTextStart(), readTextLength());
  if (address < 0) return false;
  const ranges = <usize>load<u32>(book, m.BOOK_RANGES);
  let from = 0;
  let to = load<i32>(book, m.BOOK_RANGE_COUNT);
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = ranges + (<usize>middle << 3);
    if (<i64>load<u32>(range, 4) < address) from = middle + 1;
    else if (<i64>load<u32>(range) > address) to = middle;
    else return true;
  }
  return false;
}
