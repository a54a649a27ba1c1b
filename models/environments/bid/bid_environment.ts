// Bid optimization: one campaign, one day of 96 slots, one budget. The agent says once a slot by what the paced bid is
// multiplied; the pacer of the product goes on in between (docs/policy.md).
//
//   observation   the twelve inputs of bidcore/policy/slot_inputs.ts
//   action        multiplier − 1, −0.9 to 1
//   reward        what the slot won above what the pacer alone wins in the same slot of the same day, in per cent of
//                 what it wins in the whole day; at a slot's end nothing is said of the money that is left, so only
//                 the sum over the day, undiscounted, is the aim: credit is for whole episodes (Wu et al. 2018)
//   end           terminated behind the last slot; never truncated
//
// The pacer's own day is simulated for the reward; the agent sees nothing of it, nor any price it has not paid.

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from '../../../assembly/limits.js';
import { POLICY_INPUT_NAMES } from '../../../bidcore/policy/slot_inputs.js';
import { type Day, LivedDay, SLOTS } from '../../race/day.js';
import { PacedBidder, type PacedStart } from '../../race/paced_bidder.js';
import { Random } from '../../random.js';
import type { Environment, Start, Step } from '../environment.js';
import { Box } from '../spaces.js';

/** A day to be lived, and what a bidder starts it with. */
export interface BidTask {
  readonly day: Day;
  readonly budget: number;
  readonly start: PacedStart;
}

/** Draws tasks, without end. */
export type DrawTask = (random: Random) => BidTask;

/** Per cent. */
const SCALE = 100;

export class BidEnvironment implements Environment<Float32Array> {
  readonly observationSpace = new Box(
    POLICY_INPUT_NAMES.map(() => -2),
    POLICY_INPUT_NAMES.map(() => 2),
  );
  readonly actionSpace = new Box([MULTIPLIER_MIN - 1], [MULTIPLIER_MAX - 1]);
  readonly #draw: DrawTask;
  #random = new Random(0);
  #bidder: PacedBidder | undefined;
  #lived: LivedDay | undefined;
  /** Won by the pacer alone by the end of each slot. */
  readonly #base = new Float64Array(SLOTS);
  #budget = 0;

  constructor(draw: DrawTask) {
    this.#draw = draw;
  }

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random = new Random(seed);
    const { day, budget, start } = this.#draw(this.#random);
    const alone = new LivedDay(day, budget, 'second', new PacedBidder(start));
    while (alone.slot < SLOTS) {
      const slot = alone.slot;
      alone.liveSlot();
      this.#base[slot] = alone.books.value;
    }
    this.#budget = budget;
    this.#bidder = new PacedBidder(start);
    this.#lived = new LivedDay(day, budget, 'second', this.#bidder);
    return { observation: this.#bidder.see(0, this.#lived.books), info: {} };
  }

  step(action: Float32Array): Step {
    const lived = this.#lived;
    const bidder = this.#bidder;
    if (lived === undefined || bidder === undefined || lived.slot >= SLOTS) throw new Error('step behind the end');
    bidder.act(1 + (action[0] as number));
    const slot = lived.slot;
    const before = lived.books.value;
    lived.liveSlot();
    const base = this.#base;
    const alone = (base[slot] as number) - (slot === 0 ? 0 : (base[slot - 1] as number));
    const all = base[SLOTS - 1] as number;
    const { value, spent } = lived.books;
    return {
      observation: bidder.see(lived.slot, lived.books),
      reward: (SCALE * (value - before - alone)) / all,
      terminated: lived.slot === SLOTS,
      truncated: false,
      info: { value, spent_share: spent / this.#budget, value_to_pacer: value / all },
    };
  }
}
