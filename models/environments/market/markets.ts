// Many markets stepped at once: row i of the flat arrays is market i's. They share the clock, and nothing else: each
// has a seed of its own, drawn from the one of all.

import { Random } from '../../random.js';
import type { SlotAuctions } from './auctions.js';
import type { Climate } from './climate.js';
import { type Clock, capacityOf, Market } from './market.js';
import type { Supply } from './supply.js';

export class Markets {
  readonly markets: readonly Market[];
  /** Length of a row. */
  readonly capacity: number;
  /** Markets × capacity. */
  readonly price: Float32Array;
  readonly rate: Float32Array;
  readonly chance: Float32Array;
  readonly #random = new Random(0);
  readonly #words: Uint32Array;

  constructor(supplies: readonly Supply[], climate: Climate, clock: Clock) {
    this.capacity = capacityOf(clock);
    this.price = new Float32Array(supplies.length * this.capacity);
    this.rate = new Float32Array(this.price.length);
    this.chance = new Float32Array(this.price.length);
    this.#words = new Uint32Array(2 * this.capacity);
    this.markets = supplies.map((supply, i) => {
      const row = (all: Float32Array): Float32Array => all.subarray(i * this.capacity, (i + 1) * this.capacity);
      const room: SlotAuctions = {
        count: 0,
        price: row(this.price),
        rate: row(this.rate),
        chance: row(this.chance),
        words: this.#words,
        truth: 1,
      };
      return new Market(supply, climate, clock, room);
    });
  }

  /** Another day for all of them. */
  reset(seed: number): void {
    this.#random.seed(seed);
    for (const market of this.markets) market.reset(this.#random.u32());
  }

  /** Fills in the auctions of the next slot in every row. */
  next(): void {
    for (const market of this.markets) market.next();
  }
}
