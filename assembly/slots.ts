// Which slots of a request (an impression's deals, and the open auction behind them) some ad of the book might fill, as
// far as can be told without looking at ads: format, size or duration, deal, floor. What ends here is never matched.
//
//   imp ─▶ a format? ─▶ a size, a duration the book has? ─▶ each deal, open auction: known? a rate? a floor within
//   reach? ─▶ a place
//
// Rules: docs/decisions.md section 3.

import { deals, places, request } from './arena';
import { book, lookup } from './bitmaps';
import { durationsMost } from './durations';
import { listCount } from './fields';
import { asPrice, dependsOnDuration, durationFloorsReason, streamOf } from './floors';
import { mix } from './hash';
import { MAX_POD_BIDS } from './limits';
import * as m from './memory_map';
import { floorMicros, rounded, roundedUp } from './price';
import { FLOOR_TOO_HIGH, NO_FORMAT, NO_RATE, NO_SIZE, REASON_NONE, UNKNOWN_DEAL } from './reasons';
import { collectSizes, sizesMost } from './sizes';

let placeCount: i32 = 0;
/** The furthest gate that a slot of this request was refused at. */
export let placeReason: i32 = REASON_NONE;
let rateOut: f64 = 1;
/** Formats the exchange allows and the book has. */
let formats: i32 = 0;
/** Index of the exchange if it lists its deals, else negative. */
let listsDeals: i32 = -1;
/** Of the impression at hand: the most an ad that fits may pay as a price, and whether its floor is by duration. */
let most: f64 = 0;
let byDuration: bool = false;

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
 * @param rate units of the response's currency for one of the book's
 * @param exchange record of the exchange, and its index
 * @returns how many
 */
export function findPlaces(rate: f64, exchange: usize, index: i32): i32 {
  placeCount = 0;
  placeReason = REASON_NONE;
  rateOut = rate;
  formats = load<i32>(exchange, m.EXCHANGE_FORMATS);
  for (let i = 0; i < 4; i++) if (load<u32>(book + (<usize>i << 2), m.BOOK_MTYPES) == 0) formats &= ~(1 << i);
  listsDeals = load<i32>(exchange, m.EXCHANGE_LISTS_DEALS) != 0 ? index : -1;
  const imps = load<i32>(request, m.REQUEST_IMPS);
  for (let i = 0; i < imps; i++) findPlacesOf(request + (m.ARENA_IMPS - m.ARENA_RECORD) + <usize>i * m.IMP_STRIDE);
  return placeCount;
}

/** Formats that some ad fits in; what they may pay is in `most`. */
function fittingOf(imp: usize, wanted: i32): i32 {
  let fitting = 0;
  let micros: f64 = 0;
  if ((wanted & m.IMP_BANNER) != 0 && collectSizes(imp)) {
    fitting = m.IMP_BANNER;
    micros = sizesMost;
  }
  for (let mtype = 2; mtype <= 3; mtype++) {
    const format = 1 << (mtype - 1);
    if ((wanted & format) == 0) continue;
    const streams = durationsMost(streamOf(imp, mtype), mtype);
    if (streams < 0) continue;
    fitting |= format;
    micros = max(micros, streams);
  }
  if ((wanted & m.IMP_NATIVE) != 0) {
    fitting |= m.IMP_NATIVE;
    micros = max(micros, load<f64>(book, m.BOOK_NATIVE_MOST));
  }
  most = asPrice(micros);
  return fitting;
}

function findPlacesOf(imp: usize): void {
  const flags = load<i32>(imp, m.IMP_FLAGS);
  const wanted = flags & formats;
  if (wanted == 0) return reach(NO_FORMAT);
  const fitting = fittingOf(imp, wanted);
  if (fitting == 0) return reach(NO_SIZE);
  store<i32>(imp, fitting, m.IMP_FITTING);
  reach(UNKNOWN_DEAL); // what a private auction without deals comes to
  byDuration = (fitting & (m.IMP_VIDEO | m.IMP_AUDIO)) != 0 && dependsOnDuration(imp, fitting);
  const ownAt = load<i32>(request, m.REQUEST_AUCTION) == 1 ? 1 : 2;
  const first = load<i32>(imp, m.IMP_DEALS);
  const count = listCount(imp + m.IMP_DEALS);
  for (let i = 0; i < count; i++) {
    const deal = deals + <usize>(first + i) * m.DEAL_STRIDE;
    const at = load<i32>(deal, m.DEAL_AUCTION);
    const auction = at >= 1 && at <= 3 ? at : ownAt;
    const known = knownDeal(load<u64>(deal, m.DEAL_HASH));
    const own = load<f64>(deal, m.DEAL_FLOOR);
    if (known == 0 || (auction == 3 && !(own > 0))) continue;
    addPlace(imp, deal, known, auction);
  }
  if ((flags & m.IMP_PRIVATE) == 0) addPlace(imp, 0, 0, ownAt);
}

/** Dictionary slot of a deal that an ad is on and the exchange has; 0 if there is none. */
function knownDeal(deal: u64): usize {
  if (listsDeals >= 0 && lookup(m.DIM_EXCHANGE_DEAL, mix(deal, <u64>listsDeals)) == 0) return 0;
  return lookup(m.DIM_DEAL, deal);
}

function addPlace(imp: usize, deal: usize, known: usize, auction: i32): void {
  const own = deal != 0 && load<f64>(deal, m.DEAL_FLOOR) >= 0;
  let floorOut: f64 = 0;
  if (!own && byDuration) {
    const reason = durationFloorsReason(imp, load<i32>(imp, m.IMP_FITTING));
    if (reason != REASON_NONE) return reach(reason);
  } else {
    const amount = own ? load<f64>(deal, m.DEAL_FLOOR) : load<f64>(imp, m.IMP_FLOOR);
    const currency = own ? load<u32>(deal, m.DEAL_FLOOR_CURRENCY) : load<u32>(imp, m.IMP_FLOOR_CURRENCY);
    const micros = floorMicros(book, amount, currency, rateOut);
    if (micros < 0) return reach(NO_RATE);
    floorOut = auction == 3 ? rounded(micros) : roundedUp(micros);
    if (most < max(floorOut, 1)) return reach(FLOOR_TOO_HIGH);
  }
  const place = placeAddress(placeCount++);
  store<u32>(place, <u32>imp, m.PLACE_IMP);
  store<u32>(place, <u32>deal, m.PLACE_DEAL);
  store<u32>(place, <u32>known, m.PLACE_LISTED);
  store<i32>(place, auction, m.PLACE_AUCTION);
  store<f64>(place, floorOut, m.PLACE_FLOOR);
  store<i32>(place, <i32>(!own && byDuration), m.PLACE_BY_DURATION);
  store<i32>(place, deal == 0 ? repeatsOf(imp) : 1, m.PLACE_REPEATS);
}

/** How many bids the open slot of an impression takes: more than one in a dynamic pod. */
function repeatsOf(imp: usize): i32 {
  const flags = load<i32>(imp, m.IMP_FLAGS);
  if ((flags & (m.IMP_VIDEO | m.IMP_AUDIO)) == 0) return 1;
  const stream = imp + ((flags & m.IMP_VIDEO) != 0 ? m.IMP_VIDEO_RECORD : m.IMP_AUDIO_RECORD);
  if (load<i32>(stream, m.STREAM_POD_SECONDS) <= 0) return 1;
  const most = load<i32>(stream, m.STREAM_POD_BIDS);
  return most >= 1 && most < MAX_POD_BIDS ? most : MAX_POD_BIDS;
}
