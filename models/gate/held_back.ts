// Traffic that is held back: never learned from, kept to judge models by. Of each kind the newest are kept, in rings of
// fixed size; which bids they are of, a hash of the bid's id says, so that all notices of a bid are on one side.

import { FEATURE_LIST_BYTES, unpackFeatures } from '../../bidcore/feature_list.js';
import { drawOf } from '../fm/sampling.js';
import type { PriceObservation } from '../landscape/observation.js';

/** Impressions kept; clicks are rare, and so many hold some hundreds. 62 bytes each. */
const IMPRESSIONS_MAX = 100_000;
const CLICKS_MAX = 20_000;
const PRICES_MAX = 20_000;
const HELD_BACK = 0x68656c64;

/** True for the bids that judge. */
export function isHeldBack(high: number, low: number, share: number): boolean {
  return drawOf(high, low, HELD_BACK) < share;
}

export interface HeldExamples {
  readonly count: number;
  readonly labels: Uint8Array;
  /** Of example i. */
  features(i: number): Uint32Array;
}

/** The newest examples of a kind. */
class Ring implements HeldExamples {
  readonly #max: number;
  #features: Uint8Array;
  #labels: Uint8Array;
  #added = 0;

  constructor(max: number) {
    this.#max = max;
    this.#features = new Uint8Array(max * FEATURE_LIST_BYTES);
    this.#labels = new Uint8Array(max);
  }

  get count(): number {
    return Math.min(this.#added, this.#max);
  }

  get labels(): Uint8Array {
    return this.#labels.subarray(0, this.count);
  }

  features(i: number): Uint32Array {
    return unpackFeatures(this.#features.subarray(i * FEATURE_LIST_BYTES, (i + 1) * FEATURE_LIST_BYTES));
  }

  add(packed: Uint8Array, label: boolean): void {
    const at = this.#added % this.#max;
    this.#features.set(packed, at * FEATURE_LIST_BYTES);
    this.#labels[at] = label ? 1 : 0;
    this.#added += 1;
  }

  state(): RingState {
    return {
      added: this.#added,
      features: this.#features.slice(0, this.count * FEATURE_LIST_BYTES),
      labels: this.#labels.slice(0, this.count),
    };
  }

  restore({ added, features, labels }: RingState): void {
    this.#added = added;
    this.#features.set(features);
    this.#labels.set(labels);
  }
}

interface RingState {
  readonly added: number;
  readonly features: Uint8Array;
  readonly labels: Uint8Array;
}

export interface HeldBackState {
  readonly impressions: RingState;
  readonly clicks: RingState;
  readonly prices: readonly PriceObservation[];
}

export class HeldBack {
  readonly #impressions = new Ring(IMPRESSIONS_MAX);
  readonly #clicks = new Ring(CLICKS_MAX);
  #prices: PriceObservation[] = [];

  get impressions(): HeldExamples {
    return this.#impressions;
  }

  get clicks(): HeldExamples {
    return this.#clicks;
  }

  get prices(): readonly PriceObservation[] {
    return this.#prices;
  }

  impression(packed: Uint8Array, clicked: boolean): void {
    this.#impressions.add(packed, clicked);
  }

  click(packed: Uint8Array, converted: boolean): void {
    this.#clicks.add(packed, converted);
  }

  price(observation: PriceObservation): void {
    this.#prices.push({ ...observation, features: observation.features.slice() });
    if (this.#prices.length >= 2 * PRICES_MAX) this.#prices = this.#prices.slice(-PRICES_MAX);
  }

  state(): HeldBackState {
    return { impressions: this.#impressions.state(), clicks: this.#clicks.state(), prices: this.#prices };
  }

  restore({ impressions, clicks, prices }: HeldBackState): void {
    this.#impressions.restore(impressions);
    this.#clicks.restore(clicks);
    this.#prices = prices.map((price) => ({ ...price, features: Uint32Array.from(price.features) }));
  }
}
