// Matching: which ads may bid, as bitmaps over ads.
//
//   request ─▶ base       = targeting dimensions, AND-ed, less exclusions, less what the request blocks   (here)
//   imp     ─▶ candidates = base AND size AND https AND MIME type, AND NOT blocked attributes, types, missing APIs
//                                                                                                 (creatives.ts)
//
// Each value of a dimension has in the book either a bitmap, in which the ads that do not restrict the dimension are
// already or-ed in, or, if few ads name it, postings that are laid over the any-bitmap here.
// Rules: docs/decisions.md section 3.

import { bitmap, context, request } from './arena';
import {
  BASE, FIRST_FREE, ands, book, bytes, isEmpty, lay, lookup, pushAnd, remove, startAnd,
} from './bitmaps';
import * as facts from './facts';
import { listAddress, listCount } from './fields';
import { hashCategory } from './hash';
import * as m from './memory_map';

/** The next free scratch bitmap. */
let free: i32 = FIRST_FREE;

// ---- restrictions: a dimension with one value, then with several

function restrict(dimension: i32, hash: u64): void {
  const any = <usize>load<u32>(book + (<usize>dimension << 2), m.BOOK_ANY);
  if (any == 0) return; // no ad restricts this dimension
  const slot: usize = hash == 0 ? 0 : lookup(dimension, hash);
  if (slot == 0) pushAnd(any);
  else if (load<i32>(slot, m.SLOT_COUNT) == m.BITMAP) pushAnd(<usize>load<u32>(slot, m.SLOT_ADDRESS));
  else pushAnd(laid(slot, any));
}

/** A scratch bitmap of the any-bitmap with the ads of a slot. */
function laid(slot: usize, any: usize): usize {
  const to = bitmap(free++);
  memory.copy(to, any, bytes);
  lay(slot, to);
  return to;
}

/** A dimension under construction: the any-bitmap until a first value is found, then a scratch bitmap. */
let several: usize = 0;
let severalLaid: bool = false;

function startSeveral(dimension: i32): bool {
  several = <usize>load<u32>(book + (<usize>dimension << 2), m.BOOK_ANY);
  severalLaid = false;
  return several != 0;
}

function addValue(dimension: i32, hash: u64): void {
  const slot = lookup(dimension, hash);
  if (slot == 0) return;
  if (severalLaid) lay(slot, several);
  else {
    several = laid(slot, several);
    severalLaid = true;
  }
}

function restrictToList(dimension: i32, values: usize, count: i32): void {
  if (!startSeveral(dimension)) return;
  for (let i = 0; i < count; i++) addValue(dimension, load<u64>(values + (<usize>i << 3)));
  pushAnd(several);
}

function restrictToCategories(): void {
  if (!startSeveral(m.DIM_CATEGORY)) return;
  for (let i = 0; i < facts.categorySlots; i += 2) {
    addValue(m.DIM_CATEGORY, categoryHash(i));
    const parent = parentHash(i);
    if (parent != 0) addValue(m.DIM_CATEGORY, parent);
  }
  pushAnd(several);
}

// @ts-ignore: decorator
@inline
function categoryHash(i: i32): u64 {
  return hashCategory(load<u64>(facts.categories + (<usize>i << 3)), facts.categoryTaxonomy);
}

/** Taxonomy 1 writes the parent into the child (`IAB3-1`); the book knows the parents of the other taxonomies. */
// @ts-ignore: decorator
@inline
function parentHash(i: i32): u64 {
  const parent = load<u64>(facts.categories + (<usize>i << 3), 8);
  return parent == 0 || facts.categoryTaxonomy != 1 ? 0 : hashCategory(parent, 1);
}

// ---- exclusions, blocks

function exclude(dimension: i32, hash: u64): void {
  const slot = lookup(dimension, hash);
  if (slot != 0) remove(slot, bitmap(BASE));
}

function excludeList(dimension: i32, values: usize, count: i32): void {
  for (let i = 0; i < count; i++) exclude(dimension, load<u64>(values + (<usize>i << 3)));
}

/**
 * The ads whose targeting takes the request, into BASE.
 * @returns false if there is none
 */
export function matchTargeting(): bool {
  startAnd();
  free = FIRST_FREE;
  // The dimensions the book is ordered by come first: where one of them is empty, so is a whole run of blocks.
  restrict(m.DIM_COUNTRY, load<u64>(request, m.REQUEST_COUNTRY));
  restrict(m.DIM_DEVICE_TYPE, load<u64>(request, m.REQUEST_DEVICE_TYPE));
  restrict(m.DIM_OS, load<u64>(request, m.REQUEST_OS));
  restrict(m.DIM_INVENTORY, facts.inventory == 0 ? 0 : facts.hashOf(facts.inventory));
  restrictToList(m.DIM_DOMAIN, facts.domains, facts.domainCount);
  restrict(m.DIM_BUNDLE, facts.bundle);
  restrictToCategories();
  restrictToList(m.DIM_SEGMENT, facts.segments, facts.segmentCount);
  restrict(m.DIM_HOUR, facts.hashOf(facts.weekday * 24 + facts.hour));
  restrict(m.DIM_PUBLISHER, facts.publisher);
  restrict(m.DIM_REGION, load<u64>(request, m.REQUEST_REGION));
  restrict(m.DIM_CITY, facts.city);
  restrict(m.DIM_POSTCODE, facts.postcode);
  restrict(m.DIM_LANGUAGE, load<u64>(request, m.REQUEST_LANGUAGE));
  restrict(m.DIM_CONNECTION, load<u64>(request, m.REQUEST_CONNECTION));
  restrict(m.DIM_EXCHANGE, facts.exchange);
  restrictToSeats();
  if (ands == 0) pushAnd(<usize>load<u32>(book, m.BOOK_ALL));
  intersect(bitmap(BASE));

  if (facts.domainCount > 0) excludeList(m.DIM_DOMAIN_EXCLUDED, facts.domains, facts.domainCount);
  if (facts.bundle != 0) exclude(m.DIM_BUNDLE_EXCLUDED, facts.bundle);
  if (facts.publisher != 0) exclude(m.DIM_PUBLISHER_EXCLUDED, facts.publisher);
  for (let i = 0; i < facts.categorySlots; i += 2) {
    exclude(m.DIM_CATEGORY_EXCLUDED, categoryHash(i));
    const parent = parentHash(i);
    if (parent != 0) exclude(m.DIM_CATEGORY_EXCLUDED, parent);
  }
  excludeList(m.DIM_SEGMENT_EXCLUDED, facts.segments, facts.segmentCount);
  return !isEmpty(bitmap(BASE));
}

