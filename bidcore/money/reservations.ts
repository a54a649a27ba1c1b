// Until when a bid's reservation is held: levels of buckets, each level twice as coarse as the one below, so that 32
// buckets hold bids of any expiry to within a fourteenth of it. Rules: docs/money.md section 2.
//
//   level 0   1 s a bucket    expiry up to 28 s
//   level 1   2 s a bucket    up to 56 s
//   …
//   level 12  4096 s          up to 86,400 s and more

import * as map from '../../assembly/memory_map.js';

/** How far the ledger has come, as the bidding threads see it. */
export interface LedgerState {
  /** Bids may be made before this second since the epoch. */
  readonly untilS: number;
  /** By level, the last bucket that was freed. */
  readonly freed: readonly number[];
}

/** The level in which a bid is held. */
export function levelOf(expiryS: number): number {
  let level = 0;
  while (expiryS > map.RESERVATION_REACH * 2 ** level) level++;
  if (level >= map.RESERVATION_LEVELS) throw new Error(`no level holds ${expiryS} s`);
  return level;
}

/** The bucket, counted from the epoch, in which a bid is held; it ends in second `bucketEndS`. */
export function bucketOf(issuedS: number, expiryS: number): { level: number; bucket: number } {
  const level = levelOf(expiryS);
  return { level, bucket: Math.floor((issuedS + expiryS) / 2 ** level) + 1 };
}

/** The second in which a bucket ends: from then on nothing is held in it. */
export function bucketEndS(level: number, bucket: number): number {
  return bucket * 2 ** level;
}

/** The last bucket of a level that has ended by a second. */
export function lastEnded(level: number, nowS: number): number {
  return Math.floor(nowS / 2 ** level);
}

/** Where a bucket stands in its level. */
export function bucketIndex(bucket: number): number {
  return bucket % map.RESERVATION_BUCKETS;
}

/** Address of the sum of a bucket. */
export function bucketAddress(campaignIndex: number, slot: number, level: number, bucket: number): number {
  const campaign = map.RESERVATIONS + campaignIndex * map.RESERVATION_STRIDE;
  const row = campaign + slot * map.RESERVATION_SLOT_BYTES + level * map.RESERVATION_LEVEL_BYTES;
  return row + (bucket % map.RESERVATION_BUCKETS) * 8;
}
