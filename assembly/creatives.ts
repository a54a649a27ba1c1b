// Which of the ads that a request leaves have a creative that fits an impression. What each format asks is listed once
// an impression; then, chunk by chunk, the formats are united:
//
//   candidates = (banners of a size ∪ video ∪ audio ∪ native, each AND what its format asks) AND https AND the place
//
// Rules: docs/decisions.md section 3.

import { bitmap, chunk } from './arena';
import {
  BASE, CANDIDATES, addBitmapToGroup, addToGroup, andGroups, andInto, bitmapsOutEnd, book, clearChunk, copyChunk,
  cutLists, endGroup, endGroupHere, groupsEnd, isEmpty, lookup, orInto, startGroup, takeBitmapOut, takeBitmapsOut,
} from './bitmaps';
import { durationFits, nextDuration, startDurations } from './durations';
import { listAddress, listCount } from './fields';
import { streamOf } from './floors';
import { hashNumber } from './hash';
import { baseEnd, baseReason, extendBase, requestBitmaps, requestGroups } from './match';
import * as m from './memory_map';
import { listNative } from './native_assets';
import { NO_DEAL } from './reasons';
import { andSizes, collectSizes } from './sizes';

/** Bytes of the candidates that are known. */
export let candidatesEnd: usize = 0;
/** The furthest gate an ad of the known part was let go at; NO_DEAL if some are candidates. */
export let candidatesReason: i32 = 0;
let secureOnly: bool = false;
/** Formats of the impression that ads fit in, but banner. */
let others: i32 = 0;
let banners: bool = false;
/** Where the lists of what all formats ask, and of what banners ask, end. */
let placeGroups: usize = 0;
let bannerGroups: usize = 0;
let bannerBitmaps: usize = 0;

/** Lists what an impression that some ad fits in asks of creatives. Nothing of the candidates is known yet. */
export function startCreatives(imp: usize): void {
  candidatesEnd = 0;
  candidatesReason = baseReason;
  cutLists(requestGroups, requestBitmaps);
  const flags = load<i32>(imp, m.IMP_FLAGS);
  const fitting = load<i32>(imp, m.IMP_FITTING);
  secureOnly = (flags & m.IMP_SECURE) != 0;
  restrictToPlace(m.DIM_REWARDED, (flags & (m.IMP_REWARDED | m.IMP_REWARDED_EXT)) != 0);
  restrictToPlace(m.DIM_INTERSTITIAL, (flags & m.IMP_INTERSTITIAL) != 0);
  placeGroups = groupsEnd;
  banners = (fitting & m.IMP_BANNER) != 0;
  if (banners) listBanner(imp);
  bannerGroups = groupsEnd;
  bannerBitmaps = bitmapsOutEnd;
  others = fitting & ~m.IMP_BANNER;
  for (let mtype = 2; mtype <= 4; mtype++) {
    if ((others & (1 << (mtype - 1))) == 0) continue;
    if (mtype < 4) listStream(streamOf(imp, mtype), mtype);
    else {
      const native = imp + m.IMP_NATIVE_RECORD;
      listNative(native);
      takeAttributesAndApis(load<u64>(native, m.NATIVE_BLOCKED_ATTRIBUTES), load<u64>(native, m.NATIVE_APIS));
    }
    store<u32>(formatEnds(mtype), <u32>groupsEnd);
    store<u32>(formatEnds(mtype), <u32>bitmapsOutEnd, 4);
  }
}

/** Where the ends of a format's lists are kept: two addresses, behind the scratch chunks. */
// @ts-ignore: decorator
@inline
function formatEnds(mtype: i32): usize {
  return chunk + 2 * m.CHUNK_BYTES + (<usize>mtype << 3);
}

function restrictToPlace(dimension: i32, is: bool): void {
  const any = <usize>load<u32>(book + (<usize>dimension << 2), m.BOOK_ANY);
  if (any == 0) return;
  startGroup(any);
  addValue(dimension, hashNumber(<u64>(is ? m.YES : m.NO)));
  endGroupHere();
}

