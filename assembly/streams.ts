// `imp.video` and `imp.audio`, from bytes into a record of the impression. How the functions of a reader work is said
// in request.ts.

import { durationFloors } from './arena';
import { clear } from './clear';
import {
  AS_LOWER, listCount, push, readExact, readInteger, readIntegerHash, readIntegers, readSet, readTexts, startList,
} from './fields';
import { hashNumber } from './hash';
import * as k from './keys';
import { MAX_DURATION_FLOORS } from './limits';
import * as m from './memory_map';
import {
  ARRAY, ARRAY_END, BROKEN, CLOSED, KEY_ERROR, MORE, OBJECT, OBJECT_END, enterEmpty, key, next, number, peek,
  readNumber, readNumberFound, skip,
} from './scan';

/** Entries of `durfloors` read so far in this request. */
export let durationFloorCount: i32 = 0;

/** Takes back what an impression, or an earlier version of its key, had. */
export function setDurationFloorCount(count: i32): void {
  durationFloorCount = count;
}

/** Clears the record of a format that is about to be read. */
function clearStream(stream: usize): void {
  clear(stream, m.STREAM_BYTES);
  store<i32>(stream, -1, m.STREAM_PROTOCOL);
  store<i32>(stream, 1, m.STREAM_SKIP);
}

export function readStream(stream: usize): bool {
  clearStream(stream);
  if (peek() != OBJECT) return skip();
  if (enterEmpty(OBJECT_END)) return true;
  const firstFloor = durationFloorCount;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_MIMES:
        ok = readTexts(stream + m.STREAM_MIMES, AS_LOWER);
        break;
      case k.KEY_MINDURATION:
        ok = readInteger(stream + m.STREAM_DURATION_MIN, 0);
        break;
      case k.KEY_MAXDURATION:
        ok = readInteger(stream + m.STREAM_DURATION_MAX, 0);
        break;
      case k.KEY_RQDDURS:
        ok = readIntegers(stream + m.STREAM_DURATIONS);
        break;
      case k.KEY_PROTOCOLS:
        ok = readSet(stream + m.STREAM_PROTOCOLS);
        break;
      case k.KEY_PROTOCOL:
        ok = readInteger(stream + m.STREAM_PROTOCOL, -1);
        break;
      case k.KEY_W:
        ok = readInteger(stream + m.STREAM_WIDTH, 0);
        break;
      case k.KEY_H:
        ok = readInteger(stream + m.STREAM_HEIGHT, 0);
        break;
      case k.KEY_POS:
        ok = readIntegerHash(stream + m.STREAM_POSITION);
        break;
      case k.KEY_LINEARITY:
        ok = readInteger(stream + m.STREAM_LINEARITY, 0);
        break;
      case k.KEY_SKIP:
        ok = readInteger(stream + m.STREAM_SKIP, 1);
        break;
      case k.KEY_PLACEMENT:
        ok = readInteger(stream + m.STREAM_PLACEMENT, 0);
        break;
      case k.KEY_PLCMT:
        ok = readIntegerHash(stream + m.STREAM_PLCMT);
        break;
      case k.KEY_BATTR:
        ok = readSet(stream + m.STREAM_BLOCKED_ATTRIBUTES);
        break;
      case k.KEY_API:
        ok = readSet(stream + m.STREAM_APIS);
        break;
      case k.KEY_COMPANIONAD:
        ok = readCompanions(stream + m.STREAM_COMPANIONS);
        break;
      case k.KEY_PODID:
        ok = readExact(stream + m.STREAM_POD);
        break;
      case k.KEY_PODDUR:
        ok = readInteger(stream + m.STREAM_POD_SECONDS, 0);
        break;
      case k.KEY_MAXSEQ:
        ok = readInteger(stream + m.STREAM_POD_BIDS, 0);
        break;
      case k.KEY_MINCPMPERSEC:
        ok = number();
        store<f64>(stream, readNumberFound() ? readNumber() : 0, m.STREAM_PER_SECOND);
        break;
      case k.KEY_DURFLOORS:
        durationFloorCount = firstFloor;
        ok = readDurationFloors(stream);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readCompanions(list: usize): bool {
  startList(list);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (!(peek() == OBJECT ? readCompanion(list) : skip())) return false;
    const then = next(ARRAY_END);
    if (then != MORE) return then == CLOSED;
  }
}

