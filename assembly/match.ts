// Matching: which ads may bid, as bitmaps over ads. What a request asks of them is listed first, then the book is
// walked chunk by chunk, as far as scoring wants it (score.ts):
//
//   request ─▶ base       = targeting dimensions, AND-ed, less exclusions, less what the request blocks   (here)
//   imp     ─▶ candidates = base AND size AND https AND MIME type, AND NOT blocked attributes, types, missing APIs
//                                                                                                 (creatives.ts)
//
// Each value of a dimension has in the book either a bitmap, in which the ads that do not restrict the dimension are
// already or-ed in, or, if few ads name it, postings that are laid over the any-bitmap here.
// Rules: docs/decisions.md section 3.

import { restrictToAccounts } from './accounts';
import { bitmap, bitmapsOut, groups, postingsOut, request } from './arena';
import { findAudiences, joined, segmentOf } from './audiences';
import {
  BASE, addToGroup, andChunk, andGroups, bitmapsOutEnd, book, endGroup, groupsEnd, isEmpty,
  lookup, postingsOutEnd, pushAnd, startGroup, startLists, takeBitmapOut, takeBitmapsOut, takeOut, takePostingsOut,
} from './bitmaps';
import * as facts from './facts';
import { listAddress, listCount } from './fields';
import { hashCategory } from './hash';
import * as m from './memory_map';
import { BLOCKED, NO_CREATIVE, NO_TARGETING } from './reasons';

/** Where the targeting's lists end and those of what the request blocks begin. */
let targetingGroups: usize = 0;
let targetingBitmaps: usize = 0;
let targetingPostings: usize = 0;
/** Where the latter end: behind them are those of an impression. */
export let requestGroups: usize = 0;
export let requestBitmaps: usize = 0;
let requestPostings: usize = 0;

/** Bytes of the base that are known. */
export let baseEnd: usize = 0;
/** The furthest gate an ad of the known part was let go at; NO_CREATIVE if some are left. */
export let baseReason: i32 = NO_TARGETING;

// ---- restrictions: a dimension with one value, then with several

function restrict(dimension: i32, hash: u64): void {
  const any = anyOf(dimension);
  if (any == 0) return; // no ad restricts this dimension
  startGroup(any);
  addValue(dimension, hash);
  endGroup();
}

// @ts-ignore: decorator
@inline
function anyOf(dimension: i32): usize {
  return <usize>load<u32>(book + (<usize>dimension << 2), m.BOOK_ANY);
}

function addValue(dimension: i32, hash: u64): void {
  const slot: usize = hash == 0 ? 0 : lookup(dimension, hash);
  if (slot != 0) addToGroup(slot);
}

function restrictToList(dimension: i32, values: usize, count: i32): void {
  const any = anyOf(dimension);
  if (any == 0) return;
  startGroup(any);
  for (let i = 0; i < count; i++) addValue(dimension, load<u64>(values + (<usize>i << 3)));
  endGroup();
}

function restrictToCategories(): void {
  const any = anyOf(m.DIM_CATEGORY);
  if (any == 0) return;
  startGroup(any);
  for (let i = 0; i < facts.categorySlots; i += 2) {
    addValue(m.DIM_CATEGORY, categoryHash(i));
    addValue(m.DIM_CATEGORY, parentHash(i));
  }
  endGroup();
}

/** The segments that the request gives, and the audiences its user is in. */
function restrictToSegments(): void {
  const any = anyOf(m.DIM_SEGMENT);
  if (any == 0) return;
  startGroup(any);
  for (let i = 0; i < facts.segmentCount; i++) addValue(m.DIM_SEGMENT, load<u64>(facts.segments + (<usize>i << 3)));
  for (let left = joined; left != 0; left &= left - 1) addValue(m.DIM_SEGMENT, segmentOf(ctz(left)));
  endGroup();
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
  const slot: usize = hash == 0 ? 0 : lookup(dimension, hash);
  if (slot != 0) takeOut(slot);
}

function excludeList(dimension: i32, values: usize, count: i32): void {
  for (let i = 0; i < count; i++) exclude(dimension, load<u64>(values + (<usize>i << 3)));
}