function addValue(dimension: i32, hash: u64): void {
  const slot = lookup(dimension, hash);
  if (slot != 0) addToGroup(slot);
}

/** A group of the ads of any MIME type of a list; one that is empty, or has a type all ads have, asks for nothing. */
function restrictToMimes(list: usize, mtype: i32): void {
  const count = listCount(list);
  if (count == 0) return;
  const first = listAddress(list);
  const common = load<u64>(book + (<usize>(mtype - 1) << 3), m.BOOK_COMMON_MIMES);
  for (let i = 0; i < count; i++) if (load<u64>(first + (<usize>i << 3)) == common) return;
  startGroup(0);
  for (let i = 0; i < count; i++) addValue(m.DIM_MIME, load<u64>(first + (<usize>i << 3)));
  endGroup();
}

function listBanner(imp: usize): void {
  collectSizes(imp); // of several impressions, only the last one's are still there
  restrictToMimes(imp + m.IMP_MIMES, 1);
  takeAttributesAndApis(load<u64>(imp, m.IMP_BLOCKED_ATTRIBUTES), load<u64>(imp, m.IMP_APIS));
  for (let set = load<u64>(imp, m.IMP_BLOCKED_TYPES) & 0xffff; set != 0; set &= set - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_TYPES));
  }
}

/** Takes out the creatives with an attribute that is blocked, or that need an API framework that is not listed. */
function takeAttributesAndApis(blocked: u64, apis: u64): void {
  for (let set = blocked; set != 0; set &= set - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_ATTRIBUTES));
  }
  for (let set = load<u32>(book, m.BOOK_APIS) & ~<u32>apis; set != 0; set &= set - 1) {
    takeBitmapOut(load<u32>(book + (<usize>ctz(set) << 2), m.BOOK_API_NEEDED));
  }
}

function listStream(stream: usize, mtype: i32): void {
  listDurations(stream, mtype);
  restrictToMimes(stream + m.STREAM_MIMES, mtype);
  restrictToProtocols(stream);
  const companions = <usize>load<u32>(book + (<usize>m.DIM_COMPANION << 2), m.BOOK_ANY);
  if (companions != 0) {
    startGroup(companions);
    const list = stream + m.STREAM_COMPANIONS;
    const count = listCount(list);
    for (let i = 0; i < count; i++) addValue(m.DIM_COMPANION, load<u64>(listAddress(list) + (<usize>i << 3)));
    endGroupHere();
  }
  takeAttributesAndApis(load<u64>(stream, m.STREAM_BLOCKED_ATTRIBUTES), load<u64>(stream, m.STREAM_APIS));
  if (mtype == 2) listVideo(stream);
}

/** The ads of the durations that fit; or, if few do not, those of the format less them. */
function listDurations(stream: usize, mtype: i32): void {
  startGroup(0);
  const groupStart = groupsEnd;
  startDurations(stream, mtype);
  for (let duration = nextDuration(); duration != 0; duration = nextDuration()) {
    addBitmapToGroup(<usize>load<u32>(duration, m.DURATION_BITMAP));
  }
  const fitting = (groupsEnd - groupStart) / m.TERM_BYTES;
  if (fitting > 2 && takeOtherDurations(stream, mtype, <i32>fitting)) {
    cutLists(groupStart, bitmapsOutEnd);
    addBitmapToGroup(<usize>load<u32>(book + (<usize>(mtype - 1) << 2), m.BOOK_MTYPES));
  }
  endGroup();
}

/** Takes the durations that do not fit out, if there are fewer of them than of those that do; false if not. */
function takeOtherDurations(stream: usize, mtype: i32, fitting: i32): bool {
  if (listCount(stream + m.STREAM_DURATIONS) > 0) return false; // each as often as it is listed
  const table = <usize>load<u32>(book, m.BOOK_DURATIONS);
  const count = load<i32>(book, m.BOOK_DURATION_COUNT);
  const before = bitmapsOutEnd;
  for (let i = 0; i < count; i++) {
    const duration = table + <usize>i * m.DURATION_STRIDE;
    if (load<i32>(duration, m.DURATION_TYPE) == mtype && !durationFits(duration)) {
      takeBitmapOut(load<u32>(duration, m.DURATION_BITMAP));
    }
  }
  if (<i32>((bitmapsOutEnd - before) >> 2) < fitting) return true;
  cutLists(groupsEnd, before);
  return false;
}

