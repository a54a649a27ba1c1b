// What campaigns may spend, in shared memory: the hot path takes from it and holds reservations in it, the ledger puts
// in. Layout: CAMPAIGN_* and RESERVATION* in assembly/memory_map.ts. Rules: docs/money.md section 2.
//
// Every number that both sides change is changed by one atomic step; sums are micros, far below 2^53.

import { MAX_CAMPAIGNS } from '../../assembly/limits.js';
import * as map from '../../assembly/memory_map.js';
import { type MultiplierRegions, Multipliers } from '../multipliers.js';
import { bucketIndex } from './reservations.js';

/** One of the two leases a campaign can have at a time: the current one, and one whose last bids are still held. */
export type LeaseSlot = 0 | 1;
export const LEASE_SLOTS: readonly LeaseSlot[] = [0, 1];

/** How the ledger found a campaign. */
export interface CampaignStanding {
  readonly spentMicros: number;
  readonly leftMicros: number;
  readonly leftTodayMicros: number;
}

/** What the ledger counts of a campaign. */
export type Counted = 'wins' | 'impressions' | 'clicks' | 'conversions';
const COUNTED_AT: Record<Counted, number> = {
  wins: map.CAMPAIGN_WINS,
  impressions: map.CAMPAIGN_IMPRESSIONS,
  clicks: map.CAMPAIGN_CLICKS,
  conversions: map.CAMPAIGN_CONVERSIONS,
};

/** Where the regions lie: in the node's memory as the map says, elsewhere in a simulation. */
export interface FundsRegions extends MultiplierRegions {
  readonly control: number;
  readonly reservations: number;
}

export const NODE_REGIONS = {
  control: map.CONTROL,
  campaigns: map.CAMPAIGNS,
  multipliers: map.MULTIPLIERS,
  reservations: map.RESERVATIONS,
  count: MAX_CAMPAIGNS,
} as const;

/** Buckets of a lease slot, on all levels. */
const BUCKETS = map.RESERVATION_LEVELS * map.RESERVATION_BUCKETS;

export class Funds {
  /** What the pacer changes. */
  readonly multipliers: Multipliers;
  readonly #control: Uint32Array;
  readonly #states: BigInt64Array;
  readonly #words: Int32Array;
  readonly #held: BigInt64Array;

  constructor(regions: FundsRegions) {
    const { buffer, control, campaigns, reservations, count } = regions;
    this.multipliers = new Multipliers(regions);
    this.#control = new Uint32Array(buffer, control, 64);
    this.#states = new BigInt64Array(buffer, campaigns, (count * map.CAMPAIGN_STRIDE) / 8);
    this.#words = new Int32Array(buffer, campaigns, (count * map.CAMPAIGN_STRIDE) / 4);
    this.#held = new BigInt64Array(buffer, reservations, (count * map.RESERVATION_STRIDE) / 8);
  }

