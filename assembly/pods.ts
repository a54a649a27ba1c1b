// Pods: several bids for one break, of which no two may be of one advertiser, and whose time is limited.
// Rules: docs/decisions.md section 3, pod_taken.

import { bids } from './arena';
import * as m from './memory_map';
import { advertiserOf, canWin, consider, durationOf, typeOf } from './score';

let imp: usize = 0;
let pod: u64 = 0;
/** Which time the open slot is filled, from 0; bids made so far; seconds left of a dynamic pod. */
let repetition: i32 = 0;
let bidCount: i32 = 0;
let secondsLeft: i32 = 0;

/** The pod of an impression; 0 if it is in none. */
function podOf(its: usize): u64 {
  const flags = load<i32>(its, m.IMP_FLAGS);
  const video = (flags & m.IMP_VIDEO) != 0 ? load<u64>(its + m.IMP_VIDEO_RECORD, m.STREAM_POD) : 0;
  if (video != 0) return video;
  return (flags & m.IMP_AUDIO) != 0 ? load<u64>(its + m.IMP_AUDIO_RECORD, m.STREAM_POD) : 0;
}

/**
 * Starts a slot.
 * @param time which time it is filled, from 0
 * @param made bids made so far
 * @returns true if ads must be asked by `podTakes`, because bids of its pod were made
 */
export function startPod(its: usize, time: i32, made: i32): bool {
  repetition = time;
  bidCount = made;
  if (made == 0) return false;
  imp = its;
  pod = podOf(its);
  if (time > 0) secondsLeft = secondsOf(its) - secondsTaken();
  return pod != 0 || time > 0;
}

function secondsOf(its: usize): i32 {
  const video = (load<i32>(its, m.IMP_FLAGS) & m.IMP_VIDEO) != 0;
  return load<i32>(its + (video ? m.IMP_VIDEO_RECORD : m.IMP_AUDIO_RECORD), m.STREAM_POD_SECONDS);
}

function secondsTaken(): i32 {
  let seconds = 0;
  for (let i = 0; i < bidCount; i++) {
    const bid = bids + <usize>i * m.BID_STRIDE;
    if (isEarlier(bid)) seconds += durationOf(load<i32>(bid, m.BID_AD));
  }
  return seconds;
}

/** True if a bid was made in an earlier repetition of this open slot. */
function isEarlier(bid: usize): bool {
  return repetition > 0 && <usize>load<u32>(bid, m.BID_IMP) == imp && load<u32>(bid, m.BID_DEAL) == 0;
}

/** True if the pod takes one more bid, of this ad. */
export function podTakes(ad: i32): bool {
  if (repetition > 0) {
    const mtype = typeOf(ad);
    if ((mtype != 2 && mtype != 3) || durationOf(ad) > secondsLeft) return false;
  }
  const advertiser = advertiserOf(ad);
  for (let i = 0; i < bidCount; i++) {
    const bid = bids + <usize>i * m.BID_STRIDE;
    if (load<u64>(bid, m.BID_ADVERTISER) != advertiser) continue;
    const other = <usize>load<u32>(bid, m.BID_IMP);
    if (other == imp ? isEarlier(bid) : pod != 0 && podOf(other) == pod) return false;
  }
  return true;
}

/** Considers the candidates of a chunk that are also in another bitmap and that the pod takes. */
export function considerChunkOfPod(candidates: usize, also: usize, o: usize): void {
  for (let end = o + m.CHUNK_BYTES; o < end; o += 8) {
    let word = load<u64>(candidates + o) & load<u64>(also + o);
    const first = <i32>(o << 3);
    for (; word != 0; word &= word - 1) {
      const ad = first + <i32>ctz(word);
      if (canWin(ad) && podTakes(ad)) consider(ad);
    }
  }
}