function listVideo(stream: usize): void {
  const linearity = load<i32>(stream, m.STREAM_LINEARITY);
  if (linearity != 0) {
    startGroup(0);
    addValue(m.DIM_AD_LINEARITY, hashNumber(<u64>(<i64>linearity)));
    endGroup();
  }
  if (load<i32>(stream, m.STREAM_SKIP) == 0) takeBitmapOut(load<u32>(book, m.BOOK_SKIPPABLE));
  const placements = <usize>load<u32>(book + (<usize>m.DIM_PLACEMENT << 2), m.BOOK_ANY);
  if (placements == 0) return;
  startGroup(placements);
  const placement = placementOf(stream);
  if (placement != 0) addValue(m.DIM_PLACEMENT, placement);
  endGroupHere();
}

/** `plcmt`, or what the older `placement` says of it, as a hash; 0 if neither says anything. */
function placementOf(stream: usize): u64 {
  const plcmt = load<u64>(stream, m.STREAM_PLCMT);
  if (plcmt != 0) return plcmt;
  const placement = load<i32>(stream, m.STREAM_PLACEMENT);
  if (placement < 1 || placement > 5) return 0;
  return hashNumber(placement == 1 ? 1 : placement == 5 ? 3 : 4);
}

function restrictToProtocols(stream: usize): void {
  let protocols = load<u64>(stream, m.STREAM_PROTOCOLS);
  const one = load<i32>(stream, m.STREAM_PROTOCOL);
  if (one >= 0 && one < 64) protocols |= (<u64>1) << <u64>one;
  if (protocols == 0) return;
  // Each ad is of one protocol, and few are not listed.
  for (let n = 0; n < m.PROTOCOLS; n++) {
    if (((protocols >> <u64>n) & 1) == 0) takeBitmapOut(load<u32>(book + (<usize>n << 2), m.BOOK_PROTOCOLS));
  }
}

/** Finds one more chunk of the candidates. */
export function extendCandidates(): void {
  const o = candidatesEnd;
  if (o == baseEnd) extendBase();
  candidatesEnd += m.CHUNK_BYTES;
  candidatesReason = max(candidatesReason, baseReason);
  const at = bitmap(CANDIDATES) + o;
  if (banners) {
    andSizes(bitmap(BASE) + o, o, at);
    if (!isEmpty(at)) {
      andGroups(placeGroups, bannerGroups, o, at);
      takeBitmapsOut(requestBitmaps, bannerBitmaps, o, at);
    }
  } else clearChunk(at);
  if (others != 0) addOthers(bitmap(BASE) + o, o, at);
  if (isEmpty(at)) return;
  if (secureOnly) andInto(at, <usize>load<u32>(book, m.BOOK_SECURE) + o);
  andGroups(requestGroups, placeGroups, o, at);
  if (!isEmpty(at)) candidatesReason = NO_DEAL;
}

/** Adds those of a chunk that fit in a format other than banner. */
function addOthers(base: usize, o: usize, to: usize): void {
  if (isEmpty(base)) return;
  const scratch = chunk + m.CHUNK_BYTES;
  let groups = bannerGroups;
  let bitmaps = bannerBitmaps;
  for (let mtype = 2; mtype <= 4; mtype++) {
    if ((others & (1 << (mtype - 1))) == 0) continue;
    const groupsTo = <usize>load<u32>(formatEnds(mtype));
    const bitmapsTo = <usize>load<u32>(formatEnds(mtype), 4);
    copyChunk(scratch, base);
    andGroups(groups, groupsTo, o, scratch);
    if (!isEmpty(scratch)) {
      takeBitmapsOut(bitmaps, bitmapsTo, o, scratch);
      orInto(to, scratch);
    }
    groups = groupsTo;
    bitmaps = bitmapsTo;
  }
}
