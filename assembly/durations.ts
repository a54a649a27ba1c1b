// Durations of video and audio creatives: which of the book's an impression takes.
// Rules: docs/decisions.md section 3, no_creative.

import { book, lookup } from './bitmaps';
import { listAddress, listCount } from './fields';
import { hashNumber } from './hash';
import * as m from './memory_map';

let stream: usize = 0;
let type: i32 = 0;
let index: i32 = 0;
let required: i32 = 0;
let known: i32 = 0;

/** Starts a walk over the durations that fit a record, by `nextDuration`. */
export function startDurations(record: usize, mtype: i32): void {
  stream = record;
  type = mtype;
  index = 0;
  required = listCount(record + m.STREAM_DURATIONS);
  known = load<i32>(book, m.BOOK_DURATION_COUNT);
}

/** The next duration of the book that fits; 0 behind the last. */
export function nextDuration(): usize {
  const count = required > 0 ? required : known;
  while (index < count) {
    const duration = required > 0 ? requiredDuration(index) : anyDuration(index);
    index++;
    if (duration != 0) return duration;
  }
  return 0;
}

/** True if a duration of the right type is neither too short nor too long; where none is required. */
export function durationFits(duration: usize): bool {
  const seconds = load<i32>(duration, m.DURATION_SECONDS);
  const most = load<i32>(stream, m.STREAM_DURATION_MAX);
  return seconds >= load<i32>(stream, m.STREAM_DURATION_MIN) && (most <= 0 || seconds <= most) && fitsPod(seconds);
}

function fitsPod(seconds: i32): bool {
  const pod = load<i32>(stream, m.STREAM_POD_SECONDS);
  return pod <= 0 || seconds <= pod;
}

function requiredDuration(i: i32): usize {
  const seconds = <i64>load<u64>(listAddress(stream + m.STREAM_DURATIONS) + (<usize>i << 3));
  if (seconds < 0) return 0;
  const slot = lookup(m.DIM_AD_DURATION, hashNumber((<u64>type << 32) | <u64>seconds));
  return slot == 0 || !fitsPod(<i32>seconds) ? 0 : <usize>load<u32>(slot, m.SLOT_ADDRESS);
}

function anyDuration(i: i32): usize {
  const duration = <usize>load<u32>(book, m.BOOK_DURATIONS) + <usize>i * m.DURATION_STRIDE;
  return load<i32>(duration, m.DURATION_TYPE) == type && durationFits(duration) ? duration : 0;
}

/** The most that an ad of a duration that fits can be willing to pay, CPM micros; negative if none fits. */
export function durationsMost(record: usize, mtype: i32): f64 {
  let most: f64 = -1;
  startDurations(record, mtype);
  for (let duration = nextDuration(); duration != 0; duration = nextDuration()) {
    most = max(most, load<f64>(duration, m.DURATION_MOST));
  }
  return most;
}