function listTargeting(): void {
  findAudiences();
  // The dimensions that leave least come first.
  restrict(m.DIM_COUNTRY, load<u64>(request, m.REQUEST_COUNTRY));
  restrict(m.DIM_DEVICE_TYPE, load<u64>(request, m.REQUEST_DEVICE_TYPE));
  restrict(m.DIM_OS, load<u64>(request, m.REQUEST_OS));
  restrict(m.DIM_INVENTORY, facts.inventory == 0 ? 0 : facts.hashOf(facts.inventory));
  restrictToList(m.DIM_DOMAIN, facts.domains, facts.domainCount);
  restrict(m.DIM_BUNDLE, facts.bundle);
  restrictToCategories();
  restrictToSegments();
  restrict(m.DIM_HOUR, facts.hashOf(facts.weekday * 24 + facts.hour));
  restrict(m.DIM_PUBLISHER, facts.publisher);
  restrict(m.DIM_REGION, load<u64>(request, m.REQUEST_REGION));
  restrict(m.DIM_CITY, facts.city);
  restrict(m.DIM_POSTCODE, facts.postcode);
  restrict(m.DIM_LANGUAGE, load<u64>(request, m.REQUEST_LANGUAGE));
  restrict(m.DIM_CONNECTION, load<u64>(request, m.REQUEST_CONNECTION));
  restrict(m.DIM_EXCHANGE, facts.exchange);
  restrict(m.DIM_IDENTIFIED, facts.hashOf(facts.identified));
  restrictToAccounts();
  pushAnd(<usize>load<u32>(book, m.BOOK_ALL));

  excludeList(m.DIM_DOMAIN_EXCLUDED, facts.domains, facts.domainCount);
  exclude(m.DIM_BUNDLE_EXCLUDED, facts.bundle);
  exclude(m.DIM_PUBLISHER_EXCLUDED, facts.publisher);
  for (let i = 0; i < facts.categorySlots; i += 2) {
    exclude(m.DIM_CATEGORY_EXCLUDED, categoryHash(i));
    exclude(m.DIM_CATEGORY_EXCLUDED, parentHash(i));
  }
  excludeList(m.DIM_SEGMENT_EXCLUDED, facts.segments, facts.segmentCount);
  for (let left = joined; left != 0; left &= left - 1) exclude(m.DIM_SEGMENT_EXCLUDED, segmentOf(ctz(left)));
}

function listBlocks(): void {
  const taxonomy = load<i32>(request, m.REQUEST_CATTAX);
  let list = listAddress(request + m.REQUEST_BCAT);
  let count = listCount(request + m.REQUEST_BCAT);
  for (let i = 0; i < count; i++) exclude(m.DIM_AD_CATEGORY, hashCategory(load<u64>(list + (<usize>i << 3)), taxonomy));
  list = listAddress(request + m.REQUEST_ACAT);
  count = listCount(request + m.REQUEST_ACAT);
  if (count > 0) {
    startGroup(0);
    for (let i = 0; i < count; i++) {
      addValue(m.DIM_AD_CATEGORY, hashCategory(load<u64>(list + (<usize>i << 3)), taxonomy));
    }
    endGroup();
  }
  list = request + m.REQUEST_BADV;
  excludeList(m.DIM_AD_DOMAIN, listAddress(list), listCount(list));
  list = request + m.REQUEST_BAPP;
  excludeList(m.DIM_AD_BUNDLE, listAddress(list), listCount(list));
  takeBitmapOut(exchangeBlocked);
}

/** Bitmap of the ads with an attribute that the exchange takes none of; 0 without one. */
let exchangeBlocked: u32 = 0;

/**
 * Lists what the request at hand asks of ads. Nothing of the base is known yet.
 * @param exchange record of the exchange
 */
export function startMatching(exchange: usize): void {
  exchangeBlocked = load<u32>(exchange, m.EXCHANGE_BLOCKED);
  startLists();
  listTargeting();
  targetingGroups = groupsEnd;
  targetingBitmaps = bitmapsOutEnd;
  targetingPostings = postingsOutEnd;
  listBlocks();
  requestGroups = groupsEnd;
  requestBitmaps = bitmapsOutEnd;
  requestPostings = postingsOutEnd;
  baseEnd = 0;
  baseReason = NO_TARGETING;
}

/** Finds one more chunk of the base. */
export function extendBase(): void {
  const o = baseEnd;
  baseEnd += m.CHUNK_BYTES;
  const at = bitmap(BASE) + o;
  if (!andChunk(o, at)) return;
  andGroups(groups, targetingGroups, o, at);
  if (isEmpty(at)) return;
  takeBitmapsOut(bitmapsOut, targetingBitmaps, o, at);
  takePostingsOut(postingsOut, targetingPostings, o, at);
  if (isEmpty(at)) return;
  baseReason = max(baseReason, BLOCKED);
  andGroups(targetingGroups, requestGroups, o, at);
  takeBitmapsOut(targetingBitmaps, requestBitmaps, o, at);
  takePostingsOut(targetingPostings, requestPostings, o, at);
  if (!isEmpty(at)) baseReason = NO_CREATIVE;
}
