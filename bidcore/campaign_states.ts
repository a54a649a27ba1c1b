// The states of campaigns in shared memory: which index a campaign has, its plan, its gate, its multiplier. Indexes
// outlive books, so that a campaign keeps its counters when its book is compiled anew.
//
// The main thread gives indexes to campaigns. The ledger is another thread: it has a CampaignStates of its own over the
// same memory and knows indexes only; it grants, counts and paces.

import { MAX_CAMPAIGNS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import type { Campaign } from './campaign_file.js';
import { Multipliers } from './multipliers.js';
import { type PolicyDecision, PolicySlots } from './policy/policy_slots.js';

/** Who says what campaigns may spend: the book their whole budgets, or a ledger by leases. */
export type Funds = 'book' | 'ledger';

/** A campaign as the hot path sees it; money in micros, times in milliseconds since the epoch (0: none). */
export interface CampaignReading {
  /** The policy's multiplier, and what pacing leaves of it, 0 to 1. */
  readonly policyMultiplier: number;
  readonly pace: number;
  /** What the policy sees of the campaign, and what it decided last; undefined without a policy. */
  readonly policyInputs: readonly number[] | undefined;
  readonly policyDecision: PolicyDecision | undefined;
  readonly open: boolean;
  /** Of the current lease slot: which it is, the number of its lease, what may still be reserved under it. */
  readonly slot: number;
  readonly lease: number;
  readonly availableMicros: bigint;
  readonly budgetMicros: bigint;
  /** Of the budget, reserved or not; and of today's. */
  readonly leftMicros: bigint;
  readonly leftTodayMicros: bigint;
  readonly spendMicros: bigint;
  /** Of all bids ever made. */
  readonly reservedMicros: bigint;
  readonly bids: bigint;
  readonly wins: bigint;
  readonly impressions: bigint;
  readonly clicks: bigint;
  readonly conversions: bigint;
  readonly startMs: number;
  readonly endMs: number;
}

export class CampaignStates {
  readonly #view: DataView;
  readonly #i32: Int32Array;
  readonly #i64: BigInt64Array;
  /** Those in force. */
  readonly multipliers: Multipliers;
  readonly #policies: PolicySlots;
  readonly #reservations: Uint8Array;
  readonly #indexes = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #used = new Set<number>();

  constructor(buffer: SharedArrayBuffer) {
    const bytes = MAX_CAMPAIGNS * map.CAMPAIGN_STRIDE;
    this.#view = new DataView(buffer, map.CAMPAIGNS, bytes);
    this.#i32 = new Int32Array(buffer, map.CAMPAIGNS, bytes / 4);
    this.#i64 = new BigInt64Array(buffer, map.CAMPAIGNS, bytes / 8);
    const regions = { buffer, campaigns: map.CAMPAIGNS, multipliers: map.MULTIPLIERS, count: MAX_CAMPAIGNS };
    this.multipliers = new Multipliers(regions);
    this.#policies = new PolicySlots(regions);
    this.#reservations = new Uint8Array(buffer, map.RESERVATIONS, MAX_CAMPAIGNS * map.RESERVATION_STRIDE);
    for (let index = MAX_CAMPAIGNS - 1; index >= 0; index--) this.#free.push(index);
  }

  /** True if campaigns can be opened beside those that have an index. */
  fits(ids: Iterable<string>): boolean {
    let wanted = 0;
    for (const id of ids) if (!this.#indexes.has(id)) wanted++;
    return wanted <= this.#free.length;
  }

  /** Campaigns with an index. */
  ids(): string[] {
    return [...this.#indexes.keys()];
  }

  has(id: string): boolean {
    return this.#indexes.has(id);
  }

  indexOf(id: string): number {
    const index = this.#indexes.get(id);
    if (index === undefined) throw new Error(`campaign ${id} has no state`);
    return index;
  }

  /**
   * Gives an index to each campaign that has none, closed until it is planned.
   * @returns the campaigns that had none
   */
  take(ids: Iterable<string>): string[] {
    const taken = [...ids].filter((id) => !this.#indexes.has(id));
    for (const id of taken) this.#start(this.#free.pop() as number, id);
    return taken;
  }

  /** Frees indexes. They are given out last: an answer under way may still count into one. */
  release(ids: readonly string[]): void {
    for (const id of ids) {
      this.#free.unshift(this.indexOf(id));
      this.#indexes.delete(id);
    }
  }

  /** Closes campaigns for good; their indexes stay theirs, because bids they made may still be billed. */
  retire(ids: readonly string[]): void {
    for (const id of ids) {
      const at = this.indexOf(id) * map.CAMPAIGN_STRIDE;
      this.#view.setFloat64(at + map.CAMPAIGN_END_MS, 1, true);
      this.#view.setInt32(at + map.CAMPAIGN_OPEN, 0, true);
    }
  }

  /** Campaigns with an index that are not among the given ones. */
  without(campaigns: ReadonlyMap<string, Campaign>): string[] {
    return [...this.#indexes.keys()].filter((id) => !campaigns.has(id));
  }

  /**
   * Sets the plans. Where no ledger grants leases, a campaign's first slot has its whole budget: a changed budget
   * changes what is available and left by as much.
   */
  plan(campaigns: ReadonlyMap<string, Campaign>, nowMs: number, funds: Funds): void {
    for (const [id, campaign] of campaigns) {
      const index = this.indexOf(id);
      const budget = BigInt(campaign.budget_micros);
      const before = Atomics.exchange(this.#i64, this.#word(index, map.CAMPAIGN_BUDGET_MICROS) / 2, budget);
      if (funds === 'book') {
        const funded = [map.CAMPAIGN_AVAILABLE_MICROS, map.CAMPAIGN_LEFT_MICROS, map.CAMPAIGN_LEFT_TODAY_MICROS];
        for (const offset of funded) Atomics.add(this.#i64, this.#word(index, offset) / 2, budget - before);
      }
      const at = index * map.CAMPAIGN_STRIDE;
      this.#view.setFloat64(at + map.CAMPAIGN_START_MS, campaign.start ? Date.parse(campaign.start) : 0, true);
      this.#view.setFloat64(at + map.CAMPAIGN_END_MS, campaign.end ? Date.parse(campaign.end) : 0, true);
      this.#gate(index, nowMs);
    }
  }

  /**
   * Opens and closes campaigns by the clock.
   * @returns indexes of those for which the policy is to act, and the slot, 0 where it is to leave the campaign alone
   */
  tick(nowMs: number, modelVersion: number): (readonly [index: number, slot: number])[] {
    const due: (readonly [number, number])[] = [];
    for (const index of this.#indexes.values()) {
      this.#gate(index, nowMs);
      if (this.#policies.isDue(index, modelVersion)) due.push([index, this.#policies.slot(index)]);
    }
    return due;
  }

  state(id: string): CampaignReading {
    const index = this.indexOf(id);
    const at = index * map.CAMPAIGN_STRIDE;
    const i64 = (offset: number): bigint => Atomics.load(this.#i64, this.#word(index, offset) / 2);
    const u32 = (offset: number): number => Atomics.load(this.#i32, this.#word(index, offset)) >>> 0;
    const slot = u32(map.CAMPAIGN_SLOT);
    return {
      policyMultiplier: this.#view.getFloat32(at + map.CAMPAIGN_POLICY_MULTIPLIER, true),
      pace: this.multipliers.pace(index),
      policyInputs: this.#policies.inputs(index),
      policyDecision: this.#policies.slot(index) === 0 ? undefined : this.#policies.decision(index),
      open: u32(map.CAMPAIGN_OPEN) === 1,
      slot,
      lease: u32(map.CAMPAIGN_LEASES + slot * 4),
      availableMicros: i64(map.CAMPAIGN_AVAILABLE_MICROS + slot * 8),
      budgetMicros: i64(map.CAMPAIGN_BUDGET_MICROS),
      leftMicros: i64(map.CAMPAIGN_LEFT_MICROS),
      leftTodayMicros: i64(map.CAMPAIGN_LEFT_TODAY_MICROS),
      spendMicros: i64(map.CAMPAIGN_SPEND_MICROS),
      reservedMicros: i64(map.CAMPAIGN_RESERVED_MICROS),
      bids: i64(map.CAMPAIGN_BIDS),
      wins: i64(map.CAMPAIGN_WINS),
      impressions: i64(map.CAMPAIGN_IMPRESSIONS),
      clicks: i64(map.CAMPAIGN_CLICKS),
      conversions: i64(map.CAMPAIGN_CONVERSIONS),
      startMs: this.#view.getFloat64(at + map.CAMPAIGN_START_MS, true),
      endMs: this.#view.getFloat64(at + map.CAMPAIGN_END_MS, true),
    };
  }

  #start(index: number, id: string): void {
    this.#indexes.set(id, index);
    const first = this.#word(index, 0);
    this.#i32.fill(0, first, first + map.CAMPAIGN_STRIDE / 4);
    // What a campaign before it held is no money of this one. Memory that nobody used stays untouched.
    const reservations = index * map.RESERVATION_STRIDE;
    if (this.#used.has(index)) this.#reservations.fill(0, reservations, reservations + map.RESERVATION_STRIDE);
    this.#used.add(index);
    this.#view.setFloat32(index * map.CAMPAIGN_STRIDE + map.CAMPAIGN_POLICY_MULTIPLIER, 1, true);
    this.multipliers.setPace(index, 1);
  }

  #gate(index: number, nowMs: number): void {
    const at = index * map.CAMPAIGN_STRIDE;
    const end = this.#view.getFloat64(at + map.CAMPAIGN_END_MS, true);
    const open = nowMs >= this.#view.getFloat64(at + map.CAMPAIGN_START_MS, true) && (end === 0 || nowMs < end);
    this.#i32[this.#word(index, map.CAMPAIGN_OPEN)] = open ? 1 : 0;
  }

  /** Index of a 32-bit word of a state. */
  #word(index: number, offset: number): number {
    return (index * map.CAMPAIGN_STRIDE + offset) / 4;
  }
}
