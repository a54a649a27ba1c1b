// Frequency caps: who the user is, and whether they have seen an ad often enough. Asked only of an ad that has caps and
// would be the best of its slot, and of audiences (audiences.ts). Only the ledger writes the table
// (bidcore/frequency_table.ts), while it is read here. Rules: docs/money.md section 3.

import { bids, request } from './arena';
import { book } from './bitmaps';
import { exchange, readDeviceId, taken } from './facts';
import { tokenText } from './fields';
import { hashBytes, hashLower, mix } from './hash';
import * as m from './memory_map';
import { FREQUENCY as COUNTING, IDS } from './privacy';
import { readTextLength, readTextStart } from './scan';

/** Time of the request, seconds since the epoch. */
let nowS: u32 = 0;
/** The user's key, once somebody has asked for it. */
let user: u64 = 0;
let userResolved: bool = false;
/** False where a benchmark leaves the caps out. */
let counting: bool = true;
/** Bids of this response so far. */
let bidsMade: i32 = 0;

/**
 * Starts a request whose facts are resolved.
 * @param counts whether caps are asked
 */
export function startFrequency(nowUs: f64, counts: bool): void {
  counting = counts;
  nowS = <u32>(<i64>(nowUs / 1000000));
  userResolved = false;
}

/** Starts a slot, behind so many bids. */
export function startCaps(made: i32): void {
  bidsMade = made;
}

/** Key of the user; 0 without an id, or where privacy takes it away. */
export function userKey(): u64 {
  if (!userResolved) {
    user = resolveUser();
    userResolved = true;
  }
  return user;
}

function resolveUser(): u64 {
  if ((taken & (IDS | COUNTING)) != 0) return 0;
  if (readDeviceId()) return notZero(mix(hashLower(readTextStart(), readTextLength()), 1));
  const buyer = load<u32>(request, m.REQUEST_BUYER_ID + 4) != 0;
  const token = request + (buyer ? m.REQUEST_BUYER_ID : m.REQUEST_USER_ID);
  if (load<u32>(token, 4) == 0) return 0;
  tokenText(token);
  return notZero(mix(hashBytes(readTextStart(), readTextLength()), exchange));
}

// @ts-ignore: decorator
@inline
function notZero(key: u64): u64 {
  return key == 0 ? 1 : key;
}

/** True if a cap keeps an ad, which has some, from one more impression. */
export function isCapped(ad: i32, flags: u32): bool {
  if (!counting) return false;
  if (userKey() == 0) return (flags & m.FLAG_SKIPS_UNKNOWN) != 0;
  const detail = detailOf(ad);
  let cap = <usize>load<u32>(detail, m.DETAIL_CAPS);
  const end = cap + <usize>load<u32>(detail, m.DETAIL_CAP_COUNT) * m.CAP_STRIDE;
  for (; cap < end; cap += m.CAP_STRIDE) {
    const key = load<u64>(cap, m.CAP_KEY);
    const most = load<u32>(cap, m.CAP_IMPRESSIONS);
    const before = madeUnder(key);
    if (before >= most || before + seen(key, load<u32>(cap, m.CAP_BUCKET_S)) >= most) return true;
  }
  return false;
}

// @ts-ignore: decorator
@inline
function detailOf(ad: i32): usize {
  return <usize>load<u32>(book, m.BOOK_AD_DETAILS) + <usize>ad * m.DETAIL_STRIDE;
}

/** Bids of this response that count for a cap. */
function madeUnder(key: u64): u32 {
  let made: u32 = 0;
  for (let i = 0; i < bidsMade; i++) {
    const detail = detailOf(load<i32>(bids + <usize>i * m.BID_STRIDE, m.BID_AD));
    let cap = <usize>load<u32>(detail, m.DETAIL_CAPS);
    const end = cap + <usize>load<u32>(detail, m.DETAIL_CAP_COUNT) * m.CAP_STRIDE;
    for (; cap < end; cap += m.CAP_STRIDE) if (load<u64>(cap, m.CAP_KEY) == key) made++;
  }
  return made;
}

/** What was counted for the user under a cap, in its last buckets. Only once the key of the user is known. */
export function seen(capKey: u64, bucketSeconds: u32): u32 {
  const key = notZero(mix(user, capKey));
  const set: usize = m.FREQUENCY + <usize>(key >> 48) * m.FREQUENCY_SET_BYTES;
  const oldest = <i64>(nowS / bucketSeconds) - m.FREQUENCY_BUCKETS + 1;
  while (true) {
    let way: usize = 0;
    while (way < <usize>m.FREQUENCY_WAYS && atomic.load<u64>(set + (way << 3)) != key) way++;
    if (way == <usize>m.FREQUENCY_WAYS) return 0;
    const entry = set + m.FREQUENCY_COUNTS + way * m.FREQUENCY_COUNT_BYTES;
    const newest = atomic.load<u32>(entry, m.FREQUENCY_NEWEST);
    const sum = sumFrom(entry + m.FREQUENCY_BUCKETS_AT, newest, <i64>newest - oldest + 1);
    // The count may have been given to another key, or moved on, while it was read.
    if (atomic.load<u64>(set + (way << 3)) == key && atomic.load<u32>(entry, m.FREQUENCY_NEWEST) == newest) return sum;
  }
}

/** Sum of a number of buckets, backwards from the newest. */
function sumFrom(buckets: usize, newest: u32, wanted: i64): u32 {
  const count = <i32>min<i64>(wanted, m.FREQUENCY_BUCKETS);
  let at = <i32>(newest % m.FREQUENCY_BUCKETS);
  let sum: u32 = 0;
  for (let i = 0; i < count; i++) {
    sum += atomic.load<u16>(buckets + (<usize>at << 1));
    at = at == 0 ? m.FREQUENCY_BUCKETS - 1 : at - 1;
  }
  return sum;
}