/** ANDs the pushed bitmaps into one: the first four at once, the rest only in blocks where those leave something. */
function intersect(to: usize): void {
  const list = context + m.CONTEXT_AND;
  while (ands < 4) pushAnd(<usize>load<u32>(list));
  const a = <usize>load<u32>(list);
  const b = <usize>load<u32>(list, 4);
  const c = <usize>load<u32>(list, 8);
  const d = <usize>load<u32>(list, 12);
  const rest = list + 16;
  const end = list + (<usize>ands << 2);
  for (let o: usize = 0; o < bytes; o += 16) {
    let v = v128.and(v128.and(v128.load(a + o), v128.load(b + o)), v128.and(v128.load(c + o), v128.load(d + o)));
    if (v128.any_true(v)) {
      for (let p = rest; p < end; p += 4) v = v128.and(v, v128.load(<usize>load<u32>(p) + o));
    }
    v128.store(to + o, v);
  }
}

// ---- seats

/** True if a seat of the book may answer: see matchTargeting for the ads of those that may. */
export function seatAllowed(): bool {
  const count = load<i32>(book, m.BOOK_SEAT_COUNT);
  for (let i = 0; i < count; i++) if (allowsSeat(request + m.REQUEST_WSEAT, request + m.REQUEST_BSEAT, i)) return true;
  return count == 0;
}

function seatAddress(i: i32): usize {
  return <usize>load<u32>(book, m.BOOK_SEATS) + <usize>i * m.SEAT_STRIDE;
}

function allowsSeat(allowed: usize, blocked: usize, i: i32): bool {
  const seat = load<u64>(seatAddress(i));
  if (listCount(allowed) > 0) return holds(allowed, seat);
  return !holds(blocked, seat);
}

/** True if a list holds a hash. */
export function holds(list: usize, hash: u64): bool {
  const values = listAddress(list);
  const count = listCount(list);
  for (let i = 0; i < count; i++) if (load<u64>(values + (<usize>i << 3)) == hash) return true;
  return false;
}

function restrictToSeats(): void {
  if (listCount(request + m.REQUEST_WSEAT) == 0 && listCount(request + m.REQUEST_BSEAT) == 0) return;
  const to = bitmap(free++);
  memory.fill(to, 0, bytes);
  const count = load<i32>(book, m.BOOK_SEAT_COUNT);
  for (let i = 0; i < count; i++) {
    if (!allowsSeat(request + m.REQUEST_WSEAT, request + m.REQUEST_BSEAT, i)) continue;
    const ads = <usize>load<u32>(seatAddress(i), 8);
    for (let o: usize = 0; o < bytes; o += 16) v128.store(to + o, v128.or(v128.load(to + o), v128.load(ads + o)));
  }
  pushAnd(to);
}

// ---- what the request blocks

/**
 * Takes the ads the request blocks out of BASE.
 * @returns false if none is left
 */
export function matchBlocks(): bool {
  const taxonomy = load<i32>(request, m.REQUEST_CATTAX);
  const base = bitmap(BASE);
  let changed = false;
  let list = listAddress(request + m.REQUEST_BCAT);
  let count = listCount(request + m.REQUEST_BCAT);
  changed = count > 0;
  for (let i = 0; i < count; i++) exclude(m.DIM_AD_CATEGORY, hashCategory(load<u64>(list + (<usize>i << 3)), taxonomy));
  list = listAddress(request + m.REQUEST_ACAT);
  count = listCount(request + m.REQUEST_ACAT);
  if (count > 0) {
    changed = true;
    const allowed = bitmap(FIRST_FREE); // the targeting's scratch bitmaps are free again
    memory.fill(allowed, 0, bytes);
    for (let i = 0; i < count; i++) {
      const slot = lookup(m.DIM_AD_CATEGORY, hashCategory(load<u64>(list + (<usize>i << 3)), taxonomy));
      if (slot != 0) lay(slot, allowed);
    }
    for (let o: usize = 0; o < bytes; o += 16) {
      v128.store(base + o, v128.and(v128.load(base + o), v128.load(allowed + o)));
    }
  }
  list = request + m.REQUEST_BADV;
  if (listCount(list) > 0) {
    changed = true;
    excludeList(m.DIM_AD_DOMAIN, listAddress(list), listCount(list));
  }
  list = request + m.REQUEST_BAPP;
  if (listCount(list) > 0) {
    changed = true;
    excludeList(m.DIM_AD_BUNDLE, listAddress(list), listCount(list));
  }
  return !changed || !isEmpty(base);
}
