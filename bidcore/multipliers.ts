// The bid multipliers in force: the policy's times what pacing leaves of it. The main thread changes the one factor,
// the ledger's thread the other; whoever writes the product last must have seen both.
// Layout: CAMPAIGN_PACE, CAMPAIGN_POLICY_MULTIPLIER and MULTIPLIERS in assembly/memory_map.ts.

import * as map from '../assembly/memory_map.js';

/** Where the regions lie: in a node's memory as the map says, elsewhere in a simulation. */
export interface MultiplierRegions {
  readonly buffer: SharedArrayBuffer;
  readonly campaigns: number;
  readonly multipliers: number;
  readonly count: number;
}

export class Multipliers {
  readonly #words: Int32Array;
  readonly #inForce: Float32Array;
  /** Turns a number into the bits of a 32-bit float and back. */
  readonly #float = new Float32Array(1);
  readonly #bits = new Int32Array(this.#float.buffer);

  constructor({ buffer, campaigns, multipliers, count }: MultiplierRegions) {
    this.#words = new Int32Array(buffer, campaigns, (count * map.CAMPAIGN_STRIDE) / 4);
    this.#inForce = new Float32Array(buffer, multipliers, count);
  }

  /** What pacing leaves of a campaign's bids, 0 to 1. */
  pace(campaign: number): number {
    return this.#floatOf(this.#bitsAt(campaign, map.CAMPAIGN_PACE));
  }

  /** The policy's multiplier; 1 for a campaign without a policy. */
  policy(campaign: number): number {
    return this.#floatOf(this.#bitsAt(campaign, map.CAMPAIGN_POLICY_MULTIPLIER));
  }

  /** Sets what pacing leaves of a campaign's bids, 0 to 1, and with it the multiplier in force. */
  setPace(campaign: number, pace: number): void {
    this.#float[0] = pace;
    Atomics.store(this.#words, wordOf(campaign, map.CAMPAIGN_PACE), this.#bits[0] as number);
    this.refresh(campaign);
  }

  /** Brings the multiplier in force to what policy and pace are now. */
  refresh(campaign: number): void {
    const read = (): readonly [number, number] => [
      this.#bitsAt(campaign, map.CAMPAIGN_POLICY_MULTIPLIER),
      this.#bitsAt(campaign, map.CAMPAIGN_PACE),
    ];
    let [policy, pace] = read();
    for (;;) {
      this.#inForce[campaign] = this.#floatOf(policy) * this.#floatOf(pace);
      const now = read();
      // Another thread changed a factor meanwhile.
      if (now[0] === policy && now[1] === pace) return;
      [policy, pace] = now;
    }
  }

  #bitsAt(campaign: number, offset: number): number {
    return Atomics.load(this.#words, wordOf(campaign, offset));
  }

  #floatOf(bits: number): number {
    this.#bits[0] = bits;
    return this.#float[0] as number;
  }
}

/** Index of a 32-bit word of a campaign's state. */
function wordOf(campaign: number, offset: number): number {
  return (campaign * map.CAMPAIGN_STRIDE + offset) / 4;
}
