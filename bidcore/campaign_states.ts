// The states of campaigns in shared memory: which slot a campaign has, its plan, its gate. Slots outlive books, so
// that a campaign keeps its counters when its book is compiled anew.

import { MAX_CAMPAIGNS } from '../assembly/limits.js';
import * as map from '../assembly/memory_map.js';
import type { Campaign } from './campaign_file.js';

export class CampaignStates {
  readonly #view: DataView;
  readonly #u32: Uint32Array;
  readonly #multipliers: Float32Array;
  readonly #i64: BigInt64Array;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];

  constructor(buffer: SharedArrayBuffer) {
    const bytes = MAX_CAMPAIGNS * map.CAMPAIGN_STRIDE;
    this.#view = new DataView(buffer, map.CAMPAIGNS, bytes);
    this.#u32 = new Uint32Array(buffer, map.CAMPAIGNS, bytes / 4);
    this.#i64 = new BigInt64Array(buffer, map.CAMPAIGNS, bytes / 8);
    this.#multipliers = new Float32Array(buffer, map.MULTIPLIERS, MAX_CAMPAIGNS);
    for (let slot = MAX_CAMPAIGNS - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  /** True if campaigns can be opened beside those that have a slot. */
  fits(ids: Iterable<string>): boolean {
    let wanted = 0;
    for (const id of ids) if (!this.#slots.has(id)) wanted++;
    return wanted <= this.#free.length;
  }

  slotOf(id: string): number {
    const slot = this.#slots.get(id);
    if (slot === undefined) throw new Error(`campaign ${id} has no state`);
    return slot;
  }

  /**
   * Gives a slot to each campaign that has none, closed until it is planned.
   * @returns the campaigns that had none
   */
  take(ids: Iterable<string>): string[] {
    const taken = [...ids].filter((id) => !this.#slots.has(id));
    for (const id of taken) this.#start(this.#free.pop() as number, id);
    return taken;
  }

  /** Frees slots. They are given out last: an answer under way may still count into one. */
  release(ids: readonly string[]): void {
    for (const id of ids) {
      this.#free.unshift(this.slotOf(id));
      this.#slots.delete(id);
    }
  }

  /** Campaigns with a slot that are not among the given ones. */
  without(campaigns: ReadonlyMap<string, Campaign>): string[] {
    return [...this.#slots.keys()].filter((id) => !campaigns.has(id));
  }

  /** Sets the plans. A changed budget changes what is available by as much. */
  plan(campaigns: ReadonlyMap<string, Campaign>, nowMs: number): void {
    for (const [id, campaign] of campaigns) {
      const slot = this.slotOf(id);
      const budget = BigInt(campaign.budget_micros);
      const before = Atomics.exchange(this.#i64, this.#word(slot, map.CAMPAIGN_BUDGET_MICROS) / 2, budget);
      Atomics.add(this.#i64, this.#word(slot, map.CAMPAIGN_AVAILABLE_MICROS) / 2, budget - before);
      const at = slot * map.CAMPAIGN_STRIDE;
      this.#view.setFloat64(at + map.CAMPAIGN_START_MS, campaign.start ? Date.parse(campaign.start) : 0, true);
      this.#view.setFloat64(at + map.CAMPAIGN_END_MS, campaign.end ? Date.parse(campaign.end) : 0, true);
      this.#gate(slot, nowMs);
    }
  }

  /**
   * Opens and closes campaigns by the clock.
   * @returns slots whose multiplier is due: a new policy slot began, or the model changed
   */
  tick(nowMs: number, modelVersion: number): number[] {
    const policySlot = Math.floor(nowMs / map.POLICY_SLOT_MS);
    const due: number[] = [];
    for (const slot of this.#slots.values()) {
      this.#gate(slot, nowMs);
      const slotWord = this.#word(slot, map.CAMPAIGN_POLICY_SLOT);
      const modelWord = this.#word(slot, map.CAMPAIGN_POLICY_MODEL);
      if (this.#u32[slotWord] === policySlot && this.#u32[modelWord] === modelVersion) continue;
      this.#u32[slotWord] = policySlot;
      this.#u32[modelWord] = modelVersion;
      due.push(slot);
    }
    return due;
  }

  /** A campaign as the hot path sees it; money in micros, times in milliseconds since the epoch (0: none). */
  state(id: string): {
    multiplier: number;
    open: boolean;
    availableMicros: bigint;
    budgetMicros: bigint;
    spendMicros: bigint;
    bids: bigint;
    impressions: bigint;
    clicks: bigint;
    startMs: number;
    endMs: number;
    lastValueMicros: number;
  } {
    const slot = this.slotOf(id);
    const at = slot * map.CAMPAIGN_STRIDE;
    const i64 = (offset: number): bigint => Atomics.load(this.#i64, this.#word(slot, offset) / 2);
    return {
      multiplier: this.#multipliers[slot] as number,
      open: this.#u32[this.#word(slot, map.CAMPAIGN_OPEN)] === 1,
      availableMicros: i64(map.CAMPAIGN_AVAILABLE_MICROS),
      budgetMicros: i64(map.CAMPAIGN_BUDGET_MICROS),
      spendMicros: i64(map.CAMPAIGN_SPEND_MICROS),
      bids: i64(map.CAMPAIGN_BIDS),
      impressions: i64(map.CAMPAIGN_IMPRESSIONS),
      clicks: i64(map.CAMPAIGN_CLICKS),
      startMs: this.#view.getFloat64(at + map.CAMPAIGN_START_MS, true),
      endMs: this.#view.getFloat64(at + map.CAMPAIGN_END_MS, true),
      lastValueMicros: this.#view.getFloat64(at + map.CAMPAIGN_LAST_VALUE, true),
    };
  }

  #start(slot: number, id: string): void {
    this.#slots.set(id, slot);
    const first = this.#word(slot, 0);
    this.#u32.fill(0, first, first + map.CAMPAIGN_STRIDE / 4);
    this.#multipliers[slot] = 1;
  }

  #gate(slot: number, nowMs: number): void {
    const at = slot * map.CAMPAIGN_STRIDE;
    const end = this.#view.getFloat64(at + map.CAMPAIGN_END_MS, true);
    const open = nowMs >= this.#view.getFloat64(at + map.CAMPAIGN_START_MS, true) && (end === 0 || nowMs < end);
    this.#u32[this.#word(slot, map.CAMPAIGN_OPEN)] = open ? 1 : 0;
  }

  /** Index of a 32-bit word of a state. */
  #word(slot: number, offset: number): number {
    return (slot * map.CAMPAIGN_STRIDE + offset) / 4;
  }
}