function readCompanion(list: usize): bool {
  let width: i32 = 0;
  let height: i32 = 0;
  if (!enterEmpty(OBJECT_END)) {
    while (true) {
      const name = key();
      if (name == KEY_ERROR) return false;
      if (name == k.KEY_W || name == k.KEY_H) {
        if (!number()) return false;
        const usable = readNumberFound() && readNumber() >= 1 && readNumber() < 65536;
        const side = usable ? <i32>readNumber() : 0;
        if (name == k.KEY_W) width = side;
        else height = side;
      } else if (!skip()) return false;
      const then = next(OBJECT_END);
      if (then == BROKEN) return false;
      if (then == CLOSED) break;
    }
  }
  const usable = width > 0 && height > 0;
  push(list, usable ? hashNumber((<u64>width << 16) | <u64>height) : 0);
  return true;
}

function readDurationFloors(stream: usize): bool {
  const first = durationFloorCount;
  store<i32>(stream, first, m.STREAM_FLOORS);
  store<i32>(stream, 0, m.STREAM_FLOORS + 4);
  if (peek() != ARRAY) return skip();
  if (enterEmpty(ARRAY_END)) return true;
  while (true) {
    if (peek() == OBJECT) {
      const floor = durationFloors + <usize>min(durationFloorCount, MAX_DURATION_FLOORS) * m.DURATION_FLOOR_STRIDE;
      durationFloorCount++;
      store<i32>(floor, 0, m.DURATION_FLOOR_FROM);
      store<i32>(floor, i32.MAX_VALUE, m.DURATION_FLOOR_TO);
      store<i32>(floor, 0, m.DURATION_FLOOR_GIVEN);
      if (!readDurationFloor(floor)) return false;
    } else if (!skip()) return false;
    const then = next(ARRAY_END);
    if (then != MORE) {
      store<i32>(stream, durationFloorCount - first, m.STREAM_FLOORS + 4);
      return then == CLOSED;
    }
  }
}

function readDurationFloor(floor: usize): bool {
  if (enterEmpty(OBJECT_END)) return true;
  while (true) {
    const name = key();
    if (name == KEY_ERROR) return false;
    let ok: bool;
    switch (name) {
      case k.KEY_MINDUR:
        ok = readInteger(floor + m.DURATION_FLOOR_FROM, 0);
        break;
      case k.KEY_MAXDUR:
        ok = readInteger(floor + m.DURATION_FLOOR_TO, i32.MAX_VALUE);
        break;
      case k.KEY_BIDFLOOR:
        ok = number();
        store<i32>(floor, <i32>readNumberFound(), m.DURATION_FLOOR_GIVEN);
        store<f64>(floor, readNumber(), m.DURATION_FLOOR_CPM);
        break;
      default:
        ok = skip();
    }
    if (!ok) return false;
    const then = next(OBJECT_END);
    if (then != MORE) return then == CLOSED;
  }
}

/** Values in the lists of a record. */
export function streamListValues(stream: usize): i32 {
  return (
    listCount(stream + m.STREAM_MIMES) +
    listCount(stream + m.STREAM_DURATIONS) +
    listCount(stream + m.STREAM_COMPANIONS)
  );
}

/**
 * The floor of an impression for an ad of a duration, CPM in units of the impression's currency: by `durfloors`, by
 * `mincpmpersec`, else the impression's own.
 */
export function floorOfDuration(imp: usize, stream: usize, seconds: i32): f64 {
  const first = durationFloors + <usize>load<i32>(stream, m.STREAM_FLOORS) * m.DURATION_FLOOR_STRIDE;
  const count = load<i32>(stream, m.STREAM_FLOORS + 4);
  for (let i = 0; i < count; i++) {
    const floor = first + <usize>i * m.DURATION_FLOOR_STRIDE;
    if (load<i32>(floor, m.DURATION_FLOOR_GIVEN) == 0) continue;
    const from = load<i32>(floor, m.DURATION_FLOOR_FROM);
    if (seconds >= from && seconds <= load<i32>(floor, m.DURATION_FLOOR_TO)) {
      return load<f64>(floor, m.DURATION_FLOOR_CPM);
    }
  }
  const perSecond = load<f64>(stream, m.STREAM_PER_SECOND);
  return perSecond > 0 ? perSecond * <f64>seconds : load<f64>(imp, m.IMP_FLOOR);
}

/** True if the floor of an ad depends on its duration. */
export function hasDurationFloors(stream: usize): bool {
  return load<i32>(stream, m.STREAM_FLOORS + 4) > 0 || load<f64>(stream, m.STREAM_PER_SECOND) > 0;
}
