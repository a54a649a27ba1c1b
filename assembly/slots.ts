// Which slots of a request (an impression's deals, and the open auction behind them) some ad of the book might fill, as
// far as can be told without looking at ads: format, size, deal, floor. What ends here is never matched.
//
//   imp ─▶ banner? ─▶ a size the book has? ─▶ each deal, open auction: known? a rate? a floor within reach? ─▶ a place
//
// Rules: docs/decisions.md section 3.

import { deals, places, request } from './arena';
import { book, lookup } from './bitmaps';
import { collectSizes, sizesMost } from './creatives';
import { listCount } from './fields';
import { PRICE_MICROS_MAX } from './limits';
import * as m from './memory_map';
import { floorMicros, rounded, roundedUp } from './price';
import { FLOOR_TOO_HIGH, NO_FORMAT, NO_RATE, NO_SIZE, REASON_NONE, UNKNOWN_DEAL } from './reasons';

let placeCount: i32 = 0;
/** The furthest gate that a slot of this request was refused at. */
export let placeReason: i32 = REASON_NONE;

// @ts-ignore: decorator
@inline
function reach(reason: i32): void {
  placeReason = max(placeReason, reason);
}

/** Address of a place. */
// @ts-ignore: decorator
@inline
export function placeAddress(index: i32): usize {
  return places + <usize>index * m.PLACE_STRIDE;
}

/**
 * Finds the places of the request at hand, in order of impressions and, in each, of its deals, the open auction last.
 * @param rateOut units of the response's currency for one of the book's
 * @returns how many
 */
export function findPlaces(rateOut: f64): i32 {
  placeCount = 0;
  placeReason = REASON_NONE;
  const imps = load<i32>(request, m.REQUEST_IMPS);
  for (let i = 0; i < imps; i++) {
    findPlacesOf(request + (m.ARENA_IMPS - m.ARENA_RECORD) + <usize>i * m.IMP_STRIDE, rateOut);
  }
  return placeCount;
}

function findPlacesOf(imp: usize, rateOut: f64): void {
  const flags = load<i32>(imp, m.IMP_FLAGS);
  if ((flags & m.IMP_BANNER) == 0) return reach(NO_FORMAT);
  if (!collectSizes(imp)) return reach(NO_SIZE);
  reach(UNKNOWN_DEAL); // what a private auction without deals comes to
  const most = floor(min(sizesMost * rateOut, PRICE_MICROS_MAX));
  const ownAt = load<i32>(request, m.REQUEST_AUCTION) == 1 ? 1 : 2;
  const first = load<i32>(imp, m.IMP_DEALS);
  const count = listCount(imp + m.IMP_DEALS);
  for (let i = 0; i < count; i++) {
    const deal = deals + <usize>(first + i) * m.DEAL_STRIDE;
    const at = load<i32>(deal, m.DEAL_AUCTION);
    const auction = at >= 1 && at <= 3 ? at : ownAt;
    const known = lookup(m.DIM_DEAL, load<u64>(deal, m.DEAL_HASH));
    const own = load<f64>(deal, m.DEAL_FLOOR);
    if (known == 0 || (auction == 3 && !(own > 0))) continue;
    const source = own >= 0 ? deal + m.DEAL_FLOOR : imp + m.IMP_FLOOR;
    const currency = own >= 0 ? deal + m.DEAL_FLOOR_CURRENCY : imp + m.IMP_FLOOR_CURRENCY;
    const micros = floorMicros(book, load<f64>(source), load<u32>(currency), rateOut);
    addPlace(imp, deal, known, auction, micros, most);
  }
  if ((flags & m.IMP_PRIVATE) != 0) return;
  const micros = floorMicros(book, load<f64>(imp, m.IMP_FLOOR), load<u32>(imp, m.IMP_FLOOR_CURRENCY), rateOut);
  addPlace(imp, 0, 0, ownAt, micros, most);
}

function addPlace(imp: usize, deal: usize, known: usize, auction: i32, micros: f64, most: f64): void {
  if (micros < 0) return reach(NO_RATE);
  const floorOut = auction == 3 ? rounded(micros) : roundedUp(micros);
  if (most < max(floorOut, 1)) return reach(FLOOR_TOO_HIGH);
  const place = placeAddress(placeCount++);
  store<u32>(place, <u32>imp, m.PLACE_IMP);
  store<u32>(place, <u32>deal, m.PLACE_DEAL);
  store<u32>(place, <u32>known, m.PLACE_LISTED);
  store<i32>(place, auction, m.PLACE_AUCTION);
  store<f64>(place, floorOut, m.PLACE_FLOOR);
}
