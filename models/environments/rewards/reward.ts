// What an agent is paid for a slot: one interface, numbers in, a number out, so that every environment takes every
// reward.
//
//   reset(episode) ─▶ reward(slot 0) ─▶ reward(slot 1) ─▶ … ─▶ reward(last slot) + final()

/** What an episode is measured against. Money in any one unit. */
export interface EpisodeFacts {
  readonly budget: number;
  /**
   * Value that counts as 1: R* where it is known, as on a log; else what a plain policy brings on the same day. In the
   * unit of `SlotOutcome.value`, above 0. May be costly: rewards that need it ask once an episode.
   */
  readonly reference: () => number;
  /** What a conversion may cost. */
  readonly targetCpa: number;
}

/** What came of one slot. */
export interface SlotOutcome {
  readonly spend: number;
  /** What the plan had for this slot when it began. */
  readonly plannedSpend: number;
  /** Of what was won: predicted clicks, or their worth in money where clicks differ in it. */
  readonly value: number;
  readonly clicks: number;
  /** That came in during this slot, whenever they were bought; in the last slot also those still to come. */
  readonly conversions: number;
  /** Of these conversions. */
  readonly revenue: number;
  /** How far the action moved since the last slot: |ln(multiplier / last one)|, or the mean of such over several. */
  readonly change: number;
}

/** Keeps what it needs of one episode; another episode at the same time wants another object. */
export interface Reward {
  readonly name: string;
  reset(episode: EpisodeFacts): void;
  reward(slot: SlotOutcome): number;
  /** Added to the last slot's, once. */
  final(): number;
}

export type MakeReward = () => Reward;
