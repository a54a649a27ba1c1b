// Floors in the response's currency, where they depend on the ad: video and audio by duration.
// Rules: docs/decisions.md section 5.

import { book } from './bitmaps';
import { nextDuration, startDurations } from './durations';
import { PRICE_MICROS_MAX } from './limits';
import * as m from './memory_map';
import { floorMicros, roundedUp } from './price';
import { FLOOR_TOO_HIGH, NO_RATE, REASON_NONE } from './reasons';
import { sizesMost } from './sizes';
import { floorOfDuration, hasDurationFloors } from './streams';

let rateOut: f64 = 1;
let wire: f64 = 1;

/** Takes the rates of the request at hand: to the response's currency, and that less the exchange's margin. */
export function setRates(out: f64, paid: f64): void {
  rateOut = out;
  wire = paid;
}

/** Record of the video or audio of an impression, by markup type. */
// @ts-ignore: decorator
@inline
export function streamOf(imp: usize, mtype: i32): usize {
  return imp + (mtype == 2 ? m.IMP_VIDEO_RECORD : m.IMP_AUDIO_RECORD);
}

/** True if floors of an impression depend on the duration of ads that fit in it. */
export function dependsOnDuration(imp: usize, fitting: i32): bool {
  if ((fitting & m.IMP_VIDEO) != 0 && hasDurationFloors(imp + m.IMP_VIDEO_RECORD)) return true;
  return (fitting & m.IMP_AUDIO) != 0 && hasDurationFloors(imp + m.IMP_AUDIO_RECORD);
}

/** The impression's floor for an ad, whole micros; negative if its currency has no rate. */
export function floorOfAd(imp: usize, mtype: i32, seconds: i32): f64 {
  const streams = mtype == 2 || mtype == 3;
  const floor = streams ? floorOfDuration(imp, streamOf(imp, mtype), seconds) : load<f64>(imp, m.IMP_FLOOR);
  const micros = floorMicros(book, floor, load<u32>(imp, m.IMP_FLOOR_CURRENCY), rateOut);
  return micros < 0 ? micros : roundedUp(micros);
}

/** What is willing to be paid in base micros, as a price: whole micros of the response's currency. */
// @ts-ignore: decorator
@inline
export function asPrice(willing: f64): f64 {
  return floor(min(willing * wire, PRICE_MICROS_MAX));
}

let reachable: bool = false;
let unrated: bool = false;

function tryFloor(floorOut: f64, most: f64): void {
  if (floorOut < 0) unrated = true;
  else if (asPrice(most) >= max(floorOut, 1)) reachable = true;
}

/** Why no ad that fits in an impression can reach its floor by duration; REASON_NONE if some might. */
export function durationFloorsReason(imp: usize, fitting: i32): i32 {
  reachable = unrated = false;
  if ((fitting & m.IMP_BANNER) != 0) tryFloor(floorOfAd(imp, 1, 0), sizesMost);
  if ((fitting & m.IMP_NATIVE) != 0) tryFloor(floorOfAd(imp, 4, 0), load<f64>(book, m.BOOK_NATIVE_MOST));
  for (let mtype = 2; mtype <= 3; mtype++) {
    if ((fitting & (1 << (mtype - 1))) == 0) continue;
    startDurations(streamOf(imp, mtype), mtype);
    for (let duration = nextDuration(); duration != 0; duration = nextDuration()) {
      const seconds = load<i32>(duration, m.DURATION_SECONDS);
      tryFloor(floorOfAd(imp, mtype, seconds), load<f64>(duration, m.DURATION_MOST));
    }
  }
  return unrated ? NO_RATE : reachable ? REASON_NONE : FLOOR_TOO_HIGH;
}
