// Bid optimization: one campaign, one day of 96 slots, one budget. The agent says once a slot by what the paced bid is
// multiplied; the pacer of the product goes on in between (docs/policy.md).
//
//   observation   the twelve inputs of bidcore/policy/slot_inputs.ts
//   action        multiplier − 1, −0.9 to 1
//   reward        what the slot won above what the pacer alone wins in the same slot of the same day, less the worth
//                 of the money it spent above it; behind the last slot that worth is given back. The sum over the day
//                 is thus what was won above the pacer alone, in per cent of what that wins: credit is for whole
//                 episodes, as greedy early spending is what direct reward teaches (Wu et al. 2018), and the worth of
//                 money in between is a potential, which changes no policy's rank (Ng, Harada, Russell 1999) but says
//                 at once what a slot's bids were good for
//                 Another reward (../rewards/) may stand in its place: then a click stands for a conversion, as a day
//                 here has no others, what the pacer alone pays for one is its target, and twice that its revenue.
//   end           terminated behind the last slot; never truncated
//
// The pacer's own day is simulated for the reward; the agent sees nothing of it, nor any price it has not paid.

import { MULTIPLIER_MAX, MULTIPLIER_MIN } from '../../../assembly/limits.js';
import { POLICY_INPUT_NAMES } from '../../../bidcore/policy/slot_inputs.js';
import { type Day, LivedDay, SLOTS } from '../../race/day.js';
import { PacedBidder, type PacedStart } from '../../race/paced_bidder.js';
import { Random } from '../../random.js';
import type { Environment, Start, Step } from '../environment.js';
import type { Reward, SlotOutcome } from '../rewards/reward.js';
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
/** Of a click, for other rewards: so many times what the pacer alone pays for one. */
const REVENUE = 2;

export class BidEnvironment implements Environment<Float32Array> {
  readonly observationSpace = new Box(
    POLICY_INPUT_NAMES.map(() => -2),
    POLICY_INPUT_NAMES.map(() => 2),
  );
  readonly actionSpace = new Box([MULTIPLIER_MIN - 1], [MULTIPLIER_MAX - 1]);
  readonly #draw: DrawTask;
  readonly #reward: Reward | undefined;
  #random = new Random(0);
  #bidder: PacedBidder | undefined;
  #lived: LivedDay | undefined;
  /** Won and spent by the pacer alone by the end of each slot. */
  readonly #aloneValue = new Float64Array(SLOTS);
  readonly #aloneSpent = new Float64Array(SLOTS);
  #budget = 0;
  /** What the pacer alone bid for a click, as a mean over its money: one over the worth of money on this day. */
  #perClick = 1;
  /** What was won, less the worth of what was spent, above the pacer alone so far. */
  #ahead = 0;
  #multiplier = 1;
  /** What the pacer alone paid for a predicted click. */
  #perAloneClick = 0;

  /** @param reward in place of what is won above the pacer alone; an object of its own for each environment */
  constructor(draw: DrawTask, reward?: Reward) {
    this.#draw = draw;
    this.#reward = reward;
  }

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random = new Random(seed);
    const { day, budget, start } = this.#draw(this.#random);
    const pacer = new PacedBidder(start);
    const alone = new LivedDay(day, budget, 'second', pacer);
    let paidPerClick = 0;
    while (alone.slot < SLOTS) {
      const slot = alone.slot;
      alone.liveSlot();
      this.#aloneValue[slot] = alone.books.value;
      this.#aloneSpent[slot] = alone.books.spent;
      const before = slot === 0 ? 0 : (this.#aloneSpent[slot - 1] as number);
      paidPerClick += pacer.perClick * (alone.books.spent - before);
    }
    this.#budget = budget;
    this.#perClick = paidPerClick > 0 ? paidPerClick / alone.books.spent : start.perClick;
    this.#ahead = 0;
    this.#multiplier = 1;
    const reference = Math.max(alone.books.value, Number.MIN_VALUE);
    this.#perAloneClick = alone.books.spent / reference;
    this.#reward?.reset({ budget, reference: () => reference, targetCpa: this.#perAloneClick });
    this.#bidder = new PacedBidder(start);
    this.#lived = new LivedDay(day, budget, 'second', this.#bidder);
    return { observation: this.#bidder.see(0, this.#lived.books), info: {} };
  }

  step(action: Float32Array): Step {
    const lived = this.#lived;
    const bidder = this.#bidder;
    if (lived === undefined || bidder === undefined || lived.slot >= SLOTS) throw new Error('step behind the end');
    const multiplier = 1 + (action[0] as number);
    bidder.act(multiplier);
    const slot = lived.slot;
    const { value: valueBefore, spent: spentBefore } = lived.books;
    lived.liveSlot();
    const { value, spent } = lived.books;
    const isLast = lived.slot === SLOTS;
    const all = this.#aloneValue[SLOTS - 1] as number;
    const above = this.#above(slot, isLast);
    const change = Math.abs(Math.log(multiplier / this.#multiplier));
    this.#multiplier = multiplier;
    const plannedSpend = (this.#budget - spentBefore) / (SLOTS - slot);
    const paid = this.#pay({ spend: spent - spentBefore, plannedSpend, value: value - valueBefore, change }, isLast);
    return {
      observation: bidder.see(lived.slot, lived.books),
      reward: paid ?? (SCALE * above) / all,
      terminated: isLast,
      truncated: false,
      info: { value, spent_share: spent / this.#budget, value_to_pacer: value / all },
    };
  }

  /** Won in a slot above the pacer alone, less the worth of what was spent above it; given back behind the last. */
  #above(slot: number, isLast: boolean): number {
    const { value, spent } = (this.#lived as LivedDay).books;
    const before = this.#ahead;
    this.#ahead = value - (this.#aloneValue[slot] as number);
    if (!isLast) this.#ahead -= (spent - (this.#aloneSpent[slot] as number)) / this.#perClick;
    return this.#ahead - before;
  }

  /** What another reward pays; undefined without one. */
  #pay(slot: Pick<SlotOutcome, 'spend' | 'plannedSpend' | 'value' | 'change'>, isLast: boolean): number | undefined {
    if (this.#reward === undefined) return undefined;
    const { value } = slot;
    const revenue = REVENUE * this.#perAloneClick * value;
    const paid = this.#reward.reward({ ...slot, clicks: value, conversions: value, revenue });
    return isLast ? paid + this.#reward.final() : paid;
  }
}
