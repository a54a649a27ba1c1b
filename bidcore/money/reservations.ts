// Where the money of a bid is held until the bid expires: docs/money.md section 2. Level k has 32 buckets of 2^k
// seconds, used over and over; a bid is held in the lowest level that reaches its expiry.

import * as map from '../../assembly/memory_map.js';

/** How far the ledger has come, as the bidding threads see it. */
export interface LedgerState {
  /** Bids may be made before this second since the epoch. */
  readonly untilS: number;
  /** By level, the last bucket that was freed. */
  readonly freed: readonly number[];
}

/** Level of a bid that expires within some seconds, 1 to 86,400. */
export function levelOf(expiryS: number): number {
  let level = 0;
  while (expiryS > map.RESERVATION_REACH * 2 ** level) level++;
  return level;
}

/** Number of the bucket of a bid made in a second. It ends in second `bucket × 2^level`. */
export function bucketOf(issuedS: number, expiryS: number): number {
  return Math.floor((issuedS + expiryS) / 2 ** levelOf(expiryS)) + 1;
}

/** Address of the sum of a bucket. */
export function bucketAddress(campaignIndex: number, slot: number, level: number, bucket: number): number {
  const campaign = map.RESERVATIONS + campaignIndex * map.RESERVATION_STRIDE;
  const row = campaign + slot * map.RESERVATION_SLOT_BYTES + level * map.RESERVATION_LEVEL_BYTES;
  return row + (bucket % map.RESERVATION_BUCKETS) * 8;
}