  /** Lets bids be made until a second since the epoch. */
  setFundsUntil(untilS: number): void {
    Atomics.store(this.#control, map.CONTROL_FUNDS_UNTIL_S / 4, untilS);
  }

  /** The last bucket of a level that was freed. */
  freed(level: number): number {
    return Atomics.load(this.#control, map.CONTROL_FREED / 4 + level);
  }

  setFreed(level: number, bucket: number): void {
    Atomics.store(this.#control, map.CONTROL_FREED / 4 + level, bucket);
  }

  /** Which lease slot bids of a campaign are made under. */
  current(campaign: number): LeaseSlot {
    return Atomics.load(this.#words, this.#word(campaign, map.CAMPAIGN_SLOT)) as LeaseSlot;
  }

  setCurrent(campaign: number, slot: LeaseSlot): void {
    Atomics.store(this.#words, this.#word(campaign, map.CAMPAIGN_SLOT), slot);
  }

  /** Number of the lease in a slot; 0 for none. */
  lease(campaign: number, slot: LeaseSlot): number {
    return Atomics.load(this.#words, this.#word(campaign, map.CAMPAIGN_LEASES) + slot) >>> 0;
  }

  setLease(campaign: number, slot: LeaseSlot, lease: number): void {
    Atomics.store(this.#words, this.#word(campaign, map.CAMPAIGN_LEASES) + slot, lease | 0);
  }

  /** Micros of a lease that bids may still take; below 0 after late charges. */
  available(campaign: number, slot: LeaseSlot): number {
    return Number(Atomics.load(this.#states, this.#availableAt(campaign, slot)));
  }

  addAvailable(campaign: number, slot: LeaseSlot, micros: number): void {
    Atomics.add(this.#states, this.#availableAt(campaign, slot), BigInt(micros));
  }

  /** Takes up to so many micros back from what is available; returns how many it was. */
  takeAvailable(campaign: number, slot: LeaseSlot, most: number): number {
    const at = this.#availableAt(campaign, slot);
    for (;;) {
      const seen = Atomics.load(this.#states, at);
      const taken = seen <= 0n ? 0n : seen < BigInt(most) ? seen : BigInt(most);
      if (taken === 0n || Atomics.compareExchange(this.#states, at, seen, seen - taken) === seen) return Number(taken);
    }
  }

  /**
   * Reserves as the hot path does: for simulations and tests.
   * @returns false, with nothing changed, if too little is available
   */
  reserve(campaign: number, level: number, bucket: number, micros: number): boolean {
    const slot = this.current(campaign);
    const at = this.#availableAt(campaign, slot);
    if (Atomics.sub(this.#states, at, BigInt(micros)) < BigInt(micros)) {
      Atomics.add(this.#states, at, BigInt(micros));
      return false;
    }
    Atomics.add(this.#held, this.#bucketAt(campaign, slot, level, bucket), BigInt(micros));
    Atomics.add(this.#states, this.#at(campaign, map.CAMPAIGN_RESERVED_MICROS), BigInt(micros));
    return true;
  }

  /** Takes one reservation out of its bucket. */
  release(campaign: number, slot: LeaseSlot, level: number, bucket: number, micros: number): void {
    Atomics.sub(this.#held, this.#bucketAt(campaign, slot, level, bucket), BigInt(micros));
  }

  /** Empties a bucket that has ended; returns what was held in it. */
  emptyBucket(campaign: number, slot: LeaseSlot, level: number, bucket: number): number {
    const at = this.#bucketAt(campaign, slot, level, bucket);
    return Atomics.load(this.#held, at) === 0n ? 0 : Number(Atomics.exchange(this.#held, at, 0n));
  }

  /** All that is held by the bids of a lease. */
  held(campaign: number, slot: LeaseSlot): number {
    const first = this.#bucketAt(campaign, slot, 0, 0);
    let sum = 0n;
    for (let i = 0; i < BUCKETS; i++) sum += Atomics.load(this.#held, first + i);
    return Number(sum);
  }

  /** Forgets what is available and held under a lease that has ended. No bid may be under way that takes from it. */
  clear(campaign: number, slot: LeaseSlot): void {
    Atomics.store(this.#states, this.#availableAt(campaign, slot), 0n);
    const first = this.#bucketAt(campaign, slot, 0, 0);
    for (let i = 0; i < BUCKETS; i++) Atomics.store(this.#held, first + i, 0n);
    this.setLease(campaign, slot, 0);
  }

  /** All that was ever reserved. */
  reservedEver(campaign: number): number {
    return Number(Atomics.load(this.#states, this.#at(campaign, map.CAMPAIGN_RESERVED_MICROS)));
  }

  /** Shows how a campaign stands. */
  show(campaign: number, { spentMicros, leftMicros, leftTodayMicros }: CampaignStanding): void {
    Atomics.store(this.#states, this.#at(campaign, map.CAMPAIGN_SPEND_MICROS), BigInt(spentMicros));
    Atomics.store(this.#states, this.#at(campaign, map.CAMPAIGN_LEFT_MICROS), BigInt(leftMicros));
    Atomics.store(this.#states, this.#at(campaign, map.CAMPAIGN_LEFT_TODAY_MICROS), BigInt(leftTodayMicros));
  }

  /** Shows what was counted. */
  count(campaign: number, what: Counted, count: number): void {
    Atomics.store(this.#states, this.#at(campaign, COUNTED_AT[what]), BigInt(count));
  }

  /** What a pacer sees of a campaign. */
  reading(campaign: number): CampaignStanding & { readonly reservedMicros: number; readonly bids: number } {
    const read = (offset: number): number => Number(Atomics.load(this.#states, this.#at(campaign, offset)));
    return {
      spentMicros: read(map.CAMPAIGN_SPEND_MICROS),
      leftMicros: read(map.CAMPAIGN_LEFT_MICROS),
      leftTodayMicros: read(map.CAMPAIGN_LEFT_TODAY_MICROS),
      reservedMicros: read(map.CAMPAIGN_RESERVED_MICROS),
      bids: read(map.CAMPAIGN_BIDS),
    };
  }

  #availableAt(campaign: number, slot: LeaseSlot): number {
    return this.#at(campaign, map.CAMPAIGN_AVAILABLE_MICROS) + slot;
  }

  #at(campaign: number, offset: number): number {
    return (campaign * map.CAMPAIGN_STRIDE + offset) / 8;
  }

  #word(campaign: number, offset: number): number {
    return (campaign * map.CAMPAIGN_STRIDE + offset) / 4;
  }

  #bucketAt(campaign: number, slot: LeaseSlot, level: number, bucket: number): number {
    const bytes =
      campaign * map.RESERVATION_STRIDE + slot * map.RESERVATION_SLOT_BYTES + level * map.RESERVATION_LEVEL_BYTES;
    return bytes / 8 + bucketIndex(bucket);
  }
}
