// Where the ledger and the main thread meet over a policy, in a campaign's state (CAMPAIGN_POLICY_* in
// assembly/memory_map.ts). The ledger says what the policy sees of a campaign; the main thread lets it act, at its
// tick; the ledger takes what came of it to the log.
//
//   ledger       slot := −slot, inputs, slot := slot                     decisions even, and not yet logged ─▶ record
//   main thread            slot ≠ acted? ─▶ act ─▶ decisions odd, decision, decisions even
//
// Neither waits for the other: who finds the other writing comes again a second later.

import * as map from '../../assembly/memory_map.js';
import { POLICY_INPUT_NAMES, type PolicyInputName } from './slot_inputs.js';

/** What became of a campaign's slot. */
export interface PolicyDecision {
  /** Slots of `POLICY_SLOT_MS` since the epoch. */
  readonly slot: number;
  /** Version of the model whose policy it was, and when it was asked, milliseconds since the epoch. */
  readonly model: number;
  readonly atMs: number;
  /** Of the output: its mean, deviation, and what was drawn; 0 where the policy was not asked. */
  readonly mean: number;
  readonly sigma: number;
  readonly output: number;
  /** 1 plus the output, within the bounds of `assembly/limits.ts`. */
  readonly multiplier: number;
  /** Inputs out of the range the policy has seen: if there is any, it was not asked. */
  readonly outside: readonly PolicyInputName[];
}

/** Where the states lie: in a node's memory as the map says, elsewhere in a simulation. */
export interface PolicyRegions {
  readonly buffer: SharedArrayBuffer;
  readonly campaigns: number;
  readonly count: number;
}

export class PolicySlots {
  readonly #i32: Int32Array;
  readonly #f32: Float32Array;
  readonly #f64: Float64Array;

  constructor({ buffer, campaigns, count }: PolicyRegions) {
    const bytes = count * map.CAMPAIGN_STRIDE;
    this.#i32 = new Int32Array(buffer, campaigns, bytes / 4);
    this.#f32 = new Float32Array(buffer, campaigns, bytes / 4);
    this.#f64 = new Float64Array(buffer, campaigns, bytes / 8);
  }

  /** The slot that a campaign's inputs are of; 0 without a policy, below 0 if a writer ended in the middle. */
  slot(campaign: number): number {
    return Atomics.load(this.#i32, wordOf(campaign, map.CAMPAIGN_POLICY_SLOT));
  }

  /** Says what the policy sees of a campaign at the start of a slot: it acts at the next tick. */
  publish(campaign: number, slot: number, inputs: Float32Array): void {
    const word = wordOf(campaign, map.CAMPAIGN_POLICY_SLOT);
    Atomics.store(this.#i32, word, -slot);
    this.#f32.set(inputs, wordOf(campaign, map.CAMPAIGN_POLICY_INPUTS));
    Atomics.store(this.#i32, word, slot);
  }

  /** Takes the policy away from a campaign: from the next tick on its multiplier is 1. */
  clear(campaign: number): void {
    Atomics.store(this.#i32, wordOf(campaign, map.CAMPAIGN_POLICY_SLOT), 0);
  }

  /** What the policy sees of a campaign; undefined without a policy. */
  inputs(campaign: number): readonly number[] | undefined {
    if (this.slot(campaign) === 0) return undefined;
    const at = wordOf(campaign, map.CAMPAIGN_POLICY_INPUTS);
    return [...this.#f32.subarray(at, at + POLICY_INPUT_NAMES.length)];
  }

  /**
   * How often the policy has acted for a campaign, as a number that changes with each time; undefined while it is at
   * it.
   */
  decisions(campaign: number): number | undefined {
    const count = Atomics.load(this.#i32, wordOf(campaign, map.CAMPAIGN_POLICY_DECISIONS));
    return (count & 1) === 0 ? count : undefined;
  }

  /** The last decision; undefined if there was none, or while one is being written. */
  decision(campaign: number): PolicyDecision | undefined {
    const count = this.decisions(campaign);
    if (count === undefined || count === 0) return undefined;
    const u32 = (offset: number): number => (this.#i32[wordOf(campaign, offset)] as number) >>> 0;
    const f32 = (offset: number): number => this.#f32[wordOf(campaign, offset)] as number;
    const bits = u32(map.CAMPAIGN_POLICY_OUTSIDE);
    const decision = {
      slot: u32(map.CAMPAIGN_POLICY_ACTED),
      model: u32(map.CAMPAIGN_POLICY_MODEL),
      atMs: this.#f64[wordOf(campaign, map.CAMPAIGN_POLICY_DECIDED_MS) / 2] as number,
      mean: f32(map.CAMPAIGN_POLICY_MEAN),
      sigma: f32(map.CAMPAIGN_POLICY_SIGMA),
      output: f32(map.CAMPAIGN_POLICY_OUTPUT),
      multiplier: f32(map.CAMPAIGN_POLICY_MULTIPLIER),
      outside: POLICY_INPUT_NAMES.filter((_, i) => (bits & (1 << i)) !== 0),
    };
    return this.decisions(campaign) === count ? decision : undefined;
  }

  /**
   * True if the policy is to act for a campaign: the ledger has said something new, or the model is another.
   * @param model version of the control's model
   */
  isDue(campaign: number, model: number): boolean {
    const slot = this.slot(campaign);
    if (slot < 0) return false;
    if (this.#i32[wordOf(campaign, map.CAMPAIGN_POLICY_ACTED)] !== slot) return true;
    return slot !== 0 && this.#i32[wordOf(campaign, map.CAMPAIGN_POLICY_MODEL)] !== (model | 0);
  }
}

/** Index of a 32-bit word of a campaign's state. */
function wordOf(campaign: number, offset: number): number {
  return (campaign * map.CAMPAIGN_STRIDE + offset) / 4;
}
