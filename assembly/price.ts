// Money: currencies, floors, and the bid that a value is worth. Rules: docs/decisions.md section 5.
//
// Bid shading: in a first-price auction the bid that maximises (value − bid) × P(win | bid), with the win probability
// piecewise linear between the prices of the landscape's grid: in each piece the gain is a parabola whose top is known,
// so the maximum is exact and costs one short walk over the grid, for the winner of a slot only.

import { listAddress, listCount } from './fields';
import { PRICE_MICROS_MAX } from './limits';
import * as m from './memory_map';
import {
  LANDSCAPE_GRID, LANDSCAPE_PRICES, LANDSCAPE_TABLE_BYTES, LANDSCAPE_WIN, MODEL_LANDSCAPE,
} from './model_layout';

const USD: u32 = 0x647375;

/** Units of a currency for one unit of the book's own; 0 if there is no rate. */
export function rateOf(book: usize, currency: u32): f64 {
  const count = load<i32>(book, m.BOOK_RATE_COUNT);
  const rates = <usize>load<u32>(book, m.BOOK_RATES);
  for (let i = 0; i < count; i++) {
    const rate = rates + <usize>i * m.RATE_STRIDE;
    if (load<u32>(rate) == currency) return load<f64>(rate, 8);
  }
  return 0;
}

/**
 * The currency of the response: the book's own if the request lists it, else the first listed with a rate; without a
 * list the exchange's, or else USD. 0 if none.
 */
export function responseCurrency(book: usize, list: usize, ofExchange: u32): u32 {
  const count = listCount(list);
  if (count == 0) {
    const only = ofExchange != 0 ? ofExchange : USD;
    return rateOf(book, only) > 0 ? only : 0;
  }
  const base = load<u32>(book, m.BOOK_BASE_CURRENCY);
  const listed = listAddress(list);
  let first: u32 = 0;
  for (let i = 0; i < count; i++) {
    const currency = <u32>load<u64>(listed + (<usize>i << 3));
    if (currency == base) return base;
    if (first == 0 && rateOf(book, currency) > 0) first = currency;
  }
  return first;
}

/** A floor in micros of the response's currency, before it is made whole; negative if its currency has no rate. */
export function floorMicros(book: usize, floor: f64, currency: u32, rateOut: f64): f64 {
  if (!(floor > 0)) return 0;
  const rate = rateOf(book, currency == 0 ? USD : currency);
  if (rate == 0) return -1;
  return min(floor * 1e6 * (rateOut / rate), PRICE_MICROS_MAX);
}

/** To the nearest whole micro. */
// @ts-ignore: decorator
@inline
export function rounded(x: f64): f64 {
  return floor(x + 0.5);
}

/** Up to the next whole micro, but not for the noise that decimal prices have as binary numbers. */
export function roundedUp(x: f64): f64 {
  const r = rounded(x);
  return abs(x - r) < 0.001 ? r : ceil(x);
}

/**
 * The bid for a value under the landscape of an exchange and a context, at least the floor; all in CPM micros of the
 * base currency.
 * @param slot of the model's tables
 * @param level price level of the context: a price there is as likely to win as one `level` times lower in the table
 */
export function shade(model: usize, slot: i32, level: f64, value: f64, floor: f64): f64 {
  return level * shadeAtLevelOne(model, slot, value / level, floor / level);
}

function shadeAtLevelOne(model: usize, slot: i32, value: f64, floor: f64): f64 {
  const grid = model + MODEL_LANDSCAPE + LANDSCAPE_GRID;
  const win = model + MODEL_LANDSCAPE + LANDSCAPE_WIN + <usize>slot * LANDSCAPE_TABLE_BYTES;
  const low = min(floor, value);
  let bestBid = low;
  let bestGain = (value - low) * winProbability(grid, win, low);
  let left: f64 = 0;
  let winLeft: f64 = 0;
  for (let i: usize = 0; i < LANDSCAPE_PRICES && left < value; i++) {
    const right = load<f64>(grid + (i << 3));
    const winRight = load<f64>(win + (i << 3));
    const from = max(left, low);
    const to = min(right, value);
    // A piece is looked at only if its best corner, with room for rounding, could beat the best so far.
    if (from < to && (value - from) * max(winLeft, winRight) * 1.000001 > bestGain) {
      const slope = (winRight - winLeft) / (right - left);
      let bid = slope > 0 ? (value + left - winLeft / slope) / 2 : from;
      bid = min(max(bid, from), to);
      const gain = (value - bid) * (winLeft + slope * (bid - left));
      if (gain > bestGain) {
        bestGain = gain;
        bestBid = bid;
      }
    }
    left = right;
    winLeft = winRight;
  }
  return bestBid;
}

function winProbability(grid: usize, win: usize, bid: f64): f64 {
  let left: f64 = 0;
  let winLeft: f64 = 0;
  for (let i: usize = 0; i < LANDSCAPE_PRICES; i++) {
    const right = load<f64>(grid + (i << 3));
    const winRight = load<f64>(win + (i << 3));
    if (right >= bid) return winLeft + ((winRight - winLeft) / (right - left)) * (bid - left);
    left = right;
    winLeft = winRight;
  }
  return winLeft;
}
